//! What of a table's rows goes into a backup, and under which names other databases know it there.
//!
//! A row is known by its external id. Keys that draw their numbers here stay at home, and references to
//! such rows travel as the external id of the row they lead to: late, because they are resolved where
//! they arrive.

mod references;

use crate::backup::{self, TableHeader};
use crate::catalog::{Column, Default, RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{ExternalId, ParentTable, TablePlan};
use crate::types::ColumnType;

use super::bind::{no_column, no_table};
use references::{check_shared, late_ref, references};

pub use references::is_unique;

/// A table of the plan, as found.
#[derive(Debug, Clone)]
pub struct Planned<'a> {
    pub phase: &'a str,
    pub plan: &'a TablePlan,
    pub table: Table,
}

/// How the rows of a table travel.
#[derive(Debug, Clone, PartialEq)]
pub struct Travel {
    pub phase: String,
    /// The table's name as the plan writes it.
    pub name: String,
    pub table: Table,
    /// The columns by which a row is known elsewhere; empty for a detail.
    pub external_id: Vec<String>,
    /// The columns of its key that are drawn from numbers here, and stay at home.
    pub own_key: Vec<String>,
    /// What goes before its external ids, which are of one text column then.
    pub namespace: Option<String>,
    /// The columns that are carried as they are, in table order; those of the external id are among them.
    pub plain: Vec<String>,
    /// References that travel as external ids, by the place of their first column in the table. No column
    /// is in two of them.
    pub late: Vec<LateRef>,
    /// Of a detail: which of `late` leads to its parent.
    pub parent: Option<usize>,
}

/// A reference that travels as the external id of the row it leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct LateRef {
    pub columns: Vec<String>,
    /// (schema, name) of the table it leads to.
    pub parent: (String, String),
    /// How the plan calls that table.
    pub parent_name: String,
    /// What `columns` refer to there, in their order. Every row has them for itself.
    pub parent_columns: Vec<String>,
    /// The parent's external id.
    pub external_id: Vec<String>,
    /// The types of its columns.
    pub types: Vec<ColumnType>,
    /// The parent's namespace.
    pub namespace: Option<String>,
}

/// How the rows of the table `name` (as the plan writes it) travel. `all` are the tables of the plan, of
/// all phases; `resolve` finds tables by the plan's names and by those of foreign keys.
///
/// Errors: 42703 and 42P01 what the plan names does not exist, 42P10 no external id, a reference that no
/// external id can stand for, or no reference to the parent, 22023 what the plan says cannot be meant, 428C9
/// an external id that is generated.
pub fn travel(
    all: &[Planned<'_>],
    name: &str,
    resolve: &dyn Fn(&RelName) -> Option<Table>,
) -> Result<Travel> {
    let own = all.iter().find(|p| p.plan.table == name).ok_or_else(|| no_table(name))?;
    // A table may be listed more than once; one listing says how it travels.
    let own = said(all, own);
    let (plan, table) = (own.plan, &own.table);
    let references = references(plan, table, resolve)?;
    let parent = parent_table(plan, resolve)?;
    let external_id = external_id(plan, table)?;
    let mut late = Vec::new();
    for reference in &references {
        late.extend(late_ref(all, own, parent.as_ref(), reference)?);
    }
    late.sort_by_key(|l| place(table, l.columns.first()));
    check_shared(plan, &late)?;
    let is_late = |name: &String| late.iter().any(|l| l.columns.contains(name));
    if let Some(column) = external_id.iter().find(|c| is_late(c)) {
        return Err(invalid(format!(
            "column \"{column}\" of table \"{}\" is a reference and part of its external id",
            plan.table
        ))
        .detail("What it refers to has other numbers in another database, and the row would have another id there.")
        .hint("say \"external_id\" with other columns, or \"parent\" if the rows are details of one table"));
    }
    let parent = match parent {
        Some(parent) => Some(find_parent(plan, &parent, &late)?),
        None if external_id.is_empty() => return Err(unknown(plan)),
        None => None,
    };
    let own_key: Vec<String> = table
        .primary_key()
        .iter()
        .filter(|k| table.column(k).is_some_and(draws_numbers) && !external_id.contains(k) && !is_late(k))
        .cloned()
        .collect();
    let stays =
        |c: &&Column| c.default == Default::Generated || own_key.contains(&c.name) || is_late(&c.name);
    let plain = table.columns.iter().filter(|c| !stays(c)).map(|c| c.name.clone()).collect();
    check_namespace(plan, table, &external_id)?;
    Ok(Travel {
        phase: own.phase.to_owned(),
        name: plan.table.clone(),
        table: table.clone(),
        external_id,
        own_key,
        namespace: plan.namespace.clone(),
        plain,
        late,
        parent,
    })
}

impl Travel {
    /// What stands before the table's records in a backup; how many there are is not known yet.
    pub fn header(&self, exported_at: &str) -> TableHeader {
        let reference = |late: &LateRef| backup::Reference {
            columns: late.columns.clone(),
            table: late.parent_name.clone(),
            external_id: late.external_id.clone(),
        };
        let late = self.late.iter().enumerate().filter(|(at, _)| self.parent != Some(*at));
        TableHeader {
            table: self.name.clone(),
            version: backup::FORMAT_VERSION,
            exported_at: exported_at.to_owned(),
            record_count: 0,
            external_id: self.external_id.clone(),
            namespace: self.namespace.clone(),
            columns: self.plain.clone(),
            late: late.map(|(_, late)| reference(late)).collect(),
            parent: self.parent.and_then(|at| self.late.get(at)).map(reference),
        }
    }
}

/// Tables in an order in which each comes after those that its references lead to, otherwise as they come.
/// In a circle the first goes first; details never do, because nothing refers to them.
pub fn parents_first(travels: Vec<Travel>) -> Vec<Travel> {
    let mut waiting = travels;
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let waits = |own: &Travel| {
            let others = || waiting.iter().filter(|w| w.table.id() != own.table.id());
            own.late.iter().any(|late| others().any(|w| w.table.id() == late.parent))
        };
        let free = waiting.iter().position(|own| !waits(own));
        let next = free.or_else(|| waiting.iter().position(|own| own.parent.is_none())).unwrap_or(0);
        sorted.push(waiting.remove(next));
    }
    sorted
}

