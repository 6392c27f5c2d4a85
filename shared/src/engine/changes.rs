//! Local changes: what is pending, its way out in batches, and what it keeps imports from.
//!
//! The triggers keep one entry per key that has not left. An export takes the entries into a batch and keeps
//! the rows as they are at that moment, so that the batch stays the same however often it is written
//! again. What was taken and not acknowledged still keeps imports away from its key.

use std::path::Path;

use arrow::array::{Array, AsArray};

use crate::api::ExportChangesOptions;
use crate::error::{Error, Kind, Result};
use crate::export::{self, BatchFiles, Format, Rows};
use crate::failpoint;
use crate::plan::{AfterAcknowledge, Phase, Plan};
use crate::planner::{self, Task, Tracked};
use crate::report::ChangeRow;
use crate::session::{CursorId, Session};
use crate::sql::{self, Sql, Temps};
use crate::types::ColumnType;
use crate::value::{Value, json_array};

use super::{log, phase, rights, state, triggers};

/// How many rows are fetched at a time: a row may be wide.
const FETCHED: usize = 1024;

/// A batch that was not acknowledged.
pub(super) struct Batch {
    pub(super) number: i64,
    id: String,
    created: String,
}

/// Writes what was changed here to files in the folder `path`, as one batch; and once more every batch
/// before it that was not acknowledged. Answers a row per batch and table.
///
/// A transaction that is still writing is not waited for: its changes are in the next batch.
///
/// Errors: 25006 read-only, 42501 the role may not write files, 22023 a relative path on a server or an
/// unknown format, 58P01 no such folder, 42809 no folder, 42704 no such phase, 55P03 the phase is busy,
/// 55000 a tracking trigger is not in force, 58030.
pub fn export_changes(
    s: &mut dyn Session,
    phase: &str,
    path: &str,
    options: &ExportChangesOptions,
) -> Result<Vec<ChangeRow>> {
    let name = options.format.as_deref().unwrap_or("parquet");
    let format = Format::parse(name).ok_or_else(|| {
        Error::new(Kind::InvalidParameter, format!("format \"{name}\" is none of \"parquet\", \"json\""))
    })?;
    crate::files::may_write(s, path)?;
    let folder = existing(path)?;
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot export changes in a read-only transaction"));
    }
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    phase::lock(s, phase)?;
    s.begin_write(&[])?;
    phase::guarded(s, &stored, phase)?;
    let tables = tracked_tables(s, planned)?;
    take(s, phase, path, &tables)?;
    let mut report = Vec::new();
    for batch in open_batches(s, phase)? {
        let files = BatchFiles::new(folder, format, phase, (batch.number, &batch.id, &batch.created));
        report.extend(write(s, phase, path, &tables, &batch, files)?);
    }
    Ok(report)
}

fn existing(path: &str) -> Result<&Path> {
    let folder = Path::new(path);
    match folder.metadata() {
        Ok(found) if found.is_dir() => Ok(folder),
        Ok(_) => Err(Error::new(Kind::WrongObjectType, format!("\"{path}\" is not a folder"))),
        Err(error) => Err(export::system(folder, &error)),
    }
}

/// The tables of a phase whose changes are recorded when it is live here, each once, however often the plan
/// lists it. Errors: 42P10 one has no key.
pub(super) fn tracked_tables(s: &mut dyn Session, planned: &Phase) -> Result<Vec<Tracked>> {
    let names = state::phase_tables(s, &planned.name)?;
    let found = super::find_tables(s, &planned.tables, &names)?;
    let mut tables: Vec<Tracked> = Vec::new();
    for (plan, table) in planned.tables.iter().zip(found) {
        let recorded = plan.track != Some(false) && !triggers::is_elsewhere(s.facts().dialect, &table);
        if recorded && !tables.iter().any(|t| t.table.id() == table.id()) {
            tables.push(planner::tracked(&planned.name, plan, table)?);
        }
    }
    Ok(tables)
}

