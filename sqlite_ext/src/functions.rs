//! The SQL functions: each parses its arguments and calls the core's function of the same name.

use cutover_core::session::Session;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result, VERSION, api};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags, SubType};
use rusqlite::types::ValueRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::session;

/// The subtype by which SQLite's JSON functions know that a text is JSON.
const JSON: u32 = 74;

/// What a function answers: a value, and whether it is JSON.
type Answer = (rusqlite::types::Value, SubType);
type Function = fn(&mut dyn Session, &Args) -> Result<Answer>;

/// Every function by its usage, which is also the hint of a call that is not so.
const FUNCTIONS: [(&str, Function); 29] = [
    ("import_parquet(path [, options])", import_parquet),
    ("export_parquet(source, path [, options])", export_parquet),
    ("import_json(path [, options])", import_json),
    ("export_json(source, path [, options])", export_json),
    ("parquet_schema(path)", parquet_schema),
    ("load_plan(plan)", load_plan),
    ("show_plan()", show_plan),
    ("check_plan()", check_plan),
    ("explain_phase(phase)", explain_phase),
    ("sync_phase(phase [, options])", sync_phase),
    ("sync_phases(phase, ...)", sync_phases),
    ("sync_all()", sync_all),
    ("sync_job(phase)", sync_job),
    ("replay_quarantine(phase)", replay_quarantine),
    ("verify_phase(phase [, options])", verify_phase),
    ("validate_phase(phase)", validate_phase),
    ("export_changes(phase, path [, options])", export_changes),
    ("push_changes(phase)", push_changes),
    ("acknowledge_changes(batch)", acknowledge_changes),
    ("import_backup(path, mode [, options])", import_backup),
    ("freeze_phase(phase)", freeze_phase),
    ("cutover_phase(phase [, options])", cutover_phase),
    ("cutover_phases(phase, ...)", cutover_phases),
    ("reopen_phase(phase)", reopen_phase),
    ("repair_guards(phase)", repair_guards),
    ("apply_migrations(dir [, options])", apply_migrations),
    ("migration_status(dir)", migration_status),
    ("export_backup(path [, options])", export_backup),
    ("take_snapshot(phase, key [, options])", take_snapshot),
];

/// Registers all functions. None but the version can be called from a view, a trigger or a default:
/// a hostile database file must not call them for its reader.
pub fn register(conn: &Connection) -> rusqlite::Result<()> {
    let open =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("cutover_version", 0, open, |_| Ok(VERSION))?;
    // In a CHECK constraint SQLite looks at DIRECTONLY only where a function claims to be deterministic. What
    // else this says is harmless: a statement that has a call makes it once.
    let direct = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DIRECTONLY
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_RESULT_SUBTYPE;
    for (usage, function) in FUNCTIONS {
        let name = usage.split('(').next().unwrap_or(usage);
        conn.create_scalar_function(name, -1, direct, move |ctx| {
            call(ctx, usage, function).map_err(|e| rusqlite::Error::UserFunctionError(Box::new(e)))
        })?;
    }
    Ok(())
}

fn call(ctx: &Context<'_>, usage: &'static str, function: Function) -> Result<Answer> {
    let args = Args::read(ctx, usage)?;
    // SAFETY: the connection is used on this thread and no longer than the function runs.
    let conn = unsafe { ctx.get_connection() }.map_err(|e| Error::new(Kind::Internal, e.to_string()))?;
    session::run(&conn, |session| function(session, &args))
}

fn import_parquet(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::import_parquet(session, args.text(0, "path")?, &args.options(1)?)?)
}

fn export_parquet(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(2, 3)?;
    let (source, path) = (args.text(0, "source")?, args.text(1, "path")?);
    let rows = api::export_parquet(session, source, path, &args.options(2)?)?;
    Ok((rows.into(), None))
}

fn import_json(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::import_json(session, args.text(0, "path")?, &args.options(1)?)?)
}

fn export_json(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(2, 3)?;
    let (source, path) = (args.text(0, "source")?, args.text(1, "path")?);
    let rows = api::export_json(session, source, path, &args.options(2)?)?;
    Ok((rows.into(), None))
}

fn parquet_schema(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::parquet_schema(session, args.text(0, "path")?)?)
}

fn load_plan(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::load_plan(session, args.text(0, "plan")?)?.into(), None))
}

fn show_plan(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(0, 0)?;
    Ok((api::show_plan(session)?.into(), Some(JSON)))
}

fn check_plan(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(0, 0)?;
    json(&api::check_plan(session)?)
}

fn explain_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::explain_phase(session, args.text(0, "phase")?)?)
}

fn sync_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::sync_phase(session, args.text(0, "phase")?, &args.options(1)?)?)
}

fn sync_phases(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    json(&api::sync_phases(session, &args.phases()?)?)
}

fn sync_all(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(0, 0)?;
    json(&api::sync_all(session)?)
}

