//! Steps 3 and 4 of a run: the tables as they are, the sources' columns, the tasks in order.

use std::path::Path;

use crate::catalog::{RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::TablePlan;
use crate::planner::{self, SourceShape, Task};
use crate::session::{Dialect, Facts, Session};
use crate::source::{self, ParquetSource, Relative};
use crate::sql::Temps;

/// A source that is open: where it is, and its reader.
pub(crate) struct Input {
    /// How messages call it: `file "jobs.parquet"`.
    pub label: String,
    pub reader: ParquetSource,
}

/// All that is known before the first row is read.
pub(crate) struct Prepared {
    /// Parents before children.
    pub tasks: Vec<Task>,
    /// Per task.
    pub temps: Vec<Temps>,
    /// Per task; None where the sources were not opened.
    pub inputs: Vec<Option<Input>>,
}

/// Opens the files that a source names.
///
/// Errors: 42501 where the role may not read files, 22023 for a relative root on a server, and those of [`source::resolve`] and
/// [`ParquetSource::open`].
pub(crate) fn open_source(facts: &Facts, root: Option<&Path>, spec: &str) -> Result<Input> {
    if !facts.may_read_files {
        return Err(Error::new(Kind::Forbidden, "permission denied to read a file on the server")
            .detail("Only roles with privileges of the \"pg_read_server_files\" role may read files."));
    }
    if let Some(root) = root.filter(|r| facts.dialect == Dialect::Postgres && !r.is_absolute()) {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("root \"{}\" is not an absolute path", root.display()),
        ));
    }
    let base = match facts.dialect {
        Dialect::Postgres => Relative::Refused,
        Dialect::Sqlite => Relative::WorkingDirectory,
    };
    let reader = ParquetSource::open(source::resolve(spec, root, base)?)?;
    Ok(Input { label: format!("file \"{spec}\""), reader })
}

/// Finds the tables of `plans`, which stand in the database under `names`, opens their sources
/// (where `root` is given) and makes the tasks.
pub(crate) fn prepare(
    s: &mut dyn Session,
    plans: &[TablePlan],
    names: &[RelName],
    root: Option<Option<&Path>>,
) -> Result<Prepared> {
    let dialect = s.facts().dialect;
    let tables = find_tables(s, plans, names)?;
    let mut inputs: Vec<Option<Input>> = Vec::with_capacity(plans.len());
    let mut tasks = Vec::with_capacity(plans.len());
    for (ordinal, (plan, table)) in plans.iter().zip(tables).enumerate() {
        let input = root.map(|root| open_source(s.facts(), root, &plan.source.parquet)).transpose()?;
        let columns: Vec<&str> =
            input.iter().flat_map(|i| i.reader.columns()).map(|c| c.name.as_str()).collect();
        let shape = input.as_ref().map(|i| SourceShape { label: &i.label, columns: &columns });
        tasks.push(planner::bind(ordinal, plan, table, shape)?);
        inputs.push(input);
    }
    let mut tasks = planner::sort(tasks)?;
    let inputs = tasks.iter().map(|t| inputs.get_mut(t.ordinal).and_then(Option::take)).collect();
    link(s, &mut tasks, plans)?;
    let temps = tasks.iter().map(|t| Temps::of(dialect, t)).collect();
    Ok(Prepared { tasks, temps, inputs })
}

/// The tables of these names; 42P01 for one that does not exist.
pub(crate) fn find_tables(s: &mut dyn Session, plans: &[TablePlan], names: &[RelName]) -> Result<Vec<Table>> {
    let found = s.catalog(names)?;
    let named = plans.iter().zip(found);
    named
        .map(|(plan, table)| {
            table.ok_or_else(|| {
                Error::new(Kind::UndefinedTable, format!("table \"{}\" does not exist", plan.table))
            })
        })
        .collect()
}

/// Gives the tasks their references; the tables that plans name are looked up.
fn link(s: &mut dyn Session, tasks: &mut [Task], plans: &[TablePlan]) -> Result<()> {
    let mut names = Vec::new();
    for reference in plans.iter().flat_map(|p| &p.references) {
        names.push(RelName::parse(&reference.table)?);
    }
    let found = if names.is_empty() { Vec::new() } else { s.catalog(&names)? };
    let resolve = |name: &RelName| {
        let index = names.iter().position(|n| n == name)?;
        found.get(index)?.clone()
    };
    planner::link(tasks, plans, &resolve)
}
