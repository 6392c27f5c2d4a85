//! The plan's checks: run by themselves (`validate_phase`), and at the end of every run that writes.

use std::collections::BTreeSet;

use regex::Regex;

use crate::catalog::{RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{Check, CheckRule, CheckType, Phase, Severity, TablePlan};
use crate::planner;
use crate::report::CheckRow;
use crate::session::{Keep, Level, Notice, Session};
use crate::sql;
use crate::types::ColumnType;
use crate::value::{Value, first};

use super::check::shown;
use super::guard::single_count;
use super::progress::Progress;
use super::stage::SHOWN;
use super::state;

/// How many values are fetched at a time.
const FETCHED: usize = 8192;

/// The checks that are due for some tables of a phase.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks {
    phase: String,
    due: Vec<Due>,
}

/// A check, and the table that it is of: the plan's name and what was found, None where it does not exist.
#[derive(Debug, Clone)]
struct Due {
    check: Check,
    table: Option<(String, Option<Table>)>,
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    failed: bool,
    /// Wrong rows, where the check counts rows that are wrong.
    rows: Option<i64>,
    detail: Option<String>,
}

/// A failed check of severity `warn`, for the notes of its table.
pub(crate) struct Warned {
    pub table_name: Option<String>,
    pub note: String,
}

impl Checks {
    /// The checks of these tables, in their order, and then those of the phase: not those of a table
    /// that is not among them.
    pub fn of(phase: &Phase, tables: &[(&TablePlan, Option<&Table>)]) -> Checks {
        let named = |plan: &TablePlan, table: &Option<&Table>| Some((plan.table.clone(), table.cloned()));
        let mut due = Vec::new();
        for (plan, table) in tables {
            due.extend(plan.checks.iter().map(|c| Due { check: c.clone(), table: named(plan, table) }));
        }
        for check in &phase.checks {
            let table = match &check.table {
                Some(name) => match tables.iter().find(|(plan, _)| plan.table == *name) {
                    Some((plan, table)) => named(plan, table),
                    None if phase.tables.iter().any(|plan| plan.table == *name) => continue,
                    None => Some((name.clone(), None)),
                },
                None => None,
            };
            due.push(Due { check: check.clone(), table });
        }
        Checks { phase: phase.name.clone(), due }
    }

    /// Errors: 42703 for a column that a check names and its table lacks.
    pub fn check_columns(&self) -> Result<()> {
        self.due.iter().try_for_each(check_columns)
    }

    fn run(&self, s: &mut dyn Session, due: &Due) -> Result<Found> {
        let mut found = Found::default();
        // PostgreSQL's own errors arrive here by their savepoint only.
        let result = s.scope(Keep::Yes, &mut |s| {
            found = run(s, due)?;
            Ok(())
        });
        result.map(|()| found)
    }

    /// The error of a check that cannot be run.
    fn named(&self, due: &Due, mut error: Error) -> Error {
        if error.kind != Kind::Cancelled {
            let (check, phase) = (&due.check.name, &self.phase);
            error.message =
                format!("check \"{check}\" of phase \"{phase}\" cannot be run: {}", error.message);
        }
        error
    }

    /// Runs all checks on the tables as they are: a row for each. Where a table of the phase is `gone`, the checks
    /// that miss a table have failed.
    fn rows(&self, s: &mut dyn Session, gone: bool) -> Result<Vec<CheckRow>> {
        let row = |due: &Due| {
            let found = match self.run(s, due) {
                Err(error) if gone && error.kind.sqlstate() == Kind::UndefinedTable.sqlstate() => {
                    Found { failed: true, rows: None, detail: Some(error.message) }
                }
                found => found.map_err(|error| self.named(due, error))?,
            };
            Ok(CheckRow {
                phase: self.phase.clone(),
                table_name: due.table.as_ref().map(|(name, _)| name.clone()),
                check_name: due.check.name.clone(),
                check_type: due.check.kind.name().to_owned(),
                severity: due.check.severity.name().to_owned(),
                status: if found.failed { "failed" } else { "ok" }.to_owned(),
                found: found.rows,
                detail: found.detail,
            })
        };
        self.due.iter().map(row).collect()
    }

    /// Runs all checks at the end of a run. Those that may fail come back as warnings, which the
    /// caller has heard. Errors: 23514 for the first that may not, and those of checks that cannot be run.
    pub fn enforce(&self, s: &mut dyn Session, clock: &Progress) -> Result<Vec<Warned>> {
        let mut warned = Vec::new();
        for due in &self.due {
            let found = self.run(s, due).map_err(|error| self.named(due, error))?;
            clock.done(s, "ran check", &due.check.name, None);
            if !found.failed {
                continue;
            }
            let message = format!("check \"{}\" of phase \"{}\" failed", due.check.name, self.phase);
            let detail = found.detail.unwrap_or_default();
            if due.check.severity == Severity::Error {
                return Err(Error::new(Kind::CheckFailed, message).detail(detail));
            }
            warned.push(Warned {
                table_name: due.table.as_ref().map(|(name, _)| name.clone()),
                note: format!("{message}: {}", detail.replace('\n', "; ")),
            });
            s.notice(&Notice { level: Level::Warning, message, detail: Some(detail), hint: None });
        }
        Ok(warned)
    }
}

