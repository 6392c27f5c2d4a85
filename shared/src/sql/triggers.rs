//! cutover's triggers on users' tables: how each is made, and what is found of them.
//!
//! A trigger has one definition, which is compared as a whole: one that was disabled, or replaced
//! by another of its name, is as good as missing.

use crate::authority;
use crate::catalog::Table;
use crate::session::Dialect;

use super::{Ident, Quoted, Sql, qualified, target};

/// A trigger as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// (schema, name) of its table.
    pub table: (String, String),
    pub name: String,
    /// What the catalog says of it where it is right.
    pub definition: String,
    /// What makes it so: where it is missing, and where it is another. In SQLite the other is
    /// dropped first.
    pub create: Vec<Sql>,
}

/// The guard of a table, by which nobody but the engine writes it: in PostgreSQL on `table` and its
/// partitions, which are `parts` without the table itself.
///
/// In PostgreSQL writes are refused row by row: logical replication fires no other triggers,
/// partitions that come later inherit no others, and a foreign key's cascade fires those for
/// statements even where it finds no row. TRUNCATE has none but those, on each partition.
pub fn guards(dialect: Dialect, table: &Table, parts: &[(String, String)], phase: &str) -> Vec<Trigger> {
    match dialect {
        Dialect::Postgres => postgres_guards(table, parts, phase),
        Dialect::Sqlite => {
            ["INSERT", "UPDATE", "DELETE"].map(|event| sqlite_guard(table, event, phase)).into()
        }
    }
}

// Bits of pg_trigger.tgtype.
const EACH_ROW: u8 = 1;
const BEFORE: u8 = 2;
const WRITES: u8 = 4 | 8 | 16;
const TRUNCATE: u8 = 32;

fn postgres_guards(table: &Table, parts: &[(String, String)], phase: &str) -> Vec<Trigger> {
    let trigger = |on: &(String, String), made_on: &(String, String), name: &str, each_row: bool| {
        let (events, each, kind) = match each_row {
            true => ("INSERT OR UPDATE OR DELETE", "ROW", EACH_ROW | BEFORE | WRITES),
            false => ("TRUNCATE", "STATEMENT", BEFORE | TRUNCATE),
        };
        let made_on = qualified(&made_on.0, &made_on.1);
        let argument = phase.bytes().chain([0]).map(|b| format!("{b:02x}")).collect::<String>();
        Trigger {
            table: on.clone(),
            name: name.to_owned(),
            definition: format!("A {kind} cutover.guard {argument}"),
            create: vec![
                Sql::new(format!(
                    "CREATE OR REPLACE TRIGGER {} BEFORE {events} ON {made_on} FOR EACH {each} \
                     EXECUTE FUNCTION cutover.guard(E'{}')",
                    Ident(name),
                    phase.replace('\\', "\\\\").replace('\'', "''")
                )),
                Sql::new(format!("ALTER TABLE {made_on} ENABLE ALWAYS TRIGGER {}", Ident(name))),
            ],
        }
    };
    let root = table.id();
    let all = || std::iter::once(&root).chain(parts);
    // Partitions have theirs by the one of the table.
    let rows = all().map(|on| trigger(on, &root, "cutover_guard", true));
    let truncate = all().map(|on| trigger(on, on, "cutover_guard_truncate", false));
    rows.chain(truncate).collect()
}

fn sqlite_guard(table: &Table, event: &str, phase: &str) -> Trigger {
    let name = format!("cutover_guard_{}_{}", table.name, event.to_lowercase());
    let refusal = authority::frozen(phase, &table.name).to_string();
    let definition = format!(
        "CREATE TRIGGER {} BEFORE {event} ON {}\n\
         WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = {})\n\
         BEGIN SELECT RAISE(ABORT, {}); END",
        Ident(&name),
        Ident(&table.name),
        Quoted(&table.name),
        Quoted(&refusal)
    );
    // The catalog leaves out where it is.
    let create =
        definition.replacen("CREATE TRIGGER ", &format!("CREATE TRIGGER {}.", Ident(&table.schema)), 1);
    Trigger { table: table.id(), name, definition, create: vec![Sql::new(create)] }
}

