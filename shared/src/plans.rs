//! Loading, showing and checking the plan.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::authority::{self, Authority};
use crate::catalog::{RelName, Table};
use crate::engine::owners::Owners;
use crate::engine::travel::Travels;
use crate::engine::{self, changes, state, triggers};
use crate::engine::{snapshot, stub};
use crate::error::{Error, Kind, Result};
use crate::plan::{self, Phase, Plan, TablePlan};
use crate::planner;
use crate::report::Finding;
use crate::session::Session;
use crate::sql;
use crate::value::{Value, count};

/// The largest plan that is read from a file, in bytes: more than `plan::parse` takes.
const LARGEST: u64 = (16 << 20) + 1;

/// Loads a plan from a path or from the document itself, once all that can be checked holds.
/// Answers what was loaded, in a sentence.
pub fn load_plan(s: &mut dyn Session, plan: &str) -> Result<String> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot load a plan in a read-only transaction"));
    }
    let document = if plan.trim_start().starts_with('{') { plan.to_owned() } else { read(s, plan)? };
    let plan = plan::parse(&document)?;
    let tables = resolve(s, &plan)?;
    let findings = check(s, &plan, &|phase| {
        tables.iter().filter(|t| t.phase == phase).map(|t| t.found.clone()).collect()
    })?;
    if let Some(error) = refusal(&findings) {
        return Err(error);
    }
    store(s, &document, &plan, &tables)?;
    let count = plan.phases.iter().map(|p| p.tables.len()).sum::<usize>();
    Ok(format!("plan loaded: {} phases, {count} tables", plan.phases.len()))
}

fn read(s: &mut dyn Session, path: &str) -> Result<String> {
    let facts = s.facts();
    let path = Path::new(path);
    let hint = "give the plan's absolute path on the server, or the document itself";
    engine::may_read_at(facts, path, hint)?;
    let io = |e: std::io::Error| {
        let kind = if e.kind() == std::io::ErrorKind::NotFound { Kind::UndefinedFile } else { Kind::Io };
        Error::new(kind, format!("cannot read file \"{}\"", path.display())).detail(e.to_string())
    };
    // A FIFO would block the open itself.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(Error::new(
            Kind::WrongObjectType,
            format!("\"{}\" is not a regular file", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|f| f.take(LARGEST).read_to_end(&mut bytes)).map_err(io)?;
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Kind::BadCharacter, format!("file \"{}\" is not UTF-8", path.display())))
}

/// A table of the plan and what it is in the database.
struct Resolved {
    phase: String,
    ordinal: usize,
    /// The plan's name of it, as the log has it.
    plan_name: String,
    /// Schema and name as found; the plan's own where it does not exist.
    found: RelName,
    deletes: bool,
}

/// What every table of the plan is at this moment: `search_path` may say otherwise later.
fn resolve(s: &mut dyn Session, plan: &Plan) -> Result<Vec<Resolved>> {
    let mut resolved: Vec<Resolved> = Vec::new();
    for phase in &plan.phases {
        let names = phase.tables.iter().map(|t| RelName::parse(&t.table)).collect::<Result<Vec<_>>>()?;
        let tables = s.catalog(&names)?;
        for (ordinal, ((planned, name), table)) in phase.tables.iter().zip(names).zip(tables).enumerate() {
            let found = table.map_or(name, |t| RelName::new(Some(&t.schema), &t.name));
            let mut others = resolved.iter().filter(|r| r.found == found);
            if let Some(other) =
                others.find(|r| r.phase != phase.name || r.deletes || planned.write().deletes())
            {
                return Err(Error::new(
                    Kind::InvalidParameter,
                    format!("\"{}\" and \"{}\" are the same table", other.plan_name, planned.table),
                ));
            }
            let before = resolved.iter().filter(|r| r.found == found).count();
            resolved.push(Resolved {
                phase: phase.name.clone(),
                ordinal,
                plan_name: planner::entry(&planned.table, before),
                found,
                deletes: planned.write().deletes(),
            });
        }
    }
    Ok(resolved)
}

