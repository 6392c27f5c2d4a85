//! The only place that spells SQL: one file per subject, one per dialect.
//!
//! Statements are made of static text, quoted identifiers, literals of the plan and numbers;
//! everything that comes from a file or a caller travels as a parameter.

mod apply;
mod assign;
mod authority;
mod backup;
mod changes;
mod checks;
mod compare;
mod cursor;
mod ddl;
mod deferred;
mod derive;
mod early;
mod foreign;
mod guards;
mod json;
mod keys;
mod late;
mod listings;
mod local;
mod log;
mod lookup;
mod matching;
mod migrations;
mod park;
mod postgres;
mod push;
mod quarantine;
mod references;
mod restage;
mod retain;
mod rewrite;
mod scope;
mod snapshot;
mod sqlite;
mod stub;
mod temps;
mod tokens;
mod track;
mod triggers;
mod unique;
mod upgrade;
mod verify;

pub use apply::{delete, insert, last_inserted, raise_sequence, update};
pub use assign::{adopt_keys, draw_keys, has_counters, leave_out, leave_out_details};
pub use authority::{all_phase_tables, authority_since, count_quarantined, log_authority, set_authority};
pub use backup::{Misfit, backup_duplicates, backup_misfits, backup_records, server_version, shown_key};
pub use changes::*;
pub use checks::{
    check_not_null, check_reference, check_unique, check_values, count_query, count_rows, distinct_values,
    first_rows, two_numbers,
};
pub use compare::{clear_changes, compare, count_ops, example_refused, example_rows};
pub use cursor::{cursor_clear, cursors, forget_cursor, keep_cursor, newest_run};
pub use ddl::{create_table, insert_all, select_all, select_columns, type_name};
pub use deferred::{check_now, count_violations, defer, defer_no_more, deferring};
pub use derive::{
    count_groups, derived_runs, groups_after, groups_before, groups_table, query_of_groups, query_of_nothing,
};
pub use early::{mark_children, mark_claimed, unmark_parents};
pub use foreign::{find_unlike_key, last_change};
pub use guards::{count_all_imported, count_imported, count_local_deletes, count_preserved_imported};
pub use keys::{delete_losers, duplicate_keys, find_nulls, refuse_duplicates, refuse_nulls};
pub use late::{bind_late, count_late, count_unlinked, unlink};
pub use local::{drop_preserved, find_conflicts, refuse_conflicts};
pub use log::*;
pub use lookup::{Search, lookup_ambiguous, lookup_fill, lookup_misfits, lookup_missing, lookup_refuse};
pub use migrations::*;
pub use park::{count_parked, example_parked, park};
pub use push::{changed_rows, delete_gone, fill_gone, gone_table, leaving_tables};
pub use quarantine::{
    example_entries, quarantine_clear, quarantine_forget, quarantine_forget_read, quarantine_keep,
};
pub use references::{Known, find_missing, null_missing, refuse_missing, remove_refused};
pub use restage::{quarantine_page, supersede, supersede_keyless};
pub use retain::{
    count_referring, count_retained, retain_needed, retain_referred, retain_refused, retain_stubs,
};
pub use rewrite::count_rewritten;
pub use snapshot::{
    count_of_key, count_snapshots, example_snapshots, find_snapshots, insert_snapshot_of, insert_snapshots,
    snapshot_table,
};
pub use stub::{
    Referring, collect_stubs, complete_stubs, count_open_stubs, count_stubs, count_stubs_in_scope,
    example_stubs, fill_stubs, forget_stubs, insert_stubs, keep_stubs, prune_stubs, stub_table,
};
pub use temps::{TempTable, Temps, share, temp_schema};
pub use tokens::{TokenKind, Tokens};
pub use track::{record_change, track_triggers};
pub use triggers::{
    Trigger, disable_trigger, drop_trigger, find_triggers, guards, is_disabled, mark, partitions,
    stray_marks, unmark,
};
pub use unique::{Holders, find_unique_conflicts, refuse_unique_conflicts};
pub use upgrade::{catalog_version, keep_catalog_version, upgrade_catalog};
pub use verify::{
    verified_columns, verify_different, verify_refused, verify_rows, verify_source, verify_target,
};

