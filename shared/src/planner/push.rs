//! Where local changes go: the task that writes them to the relation of a table's `push_to`.

use crate::catalog::Table;
use crate::error::{Error, Kind, Result};
use crate::plan::{AfterAcknowledge, ColumnSource, ExtraColumn, MissingColumn, Source, TablePlan, Write};

use super::{SourceShape, Task, Tracked, bind};

/// Rows that were deleted here, and the columns of the target that hold their key.
#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    pub tracked: Tracked,
    pub key: Vec<String>,
}

/// The columns of a table that travel: not those that mean nothing elsewhere, which are a key that is
/// generated here and what is looked up here.
pub fn travelling<'a>(plan: &TablePlan, tracked: &'a Tracked) -> Vec<&'a str> {
    let stays = |name: &String| {
        tracked.table.primary_key().contains(name) && !tracked.key.contains(name)
            || plan.lookups.iter().any(|l| l.set == *name)
    };
    let columns = tracked.table.columns.iter().map(|c| &c.name);
    columns.filter(|name| !stays(name)).map(String::as_str).collect()
}

/// Makes the task that brings the changes of a table to `target`, the relation that the plan calls `to`: an
/// upsert by the key of its changes. Columns are matched as an import matches them, the other way round, and
/// those that only one side has are left alone. The origin says there what it says here once the change has
/// arrived.
///
/// Errors: 22023 it is the table itself, and those of [`bind`].
pub fn push(ordinal: usize, plan: &TablePlan, to: &str, tracked: &Tracked, target: Table) -> Result<Task> {
    if target.id() == tracked.table.id() {
        let message = format!("the changes of \"{}\" cannot be pushed to itself", plan.table);
        return Err(Error::new(Kind::InvalidParameter, message));
    }
    let theirs = |ours: &String| match plan.columns.get(ours) {
        Some(ColumnSource::Column { name, .. }) if target.column(name).is_some() => name.clone(),
        _ => ours.clone(),
    };
    let key: Vec<String> = tracked.key.iter().map(theirs).collect();
    let renamed =
        plan.columns.keys().map(|ours| (theirs(ours), ours)).filter(|(theirs, ours)| theirs != *ours);
    let mut back = TablePlan {
        columns: renamed.map(|(theirs, ours)| (theirs, ColumnSource::named(ours))).collect(),
        primary_key: Some(key.clone()),
        on_missing_column: MissingColumn::Keep,
        on_extra_column: ExtraColumn::Ignore,
        time_zone: plan.time_zone.clone(),
        ..TablePlan::plain(to.to_owned(), Source::Table(plan.table.clone()), Write::Upsert)
    };
    if let Some(origin) = &plan.origin
        && target.column(&theirs(&origin.column)).is_some()
    {
        let value = match plan.after_acknowledge {
            AfterAcknowledge::Keep => &origin.local,
            AfterAcknowledge::Imported => &origin.imported,
        };
        back.columns.insert(theirs(&origin.column), ColumnSource::Value(value.clone()));
    }
    let label = format!("table \"{}\"", plan.table);
    let columns = travelling(plan, tracked);
    let mut task = bind(ordinal, &back, target, Some(SourceShape { label: &label, columns: &columns }), &[])?;
    task.gone = Some(Gone { tracked: tracked.clone(), key });
    Ok(task)
}
