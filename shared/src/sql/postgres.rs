//! What PostgreSQL spells its own way.

use crate::catalog::{Address, Column, Table};
use crate::plan::Scalar;
use crate::types::ColumnType;

use super::{Ident, Quoted, Spelling};

pub(super) struct Postgres;

impl Spelling for Postgres {
    fn temp(&self, name: &str) -> String {
        format!("pg_temp.{}", Ident(name))
    }

    // Dropped at the end of the run, so its place is name enough.
    fn temp_name(&self, kind: &str, ordinal: usize, _: &str) -> String {
        format!("cutover_{kind}_{ordinal}")
    }

    fn create_temp(&self, table: &str, body: &str) -> Vec<String> {
        vec![format!("CREATE TABLE {table} ({body})")]
    }

    fn discard(&self, table: &str) -> String {
        format!("DROP TABLE {table}")
    }

    fn analyze(&self, table: &str) -> Option<String> {
        Some(format!("ANALYZE {table}"))
    }

    fn row_type(&self) -> &'static str {
        "pg_catalog.int8"
    }

    fn address_columns(&self, table: &Table) -> Vec<(String, String)> {
        let column = |name: &str, ty: &str| (name.to_owned(), ty.to_owned());
        match table.address {
            Address::Ctid => vec![column("t_rel", "pg_catalog.oid"), column("t", "pg_catalog.tid")],
            Address::Rowid(_) | Address::Key | Address::Columns(_) => super::temps::key_address(table),
        }
    }

    fn address_of(&self, table: &Table, alias: &str) -> Vec<String> {
        match table.address {
            Address::Ctid => vec![format!("{alias}.tableoid"), format!("{alias}.ctid")],
            Address::Rowid(_) | Address::Key | Address::Columns(_) => super::temps::key_values(table, alias),
        }
    }

    // Equality of an operator class is wider than identity for intervals, text under some
    // collations and citext, and json, xml and geometric types have none.
    fn identity(&self, ty: &ColumnType, value: &str) -> String {
        match ty {
            ColumnType::Text { .. } => format!("{value} COLLATE \"C\""),
            ColumnType::Json | ColumnType::Other | ColumnType::Any => {
                format!("{value}::pg_catalog.text COLLATE \"C\"")
            }
            _ => value.to_owned(),
        }
    }

    fn differ(&self, ty: &ColumnType, a: &str, b: &str) -> String {
        format!("{} IS DISTINCT FROM {}", self.identity(ty, a), self.identity(ty, b))
    }

    // Types that may have no operator class, or one that we cannot know, are grouped by their text.
    fn group(&self, ty: &ColumnType, value: &str) -> String {
        match ty {
            ColumnType::Json | ColumnType::Other | ColumnType::Any => self.identity(ty, value),
            _ => value.to_owned(),
        }
    }

    // IS NOT DISTINCT FROM can be neither hashed nor sorted. Arrays and records know NULL as a value; arrays can be
    // hashed, but there are none of every type.
    fn same(&self, column: &Column, a: &str, b: &str) -> String {
        match column.ty {
            _ if column.not_null => format!("{a} = {b}"),
            ColumnType::Other | ColumnType::Any => {
                format!("ROW({a})::pg_catalog.record = ROW({b})::pg_catalog.record")
            }
            _ => format!("ARRAY[{a}] = ARRAY[{b}]"),
        }
    }

    fn sortable(&self, ty: &ColumnType, value: &str) -> String {
        match ty {
            ColumnType::Text { .. } => format!("{value} COLLATE \"C\""),
            // json has no order.
            ColumnType::Json => format!("{value}::pg_catalog.text COLLATE \"C\""),
            _ => value.to_owned(),
        }
    }

    fn merge_json(&self, object: &str, members: &str) -> String {
        format!("({object})::pg_catalog.jsonb || coalesce({members}, '{{}}')::pg_catalog.jsonb")
    }

    fn member(&self, object: &str, name: &str) -> String {
        format!("({object})::pg_catalog.jsonb -> {}", Quoted(name))
    }

    // An untyped literal takes the type of the column it stands beside, whatever that is.
    fn literal(&self, value: &Scalar) -> String {
        let text = value.to_string();
        // E'' means the same whatever standard_conforming_strings says.
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    fn own(&self, name: &str) -> String {
        format!("cutover.{}", Ident(name))
    }

    fn now(&self) -> &'static str {
        "pg_catalog.clock_timestamp()"
    }

    fn instant(&self, n: usize) -> String {
        format!("${n}::pg_catalog.timestamptz")
    }

    fn json(&self, n: usize) -> String {
        format!("${n}::pg_catalog.jsonb")
    }

    fn quote_json(&self, ty: &ColumnType, value: &str) -> String {
        // JSON has an array of its own for an array, which the type could not be read from again.
        let value = if *ty == ColumnType::Other { self.text(value) } else { value.to_owned() };
        format!("coalesce(pg_catalog.to_json({value})::pg_catalog.text, 'null')")
    }

    fn boolean_text(&self, value: &str) -> String {
        self.text(value)
    }

    fn bytes_text(&self, value: &str) -> String {
        self.text(value)
    }

    fn item(&self, array: &str, i: usize) -> String {
        format!("({array}::pg_catalog.json ->> {i})")
    }

    fn items(&self, array: &str, alias: &str, column: &str) -> String {
        format!("pg_catalog.json_array_elements_text({array}::pg_catalog.json) AS {alias} ({column})")
    }

    fn as_json(&self, text: &str) -> String {
        format!("({text})::pg_catalog.json")
    }

    fn uuid(&self) -> &'static str {
        "pg_catalog.gen_random_uuid()"
    }

    fn instant_text(&self, value: &str) -> String {
        format!("pg_catalog.to_char({value}, 'YYYY-MM-DD HH24:MI:SS.MS\"Z\"')")
    }

    fn text(&self, value: &str) -> String {
        format!("{value}::pg_catalog.text")
    }

    fn days_ago(&self, days: u32) -> String {
        format!("pg_catalog.now() - pg_catalog.make_interval(days => {days})")
    }
}
