//! A replay of the quarantine, after the application has mended what it can.
//!
//! To the oracle it is a run of the tables that have refused rows: these are the source, all ways to
//! write that delete are `upsert`, and nothing limits how much stays refused.

use super::case::{Case, Edit, LOCAL, Step, Table};
use super::cursor::Asked;
use super::drive::{Tally, same_outcome, same_rows, untouched};
use super::restage::{Refused, unfound};
use super::side::{Seen, Side};
use super::{Row, oracle, stub};

/// Mends, replays and compares with the oracle; then replays again, which writes nothing.
pub(super) fn check(case: &Case, side: &mut Side, tally: Option<&mut Tally>) -> Result<Vec<Seen>, String> {
    let last = side.memory.refused.clone();
    // How rows without a key of the source are told from each other is not modelled.
    let odd = |(table, rows): (&Table, &Vec<Refused>)| table.generated && !rows.is_empty();
    if last.iter().all(Vec::is_empty) || case.tables.iter().zip(&last).any(odd) {
        return Ok(Vec::new());
    }
    let state = side.state(case);
    let mends = mends(case, &last, &state.tables);
    mends.iter().for_each(|edit| side.edit(case, edit));
    let before = side.state(case);
    let (replayed, step) = reading(case, &last);
    let expected = oracle::run(&replayed, &step, &before.tables, &side.memory);
    let seen = side.call(case, REPLAY);
    if let Some(tally) = tally {
        let outcome = seen.error.as_ref().map_or("ok", |(code, _)| code);
        *tally.entry(format!("replay {outcome}")).or_default() += 1;
    }
    let show = |e: String| format!("{e}\nafter mends {mends:#?}");
    same_outcome(&expected, &seen).map_err(show)?;
    let Ok(done) = &expected else {
        untouched(case, side, &before)?;
        return Ok(vec![seen]);
    };
    same_rows(case, side, done).map_err(show)?;
    side.memory = done.memory.clone();
    let state = side.state(case);
    let again = side.call(case, REPLAY);
    if !again.writes_nothing() {
        return Err(format!("another one is not quiet: {again:#?}"));
    }
    untouched(case, side, &state)?;
    Ok(vec![seen, again])
}

const REPLAY: &str = "replay_quarantine('p')";

/// The case as a replay reads it, and the step: a source is what was refused.
fn reading(case: &Case, last: &[Vec<Refused>]) -> (Case, Step) {
    let mut case = Case { tables: case.tables.clone(), steps: Vec::new() };
    let mut sources = Vec::new();
    for (table, rows) in case.tables.iter_mut().zip(last) {
        table.planned &= !rows.is_empty();
        if table.write != "insert_only" || !table.planned {
            table.write = "upsert";
        }
        (table.scope, table.max_quarantine, table.cursor, table.mode) = (None, None, None, None);
        sources.push(rows.iter().map(|(row, _)| unfound(table, row.clone())).collect());
    }
    let step = Step {
        sources,
        edits: Vec::new(),
        allow_empty: false,
        allow_all: false,
        allow_cascade: false,
        dry_run: false,
        rehearse: false,
        replay: false,
        asked: Asked { mode: "full", since: None, tables: None },
    };
    (case, step)
}

/// What the application does for refused rows: it makes rows that they refer to or look for.
fn mends(case: &Case, last: &[Vec<Refused>], state: &[Vec<Row>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut make = |index: usize, mut row: Row| {
        let table = &case.tables[index];
        if let Some(origin) = &table.origin {
            row[origin.column] = Some(LOCAL.to_owned());
        }
        let key = |row: &Row| Table::take(row, &table.key);
        if !state[index].iter().any(|held| key(held) == key(&row)) {
            edits.push(Edit::Insert(index, row));
        }
    };
    for (table, rows) in case.tables.iter().zip(last) {
        for (row, _) in rows {
            for reference in &table.references {
                let key = Table::take(row, &reference.columns);
                if !key.contains(&None) {
                    make(reference.parent, stub::row(&case.tables[reference.parent], &key));
                }
            }
            if let Some(lookup) = table.lookup.as_ref().filter(|l| row[l.seek].is_some()) {
                let parent = &case.tables[lookup.table];
                let key: Row = parent.key.iter().map(|k| Some(parent.columns[*k].ty.value(25))).collect();
                let mut found = stub::row(parent, &key);
                found[lookup.code].clone_from(&row[lookup.seek]);
                make(lookup.table, found);
            }
        }
    }
    edits
}
