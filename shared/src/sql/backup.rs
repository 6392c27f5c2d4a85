//! The rows of tables as records of a backup, and what keeps rows from being one.

use crate::backup::TableHeader;
use crate::planner::{LateRef, Travel};
use crate::session::Dialect;
use crate::types::ColumnType;

use super::{Ident, Quoted, Spelling, Sql, equal, json, qualified, spelling, target};

/// What keeps a row from travelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// A column of its external id is NULL.
    NoId,
    /// Its external id begins with the table's own namespace, which only goes before it in a backup.
    Namespaced,
    /// A detail that refers to no parent.
    NoParent,
    /// The reference at this place of [`Travel::late`] leads to no row, or to one without an external id.
    Dangling(usize),
}

impl Misfit {
    /// What can be wrong with rows of this table, and is looked for in this order.
    pub fn all(travel: &Travel) -> Vec<Misfit> {
        let dangling = (0..travel.late.len()).map(Misfit::Dangling);
        let id = (!travel.external_id.is_empty()).then_some(Misfit::NoId);
        let namespaced = travel.namespace.as_ref().map(|_| Misfit::Namespaced);
        let parent = travel.parent.map(|_| Misfit::NoParent);
        id.into_iter().chain(namespaced).chain(parent).chain(dangling).collect()
    }
}

/// The rows of a table, in the order of its key: each as a record with the header's keys, and the place in
/// [`Misfit::all`] of what is wrong with it, or NULL.
pub fn backup_records(dialect: Dialect, travel: &Travel, header: &TableHeader) -> Sql {
    let spell = spelling(dialect);
    let plain = travel.plain.iter().filter_map(|name| {
        let column = travel.table.column(name)?;
        let namespace = travel.namespace.as_deref().filter(|_| travel.external_id.contains(name));
        Some(id_value(spell, namespace, &column.ty, &field("t", name)))
    });
    // The parent's is the last of a header's keys.
    let (parent, late): (Vec<_>, Vec<_>) =
        travel.late.iter().enumerate().partition(|(at, _)| travel.parent == Some(*at));
    let references = late.iter().chain(&parent).map(|(at, late)| late_value(spell, *at, late));
    let members = header.keys().map(|(key, _)| key).zip(plain.chain(references));
    let misfits = Misfit::all(travel).into_iter().enumerate();
    let cases = misfits.map(|(n, misfit)| format!(" WHEN {} THEN {n}", is(spell, travel, misfit)));
    let cases: String = cases.collect();
    let misfit = if cases.is_empty() { "NULL".to_owned() } else { format!("CASE{cases} END") };
    Sql::new(format!(
        "SELECT {},\n  CAST({misfit} AS bigint)\nFROM {}{}",
        json::object(members),
        rows(travel),
        in_order(spell, travel),
    ))
}

/// Rows of a table that are such misfits: how many in all, and up to 5 of them by the texts of
/// [`shown_key`].
pub fn backup_misfits(dialect: Dialect, travel: &Travel, misfit: Misfit) -> Sql {
    let spell = spelling(dialect);
    let shown = shown_key(travel);
    let shown = shown.iter().map(|name| spell.text(&field("t", name))).collect::<Vec<_>>();
    Sql::new(format!(
        "SELECT count(*) OVER (), {}\nFROM {}\nWHERE {}{} LIMIT 5",
        shown.join(", "),
        rows(travel),
        is(spell, travel, misfit),
        in_order(spell, travel),
    ))
}

/// External ids that more than one row has: how many such rows in all, and up to 5 of the ids as text.
pub fn backup_duplicates(dialect: Dialect, travel: &Travel) -> Sql {
    let spell = spelling(dialect);
    let names = travel.external_id.iter().map(|name| field("t", name)).collect::<Vec<_>>();
    let texts = names.iter().map(|name| spell.text(name)).collect::<Vec<_>>().join(", ");
    let given = names.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let names = names.join(", ");
    Sql::new(format!(
        "SELECT CAST(sum(count(*)) OVER () AS bigint), {texts} FROM {} t\nWHERE {given} GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT 5",
        target(&travel.table),
    ))
}

/// The columns that stand for a row in messages: those that identify it, here or elsewhere.
pub fn shown_key(travel: &Travel) -> Vec<String> {
    let key = travel.table.primary_key();
    let first = travel.table.columns.iter().take(1).map(|c| c.name.clone());
    match (key, travel.external_id.as_slice()) {
        ([], []) => first.collect(),
        ([], id) => id.to_vec(),
        (key, _) => key.to_vec(),
    }
}

