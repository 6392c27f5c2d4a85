//! Running what has not run.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::api::MigrationOptions;
use crate::engine;
use crate::engine::state::{self, Stored};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::report::MigrationRow;
use crate::session::{Dialect, Keep, Level, Notice, Session};
use crate::sql::{self, Sql};
use crate::value::{Value, first};

use super::files::{self, File, Script};
use super::keys::{self, Broken, Foreseen};
use super::loss;
use super::packages::{self, Packages, package_of};
use super::records::{self, Seen};
use super::script::{self, Statement};

/// A migration that is to run: its text is read again then, so that no more than one is in memory.
struct Due<'f> {
    file: &'f File,
    checksum: String,
    statements: Vec<Statement>,
}

/// What is known of a folder before anything runs.
struct Looked<'f> {
    due: Vec<Due<'f>>,
    /// Those that are left out because they are marked as manual.
    manual: Vec<i64>,
    /// Something may leave references that lead nowhere (SQLite).
    may_break: bool,
}

/// Runs the migrations of a folder that have not run, in order, all or none, and answers a row for each that
/// it looked at.
///
/// Errors: 25006 read-only, those of reading the folder, 22023 and 42704 a range that is none, 55P03 another
/// session applies migrations, 55000 a file that ran has changed, or there are rows to lose and no backup, 25001
/// a statement that no transaction can hold, 42601 one that is no SQL, 23503 references broken in SQLite, and the
/// database's own, which name file, line and statement.
pub fn apply_migrations(
    s: &mut dyn Session,
    dir: &str,
    options: &MigrationOptions,
) -> Result<Vec<MigrationRow>> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot apply migrations in a read-only transaction"));
    }
    let list = files::list(s.facts(), dir)?;
    lock(s)?;
    if !state::catalog(s)? {
        state::create_catalog(s)?;
    }
    let stored = state::find_plan(s)?;
    let packages = stored.as_ref().map(|stored| stored.plan.packages.clone()).unwrap_or_default();
    let range = packages::bounds(&packages, options.start_with.as_deref(), options.end_with.as_deref())?;
    let within = |file: &&File| (range.0..=range.1).contains(&file.number);
    let seen = records::seen(s)?;
    let looked = look(s, &list, &seen, &|file| within(&file), options.manual)?;
    let elapsed = if looked.due.is_empty() {
        BTreeMap::new()
    } else {
        run(s, &looked, &seen, stored.as_ref(), &packages, options)?
    };
    let left =
        list.iter().filter(|f| !seen.applied.contains_key(&f.number) && !elapsed.contains_key(&f.number));
    let left = left.map(|f| (f.number, f.name.clone())).collect();
    records::keep_pending(s, &seen.pending, &left)?;
    failpoint::passed("kept what is pending");
    let rows = list.iter().filter(within).map(|file| MigrationRow {
        number: file.number,
        name: file.name.clone(),
        package: package_of(&packages, file.number).cloned(),
        state: match elapsed.contains_key(&file.number) {
            true => "applied",
            false if looked.manual.contains(&file.number) => "manual",
            false => "unchanged",
        }
        .to_owned(),
        elapsed_ms: elapsed.get(&file.number).copied(),
    });
    Ok(rows.collect())
}

/// Only one session applies migrations at a time. Errors: 55P03.
fn lock(s: &mut dyn Session) -> Result<()> {
    s.begin_write(&[])?;
    let Some(statement) = sql::lock_migrations(s.facts().dialect) else { return Ok(()) };
    if first(&s.query(&statement, &[])?).is_some_and(Value::is_true) {
        return Ok(());
    }
    Err(Error::new(Kind::Busy, "migrations are being applied").detail("Another session applies them."))
}

