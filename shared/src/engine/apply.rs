//! Step 8 of a run: the change sets onto the targets, and the proof that they arrived.

use crate::catalog::{Column, Default, ForeignKey, OnDelete, Table};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::planner::Task;
use crate::session::{Body, Dialect, Session};
use crate::sql::{self, Sql, Temps};

use super::compare::Counts;
use super::guard::single_count;
use super::outcome::Tally;
use super::prepare::Prepared;
use super::{deferred, early, foreign, late, park, rewrite, stub, triggers};

/// Writes all change sets: early deletes, inserts (with `made` stubs per set) and then updates, parents to
/// children, late references, then all other deletes, children to parents, so that a child that moves
/// to another parent is never lost with its old one. Then looks at what was written.
///
/// Errors: 09000 where a trigger kept a row from being written, 40001 where rows changed between
/// comparison and writing, XX000 where the outcome does not balance.
pub(crate) fn apply(
    s: &mut dyn Session,
    prepared: &Prepared,
    counts: &[Counts],
    made: &[i64],
    tallies: &mut [Tally],
) -> Result<()> {
    let (tasks, temps) = (&prepared.tasks, &prepared.temps);
    let targets: Vec<&Table> = tasks.iter().map(|t| &t.target).chain(stub::parents(prepared)).collect();
    triggers::as_engine(s, &targets, &mut |s| {
        deferred::deferring(s, tasks, counts, &mut |s| write(s, prepared, counts, made))
    })?;
    for (((task, temp), counts), tally) in tasks.iter().zip(temps).zip(counts).zip(tallies) {
        rewrite::look(s, task, temp, counts, tally)?;
        prove(s, task, temp, counts)?;
        prepared.progress.done(s, "looked at what was written to", &task.name, None);
    }
    Ok(())
}

fn write(s: &mut dyn Session, prepared: &Prepared, counts: &[Counts], made: &[i64]) -> Result<()> {
    let (tasks, temps) = (&prepared.tasks, &prepared.temps);
    let clock = &prepared.progress;
    let dialect = s.facts().dialect;
    let all = || tasks.iter().zip(temps).zip(counts);
    let early = early::mark(s, tasks, temps, counts)?;
    let cascades = tasks.iter().any(cascades_within);
    for (((task, temp), _), early) in all().zip(&early).rev() {
        late::unlink(s, task, temp, 'e', *early)?;
    }
    for (((task, temp), _), early) in all().zip(&early).rev() {
        expect_gone(s, (task, temp), &sql::delete(dialect, task, temp, 'e'), *early, cascades)?;
    }
    failpoint::passed("deleted early");
    for ((task, temp), counts) in all() {
        park::park(s, task, temp, counts)?;
    }
    for (index, ((task, temp), counts)) in all().enumerate() {
        stub::insert(s, prepared, made, index)?;
        if counts.inserts > 0 {
            inserting(s, &task.target, &|name| task.staged(name).is_some(), &mut |s| {
                insert(s, task, temp, counts.inserts)
            })?;
        }
        clock.done(s, "inserted in", &task.name, Some(counts.inserts));
    }
    for ((task, temp), counts) in all() {
        if let Some(statement) = sql::update(dialect, task, temp) {
            expect_in_pages(s, (task, temp), &statement, counts.updates, "updated")?;
        }
        if counts.updates > 0 {
            let mut given = task.updated().map(|staged| &staged.column).filter(|c| leads(&task.target, c));
            given.try_for_each(|column| raise_sequence(s, &task.target, column))?;
        }
        clock.done(s, "updated in", &task.name, Some(counts.updates));
    }
    for ((task, temp), counts) in all() {
        late::bind(s, task, temp, counts)?;
        clock.done(s, "set late references of", &task.name, None);
    }
    for (((task, temp), counts), early) in all().zip(&early).rev() {
        late::unlink(s, task, temp, 'd', counts.deletes - early)?;
    }
    for (((task, temp), counts), early) in all().zip(&early).rev() {
        let statement = sql::delete(dialect, task, temp, 'd');
        expect_gone(s, (task, temp), &statement, counts.deletes - early, cascades)?;
        clock.done(s, "deleted in", &task.name, Some(counts.deletes));
    }
    Ok(())
}

/// How many rows a statement inserts at most into a table that refers to others. PostgreSQL keeps each of them in mind
/// until the statement ends, and looks at its references then.
const PAGE: i64 = 500_000;

/// Inserts the new rows of a task, in pages of the source's order where they are many. Those of a table that refers to itself
/// may refer to later ones, and are written by one statement.
fn insert(s: &mut dyn Session, task: &Task, temps: &Temps, wanted: i64) -> Result<()> {
    let dialect = s.facts().dialect;
    let keys = &task.target.foreign_keys;
    let itself = keys.iter().any(|key| key.parent == task.target.id());
    let in_pages = dialect == Dialect::Postgres && wanted > PAGE && !keys.is_empty() && !itself;
    let statement = sql::insert(dialect, task, temps, in_pages);
    if !in_pages {
        return expect(s, task, &statement, wanted, "inserted");
    }
    let last = single_count(s, &sql::last_inserted(temps))?;
    let (mut from, mut written) = (0, 0);
    while from < last {
        s.check_interrupt()?;
        let to = from.saturating_add(PAGE);
        written += s.execute(&statement, &[from.into(), to.into()])?;
        from = to;
    }
    as_expected(task, written, wanted, "inserted")
}

