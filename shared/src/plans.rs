//! Loading, showing, checking and explaining the plan.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::catalog::{RelName, Table};
use crate::engine::stub::{self, Owners};
use crate::engine::{self, state};
use crate::error::{Error, Kind, Result};
use crate::plan::{self, MissingReference, Phase, Plan, Source, TablePlan, Write};
use crate::planner::{self, Task};
use crate::report::{Finding, Step};
use crate::session::{Dialect, Session};
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
    if !facts.may_read_files {
        return Err(Error::new(Kind::Forbidden, "permission denied to read a file on the server")
            .detail("Only roles with privileges of the \"pg_read_server_files\" role may read files."));
    }
    let path = Path::new(path);
    if facts.dialect == Dialect::Postgres && !path.is_absolute() {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("\"{}\" is not an absolute path", path.display()),
        )
        .hint("give the plan's absolute path on the server, or the document itself"));
    }
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
                others.find(|r| r.phase != phase.name || r.deletes || planned.write.deletes())
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
                deletes: planned.write.deletes(),
            });
        }
    }
    Ok(resolved)
}

/// What is wrong with a plan in this database, phase by phase.
fn check(s: &mut dyn Session, plan: &Plan, names: &dyn Fn(&str) -> Vec<RelName>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let owners = Owners::new(plan, names);
    for phase in &plan.phases {
        let names = names(&phase.name);
        let before = findings.len();
        for (planned, name) in phase.tables.iter().zip(&names) {
            if let Err(error) = check_table(s, planned, name) {
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
            if let Some(error) = engine::absent(s, &planned.source)? {
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
    let mut prepared = engine::prepare(s, plans, names, None)?;
    stub::prepare(s, &mut prepared, owners)
}

fn check_table(s: &mut dyn Session, planned: &TablePlan, name: &RelName) -> Result<()> {
    engine::prepare(s, std::slice::from_ref(planned), std::slice::from_ref(name), None).map(|_| ())
}

/// The columns that checks name. Errors: 42703.
fn check_checks(s: &mut dyn Session, phase: &Phase, names: &[RelName]) -> Result<()> {
    let tables = engine::find_tables(s, &phase.tables, names)?;
    let tables: Vec<_> = phase.tables.iter().zip(&tables).collect();
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
    let current = state::find_plan(s)?;
    if current.is_none() && dialect == Dialect::Sqlite {
        for statement in sql::create_catalog() {
            s.execute(&statement, &[])?;
        }
    }
    for state in state::phases(s)?.iter().filter(|p| plan.phase(&p.phase).is_none()) {
        if state.authority != "source" {
            return Err(Error::new(
                Kind::NotInState,
                format!("phase \"{}\" is {} and not in the new plan", state.phase, state.authority),
            ));
        }
    }
    if current.is_none_or(|c| c.document != document) {
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
    Ok(())
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

/// What a run of the phase would do, step by step, with its statements. The sources' columns are
/// read where the sources are there; where one is not, every column counts as present.
pub fn explain_phase(s: &mut dyn Session, phase: &str) -> Result<Vec<Step>> {
    let stored = state::plan(s)?;
    let Some(planned) = stored.plan.phase(phase) else {
        return Err(state::no_phase(phase));
    };
    let names = state::phase_tables(s, phase)?;
    let root = stored.plan.root.as_deref().map(Path::new);
    let mut prepared = match engine::prepare(s, &planned.tables, &names, Some(root)) {
        Err(error) if matches!(error.kind, Kind::UndefinedFile | Kind::UndefinedTable) => {
            engine::prepare(s, &planned.tables, &names, None)?
        }
        prepared => prepared?,
    };
    prepared.close(s)?;
    let owners = Owners::stored(s, &stored.plan)?;
    stub::prepare(s, &mut prepared, &owners)?;
    let mut steps = Steps::default();
    let dialect = s.facts().dialect;
    let known = prepared.known();
    let all = || prepared.tasks.iter().zip(&prepared.temps);
    for (task, temps) in all() {
        let source = planned.tables.get(task.ordinal).map_or("", |t| match &t.source {
            Source::Query(_) => "the query",
            named => named.text(),
        });
        let create = temps.staging.create.first().map(ToString::to_string);
        steps.add(Some(&task.name), format!("stage {source}"), create);
    }
    steps.add(None, "lock the tables".to_owned(), None);
    for (index, lookup) in planner::lookup_order(&prepared.tasks)? {
        let found = all().nth(index).and_then(|(task, temps)| engine::search(task, temps, lookup));
        if let Some(search) = found {
            let action = format!("look up {} in {}", search.plan.set, search.plan.table);
            let statement = sql::lookup_fill(dialect, &search, known);
            steps.add(Some(&search.task.name), action, Some(statement.to_string()));
        }
    }
    for (task, temps) in all().filter(|(task, _)| !task.unique_key().is_empty()) {
        let statement = sql::duplicate_keys(dialect, task, temps, false);
        steps.add(
            Some(&task.name),
            format!("check the key ({})", task.key.join(", ")),
            Some(statement.to_string()),
        );
    }
    for (task, temps) in all().filter(|(task, _)| !task.references.is_empty()) {
        let links: Vec<_> = task.references.iter().collect();
        let statement = match task.plan.on_missing_reference {
            MissingReference::Stub => stub::collecting(dialect, task, temps, known),
            _ => Some(sql::refuse_missing(dialect, task, temps, &links, known)),
        };
        let policy = format!("{:?}", task.plan.on_missing_reference).to_lowercase();
        steps.add(Some(&task.name), format!("check references: {policy}"), statement.map(|s| s.to_string()));
    }
    for (task, temps) in all() {
        for unique in task.secondary_uniques() {
            let action = format!("check the values of ({})", unique.columns.join(", "));
            let statement = sql::find_unique_conflicts(dialect, task, temps, unique);
            steps.add(Some(&task.name), action, Some(statement.to_string()));
        }
    }
    for (task, temps) in all() {
        let statement = sql::compare(dialect, task, temps);
        steps.add(
            Some(&task.name),
            format!("compare for {}", task.write.name()),
            Some(statement.to_string()),
        );
    }
    for (index, (task, temps)) in all().enumerate() {
        if task.plan.on_referenced != plan::Referenced::Retain || !task.write.deletes() {
            continue;
        }
        for key in engine::incoming(&prepared.tasks, index) {
            let children = engine::writers(&prepared.tasks, &prepared.temps, &key);
            let statement = sql::retain_referred(dialect, task, temps, &key, &children);
            let action = format!("retain rows that \"{}\" refers to", key.table.1);
            steps.add(Some(&task.name), action, Some(statement.to_string()));
        }
    }
    explain_writing(dialect, &prepared, &mut steps);
    Ok(steps.0)
}

/// The steps by which the change sets reach the targets, in their order.
fn explain_writing(dialect: Dialect, prepared: &engine::Prepared, steps: &mut Steps) {
    let tasks = &prepared.tasks;
    let all = || tasks.iter().zip(&prepared.temps);
    let targets: Vec<&Table> = tasks.iter().map(|t| &t.target).collect();
    let circle = tasks.iter().any(|t| !t.deferred.is_empty());
    if let Some(statement) = sql::defer(dialect, tasks, circle) {
        steps.add(None, "defer constraints".to_owned(), Some(statement.to_string()));
    }
    for (task, temps) in all().rev().filter(|(task, _)| task.write.deletes()) {
        if task.secondary_uniques().next().is_some() {
            let statement = sql::delete(dialect, task, temps, 'e');
            steps.add(
                Some(&task.name),
                "delete rows whose values other rows take".to_owned(),
                Some(statement.to_string()),
            );
        }
    }
    for (task, temps) in all() {
        for unique in task.secondary_uniques().filter(|u| u.immediate) {
            let columns = unique.columns.join(", ");
            match task.parking_column(unique) {
                Some(column) => {
                    let statement = sql::park(dialect, task, temps, &[unique], &[column.to_owned()]);
                    let action = format!("park the values of ({columns}) that other rows take");
                    steps.add(Some(&task.name), action, Some(statement.to_string()));
                }
                None => {
                    let action =
                        format!("values of ({columns}) cannot be handed on: no column of it can be NULL");
                    steps.add(Some(&task.name), action, None);
                }
            }
        }
    }
    for set in prepared.stubs.write_order() {
        let statement = sql::insert_stubs(dialect, set);
        steps.add(Some(&set.name), "insert stubs".to_owned(), Some(statement.to_string()));
    }
    let mut write = |task: &Task, action: &str, statement: Option<sql::Sql>| {
        if let Some(statement) = statement {
            steps.add(Some(&task.name), action.to_owned(), Some(statement.to_string()));
        }
    };
    for (task, temps) in all() {
        write(task, "insert", Some(sql::insert(dialect, task, temps)));
    }
    for (task, temps) in all().filter(|(task, _)| task.write != Write::InsertOnly) {
        write(task, "update", sql::update(dialect, task, temps));
    }
    for (task, temps) in all() {
        write(task, "set late references", sql::bind_late(task, temps));
    }
    let deleting = || all().rev().filter(|(task, _)| task.write.deletes());
    for (task, temps) in deleting().filter(|(task, _)| !task.late.is_empty()) {
        write(task, "take late references from rows that go", Some(sql::unlink(dialect, task, temps, 'd')));
    }
    for (task, temps) in deleting() {
        write(task, "delete", Some(sql::delete(dialect, task, temps, 'd')));
    }
    for (task, temps) in all().filter(|(task, _)| !task.target.triggers.is_empty()) {
        let statement = sql::count_rewritten(dialect, task, temps).map(|s| s.to_string());
        steps.add(Some(&task.name), "look for what triggers changed".to_owned(), statement);
    }
    if dialect == Dialect::Postgres {
        for statement in sql::check_now(&targets) {
            steps.add(None, "make the checks that are due".to_owned(), Some(statement.to_string()));
        }
    }
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn add(&mut self, table: Option<&str>, action: String, statement: Option<String>) {
        let step = count(self.0.len() + 1);
        self.0.push(Step { step, table_name: table.map(str::to_owned), action, statement });
    }
}