use std::fmt;

use crate::catalog::{Column, Table};
use crate::plan::Scalar;
use crate::planner::{Mark, Task};
use crate::session::Dialect;
use crate::types::ColumnType;

/// An identifier: it is always shown quoted, so that no name can become syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ident<'a>(pub &'a str);

impl fmt::Display for Ident<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A string literal that means the same under every setting of either database.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

/// A statement, made in this module (or handed over by a user as one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    text: String,
    for_user: bool,
}

impl Sql {
    fn new(text: impl Into<String>) -> Self {
        Sql { text: text.into(), for_user: false }
    }

    /// A statement that names, or runs, what is the user's: by the caller's search path.
    fn for_user(text: impl Into<String>) -> Self {
        Sql { text: text.into(), for_user: true }
    }

    /// The query that a user wrote, as it is (the source of a table or of an export).
    pub fn from_user(text: &str) -> Self {
        Sql::for_user(text)
    }

    /// A statement of a script that a user wrote, as it is: it runs under whatever settings the script has made
    /// ([`crate::session::Session::as_caller`]).
    pub fn of_script(text: &str) -> Self {
        Sql::new(text)
    }

    /// The text to hand to the database.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether its names go by the caller's search path. Those of all others mean what is built in
    /// (PostgreSQL: operators and functions cannot all be qualified).
    pub fn is_for_user(&self) -> bool {
        self.for_user
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What the dialects spell differently.
trait Spelling {
    /// A temporary table of this name, qualified.
    fn temp(&self, name: &str) -> String;
    /// The name of a temporary table for `kind` and the task in place `ordinal` with this body.
    fn temp_name(&self, kind: &str, ordinal: usize, body: &str) -> String;
    /// The statements that make a temporary table, or empty one that is left from an earlier run.
    fn create_temp(&self, table: &str, body: &str) -> Vec<String>;
    /// Gets rid of a temporary table at the end of a run.
    fn discard(&self, table: &str) -> String;
    /// The statistics that a planner needs of a table just filled; None where it needs none.
    fn analyze(&self, table: &str) -> Option<String>;
    /// The type of staging's ordinal column.
    fn row_type(&self) -> &'static str;
    /// Names and types of the change set's address columns.
    fn address_columns(&self, table: &Table) -> Vec<(String, String)>;
    /// Their names alone.
    fn address_names(&self, table: &Table) -> Vec<String> {
        self.address_columns(table).into_iter().map(|(name, _)| name).collect()
    }
    /// The address of `alias`'s row, in the order of [`Spelling::address_columns`].
    fn address_of(&self, table: &Table, alias: &str) -> Vec<String>;
    /// What rows are partitioned by so that those with the same value of a column, and no others,
    /// are together.
    fn identity(&self, ty: &ColumnType, value: &str) -> String;
    /// What rows are partitioned by so that those with equal values, as a key has it, are together.
    fn group(&self, ty: &ColumnType, value: &str) -> String;
    /// Whether two values of a column are equal, NULL as a value where it may be one; in a form that joins by it need
    /// not compare every pair for.
    fn same(&self, column: &Column, a: &str, b: &str) -> String;
    /// Whether two values of one column are not the same value; NULL is a value.
    fn differ(&self, ty: &ColumnType, a: &str, b: &str) -> String;
    /// A value in the order that both databases sort it: numbers by value, text byte by byte.
    fn sortable(&self, ty: &ColumnType, value: &str) -> String;
    /// A JSON object with the members of a second one put in place of its own; a NULL changes nothing.
    fn merge_json(&self, object: &str, members: &str) -> String;
    /// The value of a member of a JSON object, as JSON; NULL where it has none of that name.
    fn member(&self, object: &str, name: &str) -> String;
    /// A constant of the plan, of whatever type the column beside it has.
    fn literal(&self, value: &Scalar) -> String;
    /// A table of ours.
    fn own(&self, name: &str) -> String;
    /// The time now, as the log keeps it.
    fn now(&self) -> &'static str;
    /// Parameter `n` (from 1), as an instant of the log.
    fn instant(&self, n: usize) -> String;
    /// Parameter `n` (from 1), as a JSON document of the log.
    fn json(&self, n: usize) -> String;
    /// A value as the text of a JSON string or number or null.
    fn quote_json(&self, ty: &ColumnType, value: &str) -> String;
    /// A boolean as `true`, `false` or NULL.
    fn boolean_text(&self, value: &str) -> String;
    /// Bytes as the text that both databases show for them.
    fn bytes_text(&self, value: &str) -> String;
    /// The text at place `i` (from 0) of a JSON array of texts.
    fn item(&self, array: &str, i: usize) -> String;
    /// The texts of a JSON array as the rows of `alias`, with one column.
    fn items(&self, array: &str, alias: &str, column: &str) -> String;
    /// A text, of which it is known that it is JSON, as the log keeps JSON.
    fn as_json(&self, text: &str) -> String;
    /// A new random UUID as text.
    fn uuid(&self) -> &'static str;
    /// An instant of the log as `2026-01-31 05:00:00.000Z`.
    fn instant_text(&self, value: &str) -> String;
    /// A value as text.
    fn text(&self, value: &str) -> String;
    /// The instant `days` days ago.
    fn days_ago(&self, days: u32) -> String;
}

fn spelling(dialect: Dialect) -> &'static dyn Spelling {
    match dialect {
        Dialect::Postgres => &postgres::Postgres,
        Dialect::Sqlite => &sqlite::Sqlite,
    }
}

/// A table by its schema and name.
fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", Ident(schema), Ident(name))
}