/// What is wrong with a plan in this database, phase by phase.
fn check(s: &mut dyn Session, plan: &Plan, names: &dyn Fn(&str) -> Vec<RelName>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let owners = Owners::new(plan, names);
    let travels = Travels::find(s, &owners)?;
    for phase in &plan.phases {
        let names = names(&phase.name);
        let before = findings.len();
        for (planned, name) in phase.tables.iter().zip(&names) {
            if let Err(error) = check_table(s, planned, name, &travels) {
                findings.push(finding("error", phase, Some(planned), error));
            }
        }
        if findings.len() == before
            && let Err(error) = check_checks(s, phase, &names)
        {
            findings.push(finding("error", phase, None, error));
        }
        // What follows needs every table by itself to be right.
        if findings.len() == before
            && let Err(error) = check_phase(s, &phase.tables, &names, &owners)
        {
            findings.push(finding("error", phase, None, error));
        }
        for planned in &phase.tables {
            if let Some(error) = engine::absent(s, planned.source.as_ref())? {
                findings.push(finding("warning", phase, Some(planned), error));
            }
        }
    }
    Ok(findings)
}

fn check_phase(
    s: &mut dyn Session,
    plans: &[TablePlan],
    names: &[RelName],
    owners: &Owners<'_>,
) -> Result<()> {
    for round in &mut engine::prepare(s, plans, names, None)? {
        stub::prepare(s, round, owners)?;
        snapshot::prepare(s, round, owners, &engine::now())?;
    }
    Ok(())
}

fn check_table(
    s: &mut dyn Session,
    planned: &TablePlan,
    name: &RelName,
    travels: &Travels<'_>,
) -> Result<()> {
    let (plans, names) = (std::slice::from_ref(planned), std::slice::from_ref(name));
    engine::prepare(s, plans, names, None)?;
    for table in engine::find_tables(s, plans, names)? {
        planner::check_kind(&planned.table, &table)?;
        if planned.push_to.is_some() {
            planner::tracked("", planned, table)?;
        }
    }
    // Plans that say nothing of backups need not be fit for them.
    if planned.says_of_backups() {
        travels.of(&planned.table)?;
    }
    Ok(())
}

/// The columns that checks name. Errors: 42703.
fn check_checks(s: &mut dyn Session, phase: &Phase, names: &[RelName]) -> Result<()> {
    let tables = engine::find_tables(s, &phase.tables, names)?;
    let tables: Vec<_> = phase.tables.iter().zip(tables.iter().map(Some)).collect();
    engine::checks::Checks::of(phase, &tables).check_columns()
}

fn finding(severity: &str, phase: &Phase, table: Option<&TablePlan>, error: Error) -> Finding {
    Finding {
        severity: severity.to_owned(),
        sqlstate: error.kind.sqlstate().to_owned(),
        phase: phase.name.clone(),
        table_name: table.map(|t| t.table.clone()),
        message: error.message.clone(),
        hint: error.hint.clone(),
        error,
    }
}

/// The first error as the error of the call; all of them in its detail.
fn refusal(findings: &[Finding]) -> Option<Error> {
    let errors: Vec<&Finding> = findings.iter().filter(|f| f.severity == "error").collect();
    let mut error = errors.first()?.error.clone();
    if errors.len() > 1 {
        let lines = errors.iter().map(|f| format!("{}: {}", f.sqlstate, f.message));
        error.detail = Some(lines.collect::<Vec<_>>().join("\n"));
    }
    Some(error)
}

