//! Tables whose local changes are recorded: by which key, and how a changed row is marked.

use crate::catalog::Table;
use crate::error::{Error, Kind, Result};
use crate::plan::{Origin, TablePlan, Write};

use super::key::find_key;

/// A table whose local changes are recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    pub phase: String,
    /// The name under which its changes are recorded: the plan's.
    pub name: String,
    pub table: Table,
    /// The columns that identify a row, here and where the changes go.
    pub key: Vec<String>,
    /// The column that a local change turns local.
    pub origin: Option<Origin>,
}

/// How the changes of a table of a plan are recorded. The key is the one that imports go by; the table's
/// own where imports recognise no row, or its `merge_key` where the rows go to another table.
///
/// Errors: 42P10 no usable key, 55000 it is deferrable.
pub fn tracked(phase: &str, plan: &TablePlan, table: Table) -> Result<Tracked> {
    let key = match plan.change_key() {
        None if plan.write() == Write::DeleteInsert => table.primary_key().to_vec(),
        key => find_key(&plan.table, key, &table)?,
    };
    if key.is_empty() {
        let message = format!("changes of table \"{}\" cannot be tracked", plan.table);
        return Err(Error::new(Kind::InvalidKey, message)
            .detail("It has no primary key.")
            .hint("give it one, or let its changes go unrecorded by \"track\": false"));
    }
    Ok(Tracked { phase: phase.to_owned(), name: plan.table.clone(), table, key, origin: plan.origin.clone() })
}
