//! The one place where the two databases' ways of showing a value are made equal.
//!
//! | value | PostgreSQL | SQLite | canonical |
//! |---|---|---|---|
//! | boolean | `t`, `f` | `1`, `0` | `true`, `false` |
//! | number | `10.50` | `10.5` | shortest decimal: `10.5` |
//! | float | `3.4028235e+38` for a real | `3.40282346638529e+38` | as double precision, 15 digits |
//! | timestamp | `2024-01-02 03:04:05` | `2024-01-02 03:04:05.000000`, `T`, `Z` | no `T`, no zone (UTC), no trailing zeros |
//! | binary | `\x00ff` | `00FF` by hex() | `00ff` |
//! | JSON | jsonb's spacing and key order | as written | as serde_json prints it, keys sorted |
//! | NULL | | | `~` |
//!
//! Everything else is compared as the text that the client shows.

use serde_json::Value;

use crate::Db;
use crate::client::{Cell, Client};

/// How expected rows show NULL.
pub const NULL: &str = "~";

/// A value of a column declared as `declared`, in canonical form.
pub fn value(declared: &str, cell: &Cell) -> String {
    let Some(text) = cell else { return NULL.to_owned() };
    let declared = declared.to_lowercase();
    let is = |names: &[&str]| names.iter().any(|n| declared.contains(n));
    if declared.ends_with("[]") {
        text.clone()
    } else if is(&["bool"]) {
        boolean(text).unwrap_or(text).to_owned()
    } else if is(&["json"]) {
        json(text)
    } else if is(&["bytea", "blob"]) {
        text.trim_start_matches("\\x").to_lowercase()
    } else if is(&["timestamp", "datetime"]) {
        timestamp(text).unwrap_or_else(|| text.clone())
    } else if is(&["real", "double", "float"]) {
        float(text).unwrap_or_else(|| text.clone())
    } else if is(&["int", "numeric", "decimal", "serial"]) {
        number(text).unwrap_or_else(|| text.clone())
    } else if is(&["time"]) {
        fraction(text).to_owned()
    } else {
        text.clone()
    }
}

/// Whether a cell of a result shows what a scenario expects, by any of the rules above.
pub fn same(expected: &str, cell: &Cell) -> bool {
    let Some(found) = cell else { return expected == NULL };
    let expected = &expected.replace("''", "").replace("\\n", "\n");
    expected == found
        || (["true", "false"].contains(&expected.as_str()) && boolean(found) == Some(expected))
        || number(expected).is_some_and(|n| number(found).as_ref() == Some(&n))
        || timestamp(expected).is_some_and(|t| timestamp(found).as_ref() == Some(&t))
        || (expected.starts_with(['{', '[']) && json(expected) == json(found))
}

fn boolean(text: &str) -> Option<&'static str> {
    match text {
        "t" | "true" | "1" => Some("true"),
        "f" | "false" | "0" => Some("false"),
        _ => None,
    }
}

/// Plain decimal notation without trailing zeros; None for what is no number.
fn number(text: &str) -> Option<String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return None;
    }
    let float: f64 = text.parse().ok()?;
    if text.contains(['e', 'E']) {
        return Some(format!("{float}"));
    }
    let plain = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Some(if ["", "-", "-0"].contains(&plain) { "0".to_owned() } else { plain.to_owned() })
}

/// The 15 significant digits that the sqlite3 shell shows.
fn float(text: &str) -> Option<String> {
    let float: f64 = text.parse().ok()?;
    format!("{float:.14e}").parse::<f64>().ok().map(|rounded| rounded.to_string())
}

/// `2024-01-02 03:04:05.5` out of the ways in which both databases write an instant in UTC.
fn timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shaped =
        bytes.len() >= 19 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[13] == b':' && bytes[16] == b':';
    if !shaped {
        return None;
    }
    let text = text.replacen('T', " ", 1);
    let text = ["Z", "+00:00", "+00"].iter().fold(text.as_str(), |t, zone| t.strip_suffix(zone).unwrap_or(t));
    Some(fraction(text).to_owned())
}

