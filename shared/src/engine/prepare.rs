//! Steps 3 and 4 of a run: the tables as they are, the sources' columns, the tasks in order.

use std::path::Path;

use crate::catalog::{RelName, Table};
use crate::convert::Options;
use crate::error::Result;
use crate::plan::{SortColumn, TablePlan};
use crate::planner::{self, Rule, SourceShape, Stubs, Task, Wanted};
use crate::session::{Dialect, Session};
use crate::sql::{self, Known, TempTable, Temps};
use crate::types::ColumnType;

use super::checks::Checks;
use super::cursor::{self, Reading};
use super::documents::Sources;
use super::input::Input;
use super::progress::Progress;
use super::raw::Kept;

/// All that is known before the first row is read.
pub(crate) struct Prepared {
    /// Parents before children.
    pub tasks: Vec<Task>,
    /// Per task.
    pub temps: Vec<Temps>,
    /// Per task; None where the sources were not opened.
    pub inputs: Vec<Option<Input>>,
    /// Where stubs may be made, once [`super::stub::prepare`] has found out.
    pub stubs: Stubs,
    /// Per task.
    pub readings: Vec<Reading>,
    /// What a run that writes ends with, per phase.
    pub checks: Vec<Checks>,
    /// The documents that are kept with the run.
    pub kept: Vec<Kept>,
    /// A superuser writes another role's tables as that role.
    pub as_owner: bool,
    pub progress: Progress,
}

impl Prepared {
    /// Closes the sources unread.
    pub fn close(&mut self, s: &mut dyn Session) -> Result<()> {
        self.inputs.iter_mut().flatten().try_for_each(|input| input.reader.close(s))
    }

    /// What references and lookups may lead to.
    pub fn known(&self) -> Known<'_> {
        Known { tasks: &self.tasks, temps: &self.temps, stubs: &self.stubs }
    }

    /// All temporary tables of the run.
    pub fn temp_tables(&self, dialect: Dialect) -> Vec<TempTable> {
        let stubs = self.stubs.sets.iter().map(|set| sql::stub_table(dialect, set));
        self.temps.iter().flat_map(|t| t.all()).cloned().chain(stubs).collect()
    }
}

/// Finds the tables of `plans`, which stand in the database under `names`, opens their sources
/// (where `root` is given) and makes the tasks. A table without a source is left alone.
pub(crate) fn prepare(
    s: &mut dyn Session,
    plans: &[TablePlan],
    names: &[RelName],
    root: Option<Option<&Path>>,
) -> Result<Prepared> {
    let dialect = s.facts().dialect;
    let tables = find_tables(s, plans, names)?;
    let mut sources = Sources::new(plans, &tables);
    let mut inputs: Vec<Option<Input>> = Vec::with_capacity(plans.len());
    let mut tasks = Vec::with_capacity(plans.len());
    for (ordinal, (plan, table)) in plans.iter().zip(&tables).enumerate() {
        if plan.source.is_none() {
            inputs.push(None);
            continue;
        }
        let input = root.map(|root| sources.open(s, root, ordinal)).transpose()?;
        let columns: Vec<&str> =
            input.iter().flat_map(|i| i.reader.columns()).map(|c| c.name.as_str()).collect();
        // Without a column, a source without rows says nothing of those it would have.
        let known = input.as_ref().filter(|_| !columns.is_empty());
        let shape = known.map(|i| SourceShape { label: &i.label, columns: &columns });
        let wanted = wanted(s, plan, input.as_ref())?;
        let task = planner::bind(ordinal, plan, table.clone(), shape, &wanted)?;
        cursor::check(&task, &Options { time_zone: task.time_zone, dialect }, input.is_some())?;
        tasks.push(task);
        inputs.push(input);
    }
    let kept = sources.kept;
    Ok(Prepared { kept, ..finish(s, tasks, inputs, plans)? })
}

