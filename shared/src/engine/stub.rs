//! Stubs over a run: which tables may get some, which rows are needed, what is written and kept.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::DataType;

use crate::catalog::{RelName, Table};
use crate::convert::{Converter, Options};
use crate::error::{Error, Kind, Result};
use crate::plan::{MissingReference, Mode, Scalar, TablePlan, Write};
use crate::planner::{self, Link, StubSet, Task};
use crate::session::{Dialect, Session};
use crate::sql::{self, Known, Referring, Sql, Temps};
use crate::types::ColumnType;
use crate::value::{Value, count};

use super::compare::Counts;
use super::guard::single_count;
use super::owners::Owners;
use super::prepare::Prepared;
use super::{apply, stage, state};

/// Finds the tables in which a run may make stubs, those that their own keys lead to included.
///
/// Errors: those of [`planner::stub_set`]; 22023 for `stub_values` of a table in which no stubs are
/// made, or that two tables give differently; those of values that do not fit their column.
pub(crate) fn prepare(s: &mut dyn Session, prepared: &mut Prepared, owners: &Owners<'_>) -> Result<()> {
    let tasks = &prepared.tasks;
    let makers = || tasks.iter().filter(|t| t.plan.on_missing_reference == MissingReference::Stub);
    let mut due: Vec<((String, String), Vec<String>, Mode)> = Vec::new();
    for task in makers() {
        for link in &task.references {
            due.extend(link.parent_id(tasks).map(|id| (id, link.parent_columns.clone(), task.mode)));
        }
    }
    let values: Vec<Given<'_>> = makers().flat_map(|t| given(&t.plan)).collect();
    let stubs = &mut prepared.stubs;
    stubs.sets.clear();
    while let Some((id, columns, mode)) = due.pop() {
        if stubs.of(&id, &columns).is_some() {
            continue;
        }
        let parent = find_table(s, tasks, &id)?;
        let fixed = fixed(s.facts().dialect, &parent, &values)?;
        let mut set = planner::stub_set(parent, owners.of(&id), &columns, fixed, mode)?;
        for (id, link) in planner::stub_links(tasks, &set) {
            due.push((id, link.parent_columns.clone(), mode));
            set.links.push(link);
        }
        stubs.sets.push(set);
    }
    // Each database knows its foreign keys in an order of its own; the reports of both are the same.
    stubs.sets.sort_by(|a, b| (&a.name, &a.key).cmp(&(&b.name, &b.key)));
    for (ordinal, set) in stubs.sets.iter_mut().enumerate() {
        set.ordinal = ordinal;
    }
    if let Some(unused) = values.iter().find(|v| !stubs.sets.iter().any(|set| v.is_for(&set.parent))) {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("stub_values: no stubs are made in \"{}\"", unused.table),
        )
        .hint("the table does not refer to it"));
    }
    Ok(())
}

/// A value that a plan gives for a column of stubs.
struct Given<'a> {
    /// The table, as the plan writes it.
    table: &'a str,
    column: &'a str,
    value: &'a Scalar,
}

fn given(plan: &TablePlan) -> impl Iterator<Item = Given<'_>> {
    let tables = plan.stub_values.iter();
    tables.flat_map(|(table, columns)| {
        columns.iter().map(move |(column, value)| Given { table, column, value })
    })
}

impl Given<'_> {
    fn is_for(&self, table: &Table) -> bool {
        RelName::parse(self.table)
            .is_ok_and(|n| n.name == table.name && n.schema.is_none_or(|schema| schema == table.schema))
    }
}

fn find_table(s: &mut dyn Session, tasks: &[Task], id: &(String, String)) -> Result<Table> {
    if let Some(task) = tasks.iter().find(|t| t.target.id() == *id) {
        return Ok(task.target.clone());
    }
    s.catalog(&[RelName::new(Some(&id.0), &id.1)])?
        .pop()
        .flatten()
        .ok_or_else(|| Error::new(Kind::UndefinedTable, format!("table \"{}\" does not exist", id.1)))
}

