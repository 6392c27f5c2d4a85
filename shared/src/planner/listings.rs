//! A table that is listed more than once in its phase: the listings are applied in plan order, and each
//! has to know of the others.

use crate::catalog::Address;
use crate::error::{Error, Kind, Result};

use super::Task;

/// Tells the tasks that write the same table of each other, and gives all but the first an address
/// that rows have before they are inserted: their key.
///
/// Errors: 22023 where listings do not agree on the key or the origin, without which they would not
/// speak of the same rows.
pub fn join_listings(tasks: &mut [Task]) -> Result<()> {
    let ids: Vec<(String, String)> = tasks.iter().map(|t| t.target.id()).collect();
    for (index, id) in ids.iter().enumerate() {
        let group: Vec<usize> = (0..ids.len()).filter(|i| ids.get(*i) == Some(id)).collect();
        let place = group.iter().position(|i| *i == index).unwrap_or(0);
        let first = group.first().and_then(|i| tasks.get(*i)).cloned();
        let (Some(first), Some(task)) = (first, tasks.get_mut(index)) else { continue };
        if place == 0 {
            continue;
        }
        agree(&first, task)?;
        task.key.clone_from(&first.key);
        task.entry = entry(&task.name, place);
        task.target.address = Address::Columns(first.key);
    }
    let all = tasks.to_vec();
    for (index, task) in tasks.iter_mut().enumerate() {
        let same = |other: &&Task| other.target.id() == task.target.id();
        task.earlier = all.iter().take(index).filter(same).cloned().collect();
        task.later = all.iter().skip(index + 1).filter(same).cloned().collect();
    }
    Ok(())
}

/// What the log calls a listing of a table, of which `before` come before it in the plan.
pub fn entry(name: &str, before: usize) -> String {
    if before == 0 { name.to_owned() } else { format!("{name} #{}", before + 1) }
}

fn agree(first: &Task, task: &Task) -> Result<()> {
    let same_key = first.key.len() == task.key.len() && first.key.iter().all(|k| task.key.contains(k));
    let same_origin = first.plan.origin == task.plan.origin && first.plan.keep_local == task.plan.keep_local;
    let what = match (same_key, same_origin) {
        (true, true) => return Ok(()),
        (false, _) => "\"primary_key\"",
        (true, false) => "\"origin\" and \"keep_local\"",
    };
    Err(Error::new(
        Kind::InvalidParameter,
        format!("table \"{}\" is listed more than once, with different {what}", task.name),
    )
    .detail("All listings of a table speak of the same rows."))
}