/// Whether rows of a task that go may take other rows of the change set with them, before a
/// statement comes to these: the table cascades to itself, or round a circle.
fn cascades_within(task: &Task) -> bool {
    let within = |key: &&ForeignKey| key.parent == task.target.id() || task.deferred.contains(key);
    task.target.foreign_keys.iter().filter(within).any(|key| key.on_delete == OnDelete::Cascade)
}

/// Runs a statement that must delete exactly `wanted` rows; no more than these where rows may have
/// gone by a cascade, which the proof that follows counts.
fn expect_gone(
    s: &mut dyn Session,
    (task, temps): (&Task, &Temps),
    statement: &Sql,
    wanted: i64,
    cascades: bool,
) -> Result<()> {
    if !cascades {
        return expect_in_pages(s, (task, temps), statement, wanted, "deleted");
    }
    if wanted == 0 {
        return Ok(());
    }
    s.check_interrupt()?;
    let gone = s.execute(statement, &[])?;
    if i64::try_from(gone).is_ok_and(|gone| gone <= wanted) {
        return Ok(());
    }
    Err(mismatch(task, format!("{wanted} rows of \"{}\" were to be deleted, and {gone} were.", task.name)))
}

/// As [`expect`], for a statement that a foreign table is given in pages.
fn expect_in_pages(
    s: &mut dyn Session,
    (task, temps): (&Task, &Temps),
    statement: &Sql,
    wanted: i64,
    verb: &str,
) -> Result<()> {
    if wanted == 0 || !task.is_foreign() {
        return expect(s, task, statement, wanted, verb);
    }
    as_expected(task, foreign::in_pages(s, temps, statement)?, wanted, verb)
}

/// Runs a statement that must write exactly `wanted` rows; none at all for 0.
pub(super) fn expect(
    s: &mut dyn Session,
    task: &Task,
    statement: &Sql,
    wanted: i64,
    verb: &str,
) -> Result<()> {
    if wanted == 0 {
        return Ok(());
    }
    s.check_interrupt()?;
    let written = s.execute(statement, &[])?;
    as_expected(task, written, wanted, verb)
}

fn as_expected(task: &Task, written: u64, wanted: i64, verb: &str) -> Result<()> {
    if i64::try_from(written) == Ok(wanted) {
        return Ok(());
    }
    Err(mismatch(task, format!("{wanted} rows of \"{}\" were to be {verb}, and {written} were.", task.name)))
}

/// Why rows may be other than the change set says: a trigger, or someone without a lock.
fn mismatch(task: &Task, detail: String) -> Error {
    let triggers: Vec<&str> =
        task.target.triggers.iter().filter(|t| t.enabled).map(|t| t.name.as_str()).collect();
    if triggers.is_empty() {
        return Error::new(
            Kind::Serialization,
            format!("rows of \"{}\" changed while they were written", task.name),
        )
        .detail(detail)
        .hint(match task.is_foreign() {
            true => "run it again; if that does not help, a trigger of the other server keeps rows from being written",
            false => "run it again",
        });
    }
    Error::new(Kind::TriggeredAction, format!("a trigger of \"{}\" kept rows from being written", task.name))
        .detail(detail)
        .hint(format!("look at these triggers: {}", triggers.join(", ")))
}

/// Runs what inserts rows into a table and gives these columns values. No insert after it must draw a number that
/// one of its rows has, nor it one that somebody else gave a row before.
pub(crate) fn inserting(
    s: &mut dyn Session,
    table: &Table,
    given: &dyn Fn(&str) -> bool,
    insert: Body<'_>,
) -> Result<()> {
    let (given, drawn): (Vec<&Column>, Vec<&Column>) = table.columns.iter().partition(|c| given(&c.name));
    drawn.iter().filter(|c| leads(table, c)).try_for_each(|column| raise_sequence(s, table, column))?;
    insert(s)?;
    given.iter().try_for_each(|column| raise_sequence(s, table, column))
}

/// Whether an index tells the greatest value of a column, which a large table is not searched for.
fn leads(table: &Table, column: &Column) -> bool {
    table.uniques.iter().any(|unique| unique.columns.first() == Some(&column.name))
}

/// Raises the sequence of a column, if it has one and this is behind.
pub(super) fn raise_sequence(s: &mut dyn Session, table: &Table, column: &Column) -> Result<()> {
    if let Default::Serial(Some(sequence))
    | Default::IdentityByDefault(Some(sequence))
    | Default::IdentityAlways(Some(sequence)) = &column.default
    {
        s.query(&sql::raise_sequence(table, &column.name, sequence), &[])?;
    }
    Ok(())
}

/// After `replace` and `delete_insert` the imported rows in scope are as many as staging says.
fn prove(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts) -> Result<()> {
    if !task.write.deletes() || counts.inserts + counts.updates + counts.deletes == 0 {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    let found = single_count(s, &sql::count_imported(dialect, task, temps, task.protecting_mark()))?;
    let kept = match counts.preserved {
        0 => 0,
        _ => single_count(s, &sql::count_preserved_imported(dialect, task, temps))?,
    };
    let written = counts.staged - counts.refused - counts.skipped - counts.preserved;
    let wanted = written + kept + counts.retained + counts.stubs;
    if found == wanted {
        return Ok(());
    }
    Err(mismatch(task, format!("\"{}\" should have {wanted} imported rows, and has {found}.", task.name)))
}
