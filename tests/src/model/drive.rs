//! Does a case on both databases, and compares each step with the oracle and the two with each other.

use std::collections::BTreeMap;

use crate::canonical;

use super::case::{Case, Step};
use super::oracle::{self, Done, Faults};
use super::reach::{FEATURES, SPREAD};
use super::side::{Seen, Side, State};
use super::{Cell, Row, replay, spell};

/// What the cases of a run came to: how often each outcome was seen.
pub type Tally = BTreeMap<String, usize>;

/// A tally with nothing yet, in which what is never reached is seen.
pub fn tally() -> Tally {
    FEATURES.iter().map(|feature| ((*feature).to_owned(), 0)).collect()
}

/// Tries a case on all sides. Errors: what differs, with the case for a reader.
pub fn attempt(case: &Case, sides: &mut [Side], tally: &mut Tally) -> Result<(), String> {
    for side in &mut *sides {
        side.begin(case);
    }
    for (number, step) in case.steps.iter().enumerate() {
        let mut seen: Vec<Vec<Seen>> = Vec::new();
        let mut states: Vec<Vec<Vec<Row>>> = Vec::new();
        for side in &mut *sides {
            side.prepare(case, step);
            states.push(without_made_keys(case, side.tables(case)));
        }
        // A delete that one foreign key spreads and another forbids is refused by PostgreSQL alone.
        if states.windows(2).any(|pair| pair[0] != pair[1]) {
            *tally.entry("edits that only one database takes".to_owned()).or_default() += 1;
            return Ok(());
        }
        for side in &mut *sides {
            let first = seen.is_empty();
            let told = check_step(case, step, side, first.then_some(&mut *tally));
            let told = told.map_err(|e| {
                let name = side.place.client.db.name();
                format!("{name}, step {}: {e}\n\n{}", number + 1, spell::describe(case, number))
            })?;
            seen.push(told);
        }
        if let [left, right] = &seen[..]
            && left != right
        {
            return Err(format!(
                "step {}: the databases differ\nPostgreSQL {left:#?}\nSQLite {right:#?}\n\n{}",
                number + 1,
                spell::describe(case, number)
            ));
        }
    }
    Ok(())
}

/// The rows of tables, without the keys that the databases made.
fn without_made_keys(case: &Case, mut state: Vec<Vec<Row>>) -> Vec<Vec<Row>> {
    for (table, rows) in case.tables.iter().zip(&mut state).filter(|(table, _)| table.generated) {
        rows.iter_mut().for_each(|row| row[table.key[0]] = None);
        rows.sort();
    }
    state
}

/// Does a step's calls on one side and compares them with the oracle.
fn check_step(
    case: &Case,
    step: &Step,
    side: &mut Side,
    mut tally: Option<&mut Tally>,
) -> Result<Vec<Seen>, String> {
    let before = side.state(case);
    let expected = oracle::run(case, step, &before.tables, &side.memory);
    let arguments = spell::arguments(case, step);
    let sync = format!("sync_phase({arguments})");
    let mut told = Vec::new();
    for (asked, extra) in [(step.dry_run, ", dry_run => true"), (step.rehearse, ", rehearse => true")] {
        if asked {
            let seen = side.call(case, &format!("sync_phase({arguments}{extra})"));
            same_outcome(&expected, &seen).map_err(|e| format!("with{extra}: {e}"))?;
            untouched(case, side, &before).map_err(|e| format!("with{extra}: {e}"))?;
            told.push(seen);
        }
    }
    let seen = side.call(case, &sync);
    if let Some(tally) = &mut tally {
        let outcome = seen.error.as_ref().map_or("ok", |(code, _)| code);
        *tally.entry(outcome.to_owned()).or_default() += 1;
    }
    same_outcome(&expected, &seen)?;
    let Ok(done) = &expected else {
        untouched(case, side, &before)?;
        told.push(seen);
        return Ok(told);
    };
    same_rows(case, side, done)?;
    if let Some(tally) = &mut tally {
        done.reached.iter().for_each(|feature| *tally.entry((*feature).to_owned()).or_default() += 1);
    }
    side.memory = done.memory.clone();
    told.push(seen);
    told.push(rerun(case, step, side, done, &sync).map_err(|e| format!("a rerun: {e}"))?);
    if step.replay {
        told.extend(replay::check(case, side, tally).map_err(|e| format!("a replay: {e}"))?);
    }
    Ok(told)
}

/// Does the same again, which writes nothing and leaves the quarantine as it is, save where it may.
fn rerun(case: &Case, step: &Step, side: &mut Side, done: &Done, sync: &str) -> Result<Seen, String> {
    let state = side.state(case);
    // It may read less than the first: its cursors have moved.
    let expected = oracle::run(case, step, &state.tables, &side.memory);
    let again = side.call(case, sync);
    same_outcome(&expected, &again)?;
    let may_write = may_write_again(case, done, &again);
    match &expected {
        Ok(next) if may_write => {
            same_rows(case, side, next)?;
            side.memory = next.memory.clone();
        }
        Err(_) if may_write => untouched(case, side, &state)?,
        _ if again.writes_nothing() => untouched(case, side, &state)?,
        _ => return Err(format!("it is not quiet: {again:#?}\nafter {:#?}", done.counts)),
    }
    Ok(again)
}

