//! The references of a table, and which of them must travel as external ids.

use crate::catalog::{Default, RelName, Table, UniqueKey};
use crate::error::{Error, Kind, Result};
use crate::plan::TablePlan;

use super::super::bind::{no_column, no_table};
use super::{LateRef, Planned, draws_numbers, external_id, invalid, said};

/// A reference of a table, by the database or by the plan.
pub(super) struct Reference {
    columns: Vec<String>,
    parent: Table,
    parent_columns: Vec<String>,
}

/// The references of a table, each once; not those of generated columns, which do not travel.
///
/// Errors: 42P01, 42703.
pub(super) fn references(
    plan: &TablePlan,
    table: &Table,
    resolve: &dyn Fn(&RelName) -> Option<Table>,
) -> Result<Vec<Reference>> {
    let mut references: Vec<Reference> = Vec::new();
    for key in &table.foreign_keys {
        let (schema, name) = &key.parent;
        let parent = resolve(&RelName::new(Some(schema), name)).ok_or_else(|| no_table(name))?;
        let (columns, parent_columns) = (key.columns.clone(), key.parent_columns.clone());
        references.push(Reference { columns, parent, parent_columns });
    }
    for declared in &plan.references {
        let parent = resolve(&RelName::parse(&declared.table)?).ok_or_else(|| no_table(&declared.table))?;
        if let Some(column) = declared.columns.iter().find(|c| table.column(c).is_none()) {
            return Err(no_column(&plan.table, column));
        }
        if let Some(column) = declared.match_columns.iter().find(|c| parent.column(c).is_none()) {
            return Err(no_column(&declared.table, column));
        }
        let (columns, parent_columns) = (declared.columns.clone(), declared.match_columns.clone());
        references.push(Reference { columns, parent, parent_columns });
    }
    let generated = |name: &String| table.column(name).is_none_or(|c| c.default == Default::Generated);
    references.retain(|r| !r.columns.iter().any(generated));
    let mut once: Vec<Reference> = Vec::new();
    for reference in references {
        if !once.iter().any(|r| r.is(&reference)) {
            once.push(reference);
        }
    }
    Ok(once)
}

impl Reference {
    /// Whether both say the same, in whatever order of columns.
    fn is(&self, other: &Reference) -> bool {
        let pairs = |r: &Reference| {
            let mut pairs: Vec<_> = r.columns.iter().cloned().zip(r.parent_columns.iter().cloned()).collect();
            pairs.sort();
            pairs
        };
        self.parent.id() == other.parent.id() && pairs(self) == pairs(other)
    }
}

/// How a reference travels; None where its columns are carried as they are, because they mean the same
/// elsewhere.
pub(super) fn late_ref(
    all: &[Planned<'_>],
    own: &Planned<'_>,
    belongs_to: Option<&Table>,
    reference: &Reference,
) -> Result<Option<LateRef>> {
    let Reference { columns, parent, parent_columns } = reference;
    let planned = all.iter().find(|p| p.table.id() == parent.id()).map(|p| said(all, p));
    let known = planned.map(|p| external_id(p.plan, &p.table)).transpose()?.unwrap_or_default();
    if let Some(planned) = planned.filter(|_| !known.is_empty()) {
        check_unique(own, reference)?;
        return Ok(Some(LateRef {
            columns: columns.clone(),
            parent: parent.id(),
            parent_name: planned.plan.table.clone(),
            parent_columns: parent_columns.clone(),
            types: known.iter().filter_map(|name| Some(parent.column(name)?.ty.clone())).collect(),
            external_id: known,
            namespace: planned.plan.namespace.clone(),
        }));
    }
    // Not only a reference that fails: it is the plan that cannot be meant.
    if let Some(to) =
        planned.filter(|p| p.plan.parent.is_some() && belongs_to.is_some_and(|t| t.id() == p.table.id()))
    {
        return Err(invalid(format!(
            "\"parent\" of table \"{}\" is \"{}\", which is a detail itself",
            own.plan.table, to.plan.table
        ))
        .hint("details belong to a table that has an \"external_id\""));
    }
    let local = |name: &&String| {
        let refers = parent.foreign_keys.iter().any(|k| k.columns.contains(name));
        refers || parent.column(name).is_some_and(draws_numbers)
    };
    let Some(_) = parent_columns.iter().find(local) else { return Ok(None) };
    let parent_name = planned.map_or(&parent.name, |p| &p.plan.table);
    let error = Error::new(
        Kind::InvalidKey,
        format!(
            "column \"{}\" of table \"{}\" cannot travel: it refers to table \"{parent_name}\"",
            columns.join(", "),
            own.plan.table
        ),
    );
    Err(match planned {
        Some(_) => {
            error.detail("The rows of that table have no external id.").hint("give it an \"external_id\"")
        }
        None => {
            error.detail("That table is not in the plan.").hint("put it in the plan, with an \"external_id\"")
        }
    })
}

/// Whether a unique index keeps rows apart by these columns, or by some of them.
pub fn is_unique(table: &Table, columns: &[String]) -> bool {
    let among = |u: &UniqueKey| !u.columns.is_empty() && u.columns.iter().all(|c| columns.contains(c));
    table.uniques.iter().any(|u| u.immediate && !u.partial && among(u))
}

/// A row that the plan says is referred to must be one. Errors: 42P10.
fn check_unique(own: &Planned<'_>, reference: &Reference) -> Result<()> {
    let Reference { columns, parent, parent_columns } = reference;
    if is_unique(parent, parent_columns) {
        return Ok(());
    }
    Err(Error::new(
        Kind::InvalidKey,
        format!("column \"{}\" of table \"{}\" cannot travel", columns.join(", "), own.plan.table),
    )
    .detail(format!("No unique index of \"{}\" is over ({}).", parent.name, parent_columns.join(", "))))
}

/// Errors: 22023 where two references share a column.
pub(super) fn check_shared(plan: &TablePlan, late: &[LateRef]) -> Result<()> {
    for (i, one) in late.iter().enumerate() {
        for other in late.iter().skip(i + 1) {
            if let Some(column) = one.columns.iter().find(|c| other.columns.contains(c)) {
                return Err(invalid(format!(
                    "column \"{column}\" of table \"{}\" is in two references",
                    plan.table
                ))
                .detail(format!("They lead to \"{}\" and \"{}\".", one.parent_name, other.parent_name)));
            }
        }
    }
    Ok(())
}