/// The partitions of a table at every depth: rows of (schema, name). None in SQLite.
pub fn partitions(dialect: Dialect, table: &Table) -> Option<Sql> {
    (dialect == Dialect::Postgres).then(|| {
        Sql::new(format!(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_partition_tree({}) p\n\
             JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind IN ('r', 'p') AND p.level > 0\n\
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY p.level, n.nspname, c.relname",
            regclass(table)
        ))
    })
}

/// cutover's triggers on a table and its partitions: rows of (schema, name, trigger, definition,
/// whether it comes from that of a partitioned table).
pub fn find_triggers(dialect: Dialect, table: &Table) -> Sql {
    Sql::new(match dialect {
        Dialect::Postgres => format!(
            "SELECT n.nspname, c.relname, t.tgname,\n  \
             pg_catalog.concat_ws(' ', t.tgenabled, t.tgtype, CASE WHEN t.tgqual IS NOT NULL OR t.tgattr <> '' THEN 'at times' END,\n    \
             'cutover.' || f.proname, pg_catalog.encode(t.tgargs, 'hex')), t.tgparentid <> 0\n\
             FROM pg_catalog.pg_trigger t\n\
             JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid AND f.pronamespace = 'cutover'::pg_catalog.regnamespace\n\
             JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid\n\
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n\
             WHERE (t.tgname LIKE 'cutover\\_%' OR t.tgname LIKE 'zz\\_cutover\\_%')\n  \
             AND (t.tgrelid = {0} OR t.tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree({0})))",
            regclass(table)
        ),
        Dialect::Sqlite => format!(
            "SELECT {}, {}, name, sql, FALSE FROM {}.sqlite_schema\n\
             WHERE type = 'trigger' AND tbl_name = {} COLLATE NOCASE AND name LIKE 'cutover\\_%' ESCAPE '\\'",
            Quoted(&table.schema),
            Quoted(&table.name),
            Ident(&table.schema),
            Quoted(&table.name),
        ),
    })
}

fn regclass(table: &Table) -> String {
    format!("E'{}'::pg_catalog.regclass", target(table).replace('\\', "\\\\").replace('\'', "''"))
}

/// Whether a trigger with this definition is out of force.
pub fn is_disabled(dialect: Dialect, definition: &str) -> bool {
    dialect == Dialect::Postgres && definition.starts_with("D ")
}

/// Gets rid of a trigger. PostgreSQL waits for the readers of the table.
pub fn drop_trigger(dialect: Dialect, table: &(String, String), name: &str) -> Sql {
    Sql::new(match dialect {
        Dialect::Postgres => format!("DROP TRIGGER {} ON {}", Ident(name), qualified(&table.0, &table.1)),
        Dialect::Sqlite => format!("DROP TRIGGER {}", qualified(&table.0, name)),
    })
}

/// Puts a trigger out of force, readers of the table or not. None in SQLite, which only knows to drop it.
pub fn disable_trigger(dialect: Dialect, table: &(String, String), name: &str) -> Option<Sql> {
    (dialect == Dialect::Postgres).then(|| {
        Sql::new(format!("ALTER TABLE {} DISABLE TRIGGER {}", qualified(&table.0, &table.1), Ident(name)))
    })
}

/// Makes SQLite's guards let the engine pass at a table. Parameter: its name. The row goes before the
/// transaction ends, so that no other connection ever sees it.
pub fn mark() -> Sql {
    Sql::new("INSERT INTO main.cutover_mark (table_name) VALUES ($1) ON CONFLICT DO NOTHING")
}

/// Takes back all marks.
pub fn unmark() -> Sql {
    Sql::new("DELETE FROM main.cutover_mark")
}

/// The marks that somebody else has left: rows of (table_name).
pub fn stray_marks() -> Sql {
    Sql::new("SELECT table_name FROM main.cutover_mark ORDER BY table_name")
}