fn target(table: &Table) -> String {
    qualified(&table.schema, &table.name)
}

/// `a.x = b.y AND ...` over two lists of columns of the same length.
fn equal<'a>(
    a: &str,
    left: impl IntoIterator<Item = &'a String>,
    b: &str,
    right: impl IntoIterator<Item = &'a String>,
) -> String {
    let pairs = left.into_iter().zip(right).map(|(x, y)| format!("{a}.{} = {b}.{}", Ident(x), Ident(y)));
    pairs.collect::<Vec<_>>().join(" AND ")
}

/// The rows of staging and target that have the same key. The target's side comes first, because
/// in SQLite the left side's collation decides.
fn same_key(task: &Task, t: &str, s: &str) -> String {
    // Rows without a key are never the same.
    if task.key.is_empty() {
        return "FALSE".to_owned();
    }
    equal(t, &task.key, s, &task.key)
}

/// Whether a LEFT JOIN by [`same_key`] found no staged row `s`. Told by the key, because PostgreSQL knows such a join for
/// one of rows without a partner, and does not take them for few.
fn no_partner(task: &Task) -> String {
    let row = task.own_column("_row");
    format!("s.{} IS NULL", Ident(task.key.first().unwrap_or(&row)))
}

/// `alias.a, alias.b, ...`.
fn list<'a>(alias: &str, names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|n| format!("{alias}.{}", Ident(n))).collect::<Vec<_>>().join(", ")
}

/// Whether `alias`'s row counts as imported.
fn imported(spell: &dyn Spelling, mark: &Mark, alias: &str) -> String {
    imported_by(spell, mark, &format!("{alias}.{}", Ident(&mark.column)))
}

/// Whether a row with this value in its origin column counts as imported.
fn imported_by(spell: &dyn Spelling, mark: &Mark, value: &str) -> String {
    let null = if mark.null_is_imported { "TRUE" } else { "FALSE" };
    format!("coalesce({value} = {}, {null})", spell.literal(&mark.imported))
}

/// The condition that change set row `c` and target row `t` are the same row.
fn same_address(spell: &dyn Spelling, table: &Table, c: &str, t: &str) -> String {
    let names = spell.address_columns(table);
    let values = spell.address_of(table, t);
    let pairs = values.iter().zip(&names).map(|(value, (name, _))| format!("{value} = {c}.{name}"));
    pairs.collect::<Vec<_>>().join(" AND ")
}
