//! The triggers that record local changes, and the statement that does.
//!
//! PostgreSQL's call one function of the extension. SQLite's are plain SQL, so that an application writes
//! without the extension; each is one statement, and what it writes fires no recorder twice.

use crate::plan::Scalar;
use crate::planner::Tracked;
use crate::session::Dialect;
use crate::types::ColumnType;

use super::triggers::Trigger;
use super::{Ident, Quoted, Spelling, Sql, json, qualified, spelling};

// Bits of pg_trigger.tgtype.
const EACH_ROW: u8 = 1;
const BEFORE: u8 = 2;
const INSERT: u8 = 4;
const DELETE: u8 = 8;
const UPDATE: u8 = 16;
const TRUNCATE: u8 = 32;

/// Records a change, in place of one of the same key that has not left yet. Parameters: phase, table,
/// row_key, op, who.
pub fn record_change(dialect: Dialect) -> Sql {
    let values = ["$1", "$2", "$3", "$4", "$5"].map(str::to_owned);
    Sql::new(record(dialect, &spelling(dialect).own("change"), &values))
}

fn record(dialect: Dialect, into: &str, [phase, table, key, op, who]: &[String; 5]) -> String {
    format!(
        "INSERT INTO {into} (phase, table_name, row_key, op, changed_at, changed_by)\n\
         VALUES ({phase}, {table}, {key}, {op}, {}, {who})\n\
         ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE\n\
         SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        spelling(dialect).now()
    )
}

/// The triggers that record the local changes of a table: in PostgreSQL on it and on its partitions,
/// which are `parts` without the table itself.
pub fn track_triggers(dialect: Dialect, tracked: &Tracked, parts: &[(String, String)]) -> Vec<Trigger> {
    match dialect {
        Dialect::Postgres => postgres(tracked, parts),
        Dialect::Sqlite => sqlite(tracked),
    }
}

/// Partitions have the row triggers by those of their table; a TRUNCATE fires that of the table it names
/// and no other. The names come late in the alphabet, in which they fire: what a user's own trigger
/// makes of the row comes first.
fn postgres(tracked: &Tracked, parts: &[(String, String)]) -> Vec<Trigger> {
    let local = tracked.origin.as_ref().map(|o| (o.column.clone(), plain(&o.local))).unwrap_or_default();
    let args = [&tracked.phase, &tracked.name, &local.0, &local.1].into_iter().chain(&tracked.key);
    let args: Vec<&String> = args.collect();
    let literal = |arg: &&String| spelling(Dialect::Postgres).literal(&Scalar::Text((*arg).clone()));
    let literals = args.iter().map(literal).collect::<Vec<_>>().join(", ");
    let hex: String = args.iter().flat_map(|a| a.bytes().chain([0])).map(|b| format!("{b:02x}")).collect();
    let trigger = |on: &(String, String), made_on: &(String, String), name: &str, events: &str, kind: u8| {
        let each = if kind & EACH_ROW == 0 { "STATEMENT" } else { "ROW" };
        let made_on = qualified(&made_on.0, &made_on.1);
        Trigger {
            table: on.clone(),
            name: name.to_owned(),
            definition: format!("A {kind} cutover.track_change {hex}"),
            create: vec![
                Sql::new(format!(
                    "CREATE OR REPLACE TRIGGER {name} {events} ON {made_on} FOR EACH {each} \
                     EXECUTE FUNCTION cutover.track_change({literals})"
                )),
                Sql::new(format!("ALTER TABLE {made_on} ENABLE ALWAYS TRIGGER {name}")),
            ],
        }
    };
    let root = tracked.table.id();
    let all = || std::iter::once(&root).chain(parts);
    let mut triggers = Vec::new();
    if tracked.origin.is_some() {
        let kind = EACH_ROW | BEFORE | INSERT | UPDATE;
        triggers
            .extend(all().map(|on| trigger(on, &root, "zz_cutover_local", "BEFORE INSERT OR UPDATE", kind)));
    }
    let kind = EACH_ROW | INSERT | UPDATE | DELETE;
    let events = "AFTER INSERT OR UPDATE OR DELETE";
    triggers.extend(all().map(|on| trigger(on, &root, "zz_cutover_track", events, kind)));
    let kind = BEFORE | TRUNCATE;
    triggers.extend(all().map(|on| trigger(on, on, "zz_cutover_truncate", "BEFORE TRUNCATE", kind)));
    triggers
}

