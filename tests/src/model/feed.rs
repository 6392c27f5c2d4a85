//! How the rows of a source are delivered: the same text as a file of Parquet or JSON, as a table or
//! through a query.
//!
//! What a run does must not depend on it: the oracle does not know it. Two things do depend on it,
//! in words alone: messages name the source, and a value that does not fit is quarantined as its
//! source spells it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::canonical;
use crate::client::Client;
use crate::files;

/// The ways, the simplest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    Parquet,
    JsonArray,
    JsonLines,
    Table,
    Query,
}

impl Feed {
    /// For the count of what was reached.
    pub(super) fn name(self) -> &'static str {
        match self {
            Feed::Parquet => "Parquet",
            Feed::JsonArray => "JSON array",
            Feed::JsonLines => "JSON lines",
            Feed::Table => "a relation",
            Feed::Query => "a query",
        }
    }
}

/// All of them.
pub const FEEDS: [Feed; 5] = [Feed::Parquet, Feed::JsonArray, Feed::JsonLines, Feed::Table, Feed::Query];

/// The `source` of the plan's table.
pub fn source(feed: Feed, table: &str) -> Value {
    match feed {
        Feed::Parquet => json!({"parquet": format!("{table}.parquet")}),
        Feed::JsonArray => json!({"json": format!("{table}.json")}),
        Feed::JsonLines => json!({"json": format!("{table}.ndjson")}),
        Feed::Table => json!({"table": format!("source_{table}")}),
        // The rows in their order: the later of two equal ones wins.
        Feed::Query => json!({"query": format!("SELECT * FROM source_{table} ORDER BY place")}),
    }
}

/// Delivers rows; `columns` and `rows` as [`files::write`] takes them.
pub fn deliver(feed: Feed, client: &mut Client, root: &Path, table: &str, columns: &str, rows: &[String]) {
    let file = |extension: &str| root.join(format!("{table}.{extension}"));
    match feed {
        Feed::Parquet => files::write(&file("parquet"), columns, rows),
        Feed::JsonArray => {
            let text = format!("[{}]\n", records(columns, rows).join(",\n"));
            fs::write(file("json"), text).expect("a file of JSON");
        }
        Feed::JsonLines => {
            let lines = records(columns, rows).into_iter().map(|record| record + "\n");
            fs::write(file("ndjson"), lines.collect::<String>()).expect("lines of JSON");
        }
        Feed::Table | Feed::Query => {
            let sql = relation(feed, table, columns, rows);
            client.run(&sql).ok(&sql);
        }
    }
}

/// An entry's row as both databases agree on it: SQLite reads a relation's values as the text that
/// spells them, so a number that does not fit is a text there.
pub fn entry(feed: Feed, row: &str) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap_or_default();
    if [Feed::Table, Feed::Query].contains(&feed) {
        for value in row.as_object_mut().into_iter().flat_map(|object| object.values_mut()) {
            if let Some(number) = value.as_str().and_then(|text| text.parse::<f64>().ok()) {
                *value = number.into();
            }
        }
    }
    canonical::json(&row.to_string())
}

/// The names and types of columns that read `id int64, amount decimal(14,2)`.
fn parts(columns: &str) -> Vec<(&str, &str)> {
    columns.split(", ").filter_map(|column| column.split_once(' ')).collect()
}

/// The cells of a row; None is NULL.
fn cells(row: &str) -> impl Iterator<Item = Option<&str>> {
    row.split(" | ").map(|cell| match cell {
        "~" => None,
        "''" => Some(""),
        text => Some(text),
    })
}

fn records(columns: &str, rows: &[String]) -> Vec<String> {
    let columns = parts(columns);
    let record = |row: &String| {
        let members = columns.iter().zip(cells(row)).map(|((name, ty), cell)| match cell {
            None => format!("\"{name}\": null"),
            Some(text) if is_plain(ty) => format!("\"{name}\": {text}"),
            Some(text) => format!("\"{name}\": {}", Value::from(text)),
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    };
    rows.iter().map(record).collect()
}

/// Whether values of the type stand without quotes, in JSON and in SQL.
fn is_plain(ty: &str) -> bool {
    ty == "int64" || ty == "bool" || ty.starts_with("decimal")
}

/// A table with the rows; for a query with their places too.
fn relation(feed: Feed, table: &str, columns: &str, rows: &[String]) -> String {
    let columns = parts(columns);
    let declared = columns.iter().map(|(name, ty)| {
        let ty = ty.replace("int64", "bigint").replace("decimal", "numeric");
        format!("{name} {ty}")
    });
    let mut declared: Vec<String> = declared.collect();
    let place = (feed == Feed::Query).then_some("place");
    declared.extend(place.map(|place| format!("{place} integer")));
    let mut sql = format!(
        "DROP TABLE IF EXISTS source_{table};\nCREATE TABLE source_{table} ({});\n",
        declared.join(", ")
    );
    for (number, row) in rows.iter().enumerate() {
        let values = columns.iter().zip(cells(row)).map(|((_, ty), cell)| match cell {
            None => "NULL".to_owned(),
            Some(text) if is_plain(ty) => text.to_owned(),
            Some(text) => format!("'{text}'"),
        });
        let mut values: Vec<String> = values.collect();
        values.extend(place.map(|_| number.to_string()));
        sql.push_str(&format!("INSERT INTO source_{table} VALUES ({});\n", values.join(", ")));
    }
    sql
}
