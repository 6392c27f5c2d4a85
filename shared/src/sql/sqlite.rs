//! What SQLite spells its own way.

use crate::catalog::{Address, Column, Table};
use crate::plan::Scalar;
use crate::types::ColumnType;

use super::{Ident, Quoted, Spelling};

pub(super) struct Sqlite;

impl Spelling for Sqlite {
    fn temp(&self, name: &str) -> String {
        format!("temp.{}", Ident(name))
    }

    // A table cannot be dropped while an outer statement reads, so it is emptied and used again by
    // the next run that needs one of the same shape: the name says which shape that is.
    fn temp_name(&self, kind: &str, ordinal: usize, body: &str) -> String {
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        let shape = body.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
        format!("cutover_{kind}_{ordinal}_{shape:016x}")
    }

    // A run that failed left its rows: the rollback brought them back.
    fn create_temp(&self, table: &str, body: &str) -> Vec<String> {
        vec![format!("CREATE TABLE IF NOT EXISTS {table} ({body})"), format!("DELETE FROM {table}")]
    }

    fn discard(&self, table: &str) -> String {
        format!("DELETE FROM {table}")
    }

    fn analyze(&self, _: &str) -> Option<String> {
        None
    }

    // The rowid itself, so that the change set finds a staged row at once.
    fn row_type(&self) -> &'static str {
        "INTEGER PRIMARY KEY"
    }

    fn address_columns(&self, table: &Table) -> Vec<(String, String)> {
        match &table.address {
            Address::Rowid(_) => vec![("t".to_owned(), "INTEGER".to_owned())],
            Address::Ctid | Address::Key | Address::Columns(_) => super::temps::key_address(table),
        }
    }

    fn address_of(&self, table: &Table, alias: &str) -> Vec<String> {
        match &table.address {
            Address::Rowid(name) => vec![format!("{alias}.{name}")],
            Address::Ctid | Address::Key | Address::Columns(_) => super::temps::key_values(table, alias),
        }
    }

    fn identity(&self, _: &ColumnType, value: &str) -> String {
        format!("{value} COLLATE BINARY")
    }

    fn group(&self, _: &ColumnType, value: &str) -> String {
        value.to_owned()
    }

    fn same(&self, _: &Column, a: &str, b: &str) -> String {
        format!("{a} IS {b}")
    }

    fn differ(&self, _: &ColumnType, a: &str, b: &str) -> String {
        format!("{a} COLLATE BINARY IS NOT {b}")
    }

    fn sortable(&self, ty: &ColumnType, value: &str) -> String {
        match ty {
            // Exact decimals are text here; whole numbers of 64 bits stay exact.
            ColumnType::Numeric { .. } => format!("CAST({value} AS NUMERIC)"),
            _ => format!("{value} COLLATE BINARY"),
        }
    }

    fn merge_json(&self, object: &str, members: &str) -> String {
        format!("json_patch({object}, coalesce({members}, '{{}}'))")
    }

    // A path cannot name every member: one with a quotation mark has no spelling.
    fn member(&self, object: &str, name: &str) -> String {
        format!(
            "(SELECT CASE WHEN j.type IN ('true', 'false') THEN j.type ELSE json_quote(j.value) END \
             FROM json_each({object}) j WHERE j.key = {})",
            Quoted(name)
        )
    }

    fn literal(&self, value: &Scalar) -> String {
        match value {
            Scalar::Bool(b) => i32::from(*b).to_string(),
            Scalar::Int(n) => n.to_string(),
            Scalar::Float(x) => format!("{x:?}"),
            Scalar::Text(text) => Quoted(text).to_string(),
        }
    }

    fn own(&self, name: &str) -> String {
        format!("main.{}", Ident(&format!("cutover_{name}")))
    }

    fn now(&self) -> &'static str {
        "strftime('%Y-%m-%d %H:%M:%fZ', 'now')"
    }

    fn instant(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn json(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn quote_json(&self, ty: &ColumnType, value: &str) -> String {
        match ty {
            ColumnType::Json => format!("coalesce(json({value}), 'null')"),
            ColumnType::Bool => {
                format!("CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END")
            }
            // Text here, a number in JSON.
            ColumnType::Numeric { exact: true, .. } => format!("coalesce({value}, 'null')"),
            // json_quote gives 15 digits, which not every float has enough in, and infinity no form.
            ColumnType::Float4 | ColumnType::Float8 | ColumnType::Numeric { .. } => format!(
                "CASE WHEN typeof({value}) <> 'real' THEN json_quote({value}) \
                 WHEN abs({value}) = 9e999 THEN json_quote(CASE WHEN {value} < 0 THEN '-' ELSE '' END || 'Infinity') \
                 WHEN CAST(json_quote({value}) AS REAL) = {value} THEN json_quote({value}) ELSE printf('%!.17g', {value}) END"
            ),
            ColumnType::Bytes | ColumnType::Any => {
                format!(
                    "json_quote(CASE typeof({value}) WHEN 'blob' THEN '\\x' || lower(hex({value})) ELSE {value} END)"
                )
            }
            _ => format!("json_quote({value})"),
        }
    }

    fn boolean_text(&self, value: &str) -> String {
        format!("CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
    }

    fn bytes_text(&self, value: &str) -> String {
        format!(
            "CASE typeof({value}) WHEN 'blob' THEN '\\x' || lower(hex({value})) ELSE CAST({value} AS TEXT) END"
        )
    }

    fn item(&self, array: &str, i: usize) -> String {
        format!("json_extract({array}, '$[{i}]')")
    }

    fn items(&self, array: &str, alias: &str, column: &str) -> String {
        format!("(SELECT value AS {column} FROM json_each({array})) AS {alias}")
    }

    fn as_json(&self, text: &str) -> String {
        text.to_owned()
    }

    fn uuid(&self) -> &'static str {
        "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) \
         || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
    }

    fn instant_text(&self, value: &str) -> String {
        value.to_owned()
    }

    fn text(&self, value: &str) -> String {
        format!("CAST({value} AS TEXT)")
    }

    fn days_ago(&self, days: u32) -> String {
        format!("strftime('%Y-%m-%d %H:%M:%fZ', 'now', '-{days} days')")
    }
}