/// Makes a batch of what is pending, and answers its number; None where nothing is.
pub(super) fn take(s: &mut dyn Session, phase: &str, path: &str, tables: &[Tracked]) -> Result<Option<i64>> {
    let (dialect, role) = (s.facts().dialect, s.facts().role.clone());
    let number = number(s, &sql::next_batch(dialect), &[phase.into()])?;
    if s.execute(&sql::take_changes(dialect), &[number.into(), phase.into()])? == 0 {
        return Ok(None);
    }
    let created = log::now();
    let args: [Value; 5] = [phase.into(), number.into(), path.into(), created.into(), role.into()];
    s.execute(&sql::insert_batch(dialect), &args)?;
    for tracked in tables {
        let args = [phase.into(), number.into(), tracked.name.as_str().into()];
        s.execute(&sql::keep_images(dialect, tracked), &args)?;
    }
    failpoint::passed("took the changes");
    Ok(Some(number))
}

/// Keeps how much a batch without files holds.
pub(super) fn count_batch(s: &mut dyn Session, phase: &str, batch: i64, path: &str) -> Result<()> {
    let dialect = s.facts().dialect;
    let (mut upserts, mut deletes) = (0, 0);
    for row in s.query(&sql::batch_tables(dialect), &[phase.into(), batch.into()])? {
        if let [_, Value::Int(upserted), Value::Int(deleted)] = row.as_slice() {
            upserts += upserted;
            deletes += deleted;
        }
    }
    let args: [Value; 6] =
        [path.into(), upserts.into(), deletes.into(), "".into(), phase.into(), batch.into()];
    s.execute(&sql::finish_batch(dialect), &args).map(|_| ())
}

pub(super) fn open_batches(s: &mut dyn Session, phase: &str) -> Result<Vec<Batch>> {
    let rows = s.query(&sql::open_batches(s.facts().dialect), &[phase.into()])?;
    let batches = rows.into_iter().filter_map(|row| match <[Value; 3]>::try_from(row) {
        Ok([Value::Int(number), Value::Text(id), Value::Text(created)]) => {
            Some(Batch { number, id, created })
        }
        _ => None,
    });
    Ok(batches.collect())
}

/// Writes the files of a batch and keeps where they are.
fn write(
    s: &mut dyn Session,
    phase: &str,
    path: &str,
    tables: &[Tracked],
    batch: &Batch,
    mut files: BatchFiles<'_>,
) -> Result<Vec<ChangeRow>> {
    let dialect = s.facts().dialect;
    let of_batch: [Value; 2] = [phase.into(), batch.number.into()];
    let mut report = Vec::new();
    for row in s.query(&sql::batch_tables(dialect), &of_batch)? {
        let [Value::Text(name), Value::Int(upserts), Value::Int(deletes)] = row.as_slice() else { continue };
        let file = match *upserts {
            0 => None,
            _ => Some(write_table(s, &of_batch, name, tables, &mut files)?),
        };
        report.push(ChangeRow {
            batch: batch.number,
            batch_id: batch.id.clone(),
            table_name: name.clone(),
            upserts: *upserts,
            deletes: *deletes,
            file,
        });
    }
    let deletes: i64 = report.iter().map(|row| row.deletes).sum();
    if deletes > 0 {
        let mut rows = files.tombstones()?;
        let cursor = s.cursor_open(&sql::batch_tombstones(dialect), &of_batch)?;
        while let Some(page) = texts(s, cursor, 2)? {
            let lines: Vec<String> = page.iter().filter_map(|row| tombstone(row)).collect();
            rows.write(lines.iter().map(String::as_str))?;
        }
        s.cursor_close(cursor)?;
        files.finish(rows, None)?;
    }
    let sha256 = files.close()?;
    let upserts: i64 = report.iter().map(|row| row.upserts).sum();
    let args: [Value; 6] =
        [path.into(), upserts.into(), deletes.into(), sha256.into(), phase.into(), batch.number.into()];
    s.execute(&sql::finish_batch(dialect), &args)?;
    failpoint::passed("kept the batch");
    Ok(report)
}