/// Runs the checks of a phase on its tables as they are and answers a row for each.
///
/// Errors: 42704 no such phase, and those of checks that cannot be run, which are named.
pub fn validate_phase(s: &mut dyn Session, phase: &str) -> Result<Vec<CheckRow>> {
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    let names = state::phase_tables(s, phase)?;
    let tables = s.catalog(&names)?;
    let gone = tables.iter().any(Option::is_none);
    let tables: Vec<_> = planned.tables.iter().zip(tables.iter().map(Option::as_ref)).collect();
    Checks::of(planned, &tables).rows(s, gone)
}

fn check_columns(due: &Due) -> Result<()> {
    let Some((name, Some(table))) = &due.table else { return Ok(()) };
    if due.check.kind == CheckType::Exists {
        return Ok(());
    }
    let columns = due.check.columns.iter().flatten().chain(&due.check.column);
    for column in columns {
        if table.column(column).is_none() {
            return Err(planner::no_column(name, column));
        }
    }
    Ok(())
}

fn run(s: &mut dyn Session, due: &Due) -> Result<Found> {
    check_columns(due)?;
    let dialect = s.facts().dialect;
    let table = || match &due.table {
        Some((name, table)) => table.as_ref().ok_or_else(|| planner::no_table(name)),
        None => Err(Error::new(Kind::Internal, "the check has no table")),
    };
    match due.check.rule()? {
        CheckRule::Unique { columns } => {
            let rows = s.query(&sql::check_unique(dialect, table()?, columns), &[])?;
            Ok(wrong(&rows, |row| {
                let (times, values) = row.split_last().map_or((None, row), |(n, rest)| (n.as_int(), rest));
                format!("({}) = ({}) occurs {} times", columns.join(", "), shown(values), times.unwrap_or(0))
            }))
        }
        CheckRule::NotNull { columns } => {
            let key = table()?.primary_key();
            let key = if key.is_empty() { columns } else { key };
            let rows = s.query(&sql::check_not_null(dialect, table()?, columns, key), &[])?;
            Ok(wrong(&rows, |row| format!("({}) = ({})", key.join(", "), shown(row))))
        }
        CheckRule::Reference { columns, table: name, match_columns } => {
            let parent = s.find_table(&RelName::parse(name)?)?.ok_or_else(|| planner::no_table(name))?;
            if let Some(column) = match_columns.iter().find(|c| parent.column(c).is_none()) {
                return Err(planner::no_column(name, column));
            }
            let statement = sql::check_reference(dialect, table()?, columns, &parent, match_columns);
            let rows = s.query(&statement, &[])?;
            Ok(wrong(&rows, |row| format!("({}) = ({}) is not in {name}", columns.join(", "), shown(row))))
        }
        CheckRule::AllowedValues { column, values } => {
            let column = column.to_owned();
            let rows = s.query(&sql::check_values(dialect, table()?, &column, values), &[])?;
            Ok(wrong(&rows, |row| format!("{column} = {}", shown(row))))
        }
        CheckRule::Pattern { column, pattern } => matching(s, table()?, column, pattern),
        CheckRule::RowCount { min, max } => {
            let count = single_count(s, &sql::count_rows(table()?))?;
            Ok(in_range(count, min, max))
        }
        CheckRule::Tolerance { left, right, tolerance } => {
            let rows = s.query(&sql::two_numbers(dialect, left, right), &[])?;
            let (left, right) = match rows.first().map(Vec::as_slice) {
                Some([left, right]) => (left, right),
                _ => return Err(Error::new(Kind::Internal, "two numbers were asked for")),
            };
            let (left, right) = (number(left)?, number(right)?);
            let near = match (left, right) {
                (Some(left), Some(right)) => tolerance.allows(left, right),
                (left, right) => left == right,
            };
            let text = |n: Option<f64>| n.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
            let detail = Some(format!("{} against {}", text(left), text(right)));
            Ok(Found { failed: !near, rows: None, detail })
        }
        CheckRule::Exists { columns } => {
            let Some((name, found)) = &due.table else { return table().map(|_| Found::default()) };
            let found = match found {
                Some(table) => Some(table.clone()),
                None => s.find_table(&RelName::parse(name)?)?,
            };
            Ok(existing(name, found.as_ref(), columns))
        }
        CheckRule::Query { query } => {
            let count = single_count(s, &sql::count_query(query))?;
            if count == 0 {
                return Ok(Found { rows: Some(0), ..Found::default() });
            }
            let rows = s.query(&sql::first_rows(query), &[])?;
            let lines = rows.iter().map(|row| format!("({})", shown(row))).collect::<Vec<_>>();
            Ok(Found { failed: true, rows: Some(count), detail: Some(lines.join("\n")) })
        }
    }
}

