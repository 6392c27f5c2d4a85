//! Derived tables: how the groups that changed are found from the changed rows of what is read.

use crate::catalog::Table;
use crate::error::Result;
use crate::plan::{Mode, Recompute, TablePlan};
use crate::types::ColumnType;

use super::{From, Link, Task, no_column};

/// How a changed row of a table tells its group of a derived table.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its columns in the order of `by`; those of the table that `via` leads to, where it does.
    pub columns: Vec<String>,
    /// A reference of the row's to a row that tells the group; one that leads nowhere tells of the group of NULL.
    pub via: Option<(Link, Table)>,
}

/// Looks at the columns that `match` names in the tables of a phase, which stand beside their plans. Errors: 42703
/// for one that its table does not have, of which no row would ever tell its group.
pub fn check_match(plans: &[TablePlan], tables: &[Table]) -> Result<()> {
    let named = plans.iter().flat_map(|plan| &plan.recompute).flat_map(|recompute| &recompute.match_columns);
    for (name, columns) in named {
        let found = plans.iter().zip(tables).find(|(plan, _)| plan.table == *name);
        let lacks = |(_, table): (_, &Table)| columns.values().find(|column| table.column(column).is_none());
        if let Some(column) = found.and_then(lacks) {
            return Err(no_column(name, column));
        }
    }
    Ok(())
}

/// How the rows of `base` tell their groups of the derived table: by columns of their own, or by those of the
/// rows to which they refer, of other tables of `bases`. `round` are the tasks among which `base` is. Empty where they do not.
pub fn traces(derived: &Task, base: &Task, round: &[Task], bases: &[&Task]) -> Vec<Trace> {
    // Rows without a key are not found again once they are written.
    let Some(recompute) = derived.plan.recompute.as_ref().filter(|_| !base.key.is_empty()) else {
        return Vec::new();
    };
    if let Some(columns) = columns(derived, recompute, base) {
        return vec![Trace { columns, via: None }];
    }
    // The query may go by any of its references.
    let referred = base.references.iter().filter_map(|link| {
        let id = link.parent_id(round)?;
        let parent = bases.iter().find(|task| task.target.id() == id)?;
        let columns = columns(derived, recompute, parent)?;
        Some(Trace { columns, via: Some((link.clone(), parent.target.clone())) })
    });
    referred.collect()
}

/// The columns of a table that are those of `by`, where it has them all.
fn columns(derived: &Task, recompute: &Recompute, base: &Task) -> Option<Vec<String>> {
    let like = |by: &String| {
        let found = base.target.column(recompute.column(&base.name, by))?;
        let wanted = derived.target.column(by)?;
        same_values(&found.ty, &wanted.ty).then(|| found.name.clone())
    };
    recompute.by.iter().map(like).collect()
}

fn same_values(a: &ColumnType, b: &ColumnType) -> bool {
    let text = |ty: &ColumnType| matches!(ty, ColumnType::Text { .. });
    a == b || (a.is_number() && b.is_number()) || (text(a) && text(b))
}

impl Task {
    /// The columns whose values make the groups that this run computes; None where it computes all.
    pub fn groups(&self) -> Option<&[String]> {
        let recompute = self.plan.recompute.as_ref()?;
        (self.mode == Mode::Incremental).then_some(&recompute.by)
    }

    /// The source's columns that fill those of `by`, in their order.
    pub fn group_sources(&self) -> Vec<&str> {
        let by = self.plan.recompute.iter().flat_map(|r| &r.by);
        let source = |name: &String| match &self.staged(name)?.from {
            From::Source(source) => Some(source.as_str()),
            From::Constant(_) | From::Lookup(_) | From::Assigned => None,
        };
        by.filter_map(source).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Source, TablePlan, Write};
    use crate::planner::{Parent, bind, sample};

    fn base(name: &str, columns: &[&str]) -> Task {
        let plan = TablePlan::plain(name.to_owned(), Source::Parquet("x".to_owned()), Write::Upsert);
        bind(0, &plan, sample::table(name, &["id"], columns), None, &[]).unwrap()
    }

    fn derived() -> Task {
        let names = [("orders".to_owned(), [("day".to_owned(), "posted".to_owned())].into())];
        let recompute = Recompute { by: sample::strings(&["shop", "day"]), match_columns: names.into() };
        let plan = TablePlan {
            recompute: Some(recompute),
            ..TablePlan::plain("daily".to_owned(), Source::Query("q".to_owned()), Write::Replace)
        };
        let table = sample::table("daily", &["shop", "day"], &["!shop", "!day", "n"]);
        bind(0, &plan, table, None, &[]).unwrap()
    }

    #[test]
    fn a_row_tells_its_group_or_refers_to_some_that_do() {
        let orders = base("orders", &["!id", "shop", "posted"]);
        let mut part = base("part", &["!id", "order_id", "credited_to"]);
        let round = vec![orders.clone(), part.clone()];
        let found = |task: &Task, bases: &[&Task]| traces(&derived(), task, &round, bases);
        let direct = Trace { columns: sample::strings(&["shop", "posted"]), via: None };
        assert_eq!(found(&orders, &[&orders]), [direct]);
        assert_eq!(found(&part, &[&orders, &part]), []);
        let link = |column| Link {
            columns: sample::strings(&[column]),
            parent: Parent::Tasks(vec![0]),
            parent_columns: sample::strings(&["id"]),
        };
        part.references = vec![link("order_id"), link("credited_to")];
        let by_order = found(&part, &[&orders, &part]);
        let ways = by_order.iter().filter_map(|t| t.via.as_ref().map(|(link, _)| &link.columns[0]));
        assert_eq!(ways.collect::<Vec<_>>(), ["order_id", "credited_to"]);
        // A table that the derived one does not read tells nothing of it.
        assert_eq!(found(&part, &[&part]), []);
    }

    #[test]
    fn a_column_that_match_names_must_be_there() {
        let plans = [base("orders", &["!id", "shop", "posted"]).plan, derived().plan];
        let check = |orders: &[&str]| {
            let table = sample::table("orders", &["id"], orders);
            check_match(&plans, &[table, derived().target]).map_err(|e| e.message)
        };
        assert_eq!(check(&["!id", "shop", "posted"]), Ok(()));
        assert_eq!(
            check(&["!id", "shop"]),
            Err("column \"posted\" of table \"orders\" does not exist".to_owned())
        );
        // A run without the table asks nothing of it.
        assert_eq!(check_match(&plans[1..], &[derived().target]).map_err(|e| e.message), Ok(()));
    }

    #[test]
    fn groups_are_told_by_values_of_one_kind_and_rows_that_are_found_again() {
        let mut orders = base("orders", &["!id", "shop", "posted"]);
        orders.target.columns[2].ty = ColumnType::Text { max_chars: None };
        assert_eq!(traces(&derived(), &orders, &[], &[&orders]), []);
        let keyless = Task { key: Vec::new(), ..base("orders", &["!id", "shop", "posted"]) };
        assert_eq!(traces(&derived(), &keyless, &[], &[&keyless]), []);
        let mut task = derived();
        assert_eq!((task.groups(), task.group_sources()), (None, vec!["shop", "day"]));
        task.mode = Mode::Incremental;
        assert_eq!(task.groups().map(<[String]>::len), Some(2));
    }
}
