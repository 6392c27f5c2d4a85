//! What a run found or did: its counts, and the report that is made of them.

use crate::planner::Task;
use crate::report::ReportRow;

use super::checks::Warned;
use super::compare::Counts;
use super::cut::Cut;
use super::marks::Marks;
use super::prepare::Prepared;
use super::stage::Loaded;

/// What became of a task's source rows before they were compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Rows that are counted: those before a cursor's bound are not.
    pub staged: i64,
    /// Of these, refused by a rule.
    pub refused: i64,
    /// Of these, dropped by a policy.
    pub skipped: i64,
    /// How many rows were staged from the quarantine; their ordinals come first.
    pub restaged: i64,
    /// How many times documents speak of a scope.
    pub spoken: i64,
    pub elapsed_ms: i64,
    /// The greatest values of the cursor's column that were met.
    pub highest: Marks,
    /// What the log keeps besides the counts.
    pub notes: Vec<String>,
}

/// What a run found or did, per task.
pub(crate) struct Outcome {
    pub counts: Vec<Counts>,
    pub tallies: Vec<Tally>,
    /// Of a dry run or a rehearsal, as JSON.
    pub examples: Vec<Option<String>>,
    /// How many stubs are made, per set.
    pub stubs: Vec<i64>,
    /// How many snapshots are taken, per set.
    pub snapshots: Vec<i64>,
    /// The examples of stubs, and then of snapshots.
    pub made_examples: Vec<Option<String>>,
}

impl Tally {
    pub(super) fn add(&mut self, loaded: Loaded) {
        self.staged += loaded.rows;
        self.refused += loaded.refused;
    }

    /// Counts what a cursor met and left out; `groups` are the row groups that were read and those
    /// that were not.
    pub(super) fn cut(&mut self, cut: Cut, (read, left_out): (usize, usize)) {
        self.staged += cut.excluded;
        self.skipped += cut.excluded;
        self.highest = cut.highest;
        if left_out > 0 {
            self.notes.push(format!("row groups read: {read} of {}", read + left_out));
        }
    }
}

impl Outcome {
    /// Spreads the time that writing took: it interleaves the tables, so they share it by rows.
    pub(super) fn share(&mut self, elapsed: i64) {
        let written = |c: &Counts| c.inserts + c.updates + c.deletes;
        let all: i64 = self.counts.iter().map(written).sum();
        for (counts, tally) in self.counts.iter().zip(&mut self.tallies) {
            tally.elapsed_ms += elapsed.saturating_mul(written(counts)) / all.max(1);
        }
    }
}

/// Keeps the warnings of checks with their tables, those of none with the first.
pub(super) fn note(rounds: &[Prepared], outcomes: &mut [Outcome], warned: Vec<Warned>) {
    let tasks = rounds.iter().zip(outcomes).flat_map(|(r, o)| r.tasks.iter().zip(&mut o.tallies));
    let mut tasks: Vec<(&Task, &mut Tally)> = tasks.collect();
    for warned in warned {
        let first = tasks.iter().position(|(task, _)| task.ordinal == 0);
        let named = warned.table_name.and_then(|name| tasks.iter().position(|(task, _)| task.name == name));
        if let Some((_, tally)) = named.or(first).and_then(|i| tasks.get_mut(i)) {
            tally.notes.push(warned.note);
        }
    }
}

/// The report of a run, in plan order; then the stubs and the snapshots.
pub(crate) fn report(phase: Option<&str>, rounds: &[Prepared], outcomes: &[Outcome]) -> Vec<ReportRow> {
    let (mut rows, mut made) = (Vec::new(), Vec::new());
    for (prepared, outcome) in rounds.iter().zip(outcomes) {
        let tasks = prepared.tasks.iter().zip(&outcome.counts).zip(&outcome.tallies);
        rows.extend(tasks.map(|((task, counts), tally)| (task.ordinal, row(phase, task, counts, tally))));
        let stubs = prepared.stubs.sets.iter().zip(&outcome.stubs).filter(|(_, made)| **made > 0);
        made.extend(stubs.map(|(set, made)| ReportRow::inserted(phase, &set.name, "stub", set.mode, *made)));
        let snapshots = prepared.snapshot_tasks().zip(&outcome.snapshots).filter(|(_, taken)| **taken > 0);
        made.extend(snapshots.map(|((set, (task, _)), taken)| {
            ReportRow::inserted(phase, &set.name, "snapshot", task.mode, *taken)
        }));
    }
    rows.sort_by_key(|(ordinal, _)| *ordinal);
    rows.into_iter().map(|(_, row)| row).chain(made).collect()
}

fn row(phase: Option<&str>, task: &Task, counts: &Counts, tally: &Tally) -> ReportRow {
    ReportRow {
        phase: task.phase().or(phase).map(str::to_owned),
        table_name: task.name.clone(),
        write: task.write.name().to_owned(),
        mode: task.mode.name().to_owned(),
        staged: counts.staged,
        inserted: counts.inserts,
        updated: counts.updates,
        unchanged: counts.unchanged(),
        deleted: counts.deletes,
        preserved: counts.preserved,
        quarantined: counts.refused,
        skipped: counts.skipped,
        elapsed_ms: tally.elapsed_ms,
    }
}