/// The values for stubs in `parent`, each in the form in which its column keeps it.
fn fixed(dialect: Dialect, parent: &Table, values: &[Given<'_>]) -> Result<Vec<(String, Scalar)>> {
    let mut fixed: Vec<(String, Scalar)> = Vec::new();
    for given in values.iter().filter(|v| v.is_for(parent)) {
        let column =
            parent.column(given.column).ok_or_else(|| planner::no_column(given.table, given.column))?;
        let value = constant(dialect, &column.ty, given.value).map_err(|mut error| {
            error.message =
                format!("stub_values: column \"{}\" of \"{}\": {}", column.name, given.table, error.message);
            error
        })?;
        match fixed.iter().find(|(name, _)| *name == column.name) {
            None => fixed.push((column.name.clone(), value)),
            Some((_, other)) if *other == value => {}
            Some(_) => {
                return Err(Error::new(
                    Kind::InvalidParameter,
                    format!("stub_values: two values for column \"{}\" of \"{}\"", column.name, given.table),
                ));
            }
        }
    }
    Ok(fixed)
}

/// A constant of the plan as its column keeps it. Errors: those of values.
pub(super) fn constant(dialect: Dialect, ty: &ColumnType, value: &Scalar) -> Result<Scalar> {
    let options = Options { time_zone: None, dialect };
    let text: ArrayRef = Arc::new(StringArray::from(vec![stage::text_of(value, ty)]));
    let typed = Converter::new(&DataType::Utf8, ty, &options)?.convert(&text);
    if let Some(bad) = typed.bad.first() {
        return Err(Error::new(bad.kind, format!("{:?} {}", bad.value, bad.reason)));
    }
    if let Some(bools) = typed.array.as_boolean_opt() {
        return Ok(Scalar::Bool(bools.value(0)));
    }
    if matches!(typed.array.data_type(), DataType::Binary) {
        return Err(Error::new(Kind::NotSupported, "a binary value cannot be given"));
    }
    if *ty == ColumnType::Any {
        return Ok(value.clone());
    }
    let plain = ColumnType::Text { max_chars: None };
    let text = Converter::new(typed.array.data_type(), &plain, &options)?.convert(&typed.array);
    Ok(Scalar::Text(text.array.as_string_opt::<i32>().map_or_else(String::new, |t| t.value(0).to_owned())))
}

/// The tables outside of the run's own in which it may make stubs.
pub(crate) fn parents(prepared: &Prepared) -> impl Iterator<Item = &Table> {
    let own = |table: &Table| prepared.tasks.iter().any(|t| t.target.id() == table.id());
    prepared.stubs.sets.iter().map(|set| &set.parent).filter(move |table| !own(table))
}

/// Looks which tables of the run have stubs from earlier runs; they are locked by now.
pub(crate) fn find_open(s: &mut dyn Session, prepared: &mut Prepared) -> Result<()> {
    let dialect = s.facts().dialect;
    prepared.stubs.open.clear();
    for task in &prepared.tasks {
        let open = single_count(s, &sql::count_open_stubs(dialect, task))? > 0;
        prepared.stubs.open.push(open);
    }
    Ok(())
}

/// Adds what the rows of a task miss to the sets of stubs, and what those stubs miss in turn.
pub(crate) fn collect(s: &mut dyn Session, task: &Task, temps: &Temps, known: Known<'_>) -> Result<()> {
    let mut found = 0;
    for link in &task.references {
        found += collect_one(s, Referring::Staging(temps), link, known)?;
    }
    while found > 0 {
        found = 0;
        for set in &known.stubs.sets {
            for link in &set.links {
                found += collect_one(s, Referring::Set(set), link, known)?;
            }
        }
    }
    Ok(())
}

fn collect_one(s: &mut dyn Session, from: Referring<'_>, link: &Link, known: Known<'_>) -> Result<u64> {
    let set = set_of(link, known)
        .ok_or_else(|| Error::new(Kind::Internal, "a reference that may make stubs has no place for them"))?;
    s.execute(&sql::collect_stubs(s.facts().dialect, set, from, link, known), &[])
}

/// The statement by which the first reference of a task collects what it misses.
pub(crate) fn collecting(dialect: Dialect, task: &Task, temps: &Temps, known: Known<'_>) -> Option<Sql> {
    let link = task.references.first()?;
    Some(sql::collect_stubs(dialect, set_of(link, known)?, Referring::Staging(temps), link, known))
}

fn set_of<'a>(link: &Link, known: Known<'a>) -> Option<&'a StubSet> {
    known.stubs.of(&link.parent_id(known.tasks)?, &link.parent_columns)
}

/// Takes out the stubs that only refused rows needed; answers whether there were any, so that what
/// relied on them must be looked at again.
pub(crate) fn prune(s: &mut dyn Session, known: Known<'_>) -> Result<bool> {
    let dialect = s.facts().dialect;
    let mut any = false;
    let mut again = !known.stubs.sets.is_empty();
    while std::mem::take(&mut again) {
        for set in &known.stubs.sets {
            let staged = known.tasks.iter().zip(known.temps);
            let staged = staged
                .filter(|(task, _)| task.plan.on_missing_reference == MissingReference::Stub)
                .flat_map(|(task, temps)| task.references.iter().map(|l| (Referring::Staging(temps), l)));
            let sets =
                known.stubs.sets.iter().flat_map(|of| of.links.iter().map(|l| (Referring::Set(of), l)));
            let leads = |link: &Link| set_of(link, known).is_some_and(|found| found.ordinal == set.ordinal);
            let from: Vec<_> = staged.chain(sets).filter(|(_, link)| leads(link)).collect();
            again |= s.execute(&sql::prune_stubs(dialect, set, &from), &[])? > 0;
        }
        any |= again;
    }
    Ok(any)
}

