//! The temporary tables of a run: per table of the phase, staging, refused rows and change set.

use crate::catalog::{Address, Table};
use crate::planner::{Task, spoken_scope};
use crate::session::Dialect;

use super::{Ident, Spelling, Sql, spelling};

/// A temporary table: its qualified name and the statements that make it and get rid of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TempTable {
    /// Its bare name.
    pub name: String,
    pub(super) qualified: String,
    /// What makes it, empty.
    pub create: Vec<Sql>,
    /// PostgreSQL drops it; SQLite, which cannot while an outer statement reads, empties it.
    pub discard: Sql,
    /// What gives the planner its statistics, where it needs any.
    pub analyze: Option<Sql>,
}

/// The temporary tables of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temps {
    /// The rows of the source, typed like the target, with their ordinal.
    pub staging: TempTable,
    /// Staged rows that were refused, with `_reason` (a word), `_detail` (a sentence) and, where a row
    /// as it came does not fit these columns, `_data`: a JSON object of the values that are NULL here
    /// for not fitting, by column (else NULL).
    pub refused: TempTable,
    /// The change set: `op`, the staged row `s`, the target row's address. `op` is `i`nsert,
    /// `u`pdate, `d`elete, `p`reserved or `r`etained; unchanged rows are not stored.
    pub changes: TempTable,
    /// What documents say of all elements together, be there any or not: rows of staging's columns, of which those of
    /// the task's `scope` are filled.
    pub spoken: Option<TempTable>,
}

/// The schema of temporary tables.
pub fn temp_schema(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "pg_temp",
        Dialect::Sqlite => "temp",
    }
}

/// Lets a role of PostgreSQL use a temporary table of this session.
pub fn share(table: &TempTable, role: &str) -> Sql {
    Sql::new(format!("GRANT ALL ON {} TO {}", table.qualified, Ident(role)))
}

impl Temps {
    /// The temporary tables for one task.
    pub fn of(dialect: Dialect, task: &Task) -> Temps {
        let spell = spelling(dialect);
        let mut columns = vec![(Ident(&task.own_column("_row")).to_string(), spell.row_type().to_owned())];
        columns.extend(task.staged_columns().map(|c| (Ident(&c.name).to_string(), c.sql_type.clone())));
        let staging = temp(spell, "staging", task.ordinal, &columns);
        for name in ["_reason", "_detail", "_data"] {
            columns.push((Ident(&task.own_column(name)).to_string(), "text".to_owned()));
        }
        let refused = temp(spell, "refused", task.ordinal, &columns);
        // One byte each: the change set of a first load has a row for every row.
        let op = if dialect == Dialect::Postgres { "pg_catalog.\"char\"" } else { "TEXT" };
        let row = if dialect == Dialect::Postgres { "pg_catalog.int8" } else { "INTEGER" };
        let mut columns = vec![("op".to_owned(), op.to_owned()), ("s".to_owned(), row.to_owned())];
        columns.extend(spell.address_columns(&task.target));
        if task.is_foreign() {
            let numbered = "pg_catalog.int8 GENERATED ALWAYS AS IDENTITY";
            columns.push((super::foreign::NUMBER.to_owned(), numbered.to_owned()));
        }
        let changes = temp(spell, "changes", task.ordinal, &columns);
        let spoken = spoken_scope(&task.plan).map(|_| {
            let columns = task.staged_columns().map(|c| (Ident(&c.name).to_string(), c.sql_type.clone()));
            temp(spell, "spoken", task.ordinal, &columns.collect::<Vec<_>>())
        });
        Temps { staging, refused, changes, spoken }
    }

    /// The ordinal and all staged columns of `alias`: the columns of staging, and the first ones of
    /// the refused rows.
    pub(super) fn all_columns(&self, task: &Task, alias: &str) -> String {
        let mut names = vec![task.own_column("_row")];
        names.extend(task.staged_columns().map(|c| c.name.clone()));
        super::list(alias, &names)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &TempTable> {
        [&self.staging, &self.refused, &self.changes].into_iter().chain(&self.spoken)
    }
}

pub(super) fn temp(
    spell: &dyn Spelling,
    kind: &str,
    ordinal: usize,
    columns: &[(String, String)],
) -> TempTable {
    let body = columns.iter().map(|(name, ty)| format!("{name} {ty}")).collect::<Vec<_>>().join(", ");
    let name = spell.temp_name(kind, ordinal, &body);
    let qualified = spell.temp(&name);
    TempTable {
        create: spell.create_temp(&qualified, &body).into_iter().map(Sql::new).collect(),
        discard: Sql::new(spell.discard(&qualified)),
        analyze: spell.analyze(&qualified).map(Sql::new),
        name,
        qualified,
    }
}

/// The columns that are the address of a row which has no other.
fn key_columns(table: &Table) -> &[String] {
    match &table.address {
        Address::Columns(names) => names,
        Address::Ctid | Address::Rowid(_) | Address::Key => table.primary_key(),
    }
}

/// Address columns for tables whose rows have no address but a key.
pub(super) fn key_address(table: &Table) -> Vec<(String, String)> {
    let types =
        key_columns(table).iter().map(|k| table.column(k).map_or_else(String::new, |c| c.sql_type.clone()));
    types.enumerate().map(|(i, ty)| (format!("k{i}"), ty)).collect()
}

/// The values of [`key_address`] in a row of the table.
pub(super) fn key_values(table: &Table, alias: &str) -> Vec<String> {
    key_columns(table).iter().map(|k| format!("{alias}.{}", Ident(k))).collect()
}