/// Puts the tasks of `plans` in order and gives them their references and temporary tables.
pub(super) fn finish(
    s: &mut dyn Session,
    tasks: Vec<Task>,
    mut inputs: Vec<Option<Input>>,
    plans: &[TablePlan],
) -> Result<Prepared> {
    let dialect = s.facts().dialect;
    let mut tasks = planner::sort(tasks)?;
    let inputs = tasks.iter().map(|t| inputs.get_mut(t.ordinal).and_then(Option::take)).collect();
    link(s, &mut tasks, plans)?;
    planner::lookup_order(&tasks)?;
    planner::join_listings(&mut tasks)?;
    let temps = tasks.iter().map(|t| Temps::of(dialect, t)).collect();
    let readings = vec![Reading::default(); tasks.len()];
    Ok(Prepared {
        tasks,
        temps,
        inputs,
        stubs: Stubs::default(),
        readings,
        checks: Vec::new(),
        kept: Vec::new(),
        as_owner: false,
        progress: Progress::start(),
    })
}

/// The source columns that the rules of a table need besides those that fill it. A column to sort by
/// has the type of the source, one to look up by that of the column it is compared with.
pub(super) fn wanted(s: &mut dyn Session, plan: &TablePlan, input: Option<&Input>) -> Result<Vec<Wanted>> {
    let dialect = s.facts().dialect;
    let mut wanted = Vec::new();
    let sorts =
        [(Rule::Cursor, plan.cursor.as_ref().map(|c| &c.column)), (Rule::Sort, plan.dedup_sort.as_ref())];
    for (rule, column) in sorts {
        let Some(SortColumn::Source { source }) = column else { continue };
        let name = planner::rule_name(plan, source);
        let natural = input.and_then(|i| i.reader.columns().iter().find(|c| c.name == name));
        let ty = natural.map_or(ColumnType::Text { max_chars: None }, |c| c.natural.clone());
        wanted.push(Wanted { rule, source: source.clone(), sql_type: sql::type_name(dialect, &ty), ty });
    }
    for (lookup, rule) in plan.lookups.iter().enumerate() {
        let table = s.find_table(&RelName::parse(&rule.table)?)?.ok_or_else(|| {
            planner::no_table(&rule.table)
                .detail(format!("Column \"{}\" of table \"{}\" is looked up in it.", rule.set, plan.table))
        })?;
        for (column, (theirs, source)) in rule.match_columns.iter().enumerate() {
            let found = table.column(theirs).ok_or_else(|| planner::no_column(&rule.table, theirs))?;
            wanted.push(Wanted {
                rule: Rule::Match { lookup, column },
                source: source.clone(),
                ty: found.ty.clone(),
                sql_type: found.sql_type.clone(),
            });
        }
        if table.column(&rule.take).is_none() {
            return Err(planner::no_column(&rule.table, &rule.take));
        }
    }
    Ok(wanted)
}

/// The tables of these names; 42P01 for one that does not exist.
pub(crate) fn find_tables(s: &mut dyn Session, plans: &[TablePlan], names: &[RelName]) -> Result<Vec<Table>> {
    let found = s.catalog(names)?;
    let named = plans.iter().zip(found);
    named.map(|(plan, table)| table.ok_or_else(|| planner::no_table(&plan.table))).collect()
}

/// Gives the tasks their references and lookups; the tables that plans name are looked up.
fn link(s: &mut dyn Session, tasks: &mut [Task], plans: &[TablePlan]) -> Result<()> {
    let mut names = Vec::new();
    for plan in plans {
        let tables = plan.references.iter().map(|r| &r.table).chain(plan.lookups.iter().map(|l| &l.table));
        for table in tables {
            names.push(RelName::parse(table)?);
        }
    }
    let found = if names.is_empty() { Vec::new() } else { s.catalog(&names)? };
    let resolve = |name: &RelName| {
        let index = names.iter().position(|n| n == name)?;
        found.get(index)?.clone()
    };
    planner::link(tasks, plans, &resolve)
}
