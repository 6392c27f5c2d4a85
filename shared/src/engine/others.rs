//! What a run does to tables of other phases by the way: foreign keys that spread its deletes.

use std::collections::BTreeSet;

use crate::authority::Authority;
use crate::catalog::{ForeignKey, OnDelete, RelName};
use crate::error::{Error, Kind, Result};
use crate::planner::{Task, spreads};
use crate::session::Session;
use crate::sql::{self, Temps};

use super::compare::Counts;
use super::guard::{FREE_THEM, referring, single_count};
use super::{phase, retain, state};

/// Refuses deletes that the database would spread to a table of another phase that is frozen or
/// live here, directly or by way of other tables: nobody may write these, `allow_cascade` or not.
///
/// Errors: 55000; 55P03 another session runs that phase or changes its state.
pub(super) fn spared(s: &mut dyn Session, tasks: &[Task], temps: &[Temps], counts: &[Counts]) -> Result<()> {
    if !s.facts().foreign_keys {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    for ((task, own), _) in tasks.iter().zip(temps).zip(counts).filter(|(_, counts)| counts.deletes > 0) {
        for key in task.referred_by.iter().filter(|key| spreads(key.on_delete)) {
            let reached = reached(s, tasks, key)?;
            if reached.is_empty() {
                continue;
            }
            let children = retain::writers(tasks, temps, key);
            let count = single_count(s, &sql::count_referring(dialect, task, own, key, &children))?;
            if count == 0 {
                continue;
            }
            for (table, phase) in reached {
                let state = match held(s, &phase)? {
                    Authority::Source => continue,
                    Authority::Frozen => "frozen",
                    Authority::Local => "live here",
                };
                return Err(Error::new(
                    Kind::NotInState,
                    format!("phase \"{phase}\" is {state}; a foreign key would change its table \"{table}\""),
                )
                .detail(referring(count, task, key))
                .hint(FREE_THEM));
            }
        }
    }
    Ok(())
}

/// Who owns another phase, which stays so until the transaction ends: its tables are not locked, and
/// a cutover that commits while a delete waits for it would let that delete pass.
fn held(s: &mut dyn Session, phase: &str) -> Result<Authority> {
    if let Some(statement) = sql::share_phase_row(s.facts().dialect)
        && s.query(&statement, &[phase.into()])?.is_empty()
    {
        return Err(phase::busy(phase));
    }
    state::authority(s, phase)
}

/// The tables of other phases that a delete spreads to by this key: (table, phase).
fn reached(s: &mut dyn Session, tasks: &[Task], key: &ForeignKey) -> Result<Vec<(String, String)>> {
    let mut reached = Vec::new();
    let mut seen = BTreeSet::new();
    let mut due = vec![key.clone()];
    while let Some(key) = due.pop() {
        if !seen.insert(key.table.clone()) {
            continue;
        }
        let (schema, name) = &key.table;
        if tasks.iter().all(|task| task.target.id() != key.table)
            && let Some((phase, _)) = state::owner(s, schema, name)?
        {
            reached.push((name.clone(), phase));
        }
        // Where the reference is only cleared, the rows stay, and so do those that refer to them.
        if key.on_delete == OnDelete::Cascade {
            let table = s.find_table(&RelName::new(Some(schema), name))?;
            let further = table.into_iter().flat_map(|table| table.referenced_by);
            due.extend(further.filter(|key| spreads(key.on_delete)));
        }
    }
    Ok(reached)
}