/// Reads all files, and takes those apart that are due.
fn look<'f>(
    s: &mut dyn Session,
    list: &'f [File],
    seen: &Seen,
    within: &dyn Fn(&File) -> bool,
    manual: bool,
) -> Result<Looked<'f>> {
    let mut looked = Looked { due: Vec::new(), manual: Vec::new(), may_break: !s.facts().foreign_keys };
    let mut foreseen = Foreseen::default();
    let mut changed = Vec::new();
    for file in list {
        let script = files::read(file)?;
        if let Some(applied) = seen.applied.get(&file.number) {
            if applied.checksum != script.checksum {
                changed.push((file, applied.checksum.clone(), script.checksum));
            }
            continue;
        }
        if !within(file) {
            continue;
        }
        if script.manual && !manual {
            looked.manual.push(file.number);
            continue;
        }
        let statements = script::statements(s, file, &script)?;
        for statement in &statements {
            let text = script.text.get(statement.range.clone()).unwrap_or_default();
            foreseen.look(s, text).map_err(|e| script::also(e, script::place(file, &script, statement)))?;
            looked.may_break |= keys::may_break(text);
        }
        looked.due.push(Due { file, checksum: script.checksum, statements });
    }
    if changed.is_empty() { Ok(looked) } else { Err(has_changed(&changed)) }
}

fn has_changed(changed: &[(&File, String, String)]) -> Error {
    let files: Vec<&str> = changed.iter().take(SHOWN).map(|(file, ..)| file.file.as_str()).collect();
    let lines = changed
        .iter()
        .take(SHOWN)
        .map(|(file, was, is)| format!("{}: checksum {was} when it was applied, {is} now", file.file));
    let plural = if changed.len() == 1 { "a migration" } else { "migrations" };
    Error::new(Kind::NotInState, format!("{plural} that ran changed since: {}", files.join(", ")))
        .detail(lines.collect::<Vec<_>>().join("\n"))
        .hint("put the file back as it was, and make the change by a migration of its own")
}

/// How many files a message names.
const SHOWN: usize = 5;

/// Runs what is due and answers how long each took, in milliseconds.
fn run(
    s: &mut dyn Session,
    looked: &Looked<'_>,
    seen: &Seen,
    stored: Option<&Stored>,
    packages: &Packages,
    options: &MigrationOptions,
) -> Result<BTreeMap<i64, i64>> {
    if let Some((newest, _)) = seen.applied.last_key_value() {
        for due in looked.due.iter().filter(|due| due.file.number < *newest) {
            let text = format!("{} runs out of order: {newest:03} was applied before it", due.file.file);
            s.notice(&Notice::new(Level::Warning, text));
        }
    }
    let first = looked.due.first().map_or(0, |due| due.file.number);
    loss::back_up(s, stored, options, first)?;
    failpoint::passed("backed up");
    let watched = s.facts().dialect == Dialect::Sqlite && looked.may_break;
    let before = if watched { broken_before(s)? } else { None };
    let mut elapsed = BTreeMap::new();
    // Where an error of the database comes from: it passes everything up to the scope.
    let mut at: Option<String> = None;
    let result = s.scope(Keep::Yes, &mut |s| {
        for due in &looked.due {
            let started = Instant::now();
            let script = files::read(due.file)?;
            if script.checksum != due.checksum {
                let text = format!("{} was changed while it was being applied", due.file.file);
                return Err(Error::new(Kind::NotInState, text));
            }
            run_one(s, due, &script, &mut at)?;
            let took = engine::millis(started);
            let package = package_of(packages, due.file.number);
            records::keep(s, due.file, &script, package, took)?;
            failpoint::passed("applied a migration");
            elapsed.insert(due.file.number, took);
        }
        before.as_ref().map_or(Ok(()), |before| keys::check_broken(s, before))
    });
    result.map_err(|error| match at {
        Some(place) => script::also(error, place),
        None => error,
    })?;
    Ok(elapsed)
}

/// The references that lead nowhere already; None where the foreign keys themselves are wrong, so that SQLite cannot tell.
fn broken_before(s: &mut dyn Session) -> Result<Option<Broken>> {
    match keys::broken(s) {
        Ok(broken) => Ok(Some(broken)),
        Err(error) if error.message.contains("foreign key mismatch") => Ok(None),
        Err(error) => Err(error),
    }
}

fn run_one(s: &mut dyn Session, due: &Due<'_>, script: &Script, at: &mut Option<String>) -> Result<()> {
    s.as_caller(&mut |s| {
        for statement in &due.statements {
            let text = script.text.get(statement.range.clone()).unwrap_or_default();
            *at = Some(script::place(due.file, script, statement));
            keys::check_drop(s, text)?;
            s.execute(&Sql::of_script(text), &[])?;
        }
        *at = None;
        Ok(())
    })
}
