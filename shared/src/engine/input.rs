//! Open sources: files, and rows of the database itself.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::catalog::RelName;
use crate::error::{Error, Kind, Result};
use crate::plan::{Carrier, Documents, Source};
use crate::planner::Tracked;
use crate::session::{Dialect, Facts, Session};
use crate::source::{self, Format, JsonSource, ParquetSource, Relative, RowSource, Skips, SourceColumn};

use super::documents::label;
use super::rows::{Rows, no_relation};

/// A source that is open: where it is, and its reader.
pub(crate) struct Input {
    /// How messages call it: `file "jobs.parquet"`, `table "legacy.jobs"`, `the query`.
    pub label: String,
    pub reader: Reader,
    /// When the oldest of its files was written; None where it has none.
    pub oldest: Option<SystemTime>,
}

/// What reads a source.
pub(crate) enum Reader {
    /// Files, which a thread of their own can read.
    Files(Box<dyn RowSource>),
    /// Rows of the database, for which the session is needed.
    Rows(Rows),
}

impl Reader {
    /// The columns of the source, in its order.
    pub fn columns(&self) -> &[SourceColumn] {
        match self {
            Reader::Files(files) => files.columns(),
            Reader::Rows(rows) => &rows.columns,
        }
    }

    /// Whether the source says which columns it has: one without rows need not.
    pub fn shaped(&self) -> bool {
        match self {
            Reader::Files(files) => files.shaped(),
            Reader::Rows(rows) => !rows.columns.is_empty(),
        }
    }

    /// Reads only these columns, in this order. Errors: 42703, 42701.
    pub fn project(&mut self, names: &[&str]) -> Result<()> {
        match self {
            Reader::Files(files) => files.project(names),
            Reader::Rows(rows) => rows.project(names),
        }
    }

    /// Lets a source leave out parts whose greatest value in `column` the rule says are not wanted.
    pub fn narrow(&mut self, column: &str, skips: Skips) {
        match self {
            Reader::Files(files) => files.narrow(column, skips),
            // A database compares in its own way; what is not wanted is left out afterwards.
            Reader::Rows(_) => {}
        }
    }

    /// How many row groups were read so far, and how many were left out.
    pub fn row_groups(&self) -> (usize, usize) {
        match self {
            Reader::Files(files) => files.row_groups(),
            Reader::Rows(_) => (0, 0),
        }
    }

    /// Gives up what is held open of a source that is not read to its end.
    pub fn close(&mut self, s: &mut dyn Session) -> Result<()> {
        match self {
            Reader::Files(_) => Ok(()),
            Reader::Rows(rows) => rows.close(s),
        }
    }
}

/// Opens a source. JSON files are read once here, to learn their columns.
///
/// Errors: 42501 where the role may not read files, 22023 for a relative root on a server and a
/// query that writes, 42P01 for a relation that does not exist, 42701 for two columns of
/// one name; those of [`source::resolve`], [`ParquetSource::open`] and [`JsonSource::open`]; and
/// the database's own about the query.
pub(crate) fn open_source(s: &mut dyn Session, root: Option<&Path>, source: &Source) -> Result<Input> {
    let mut oldest = None;
    let reader = match source {
        Source::Parquet(spec) => {
            let files = find(s.facts(), root, spec, Format::Parquet)?;
            oldest = times(&files)?.into_iter().min();
            Reader::Files(Box::new(ParquetSource::open(files)?))
        }
        Source::Json(spec) => {
            let files = find(s.facts(), root, spec, Format::Json)?;
            oldest = times(&files)?.into_iter().min();
            Reader::Files(Box::new(JsonSource::open(files, &mut || s.check_interrupt())?))
        }
        Source::Documents(documents) => {
            return Err(Error::new(
                Kind::Internal,
                format!("the documents of \"{}\" are read for all tables", documents.of.text()),
            ));
        }
        Source::Table(name) => Reader::Rows(Rows::of_table(s, name)?),
        Source::Query(query) => Reader::Rows(Rows::of_query(s, query)?),
    };
    Ok(Input { label: label(source), reader, oldest })
}

/// The files of a table's source and when each was written; none where its rows come from the database.
///
/// Errors: those of [`open_source`] for files.
pub(super) fn written(
    facts: &Facts,
    root: Option<&Path>,
    source: Option<&Source>,
) -> Result<Vec<(PathBuf, SystemTime)>> {
    let files = match source {
        Some(Source::Parquet(spec)) => find(facts, root, spec, Format::Parquet)?,
        Some(Source::Json(spec) | Source::Documents(Documents { of: Carrier::Files(spec), .. })) => {
            find(facts, root, spec, Format::Json)?
        }
        Some(Source::Table(_) | Source::Query(_) | Source::Documents(_)) | None => Vec::new(),
    };
    let times = times(&files)?;
    Ok(files.into_iter().zip(times).collect())
}

pub(super) fn times(files: &[PathBuf]) -> Result<Vec<SystemTime>> {
    let time = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified());
    files.iter().map(|path| time(path).map_err(|error| source::system(path, &error))).collect()
}

impl Input {
    /// The rows of a table that were changed here and are in batches: these columns of them.
    pub fn of_changes(dialect: Dialect, tracked: &Tracked, columns: &[&str]) -> Input {
        let label = format!("table \"{}\"", tracked.name);
        let rows = Rows::of_changes(dialect, tracked, columns, &label);
        Input { reader: Reader::Rows(rows), label, oldest: None }
    }
}

/// The files that a source names, for a caller who may read them.
pub(super) fn find(facts: &Facts, root: Option<&Path>, spec: &str, format: Format) -> Result<Vec<PathBuf>> {
    may_read(facts)?;
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
    source::resolve(spec, root, base, format)
}

/// Errors: 42501 where the role may not read files.
fn may_read(facts: &Facts) -> Result<()> {
    if facts.may_read_files {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "permission denied to read a file on the server")
        .detail("Only roles with privileges of the \"pg_read_server_files\" role may read files."))
}

/// For a path that a call names itself. Errors: 42501 as [`may_read`], 22023 a relative one on a server.
pub(crate) fn may_read_at(facts: &Facts, path: &Path, hint: &str) -> Result<()> {
    may_read(facts)?;
    if facts.dialect == Dialect::Postgres && !path.is_absolute() {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("\"{}\" is not an absolute path", path.display()),
        )
        .hint(hint));
    }
    Ok(())
}

/// What is to be said of a source table that cannot be read now, though it may be when the run comes
/// (42P01 where there is none).
pub(crate) fn absent(s: &mut dyn Session, source: Option<&Source>) -> Result<Option<Error>> {
    let Some(
        Source::Table(name) | Source::Documents(Documents { of: Carrier::Table { table: name, .. }, .. }),
    ) = source
    else {
        return Ok(None);
    };
    match s.find_table(&RelName::parse(name)?) {
        Ok(found) => Ok(found.is_none().then(|| no_relation(name))),
        // A view over a table that is gone.
        Err(error) if matches!(error.kind, Kind::Database(_)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