fn sync_job(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::sync_job(session, args.text(0, "phase")?)?.to_owned().into(), None))
}

fn replay_quarantine(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::replay_quarantine(session, args.text(0, "phase")?)?)
}

fn verify_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::verify_phase(session, args.text(0, "phase")?, &args.options(1)?)?)
}

fn validate_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::validate_phase(session, args.text(0, "phase")?)?)
}

fn export_changes(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(2, 3)?;
    let (phase, path) = (args.text(0, "phase")?, args.text(1, "path")?);
    json(&api::export_changes(session, phase, path, &args.options(2)?)?)
}

fn push_changes(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::push_changes(session, args.text(0, "phase")?)?)
}

fn acknowledge_changes(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::acknowledge_changes(session, args.text(0, "batch")?)?.into(), None))
}

fn import_backup(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(2, 3)?;
    let (path, mode) = (args.text(0, "path")?, args.text(1, "mode")?);
    json(&api::import_backup(session, path, mode, &args.options(2)?)?)
}

fn freeze_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::freeze_phase(session, args.text(0, "phase")?)?.into(), None))
}

fn cutover_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::cutover_phase(session, args.text(0, "phase")?, &args.options(1)?)?)
}

fn cutover_phases(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    json(&api::cutover_phases(session, &args.phases()?)?)
}

fn reopen_phase(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::reopen_phase(session, args.text(0, "phase")?)?.into(), None))
}

fn repair_guards(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    Ok((api::repair_guards(session, args.text(0, "phase")?)?.into(), None))
}

fn apply_migrations(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::apply_migrations(session, args.text(0, "dir")?, &args.options(1)?)?)
}

fn migration_status(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 1)?;
    json(&api::migration_status(session, args.text(0, "dir")?)?)
}

fn export_backup(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(1, 2)?;
    json(&api::export_backup(session, args.text(0, "path")?, &args.options(1)?)?)
}

fn take_snapshot(session: &mut dyn Session, args: &Args) -> Result<Answer> {
    args.count(2, 3)?;
    let (phase, key) = (args.text(0, "phase")?, args.text(1, "key")?);
    Ok((api::take_snapshot(session, phase, key, &args.options(2)?)?.into(), None))
}

/// Rows as a JSON array of objects.
fn json(rows: &impl Serialize) -> Result<Answer> {
    let text = serde_json::to_string(rows).map_err(|e| Error::new(Kind::Internal, e.to_string()))?;
    Ok((text.into(), Some(JSON)))
}

/// The arguments of a call.
struct Args {
    usage: &'static str,
    values: Vec<Value>,
}

impl Args {
    fn read(ctx: &Context<'_>, usage: &'static str) -> Result<Self> {
        let value = |i| {
            Ok(match ctx.get_raw(i) {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Int(n),
                ValueRef::Real(x) => Value::Float(x),
                ValueRef::Text(text) => Value::Text(
                    std::str::from_utf8(text)
                        .map_err(|_| Error::new(Kind::BadCharacter, "an argument is not UTF-8"))?
                        .to_owned(),
                ),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
            })
        };
        Ok(Args { usage, values: (0..ctx.len()).map(value).collect::<Result<_>>()? })
    }

    fn wrong(&self, message: impl Into<String>) -> Error {
        Error::new(Kind::InvalidParameter, message).hint(format!("usage: {}", self.usage))
    }

    /// 22023 unless there are between `least` and `most` arguments.
    fn count(&self, least: usize, most: usize) -> Result<()> {
        let count = self.values.len();
        if (least..=most).contains(&count) {
            return Ok(());
        }
        Err(self.wrong(format!("wrong number of arguments: {count}")))
    }

    /// A text that must be there: 22004 for NULL.
    fn text(&self, i: usize, name: &str) -> Result<&str> {
        match self.values.get(i) {
            Some(Value::Text(text)) => Ok(text),
            None | Some(Value::Null) => {
                let text = format!("argument \"{name}\" must not be NULL");
                Err(Error::new(Kind::Database(*b"22004"), text).hint(format!("usage: {}", self.usage)))
            }
            Some(_) => Err(self.wrong(format!("argument \"{name}\" must be a text"))),
        }
    }

    /// All arguments, as names of phases.
    fn phases(&self) -> Result<Vec<String>> {
        (0..self.values.len()).map(|i| self.text(i, "phase").map(str::to_owned)).collect()
    }

    /// The options, a JSON object; the defaults where they are left out or NULL.
    fn options<T: DeserializeOwned + Default>(&self, i: usize) -> Result<T> {
        match self.values.get(i) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(Value::Text(text)) if is_object(text) => {
                serde_json::from_str(text).map_err(|e| self.wrong(format!("options: {e}")))
            }
            Some(_) => Err(self.wrong("options must be a JSON object")),
        }
    }
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}