/// What server it is: `15.8`.
pub fn server_version(dialect: Dialect) -> Sql {
    Sql::new(match dialect {
        Dialect::Postgres => {
            "SELECT pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1)"
        }
        Dialect::Sqlite => "SELECT sqlite_version()",
    })
}

/// A table, and the rows that its late references lead to.
fn rows(travel: &Travel) -> String {
    let parents = travel.late.iter().enumerate().map(|(at, late)| {
        let (schema, name) = &late.parent;
        let parent = alias(at);
        let on = equal(&parent, &late.parent_columns, "t", &late.columns);
        format!("\nLEFT JOIN {} {parent} ON {on}", qualified(schema, name))
    });
    format!("{} t{}", target(&travel.table), parents.collect::<String>())
}

fn alias(at: usize) -> String {
    format!("p{at}")
}

fn field(alias: &str, name: &str) -> String {
    format!("{alias}.{}", Ident(name))
}

/// By the primary key or the external id, so that equal tables make equal backups.
fn in_order(spell: &dyn Spelling, travel: &Travel) -> String {
    let key = travel.table.primary_key();
    let key = if key.is_empty() { &travel.external_id } else { key };
    let columns = key.iter().filter_map(|name| travel.table.column(name));
    let columns = columns.map(|c| spell.sortable(&c.ty, &field("t", &c.name))).collect::<Vec<_>>();
    if columns.is_empty() { String::new() } else { format!("\nORDER BY {}", columns.join(", ")) }
}

/// Whether `t`'s row is such a misfit.
fn is(spell: &dyn Spelling, travel: &Travel, misfit: Misfit) -> String {
    let null = |alias: &str, names: &[String], word: &str| {
        let each = names.iter().map(|name| format!("{} IS NULL", field(alias, name)));
        format!("({})", each.collect::<Vec<_>>().join(word))
    };
    let late = |at: usize| travel.late.get(at);
    match misfit {
        Misfit::NoId => null("t", &travel.external_id, " OR "),
        Misfit::Namespaced => {
            let prefix = format!("{}:", travel.namespace.as_deref().unwrap_or_default());
            let length = prefix.chars().count();
            let text = ColumnType::Text { max_chars: None };
            let starts = travel.external_id.iter().map(|name| {
                let head = format!("substr({}, 1, {length})", field("t", name));
                format!("{} = {}", spell.identity(&text, &head), Quoted(&prefix))
            });
            starts.collect::<Vec<_>>().join(" OR ")
        }
        Misfit::NoParent => travel
            .parent
            .and_then(late)
            .map_or_else(|| "FALSE".to_owned(), |late| null("t", &late.columns, " AND ")),
        Misfit::Dangling(at) => late(at).map_or_else(
            || "FALSE".to_owned(),
            |late| {
                let lost = null(&alias(at), &late.external_id, " OR ");
                format!("(NOT {} AND {lost})", null("t", &late.columns, " AND "))
            },
        ),
    }
}

/// The external id of the row that a late reference leads to, as JSON.
fn late_value(spell: &dyn Spelling, at: usize, late: &LateRef) -> String {
    let values = late
        .external_id
        .iter()
        .zip(&late.types)
        .map(|(name, ty)| id_value(spell, late.namespace.as_deref(), ty, &field(&alias(at), name)));
    let values: Vec<String> = values.collect();
    match values.as_slice() {
        [one] => one.clone(),
        several => {
            let array = format!("'[' || {} || ']'", several.join(" || ',' || "));
            let found = late.external_id.first().map(|name| field(&alias(at), name)).unwrap_or_default();
            format!("CASE WHEN {found} IS NULL THEN 'null' ELSE {array} END")
        }
    }
}

/// A value as JSON; with a namespace, where it has none yet.
fn id_value(spell: &dyn Spelling, namespace: Option<&str>, ty: &ColumnType, value: &str) -> String {
    let Some(namespace) = namespace else { return spell.quote_json(ty, value) };
    let text = ColumnType::Text { max_chars: None };
    let bare = spell.identity(&text, value);
    let prefix = Quoted(&format!("{namespace}:")).to_string();
    let with = format!("CASE WHEN {bare} LIKE '%:%' THEN {value} ELSE {prefix} || {value} END");
    spell.quote_json(&text, &with)
}