/// A constant as the text that its column's type is parsed from.
fn plain(value: &Scalar) -> String {
    match value {
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(n) => n.to_string(),
        Scalar::Float(x) => x.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

fn sqlite(tracked: &Tracked) -> Vec<Trigger> {
    let spell = spelling(Dialect::Sqlite);
    let table = Ident(&tracked.table.name).to_string();
    let trigger = |kind: &str, event: &str, when: Option<String>, body: String| {
        let name = format!("cutover_track_{}_{kind}", tracked.table.name);
        let when = when.map_or_else(String::new, |when| format!(" AND {when}"));
        let definition = format!(
            "CREATE TRIGGER {} AFTER {event} ON {table}\n\
             WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = {}){when}\nBEGIN\n{body};\nEND",
            Ident(&name),
            Quoted(&tracked.table.name),
        );
        // The catalog leaves out where it is.
        let create = definition.replacen("CREATE TRIGGER ", "CREATE TRIGGER main.", 1);
        Trigger { table: tracked.table.id(), name, definition, create: vec![Sql::new(create)] }
    };
    let note = |alias: &str, op: &str| {
        let fixed = [&tracked.phase, &tracked.name, op].map(|text| Quoted(text).to_string());
        let [phase, name, op] = fixed;
        let key = format!("{}{}", keyless(tracked, alias), row_key(spell, tracked, alias));
        // A trigger's statement names no database.
        record(Dialect::Sqlite, "cutover_change", &[phase, name, key, op, "''".to_owned()])
    };
    let same_key = equal_keys(tracked);
    let columns: Vec<String> = tracked.key.iter().map(|k| Ident(k).to_string()).collect();
    let moved = format!("UPDATE OF {}", columns.join(", "));
    let mut triggers = vec![
        trigger("delete", "DELETE", None, note("OLD", "delete")),
        trigger("key", &moved, Some(format!("NOT ({same_key})")), note("OLD", "delete")),
    ];
    let mut local = None;
    if let Some(origin) = &tracked.origin {
        let (column, value) = (Ident(&origin.column).to_string(), spell.literal(&origin.local));
        let turn =
            format!("UPDATE {table} SET {column} = {value} WHERE {}", address(spell, tracked).join(" AND "));
        let imported = format!("NEW.{column} IS NOT {value}");
        triggers.push(trigger("insert_local", "INSERT", Some(imported.clone()), turn.clone()));
        triggers.push(trigger("update_local", "UPDATE", Some(imported), turn));
        // Otherwise the turning is what is recorded.
        local = Some(format!("NEW.{column} IS {value}"));
    }
    triggers.push(trigger("insert", "INSERT", local.clone(), note("NEW", "upsert")));
    triggers.push(trigger("update", "UPDATE", local, note("NEW", "upsert")));
    triggers
}

/// What a key begins with that must not be NULL and could be.
fn keyless(tracked: &Tracked, alias: &str) -> String {
    let nullable = |k: &&String| tracked.table.column(k).is_none_or(|c| !c.not_null);
    let tests: Vec<String> =
        tracked.key.iter().filter(nullable).map(|k| format!("{alias}.{} IS NULL", Ident(k))).collect();
    if tests.is_empty() {
        return String::new();
    }
    let message = format!("23502: a row of \"{}\", whose changes are tracked, has no key", tracked.name);
    format!("CASE WHEN {} THEN RAISE(ABORT, {}) ELSE '' END || ", tests.join(" OR "), Quoted(&message))
}

fn equal_keys(tracked: &Tracked) -> String {
    let pairs = tracked.key.iter().map(|k| format!("OLD.{k} IS NEW.{k}", k = Ident(k)));
    pairs.collect::<Vec<_>>().join(" AND ")
}

/// The conditions by which a statement finds the row NEW again.
fn address(spell: &dyn Spelling, tracked: &Tracked) -> Vec<String> {
    let bare = spell.address_of(&tracked.table, "NEW");
    bare.iter().map(|new| format!("{} = {new}", new.trim_start_matches("NEW."))).collect()
}

/// The key of `alias`'s row as a JSON array of texts.
pub(super) fn row_key(spell: &dyn Spelling, tracked: &Tracked, alias: &str) -> String {
    let columns = tracked.key.iter().map(|k| (k.as_str(), tracked.table.column(k).map(|c| &c.ty)));
    json::key(spell, columns, alias)
}

/// Whether `alias`'s row has the key of an entry, so that an index of the table can find it.
pub(super) fn has_key(dialect: Dialect, tracked: &Tracked, alias: &str, row_key: &str) -> String {
    let spell = spelling(dialect);
    let pairs = tracked.key.iter().enumerate().map(|(i, name)| {
        let (column, item) = (format!("{alias}.{}", Ident(name)), spell.item(row_key, i));
        let Some(found) = tracked.table.column(name) else { return "FALSE".to_owned() };
        match (dialect, &found.ty) {
            (Dialect::Postgres, _) => format!("{column} = {item}::{}", found.sql_type),
            // Their text is not what the column holds.
            (Dialect::Sqlite, ColumnType::Bool | ColumnType::Bytes | ColumnType::Any) => {
                format!("{} = {item}", json::shown(spell, Some(&found.ty), &column))
            }
            (Dialect::Sqlite, _) => format!("{column} = {item}"),
        }
    });
    pairs.collect::<Vec<_>>().join(" AND ")
}
