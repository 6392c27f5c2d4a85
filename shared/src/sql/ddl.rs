//! Tables that `import_parquet` makes and fills, and what sources and `export_parquet` read.

use crate::catalog::Table;
use crate::session::Dialect;
use crate::types::ColumnType;

use super::{Ident, Sql, TempTable, list, qualified, target};

/// How a new column of this type is declared. SQLite's names are ours to choose: its affinity
/// rules and the table of declared types in the reference give them their meaning.
pub fn type_name(dialect: Dialect, ty: &ColumnType) -> String {
    let (postgres, sqlite) = match ty {
        ColumnType::Bool => ("boolean", "BOOLEAN"),
        ColumnType::Int2 => ("smallint", "SMALLINT"),
        ColumnType::Int4 => ("integer", "INT4"),
        ColumnType::Int8 => ("bigint", "BIGINT"),
        ColumnType::Float4 => ("real", "FLOAT4"),
        ColumnType::Float8 => ("double precision", "DOUBLE"),
        ColumnType::Numeric { limit: Some((p, s)), .. } => {
            return match dialect {
                Dialect::Postgres => format!("numeric({p},{s})"),
                Dialect::Sqlite => format!("DECIMAL_TEXT({p},{s})"),
            };
        }
        ColumnType::Numeric { limit: None, .. } => ("numeric", "DECIMAL_TEXT"),
        ColumnType::Text { max_chars: Some(n) } => {
            return match dialect {
                Dialect::Postgres => format!("character varying({n})"),
                Dialect::Sqlite => format!("VARCHAR({n})"),
            };
        }
        ColumnType::Text { max_chars: None } | ColumnType::Other | ColumnType::Any => ("text", "TEXT"),
        ColumnType::Bytes => ("bytea", "BLOB"),
        ColumnType::Date => ("date", "DATE"),
        ColumnType::Time => ("time without time zone", "TIME"),
        ColumnType::Timestamp => ("timestamp without time zone", "TIMESTAMP"),
        ColumnType::TimestampTz => ("timestamp with time zone", "TIMESTAMPTZ"),
        ColumnType::Uuid => ("uuid", "UUID"),
        ColumnType::Json => ("jsonb", "JSON"),
    };
    match dialect {
        Dialect::Postgres => postgres.to_owned(),
        Dialect::Sqlite => sqlite.to_owned(),
    }
}

/// Creates a table with these columns, in the caller's default schema where none is named.
pub fn create_table(
    dialect: Dialect,
    schema: Option<&str>,
    name: &str,
    columns: &[(String, ColumnType)],
) -> Sql {
    let columns = columns.iter().map(|(name, ty)| format!("{} {}", Ident(name), type_name(dialect, ty)));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let name = schema.map_or_else(|| Ident(name).to_string(), |schema| qualified(schema, name));
    Sql::for_user(format!("CREATE TABLE {name} ({columns})"))
}

/// All rows of staging into a table, by the ordinary path.
pub fn insert_all(table: &Table, columns: &[String], staging: &TempTable) -> Sql {
    let names = columns.iter().map(|n| Ident(n).to_string()).collect::<Vec<_>>().join(", ");
    Sql::new(format!(
        "INSERT INTO {} ({names}) SELECT {} FROM {} s",
        target(table),
        list("s", columns),
        staging.qualified
    ))
}

/// All rows of a relation, these columns of them; one NULL where there are none.
pub fn select_columns(schema: &str, name: &str, columns: &[&str]) -> Sql {
    let columns: Vec<String> = columns.iter().map(|c| Ident(c).to_string()).collect();
    let columns = if columns.is_empty() { "NULL".to_owned() } else { columns.join(", ") };
    Sql::for_user(format!("SELECT {columns} FROM {}", qualified(schema, name)))
}

/// All rows of a relation, its generated columns included.
pub fn select_all(schema: &str, name: &str) -> Sql {
    Sql::for_user(format!("SELECT * FROM {}", qualified(schema, name)))
}