/// Writes the rows of a table and answers its file's name.
fn write_table(
    s: &mut dyn Session,
    of_batch: &[Value; 2],
    name: &str,
    tables: &[Tracked],
    files: &mut BatchFiles<'_>,
) -> Result<String> {
    let [phase, number] = of_batch.clone();
    let tracked = tables.iter().find(|t| t.name == name);
    let statement = sql::batch_images(s.facts().dialect);
    let cursor = s.cursor_open(&statement, &[phase, number, name.into()])?;
    let mut file: Option<Rows> = None;
    while let Some(page) = texts(s, cursor, 1)? {
        let images: Vec<&str> = page.iter().filter_map(|row| row.first()?.as_deref()).collect();
        let file = match (&mut file, images.first()) {
            (Some(file), _) => file,
            (None, Some(first)) => file.insert(files.table(name, columns(tracked, first)?)?),
            (None, None) => continue,
        };
        file.write(images.into_iter())?;
    }
    s.cursor_close(cursor)?;
    let file = file.ok_or_else(|| {
        Error::new(Kind::Internal, format!("the rows of \"{name}\" in the batch have no images"))
    })?;
    files.finish(file, Some(name))
}

/// The columns of an image; those that the table no longer has are text.
fn columns(tracked: Option<&Tracked>, image: &str) -> Result<Vec<(String, ColumnType)>> {
    let typed = |name: String| {
        let found = tracked.and_then(|t| t.table.column(&name)).map(|c| c.ty.clone());
        (name, found.unwrap_or(ColumnType::Text { max_chars: None }))
    };
    Ok(export::names(image)?.into_iter().map(typed).collect())
}

fn tombstone(row: &[Option<String>]) -> Option<String> {
    let [Some(table), Some(key)] = row else { return None };
    Some(format!("{{\"table_name\":{},\"row_key\":{key}}}", serde_json::Value::from(table.as_str())))
}

/// The next rows of a cursor over texts; None at the end.
fn texts(s: &mut dyn Session, cursor: CursorId, columns: usize) -> Result<Option<Vec<Vec<Option<String>>>>> {
    s.check_interrupt()?;
    let types = vec![ColumnType::Text { max_chars: None }; columns];
    let Some(batch) = s.cursor_fetch(cursor, &types, FETCHED)? else { return Ok(None) };
    let mut rows = vec![Vec::with_capacity(columns); batch.num_rows()];
    for array in batch.columns() {
        let array = array
            .as_string_opt::<i32>()
            .ok_or_else(|| Error::new(Kind::Internal, format!("a text came as {}", array.data_type())))?;
        for (row, text) in rows.iter_mut().zip(array) {
            row.push(text.map(str::to_owned));
        }
    }
    Ok(Some(rows))
}

/// Forgets the changes of a batch that has arrived, by its id, and answers how many there were. A row that
/// was changed again since has an entry of its own, which stays.
///
/// Errors: 25006 read-only, 42704 no such batch, 55P03 the phase is busy, 42501 the caller may not write
/// the rows that go back to the source.
pub fn acknowledge_changes(s: &mut dyn Session, batch: &str) -> Result<i64> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot acknowledge changes in a read-only transaction"));
    }
    let dialect = s.facts().dialect;
    let stored = state::plan(s)?;
    let rows = s.query(&sql::find_batch(dialect), &[batch.into()])?;
    let Some([Value::Text(phase), Value::Int(number)]) = rows.first().map(Vec::as_slice) else {
        return Err(Error::new(Kind::UndefinedObject, format!("there is no batch \"{batch}\""))
            .hint("the id is in the manifest; a batch whose export was rolled back never was"));
    };
    phase::lock(s, phase)?;
    s.begin_write(&[])?;
    acknowledge(s, stored.plan.phase(phase), phase, *number)
}

/// Forgets the changes of a batch that has arrived, and answers how many there were.
pub(super) fn acknowledge(
    s: &mut dyn Session,
    planned: Option<&Phase>,
    phase: &str,
    number: i64,
) -> Result<i64> {
    let dialect = s.facts().dialect;
    let of_batch: [Value; 2] = [phase.into(), number.into()];
    if let Some(planned) = planned {
        give_back(s, planned, &of_batch)?;
        failpoint::passed("gave rows back");
    }
    let forgotten = s.execute(&sql::forget_batch(dialect), &of_batch)?;
    failpoint::passed("forgot the changes");
    s.execute(&sql::acknowledge_batch(dialect), &of_batch)?;
    Ok(i64::try_from(forgotten).unwrap_or(i64::MAX))
}