fn store(s: &mut dyn Session, document: &str, plan: &Plan, tables: &[Resolved]) -> Result<()> {
    let (dialect, role) = (s.facts().dialect, s.facts().role.clone());
    s.begin_write(&[])?;
    if !state::catalog(s)? {
        state::create_catalog(s)?;
    }
    // No phase is frozen or handed over while its tables change.
    if let Some(statement) = sql::lock_phase_rows(dialect) {
        s.query(&statement, &[])?;
    }
    let current = state::find_plan(s)?;
    for state in state::phases(s)?.iter().filter(|p| plan.phase(&p.phase).is_none()) {
        if state.authority != Authority::Source {
            return Err(Error::new(
                Kind::NotInState,
                format!("phase \"{}\" is {} and not in the new plan", state.phase, state.authority.name()),
            ));
        }
    }
    let left = left(s, tables)?;
    if current.as_ref().is_none_or(|c| c.document != document) {
        s.query(&sql::insert_plan(dialect), &[document.into(), role.into()])?;
    }
    s.execute(&sql::clear_phase_tables(dialect), &[])?;
    for state in state::phases(s)?.iter().filter(|p| plan.phase(&p.phase).is_none()) {
        s.execute(&sql::delete_phase(dialect), &[state.phase.as_str().into()])?;
    }
    for (ordinal, phase) in plan.phases.iter().enumerate() {
        s.execute(&sql::upsert_phase(dialect), &[phase.name.as_str().into(), index(ordinal)])?;
    }
    for table in tables {
        let args = [
            table.phase.as_str().into(),
            index(table.ordinal),
            table.plan_name.as_str().into(),
            table.found.schema.clone().into(),
            table.found.name.as_str().into(),
        ];
        s.execute(&sql::insert_phase_table(dialect), &args)?;
    }
    s.execute(&sql::quarantine_clear(dialect), &[])?;
    s.execute(&sql::cursor_clear(dialect), &[])?;
    triggers::remove(s, &left)?;
    for state in state::phases(s)? {
        let own = tables.iter().filter(|t| t.phase == state.phase).map(|t| t.found.clone());
        let own: Vec<Table> = s.catalog(&own.collect::<Vec<_>>())?.into_iter().flatten().collect();
        triggers::settle(s, &state.phase, state.authority, &own)?;
    }
    // Now that nobody is writing to the tables that have left.
    current.map_or(Ok(()), |current| changes::known_to(s, plan, &current.plan))
}

/// The tables that are in their phase no more, those that exist no more left out.
///
/// Errors: 55000 where the phase is frozen or live here.
fn left(s: &mut dyn Session, tables: &[Resolved]) -> Result<Vec<RelName>> {
    let states = state::phases(s)?;
    let mut left = Vec::new();
    for row in s.query(&sql::all_phase_tables(s.facts().dialect), &[])? {
        let [Value::Text(phase), schema, Value::Text(name)] = row.as_slice() else { continue };
        let name = RelName::new(schema.as_str(), name);
        let stays = tables.iter().any(|t| t.phase == *phase && t.found == name);
        if stays || s.find_table(&name)?.is_none() {
            continue;
        }
        let state = states.iter().find(|s| s.phase == *phase && s.authority != Authority::Source);
        if let Some(state) = state {
            return Err(Error::new(
                Kind::NotInState,
                format!("table \"{}\" is not in the new plan of phase \"{phase}\"", name.name),
            )
            .detail(format!("The phase is {}.", state.authority.name()))
            .hint(format!("{} gives it back to the source", authority::call("reopen_phase", phase))));
        }
        left.push(name);
    }
    Ok(left)
}

fn index(n: usize) -> Value {
    count(n).into()
}

/// The plan in force, as the document it was loaded as. Errors: 55000 where there is none.
pub fn show_plan(s: &mut dyn Session) -> Result<String> {
    Ok(state::plan(s)?.document)
}

/// What is wrong with the plan in force in this database, as it is now; no rows where nothing is.
pub fn check_plan(s: &mut dyn Session) -> Result<Vec<Finding>> {
    let stored = state::plan(s)?;
    let mut names = Vec::new();
    for phase in &stored.plan.phases {
        names.push((phase.name.clone(), state::phase_tables(s, &phase.name)?));
    }
    check(s, &stored.plan, &|phase| {
        names.iter().find(|(p, _)| p == phase).map_or_else(Vec::new, |(_, n)| n.clone())
    })
}
