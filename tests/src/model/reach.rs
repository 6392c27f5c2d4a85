//! Which features a run that succeeded has shown, so that what is drawn but never reached is seen.

use super::Row;
use super::case::{Case, Step, Table};
use super::cursor::Read;
use super::oracle::{Work, protected};

/// A foreign key deleted or changed rows.
pub(super) const SPREAD: &str = "spread by a foreign key";

/// All features, as they are counted.
pub const FEATURES: [&str; 37] = [
    "replace",
    "upsert",
    "insert_only",
    "delete_insert",
    "delete_insert with a merge key",
    "a generated key kept in an update",
    "Parquet",
    "JSON array",
    "JSON lines",
    "a relation",
    "a query",
    "a table that refers to itself",
    "tables in a circle",
    "scope leaves rows alone",
    "a part read by a cursor",
    "rows left out for a NULL cursor",
    "since",
    "tables named",
    "looked up",
    "stubs made",
    "stubs completed",
    "local rows preserved",
    "own rows coming back",
    "ignored columns",
    "duplicates dropped",
    "unique values handed on",
    "retained for a refused version",
    "retained because referred to",
    SPREAD,
    "bad_value",
    "null_key",
    "duplicate_key",
    "missing_reference",
    "missing_lookup",
    "unique_conflict",
    "local_conflict",
    "refused rows staged again",
];

/// The features that a run shows, each once; `spread` says whether a foreign key deleted or changed
/// rows.
pub(super) fn reached(
    case: &Case,
    step: &Step,
    works: &[Work<'_>],
    reads: &[Read],
    spread: bool,
) -> Vec<&'static str> {
    let mut shown: Vec<&'static str> = Vec::new();
    for (index, (work, read)) in works.iter().zip(reads).enumerate().filter(|(_, (work, _))| !work.idle) {
        let (table, counts) = (work.table, &work.counts);
        let written = counts.inserted + counts.updated + counts.deleted > 0;
        let mut show = |fits: bool, feature: &'static str| shown.extend(fits.then_some(feature));
        let merges = table.merge_key.is_some();
        show(written && !merges, table.write);
        show(written && merges, "delete_insert with a merge key");
        show(counts.updated > 0 && table.generated, "a generated key kept in an update");
        show(counts.staged > 0, table.feed.name());
        let parents = || table.references.iter().map(|r| r.parent);
        show(written && parents().any(|p| p == index), "a table that refers to itself");
        let circle = |p: usize| p != index && leads(case, p, index);
        show(written && parents().any(circle), "tables in a circle");
        let beyond = |t: &Row| !work.in_scope(t) && !protected(table, t);
        show(counts.staged > 0 && work.target.iter().any(beyond), "scope leaves rows alone");
        show(read.mode == "incremental", "a part read by a cursor");
        show(read.excluded > 0, "rows left out for a NULL cursor");
        show(table.cursor.is_some() && step.asked.since.is_some(), "since");
        show(step.asked.tables.is_some(), "tables named");
        let found =
            |row: &Row| table.lookup.as_ref().is_some_and(|l| row[l.seek].is_some() && row[l.set].is_some());
        show(written && work.passed.iter().any(found), "looked up");
        show(counts.stubs > 0, "stubs made");
        let brought = |row: &Row| work.open.contains(&Table::take(row, &table.key));
        show(work.passed.iter().any(brought), "stubs completed");
        show(counts.preserved > 0, "local rows preserved");
        show(work.passed.iter().any(|row| work.comes_back(row)), "own rows coming back");
        show(table.ignore.is_some() && counts.updated > 0, "ignored columns");
        show(counts.skipped > read.excluded, "duplicates dropped");
        let handed = |column: &usize| {
            let gave = |t: &Row, new: &Row| {
                t[*column].is_some() && t[*column] == new[*column] && work.identity(t) != work.identity(new)
            };
            work.target.iter().any(|t| work.after.iter().any(|new| gave(t, new)))
        };
        show(table.unique.iter().any(handed), "unique values handed on");
        show(work.target.iter().any(|t| work.is_retained(t)), "retained for a refused version");
        show(!work.kept.is_empty(), "retained because referred to");
        for (row, reason) in &work.refused {
            show(true, reason);
            show(read.mode == "incremental" && !read.rows.contains(row), "refused rows staged again");
        }
    }
    shown.extend(spread.then_some(SPREAD));
    shown.sort_unstable();
    shown.dedup();
    shown
}

/// Whether references lead from one table to another.
fn leads(case: &Case, from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(index) = seen.get(next).copied() {
        for reference in &case.tables[index].references {
            if !seen.contains(&reference.parent) {
                seen.push(reference.parent);
            }
        }
        next += 1;
    }
    seen.contains(&to)
}