/// What a statement found whose rows are (wrong rows in all, example ...).
fn wrong(rows: &[Vec<Value>], line: impl Fn(&[Value]) -> String) -> Found {
    let Some(count) = first(rows).and_then(Value::as_int) else {
        return Found { rows: Some(0), ..Found::default() };
    };
    let lines = rows.iter().map(|row| line(row.get(1..).unwrap_or_default())).collect::<Vec<_>>();
    Found { failed: true, rows: Some(count), detail: Some(lines.join("\n")) }
}

/// Values in which a pattern is not found. It is looked for here, so that both databases agree.
fn matching(s: &mut dyn Session, table: &Table, column: &str, pattern: &str) -> Result<Found> {
    let regex = Regex::new(pattern)
        .map_err(|e| Error::new(Kind::InvalidParameter, "not a regular expression").detail(e.to_string()))?;
    let statement = sql::distinct_values(s.facts().dialect, table, column);
    let cursor = s.cursor_open(&statement, &[])?;
    let types = [ColumnType::Text { max_chars: None }, ColumnType::Int8];
    let (mut rows, mut examples) = (0_i64, BTreeSet::new());
    while let Some(batch) = s.cursor_fetch(cursor, &types, FETCHED)? {
        s.check_interrupt()?;
        let columns = (batch.columns().first(), batch.columns().get(1));
        let (Some(texts), Some(counts)) = columns else { continue };
        let texts = texts.as_any().downcast_ref::<arrow::array::StringArray>();
        let counts = counts.as_any().downcast_ref::<arrow::array::Int64Array>();
        for (text, count) in texts.into_iter().flatten().zip(counts.into_iter().flatten()) {
            let Some(text) = text.filter(|text| !regex.is_match(text)) else { continue };
            rows += count.unwrap_or(0);
            // The first by their order, whatever order they come in.
            examples.insert(text.to_owned());
            if examples.len() > SHOWN {
                examples.pop_last();
            }
        }
    }
    s.cursor_close(cursor)?;
    let lines = examples.iter().map(|text| format!("{column} = {text}")).collect::<Vec<_>>();
    let detail = Some(lines.join("\n")).filter(|_| rows > 0);
    Ok(Found { failed: rows > 0, rows: Some(rows), detail })
}

/// What of a table and its columns is not there.
fn existing(name: &str, found: Option<&Table>, columns: &[String]) -> Found {
    let missing: Vec<String> = match found {
        None => vec![planner::no_table(name).message],
        Some(table) => {
            let missing = columns.iter().filter(|column| table.column(column).is_none());
            missing.map(|column| planner::no_column(name, column).message).collect()
        }
    };
    let detail = Some(missing.join("\n")).filter(|_| !missing.is_empty());
    Found { failed: !missing.is_empty(), rows: None, detail }
}

fn in_range(count: i64, min: Option<u64>, max: Option<u64>) -> Found {
    let counted = u64::try_from(count).unwrap_or(0);
    let broken = match (min, max) {
        (Some(min), _) if counted < min => Some(format!("at least {min} are expected")),
        (_, Some(max)) if counted > max => Some(format!("at most {max} are expected")),
        _ => None,
    };
    let detail = broken.as_ref().map(|limit| format!("{count} rows; {limit}"));
    Found { failed: broken.is_some(), rows: None, detail }
}

/// A number as the database prints it; None for NULL. Errors: 42804 for anything else.
fn number(value: &Value) -> Result<Option<f64>> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::Text(text) => text.trim(),
        _ => "",
    };
    text.parse()
        .map(Some)
        .map_err(|_| Error::new(Kind::DatatypeMismatch, format!("\"{value}\" is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_within_its_limits() {
        assert!(!in_range(3, Some(3), Some(3)).failed);
        assert_eq!(in_range(2, Some(3), None).detail.unwrap(), "2 rows; at least 3 are expected");
        assert_eq!(in_range(4, Some(3), Some(3)).detail.unwrap(), "4 rows; at most 3 are expected");
    }

    #[test]
    fn what_is_no_number_is_said() {
        assert_eq!(number(&Value::Null).unwrap(), None);
        assert_eq!(number(&Value::Text("12.50".into())).unwrap(), Some(12.5));
        let error = number(&Value::Text("a lot".into())).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::DatatypeMismatch, "\"a lot\" is not a number")
        );
    }
}
