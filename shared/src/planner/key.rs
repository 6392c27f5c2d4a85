//! The columns that identify a row of a table, and those of its key that are made here.

use crate::catalog::{Column, Default, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{TablePlan, Write};

use super::no_column;

/// The key that a plan names for a table, or the table's own; an immediate, total unique index must stand
/// behind it.
///
/// Errors: 42P10 no such index, 42703 a column that does not exist, 55000 a key that is deferrable.
pub(super) fn find_key(name: &str, wanted: Option<&Vec<String>>, target: &Table) -> Result<Vec<String>> {
    let Some(wanted) = wanted else {
        let key = target.uniques.iter().find(|u| u.primary);
        return match key {
            Some(key) if key.immediate => Ok(key.columns.clone()),
            Some(_) => {
                Err(Error::new(Kind::NotInState, format!("the primary key of \"{name}\" is deferrable"))
                    .hint(
                        "a key that identifies rows must be checked at once; name another as \"primary_key\"",
                    ))
            }
            None => Err(Error::new(Kind::InvalidKey, format!("table \"{name}\" has no primary key"))
                .hint("name the columns that identify a row as \"primary_key\"")),
        };
    };
    for column in wanted {
        if target.column(column).is_none() {
            return Err(no_column(name, column));
        }
    }
    let same =
        |columns: &[String]| columns.len() == wanted.len() && wanted.iter().all(|w| columns.contains(w));
    if target.uniques.iter().any(|u| u.immediate && !u.partial && same(&u.columns)) {
        return Ok(wanted.clone());
    }
    let message = format!("no unique index of \"{name}\" is exactly over ({})", wanted.join(", "));
    let deferrable = target.uniques.iter().any(|u| !u.immediate && same(&u.columns));
    let kind = if deferrable { Kind::NotInState } else { Kind::InvalidKey };
    Err(Error::new(kind, message)
        .hint("an index that is partial, deferrable or over expressions does not count"))
}

/// The columns by which the plan says that rows of a foreign table are told apart: whether they do is for
/// the data to say, because no catalog does.
///
/// Errors: 42P10 the plan names none, 42703 a column that does not exist.
pub(super) fn foreign_key(plan: &TablePlan, target: &Table) -> Result<Vec<String>> {
    let (word, key) = match plan.write() {
        Write::DeleteInsert => ("merge_key", &plan.merge_key),
        Write::Replace | Write::Upsert | Write::InsertOnly => ("primary_key", &plan.primary_key),
    };
    let Some(key) = key else {
        return Err(Error::new(
            Kind::InvalidKey,
            format!("foreign table \"{}\" declares no key", plan.table),
        )
        .hint(format!("name the columns that identify a row as \"{word}\"")));
    };
    match key.iter().find(|column| target.column(column).is_none()) {
        None => Ok(key.clone()),
        Some(column) => Err(no_column(&plan.table, column)),
    }
}

/// The columns of a `delete_insert` table's key that are generated here: those that draw numbers, else
/// those with a default. The others come from the source, as the day in the key of a table that is
/// partitioned by day.
///
/// Errors: 22023 where no column is generated, or the plan fills one that is.
pub(super) fn own_key(plan: &TablePlan, target: &Table) -> Result<Vec<String>> {
    let numbers = |c: &Column| {
        matches!(c.default, Default::Serial(_) | Default::IdentityByDefault(_) | Default::IdentityAlways(_))
    };
    let defaults = |c: &Column| c.default != Default::None;
    let filter = |keep: &dyn Fn(&Column) -> bool| -> Vec<String> {
        let key = target.primary_key().iter();
        key.filter(|name| target.column(name).is_some_and(keep)).cloned().collect()
    };
    let mut own = filter(&numbers);
    if own.is_empty() {
        own = filter(&defaults);
    }
    let invalid = |message: String| Error::new(Kind::InvalidParameter, message);
    // A trigger may make the key, too.
    if own.is_empty() && !target.primary_key().is_empty() && !target.triggers.iter().any(|t| t.enabled) {
        return Err(invalid(format!("the primary key of \"{}\" is not generated here", plan.table))
            .detail("\"delete_insert\" is for tables whose key is generated here, or that have none.")
            .hint("use \"replace\""));
    }
    let filled = |name: &String| {
        plan.columns.contains_key(name)
            || plan.merge_key.iter().flatten().chain(&plan.scope).any(|c| c == name)
            || plan.lookups.iter().any(|l| l.set == *name)
    };
    match own.iter().find(|name| filled(name)) {
        None => Ok(own),
        Some(name) => {
            Err(invalid(format!("column \"{name}\" of table \"{}\" is generated here", plan.table))
                .detail("\"delete_insert\" leaves the table's own key to the database."))
        }
    }
}
