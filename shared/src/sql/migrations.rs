//! Statements on the records of migrations, and on what a migration could lose.

use crate::catalog::ForeignKey;
use crate::session::Dialect;

use super::{Ident, Sql, qualified, spelling};

/// Takes the migrations for this transaction: a row of a truth value, false where another session has
/// them. None in SQLite, where the write lock alone decides.
pub fn lock_migrations(dialect: Dialect) -> Option<Sql> {
    // One number is another kind of lock than the two that a phase has.
    (dialect == Dialect::Postgres)
        .then(|| Sql::new("SELECT pg_catalog.pg_try_advisory_xact_lock(1668641903)"))
}

/// What was applied: rows of (number, name, checksum, package, the time as text), in order.
pub fn applied_migrations(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT number, name, checksum, package, {} FROM {} ORDER BY number",
        spell.instant_text("applied_at"),
        spell.own("migration")
    ))
}

/// Records a migration. Parameters: number, name, checksum, package, role, elapsed, version.
pub fn insert_migration(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (number, name, checksum, package, applied_by, elapsed_ms, cutover_version, applied_at)\n\
         VALUES ($1, $2, $3, $4, $5, $6, $7, {})",
        spell.own("migration"),
        spell.now()
    ))
}

/// What was seen and not applied: rows of (number, name), in order.
pub fn pending_migrations(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT number, name FROM {} ORDER BY number",
        spelling(dialect).own("migration_pending")
    ))
}

/// Forgets what was seen and not applied.
pub fn clear_pending(dialect: Dialect) -> Sql {
    Sql::new(format!("DELETE FROM {}", spelling(dialect).own("migration_pending")))
}

/// Keeps a migration that was seen and not applied. Parameters: number, name.
pub fn insert_pending(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} (number, name) VALUES ($1, $2)",
        spelling(dialect).own("migration_pending")
    ))
}

/// Whether a table has any row: a row or none.
pub fn any_row(schema: &str, name: &str) -> Sql {
    Sql::new(format!("SELECT 1 FROM {} LIMIT 1", qualified(schema, name)))
}

/// The tables of users: rows of (schema, name). Left out are those of extensions, those that the caller may not read,
/// and (SQLite) virtual tables.
pub fn user_tables(dialect: Dialect) -> Sql {
    Sql::new(match dialect {
        Dialect::Postgres => {
            "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND c.relpersistence <> 't' \
             AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
             AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
             AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1, 2"
        }
        Dialect::Sqlite => {
            "SELECT 'main', name FROM main.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'cutover\\_%' ESCAPE '\\' ORDER BY name"
        }
    })
}

/// Whether any row refers by this foreign key: a row or none.
pub fn any_reference(key: &ForeignKey) -> Sql {
    let given: Vec<String> = key.columns.iter().map(|c| format!("{} IS NOT NULL", Ident(c))).collect();
    Sql::new(format!(
        "SELECT 1 FROM {} WHERE {} LIMIT 1",
        qualified(&key.table.0, &key.table.1),
        given.join(" AND ")
    ))
}

/// SQLite: references that lead nowhere: rows of (table, the table referred to, how many).
pub fn broken_references() -> Sql {
    Sql::new(
        "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY \"table\", parent ORDER BY 1, 2",
    )
}

/// SQLite: up to 5 rows of a table whose references to a parent lead nowhere, by their rowid. Parameters: table, parent.
pub fn broken_rows() -> Sql {
    Sql::new("SELECT rowid FROM pragma_foreign_key_check($1) WHERE parent = $2 ORDER BY 1 LIMIT 5")
}