/// Once the change sets are there: completes the stubs of an `insert_only`, retains the rows that
/// stand where stubs would, and counts the stubs that are to be made, per set.
///
/// Errors: 55000 where the table of a stub is live here.
pub(crate) fn settle(s: &mut dyn Session, prepared: &Prepared, counts: &mut [Counts]) -> Result<Vec<i64>> {
    let (dialect, stubs) = (s.facts().dialect, &prepared.stubs);
    for (index, (task, temps)) in prepared.tasks.iter().zip(&prepared.temps).enumerate() {
        let fill = sql::fill_stubs(dialect, task, temps);
        if let Some(fill) = fill.filter(|_| task.write == Write::InsertOnly && stubs.is_open(index)) {
            let filled = i64::try_from(s.execute(&fill, &[])?).unwrap_or(i64::MAX);
            if let Some(counts) = counts.get_mut(index) {
                counts.updates += filled;
            }
        }
    }
    let mut made = Vec::with_capacity(stubs.sets.len());
    for set in &stubs.sets {
        for ((task, temps), counts) in prepared.tasks.iter().zip(&prepared.temps).zip(&mut *counts) {
            if task.target.id() == set.parent.id() && counts.deletes > 0 {
                counts.retain(s.execute(&sql::retain_needed(dialect, task, temps, set), &[])?);
            }
        }
        let count = single_count(s, &sql::count_stubs(dialect, set))?;
        if count > 0 {
            state::check_owner(s, &set.parent.schema, &set.parent.name)
                .map_err(|e| e.detail(format!("{count} stubs would be made in \"{}\".", set.name)))?;
        }
        for ((task, temps), counts) in prepared.tasks.iter().zip(&prepared.temps).zip(&mut *counts) {
            if count > 0 && task.target.id() == set.parent.id() {
                counts.stubs += single_count(s, &sql::count_stubs_in_scope(dialect, set, task, temps))?;
            }
        }
        made.push(count);
    }
    Ok(made)
}

/// Makes the stubs that come before the rows of a task, in parents before their children.
/// Errors: 09000 where a trigger kept one from being written.
pub(crate) fn insert(s: &mut dyn Session, prepared: &Prepared, made: &[i64], task: usize) -> Result<()> {
    let dialect = s.facts().dialect;
    for set in prepared.stubs.before(&prepared.tasks, task) {
        let wanted = made.get(set.ordinal).copied().unwrap_or(0);
        if wanted == 0 {
            continue;
        }
        let columns = set.columns();
        let mut written = 0;
        apply::inserting(s, &set.parent, &|name| columns.iter().any(|given| given == name), &mut |s| {
            written = count(s.execute(&sql::insert_stubs(dialect, set), &[])?);
            Ok(())
        })?;
        if written != wanted {
            return Err(Error::new(
                Kind::TriggeredAction,
                format!("a trigger of \"{}\" kept stubs from being written", set.name),
            )
            .detail(format!("{wanted} were to be inserted, and {written} were.")));
        }
    }
    Ok(())
}

/// Up to 5 keys of the stubs of a set, as JSON; None where it makes none.
pub(crate) fn examples(s: &mut dyn Session, set: &StubSet, made: i64) -> Result<Option<String>> {
    let statement = sql::example_stubs(s.facts().dialect, set);
    keys_as_json(s, &statement, made)
}

/// The keys that a statement finds as an example of what is inserted; None where nothing is.
pub(super) fn keys_as_json(s: &mut dyn Session, statement: &Sql, inserted: i64) -> Result<Option<String>> {
    if inserted == 0 {
        return Ok(None);
    }
    let rows = s.query(statement, &[])?;
    let text = |value: Value| value.as_str().map(str::to_owned);
    let rows: Vec<Vec<_>> = rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect();
    Ok(Some(serde_json::json!({ "inserted": rows }).to_string()))
}

/// Brings the list of stubs up to date: those that are gone or local, those that the source has
/// brought, those made now.
pub(crate) fn keep(s: &mut dyn Session, phase: &str, prepared: &Prepared, run_id: i64) -> Result<()> {
    let dialect = s.facts().dialect;
    for (index, (task, temps)) in prepared.tasks.iter().zip(&prepared.temps).enumerate() {
        if prepared.stubs.is_open(index) {
            s.execute(&sql::forget_stubs(dialect, task), &[])?;
            s.execute(&sql::complete_stubs(dialect, task, temps), &[run_id.into()])?;
        }
    }
    for set in &prepared.stubs.sets {
        let args = [phase.into(), set.name.as_str().into(), run_id.into()];
        s.execute(&sql::keep_stubs(dialect, set), &args)?;
    }
    Ok(())
}
