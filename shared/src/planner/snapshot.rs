//! Snapshots of rows: which table they go to, and what each of its columns holds.

use crate::catalog::{Default, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::Scalar;
use crate::types::ColumnType;

use super::bind::{check_kind, no_column};
use super::{From, Owner, Task};

/// A rule by which snapshots of a table's rows are taken.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotSet {
    /// Its place among those of the run.
    pub ordinal: usize,
    /// The place of the task whose rows are taken.
    pub task: usize,
    /// How log and report call the table that the snapshots go to: as the plan does where it writes it.
    pub name: String,
    pub into: Table,
    /// Its columns and what they hold.
    pub values: Vec<(String, Take)>,
    /// The column that becomes one of the values.
    pub column: String,
    pub becomes: Vec<Scalar>,
}

/// What a column of a snapshot holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// This column of the row.
    Column(String),
    /// A constant, in the form in which the column keeps it.
    Constant(Scalar),
}

/// Looks at a snapshot of a task's rows. `owner` is what the plan says of the table that it goes to.
///
/// Errors: 42809 not a table, 42703 a column that does not exist, 428C9 one that the database generates,
/// 42804 one that cannot hold what it is to, 22023 what the plan cannot mean.
pub fn check_snapshot(set: &SnapshotSet, task: &Task, owner: Option<Owner<'_>>) -> Result<()> {
    check_kind(&set.name, &set.into)?;
    let invalid = |message: String| Err(Error::new(Kind::InvalidParameter, message));
    if set.into.id() == task.target.id() {
        return invalid(format!("snapshots of \"{}\" cannot go to the table itself", task.name));
    }
    if !task.earlier.is_empty() || !task.later.is_empty() {
        return invalid(format!("table \"{}\" has snapshots, and is listed more than once", task.name));
    }
    if owner.is_some_and(|o| o.plan.write().deletes() && !(o.plan.origin.is_some() && o.plan.keep_local)) {
        return invalid(format!("the next run would delete the snapshots in \"{}\"", set.name));
    }
    match task.columns.iter().find(|c| c.column.name == set.column) {
        Some(staged) if matches!(staged.from, From::Source(_) | From::Lookup(_)) => {}
        _ if task.target.column(&set.column).is_none() => return Err(no_column(&task.name, &set.column)),
        _ => {
            return invalid(format!(
                "column \"{}\" of table \"{}\" is not filled from the source, and becomes nothing",
                set.column, task.name
            ));
        }
    }
    for (name, take) in &set.values {
        let column = set.into.column(name).ok_or_else(|| no_column(&set.name, name))?;
        if matches!(column.default, Default::Generated | Default::IdentityAlways(_)) {
            return Err(Error::new(
                Kind::GeneratedAlways,
                format!("column \"{name}\" of table \"{}\" is generated and cannot be written", set.name),
            ));
        }
        let Take::Column(from) = take else { continue };
        let from = task.target.column(from).ok_or_else(|| no_column(&task.name, from))?;
        if !holds(&column.ty, &from.ty) {
            return Err(Error::new(
                Kind::DatatypeMismatch,
                format!(
                    "column \"{name}\" of table \"{}\" cannot hold column \"{}\" of \"{}\"",
                    set.name, from.name, task.name
                ),
            ));
        }
    }
    let given = |name: &String| set.values.iter().any(|(column, _)| column == name);
    let lacking =
        set.into.columns.iter().find(|c| c.not_null && c.default == Default::None && !given(&c.name));
    lacking.map_or(Ok(()), |column| {
        invalid(format!(
            "a snapshot in \"{}\" has no value for column \"{}\", which is NOT NULL",
            set.name, column.name
        ))
    })
}

/// Whether values of one type can be put into a column of another as they are, in both databases.
fn holds(to: &ColumnType, from: &ColumnType) -> bool {
    use ColumnType as T;
    let free = |ty: &ColumnType| matches!(ty, T::Any | T::Other);
    let moment = |ty: &ColumnType| matches!(ty, T::Date | T::Timestamp | T::TimestampTz);
    to == from
        || matches!(to, T::Text { .. })
        || free(to)
        || free(from)
        || (to.is_number() && from.is_number())
        || (moment(to) && moment(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Source, TablePlan, Write};
    use crate::planner::{bind, sample};

    fn task() -> Task {
        let plan = TablePlan::plain("t".to_owned(), Source::Parquet("x".to_owned()), Write::Upsert);
        bind(0, &plan, sample::table("t", &["id"], &["!id", "status"]), None, &[]).unwrap()
    }

    fn set(values: &[(&str, &str)]) -> SnapshotSet {
        let take = |(to, from): &(&str, &str)| (to.to_string(), Take::Column(from.to_string()));
        SnapshotSet {
            ordinal: 0,
            task: 0,
            name: "s".to_owned(),
            into: sample::table("s", &["a"], &["!a", "b"]),
            values: values.iter().map(take).collect(),
            column: "status".to_owned(),
            becomes: vec![Scalar::Int(1)],
        }
    }

    #[test]
    fn a_snapshot_fills_what_its_table_needs() {
        assert_eq!(check_snapshot(&set(&[("a", "id")]), &task(), None), Ok(()));
        let code = |set: &SnapshotSet| check_snapshot(set, &task(), None).map_err(|e| e.kind);
        assert_eq!(code(&set(&[("b", "id")])), Err(Kind::InvalidParameter));
        assert_eq!(code(&set(&[("a", "id"), ("c", "id")])), Err(Kind::UndefinedColumn));
        assert_eq!(code(&set(&[("a", "nothing")])), Err(Kind::UndefinedColumn));
        let mut text = set(&[("a", "id")]);
        text.into.columns[0].ty = ColumnType::Date;
        assert_eq!(code(&text), Err(Kind::DatatypeMismatch));
        let mut own = set(&[("a", "id")]);
        own.into = task().target;
        assert_eq!(code(&own), Err(Kind::InvalidParameter));
    }

    #[test]
    fn snapshots_do_not_go_where_the_next_run_deletes_them() {
        let owned = |write| TablePlan::plain("s".to_owned(), Source::Parquet("x".to_owned()), write);
        let code = |plan: &TablePlan| {
            let owner = Owner { phase: "p", plan };
            check_snapshot(&set(&[("a", "id")]), &task(), Some(owner)).is_ok()
        };
        assert!(code(&owned(Write::InsertOnly)) && !code(&owned(Write::Replace)));
    }
}