/// Whether a run may find work in what the same run left: a foreign key took rows that the source
/// has, or it reads less than the one before, and so looks up among fewer rows and knows less of its scopes.
fn may_write_again(case: &Case, done: &Done, again: &Seen) -> bool {
    // A run that failed tells no modes.
    let modes: Vec<&str> = match again.error {
        Some(_) => done.modes.clone(),
        None => again.modes.iter().map(String::as_str).collect(),
    };
    let narrow = case.tables.iter().zip(modes).any(|(table, mode)| {
        mode == "incremental" && (table.scope.is_some() || case.tables.iter().any(|t| t.lookup.is_some()))
    });
    narrow || done.reached.contains(&SPREAD)
}

pub(super) fn same_outcome(expected: &Result<Done, Faults>, seen: &Seen) -> Result<(), String> {
    match (expected, &seen.error) {
        (Ok(done), None) if done.counts == seen.counts && done.modes == seen.modes => Ok(()),
        (Ok(done), None) if done.modes != seen.modes => {
            Err(format!("modes: expected {:?}, found {:?}", done.modes, seen.modes))
        }
        (Ok(done), None) => Err(format!("counts: expected {:#?}\nfound {:#?}", done.counts, seen.counts)),
        (Err(faults), Some((code, _))) if faults.contains(code.as_str()) => Ok(()),
        (Ok(_), Some((code, text))) => Err(format!("expected success, found {code}: {text}")),
        (Err(faults), found) => Err(format!("expected one of {faults:?}, found {found:?} {:?}", seen.counts)),
    }
}

/// The tables and the quarantine are what the oracle says.
pub(super) fn same_rows(case: &Case, side: &mut Side, done: &Done) -> Result<(), String> {
    let mut state = side.tables(case);
    for ((table, expected), found) in case.tables.iter().zip(&done.tables).zip(&mut state) {
        // The oracle does not know the keys that a database makes, which may be those of rows that
        // are gone; a key that was to stay is one of its rows.
        for row in found.iter_mut().filter(|row| table.generated && !expected.contains(row)) {
            row[table.key[0]] = None;
        }
        found.sort();
    }
    for ((table, expected), found) in case.tables.iter().zip(&done.tables).zip(&state) {
        if expected != found {
            return Err(format!(
                "rows of {}: expected {}\nfound {}",
                table.name,
                show(expected),
                show(found)
            ));
        }
    }
    let cursors = side.cursors(case);
    if cursors != done.memory.cursors {
        return Err(format!("cursors: expected {:?}, found {cursors:?}", done.memory.cursors));
    }
    let keyless: Vec<&str> =
        case.tables.iter().filter(|t| t.identity().is_empty()).map(|t| t.name.as_str()).collect();
    let mut found: Vec<String> = side
        .quarantine()
        .iter()
        .map(|row| {
            // Rows of one key are numbered; a row without a key stands for itself.
            let key = row[1].rsplit_once("]#").map_or(row[1].clone(), |(key, _)| format!("{key}]"));
            let key = if keyless.contains(&row[0].as_str()) { "[]".to_owned() } else { key };
            // With a NULL in its key, too.
            let nameless = serde_json::from_str(&key).is_ok_and(|key: Vec<Cell>| key.contains(&None));
            format!("{} | {} | {}", row[0], if nameless { "[]" } else { &key }, row[2])
        })
        .collect();
    let expected = done.quarantine.iter().map(|(table, key, reason)| {
        let key = if key.contains(&None) { "[]".to_owned() } else { serde_json::json!(key).to_string() };
        format!("{table} | {} | {reason}", canonical::json(&key))
    });
    let mut expected: Vec<String> = expected.collect();
    expected.sort();
    found.sort();
    let stubs = side.stubs();
    if stubs != done.memory.stubs {
        return Err(format!("stubs: expected {:#?}\nfound {stubs:#?}", done.memory.stubs));
    }
    if expected != found {
        return Err(format!("quarantine: expected {expected:#?}\nfound {found:#?}"));
    }
    Ok(())
}

pub(super) fn untouched(case: &Case, side: &mut Side, before: &State) -> Result<(), String> {
    let now = side.state(case);
    let parts = [
        (now.tables != before.tables, "a table".to_owned()),
        (
            now.quarantine != before.quarantine,
            format!("the quarantine: from {:#?}\nto {:#?}", before.quarantine, now.quarantine),
        ),
        (now.cursors != before.cursors, "a cursor".to_owned()),
        (now.stubs != before.stubs, "the list of stubs".to_owned()),
    ];
    match parts.into_iter().find(|(changed, _)| *changed) {
        Some((_, what)) => Err(format!("it changed {what}")),
        None => Ok(()),
    }
}

fn show(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let cells: Vec<&str> = row.iter().map(|c| c.as_deref().unwrap_or(canonical::NULL)).collect();
        format!("\n  {}", cells.join(" | "))
    };
    rows.iter().map(line).collect()
}
