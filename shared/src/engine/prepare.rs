//! Steps 3 and 4 of a run: the tables as they are, the sources' columns, the tasks in order.

use std::path::Path;

use crate::catalog::{RelName, Table};
use crate::convert::Options;
use crate::error::Result;
use crate::plan::{self, SortColumn, SortType, TablePlan};
use crate::planner::{self, Rule, SnapshotSet, SourceShape, Stubs, Task, Wanted};
use crate::session::{Dialect, Session};
use crate::sql::{self, Known, TempTable, Temps};
use crate::types::ColumnType;

use super::checks::Checks;
use super::cursor::{self, Reading};
use super::documents::{Sources, called};
use super::input::Input;
use super::progress::Progress;
use super::raw::Kept;
use super::rights;

/// All that is known of a round of a run before its first row is read.
pub(crate) struct Prepared {
    /// Parents before children.
    pub tasks: Vec<Task>,
    /// Per task.
    pub temps: Vec<Temps>,
    /// Per task; None where the sources were not opened.
    pub inputs: Vec<Option<Input>>,
    /// Where stubs may be made, once [`super::stub::prepare`] has found out.
    pub stubs: Stubs,
    /// Which snapshots are taken, once [`super::snapshot::prepare`] has found out.
    pub snapshots: Vec<SnapshotSet>,
    /// Per task.
    pub readings: Vec<Reading>,
    /// What a run that writes ends with, per phase; the first round has those of all.
    pub checks: Vec<Checks>,
    /// The documents that are kept with the run.
    pub kept: Vec<Kept>,
    /// A superuser writes another role's tables as that role: the first round says it for all.
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

    /// The snapshots, each with the task whose rows are taken.
    pub fn snapshot_tasks(&self) -> impl Iterator<Item = (&SnapshotSet, (&Task, &Temps))> {
        let task = |set: &SnapshotSet| self.tasks.get(set.task).zip(self.temps.get(set.task));
        self.snapshots.iter().filter_map(move |set| Some((set, task(set)?)))
    }

    /// All temporary tables of the run.
    pub fn temp_tables(&self, dialect: Dialect) -> Vec<TempTable> {
        let stubs = self.stubs.sets.iter().map(|set| sql::stub_table(dialect, set));
        let snapshots = self.snapshots.iter().map(|set| sql::snapshot_table(dialect, set));
        let derived = self.tasks.iter().filter(|task| task.plan.recompute.is_some());
        let groups = derived.map(|task| sql::groups_table(dialect, task));
        let own = self.temps.iter().flat_map(|t| t.all()).cloned();
        own.chain(stubs).chain(snapshots).chain(groups).collect()
    }
}

/// Finds the tables of `plans`, which stand in the database under `names`, opens their sources
/// (where `root` is given) and makes the tasks: per round of the run, of which there is one unless tables are derived from others.
/// A table without a source is left alone.
///
/// Errors: 42P01 no such table, 42501 one that another is derived from has rows that the caller does not see, and those of
/// sources and of [`planner::bind`].
pub(crate) fn prepare(
    s: &mut dyn Session,
    plans: &[TablePlan],
    names: &[RelName],
    root: Option<Option<&Path>>,
) -> Result<Vec<Prepared>> {
    let tables = find_tables(s, plans, names)?;
    planner::check_match(plans, &tables)?;
    let rounds = plan::rounds(plans);
    // What is derived reads the tables themselves, and would fail in the database's own words.
    if root.is_some() && rounds.len() > 1 {
        let is_read = |name: &String| plans.iter().any(|plan| plan.derived_from.contains(name));
        let seen = |read: bool, otherwise: &str| {
            let chosen = plans.iter().zip(&tables).filter(|(plan, _)| is_read(&plan.table) == read);
            rights::sees_all(&chosen.map(|(_, table)| table).collect::<Vec<_>>(), otherwise)
        };
        seen(true, "What is derived would be computed of a part of the rows.")?;
        seen(false, "A query that reads it would see a part of the rows.")?;
    }
    let mut prepared = Vec::with_capacity(rounds.len());
    for round in rounds {
        let mut round = one_round(s, plans, &tables, root, &round)?;
        // A query that stays open would not see what the rounds before are about to write.
        if !prepared.is_empty() {
            round.close(s)?;
        }
        prepared.push(round);
    }
    Ok(prepared)
}

fn one_round(
    s: &mut dyn Session,
    plans: &[TablePlan],
    tables: &[Table],
    root: Option<Option<&Path>>,
    round: &[usize],
) -> Result<Prepared> {
    let dialect = s.facts().dialect;
    let mut sources = Sources::new(plans, tables);
    let mut inputs: Vec<Option<Input>> = plans.iter().map(|_| None).collect();
    let mut tasks = Vec::with_capacity(round.len());
    let all = plans.iter().zip(tables).zip(&mut inputs).enumerate();
    for (ordinal, ((plan, table), opened)) in all.filter(|(ordinal, _)| round.contains(ordinal)) {
        if plan.source.is_none() {
            continue;
        }
        let input = root.map(|root| sources.open(s, root, ordinal)).transpose()?;
        let columns: Vec<&str> =
            input.iter().flat_map(|i| i.reader.columns()).map(|c| c.name.as_str()).collect();
        let known = input.as_ref().filter(|i| i.reader.shaped());
        let shape = known.map(|i| SourceShape { label: &i.label, columns: &columns });
        let wanted = wanted(s, plan, input.as_ref())?;
        let task = planner::bind(ordinal, plan, table.clone(), shape, &wanted)?;
        cursor::check(&task, &Options { time_zone: task.time_zone, dialect }, input.is_some())?;
        tasks.push(task);
        *opened = input;
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
        snapshots: Vec::new(),
        readings,
        checks: Vec::new(),
        kept: Vec::new(),
        as_owner: false,
        progress: Progress::start(),
    })
}

/// The source columns that the rules of a table need besides those that fill it. A column to sort by
/// has the type that the plan says, else that of the source; one to look up by that of the column it is compared with.
///
/// Errors: 22023 a column to sort by whose type nothing says, and of lookups 42P01 and 42703.
pub(super) fn wanted(s: &mut dyn Session, plan: &TablePlan, input: Option<&Input>) -> Result<Vec<Wanted>> {
    let dialect = s.facts().dialect;
    let mut wanted = Vec::new();
    let cursor = plan.cursor.iter().map(|c| (Rule::Cursor, &c.column));
    let groups = plan.cursor.iter().flat_map(|c| c.by.iter().enumerate());
    let sort = plan.dedup_sort.iter().map(|column| (Rule::Sort, column));
    for (rule, column) in cursor.chain(groups.map(|(i, column)| (Rule::Group(i), column))).chain(sort) {
        let SortColumn::Source { source, values } = column else { continue };
        let name = planner::rule_name(plan, source);
        let natural = || called(input?.reader.columns(), &name).map(|c| c.natural.clone());
        let ty = match values.map(SortType::column_type).or_else(natural) {
            // Values without a type have no order among themselves, but are equal or not.
            Some(ColumnType::Any) if !matches!(rule, Rule::Group(_)) => {
                return Err(plan::untyped(&format!("table \"{}\"", plan.table), source));
            }
            None | Some(ColumnType::Any) => ColumnType::Text { max_chars: None },
            Some(ty) => ty,
        };
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