fn fraction(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// JSON with sorted keys, and with numbers and instants in canonical form; the text itself where it is no JSON.
pub fn json(text: &str) -> String {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(entries.into_iter().collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            Value::Number(n) => {
                number(&n.to_string()).and_then(|n| serde_json::from_str(&n).ok()).unwrap_or(Value::Number(n))
            }
            Value::String(text) => Value::String(timestamp(&text).unwrap_or(text)),
            other => other,
        }
    }
    serde_json::from_str(text).map_or_else(|_| text.to_owned(), |value| sorted(value).to_string())
}

/// Takes what differs by nature out of a message: schema names and the scenario's folder.
pub fn message(text: &str, root: &str) -> String {
    text.replace(root, "{root}").replace("public.", "").replace("main.", "")
}

/// All rows of one table, canonical and sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    pub table: String,
    pub rows: Vec<String>,
}

/// The user's tables and their rows.
pub fn user_tables(client: &mut Client) -> Vec<Dump> {
    let list = match client.db {
        Db::Postgres => {
            "SELECT format('%I.%I', n.nspname, c.relname), c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname NOT IN ('pg_catalog', 'information_schema', 'cutover') \
             AND nspname NOT LIKE 'pg\\_t%' ORDER BY relname COLLATE \"C\""
        }
        Db::Sqlite => {
            "SELECT 'main.\"' || replace(name, '\"', '\"\"') || '\"', name FROM main.sqlite_master \
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'cutover\\_%' ESCAPE '\\' ORDER BY name"
        }
    };
    dump_listed(client, list)
}

/// Every table, ours included.
pub fn all_tables(client: &mut Client) -> Vec<Dump> {
    let list = match client.db {
        Db::Postgres => {
            "SELECT format('%I.%I', n.nspname, c.relname), c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname NOT IN ('pg_catalog', 'information_schema') \
             AND nspname NOT LIKE 'pg\\_t%' ORDER BY nspname, relname"
        }
        Db::Sqlite => {
            "SELECT 'main.\"' || replace(name, '\"', '\"\"') || '\"', name FROM main.sqlite_master \
             WHERE type = 'table' ORDER BY name"
        }
    };
    dump_listed(client, list)
}

fn dump_listed(client: &mut Client, list: &str) -> Vec<Dump> {
    let tables = client.run(list).ok(list);
    let text = |cell: &Cell| cell.clone().unwrap_or_default();
    tables.iter().map(|row| dump(client, &text(&row[0]), &text(&row[1]))).collect()
}

/// One table; `name` is its quoted, qualified name.
pub fn dump(client: &mut Client, name: &str, title: &str) -> Dump {
    let columns = match client.db {
        Db::Postgres => client.run(&format!(
            "SELECT quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute \
             WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            name.replace('\'', "''")
        )),
        Db::Sqlite => client.run(&format!(
            "SELECT '\"' || replace(name, '\"', '\"\"') || '\"', type FROM pragma_table_xinfo('{}') WHERE hidden <> 1",
            title.replace('\'', "''")
        )),
    }
    .ok(name);
    let columns: Vec<(String, String)> = columns
        .into_iter()
        .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
        .collect();
    let list: Vec<String> = columns
        .iter()
        .map(|(column, declared)| match client.db {
            Db::Postgres if declared == "real" => format!("{column}::double precision"),
            Db::Sqlite if declared.to_lowercase().contains("blob") => {
                format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END")
            }
            _ => column.clone(),
        })
        .collect();
    let rows = client.run(&format!("SELECT {} FROM {name}", list.join(", "))).ok(name);
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&columns).map(|(cell, (_, declared))| value(declared, cell)).collect();
            cells.join(" | ")
        })
        .collect();
    rows.sort();
    Dump { table: title.to_owned(), rows }
}