/// The listing of the same table that says something of backups, or this one.
fn said<'a, 'b>(all: &'b [Planned<'a>], own: &'b Planned<'a>) -> &'b Planned<'a> {
    let mut listings = all.iter().filter(|p| p.table.id() == own.table.id());
    listings.find(|p| p.plan.says_of_backups()).unwrap_or(own)
}

fn invalid(message: String) -> Error {
    Error::new(Kind::InvalidParameter, message)
}

fn draws_numbers(column: &Column) -> bool {
    matches!(column.default, Default::Serial(_) | Default::IdentityByDefault(_) | Default::IdentityAlways(_))
}

/// The columns by which a row is known elsewhere; empty for a detail, and for a table of which nothing
/// says it.
///
/// Errors: 42703, 428C9.
fn external_id(plan: &TablePlan, table: &Table) -> Result<Vec<String>> {
    let Some(said) = plan.external_id.as_ref().map(ExternalId::columns) else {
        let key = table.primary_key();
        let natural = !key.iter().any(|k| table.column(k).is_none_or(draws_numbers));
        return Ok(if natural && plan.parent.is_none() { key.to_vec() } else { Vec::new() });
    };
    for name in said {
        let column = table.column(name).ok_or_else(|| no_column(&plan.table, name))?;
        if column.default == Default::Generated {
            return Err(Error::new(
                Kind::GeneratedAlways,
                format!("column \"{name}\" of table \"{}\" is generated, and does not travel", plan.table),
            )
            .detail("It is in \"external_id\"."));
        }
    }
    Ok(said.to_vec())
}

/// Nothing says by what the rows of a table are known (42P10).
fn unknown(plan: &TablePlan) -> Error {
    Error::new(Kind::InvalidKey, format!("the rows of table \"{}\" have no external id", plan.table))
        .detail("The numbers of its key mean nothing in another database.")
        .hint("say \"external_id\", or \"parent\" if its rows are details of another table's")
}

fn place(table: &Table, name: Option<&String>) -> Option<usize> {
    table.columns.iter().position(|c| Some(&c.name) == name)
}

/// The table whose details the rows are. Errors: 42P01.
fn parent_table(plan: &TablePlan, resolve: &dyn Fn(&RelName) -> Option<Table>) -> Result<Option<Table>> {
    let Some((name, _)) = plan.parent.as_ref().map(ParentTable::named) else { return Ok(None) };
    let found = resolve(&RelName::parse(name)?).ok_or_else(|| {
        no_table(name).detail(format!("It is to be the parent of table \"{}\".", plan.table))
    })?;
    Ok(Some(found))
}

/// Which reference leads to the parent of a detail. Errors: 42P10 none, 22023 several.
fn find_parent(plan: &TablePlan, parent: &Table, late: &[LateRef]) -> Result<usize> {
    let columns = plan.parent.as_ref().and_then(|p| p.named().1);
    let named = |late: &LateRef| {
        columns.is_none_or(|c| c.len() == late.columns.len() && c.iter().all(|c| late.columns.contains(c)))
    };
    let name = &parent.name;
    let leads = |late: &LateRef| late.parent == parent.id() && named(late);
    let mut found = late.iter().enumerate().filter(|(_, late)| leads(late)).map(|(i, _)| i);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => Err(invalid(format!(
            "several references of table \"{}\" lead to its parent \"{name}\"",
            plan.table
        ))
        .hint("say which: \"parent\": {\"table\": ..., \"columns\": [...]}")),
        (None, _) => Err(Error::new(
            Kind::InvalidKey,
            format!("no reference of table \"{}\" leads to its parent \"{name}\"", plan.table),
        )
        .hint("declare one in \"references\"")),
    }
}

/// Errors: 22023 where the external id is not one text.
fn check_namespace(plan: &TablePlan, table: &Table, external_id: &[String]) -> Result<()> {
    let text = |name: &String| {
        matches!(table.column(name).map(|c| &c.ty), Some(ColumnType::Text { .. } | ColumnType::Any))
    };
    match external_id {
        _ if plan.namespace.is_none() => Ok(()),
        [one] if text(one) => Ok(()),
        _ => Err(invalid(format!(
            "table \"{}\" has a \"namespace\", which goes before an external id of one text column",
            plan.table
        ))
        .detail(format!("Its external id is ({}).", external_id.join(", ")))),
    }
}

#[cfg(test)]
mod tests;