/// Gives the rows of a batch back to the source, where the plan says so.
fn give_back(s: &mut dyn Session, planned: &Phase, of_batch: &[Value; 2]) -> Result<()> {
    let dialect = s.facts().dialect;
    let returns = |name: &str| {
        let plan = planned.tables.iter().find(|t| t.table == name);
        plan.is_some_and(|t| t.after_acknowledge == AfterAcknowledge::Imported)
    };
    if !planned.tables.iter().any(|t| returns(&t.table)) {
        return Ok(());
    }
    let tables = tracked_tables(s, planned)?;
    let tables = tables.iter().filter(|t| returns(&t.name));
    rights::check(&tables.clone().map(|t| &t.table).collect::<Vec<_>>(), planned.run_as_owner)?;
    for tracked in tables {
        let Some(origin) = &tracked.origin else { continue };
        // Who writes such a row now has an entry, once the lock is ours.
        s.begin_write(&[&tracked.table])?;
        let [phase, number] = of_batch.clone();
        let args = [phase, number, tracked.name.as_str().into()];
        let cursor = s.cursor_open(&sql::returned_keys(dialect), &args)?;
        let statement = sql::return_rows(dialect, tracked, origin);
        while let Some(page) = texts(s, cursor, 1)? {
            let keys = json_array(page.iter().filter_map(|row| row.first()?.as_deref()));
            let keys = [Value::Text(keys)];
            triggers::as_engine(s, &[&tracked.table], &mut |s| s.execute(&statement, &keys).map(|_| ()))?;
        }
        s.cursor_close(cursor)?;
    }
    Ok(())
}

/// Makes sure that a new plan knows all rows whose changes were not acknowledged by the keys that are
/// kept of them. Errors: 55000.
pub(crate) fn known_to(s: &mut dyn Session, new: &Plan, old: &Plan) -> Result<()> {
    for row in s.query(&sql::changed_tables(s.facts().dialect), &[])? {
        let [Value::Text(phase), Value::Text(table), Value::Int(count)] = row.as_slice() else { continue };
        let key = |plan: &Plan| {
            let planned = plan.phase(phase)?.tables.iter().find(|t| t.table == *table)?;
            (planned.track != Some(false)).then(|| planned.change_key().cloned())
        };
        let known = key(new);
        if known.is_none() || known != key(old) {
            return Err(Error::new(
                Kind::NotInState,
                format!("{count} changes of table \"{table}\" were not acknowledged"),
            )
            .detail(format!("The new plan of phase \"{phase}\" tracks it no more, or by another key."))
            .hint("export and acknowledge them under the plan in force"));
        }
    }
    Ok(())
}

/// How many changes of a phase were not acknowledged.
pub(crate) fn unacknowledged(s: &mut dyn Session, phase: &str) -> Result<i64> {
    let dialect = s.facts().dialect;
    number(s, &sql::count_changes(dialect), &[phase.into()])
}

fn number(s: &mut dyn Session, statement: &Sql, args: &[Value]) -> Result<i64> {
    let rows = s.query(statement, args)?;
    Ok(rows.first().and_then(|r| r.first()).and_then(Value::as_int).unwrap_or_default())
}

/// Keeps a change set from the rows that were changed here and whose change was not acknowledged:
/// they are preserved, or retained where the source no longer has them.
pub(super) fn preserve(s: &mut dyn Session, phase: &str, task: &Task, temps: &Temps) -> Result<()> {
    let dialect = s.facts().dialect;
    // All listings of a table share the entries, which are the first one's.
    let name = &task.earlier.first().unwrap_or(task).name;
    let args: [Value; 2] = [phase.into(), name.as_str().into()];
    if number(s, &sql::count_table_changes(dialect), &args)? == 0 {
        return Ok(());
    }
    let tracked = planner::tracked(phase, &task.plan, task.target.clone())?;
    let statements: [Option<Sql>; 2] = [
        sql::preserve_changed(dialect, task, temps, &tracked),
        task.write.deletes().then(|| sql::retain_changed(dialect, task, temps, &tracked)),
    ];
    for statement in statements.into_iter().flatten() {
        s.execute(&statement, &args)?;
    }
    Ok(())
}
