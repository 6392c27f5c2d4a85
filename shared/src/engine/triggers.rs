//! The triggers that a phase's tables have in each state: put there, looked for, taken away.

use crate::authority::{self, Authority};
use crate::catalog::{RelName, RelationKind, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::TablePlan;
use crate::planner;
use crate::session::{Dialect, Session};
use crate::sql::{self, Sql};
use crate::value::Value;

/// How many faults a detail shows.
const SHOWN: usize = 5;

/// What a trigger of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nobody but the engine writes.
    Guard,
    /// What anybody but the engine writes is recorded.
    Track,
}

/// What a table's triggers must do while its phase has this state; `track` is the plan's word on it.
pub(crate) fn wanted(authority: Authority, track: Option<bool>) -> Option<Purpose> {
    match authority {
        Authority::Frozen => Some(Purpose::Guard),
        Authority::Local => track.unwrap_or(true).then_some(Purpose::Track),
        Authority::Source => track.unwrap_or(false).then_some(Purpose::Track),
    }
}

/// A trigger as it was found.
struct Found {
    table: (String, String),
    name: String,
    definition: String,
    /// It comes from that of a partitioned table, and goes with it.
    inherited: bool,
}

/// Gives tables of a phase the triggers that its state wants, and takes from them all others of
/// ours; answers how many were not as they should be.
///
/// A trigger that is not wanted is only disabled while the phase is live here: dropping it would
/// wait for readers in the very moment of the cutover, and make others wait behind it.
///
/// Errors: 0A000 for a foreign table and one outside the main database of SQLite, 42501 for one of
/// somebody else.
pub(crate) fn settle(
    s: &mut dyn Session,
    phase: &str,
    authority: Authority,
    tables: &[Table],
) -> Result<usize> {
    let dialect = s.facts().dialect;
    let mut changed = 0;
    let plans = plans(s, phase)?;
    for table in distinct(tables) {
        let found = find(s, table)?;
        let wanted = spell(s, phase, authority, plan_of(&plans, table), table)?;
        for extra in found.iter().filter(|f| !wanted.iter().any(|w| same(w, f))) {
            let out_of_force = authority == Authority::Local && sql::is_disabled(dialect, &extra.definition);
            if extra.inherited || out_of_force {
                continue;
            }
            let disable = sql::disable_trigger(dialect, &extra.table, &extra.name);
            let remove = disable
                .filter(|_| authority == Authority::Local)
                .unwrap_or_else(|| sql::drop_trigger(dialect, &extra.table, &extra.name));
            s.execute(&remove, &[])?;
            changed += 1;
        }
        let mut due: Vec<&Sql> = Vec::new();
        for trigger in &wanted {
            let now = found.iter().find(|f| same(trigger, f));
            if now.is_some_and(|f| f.definition == trigger.definition) {
                continue;
            }
            changed += 1;
            // PostgreSQL replaces it in place.
            if let (Some(now), Dialect::Sqlite) = (now, dialect) {
                s.execute(&sql::drop_trigger(dialect, &now.table, &now.name), &[])?;
            }
            let new = trigger.create.iter().filter(|create| !due.contains(create));
            due.extend(new.collect::<Vec<_>>());
        }
        for create in due {
            s.execute(create, &[])?;
        }
    }
    if dialect == Dialect::Sqlite && !stray_marks(s)?.is_empty() {
        s.execute(&sql::unmark(), &[])?;
        changed += 1;
    }
    Ok(changed)
}

/// Makes sure that tables of a phase have the triggers that its state wants.
///
/// Errors: 55000 where one is missing, disabled or another.
pub(crate) fn check(s: &mut dyn Session, phase: &str, authority: Authority, tables: &[Table]) -> Result<()> {
    let mut faults = Vec::new();
    let plans = plans(s, phase)?;
    for table in distinct(tables) {
        let found = find(s, table)?;
        for trigger in spell(s, phase, authority, plan_of(&plans, table), table)? {
            let what = match found.iter().find(|f| same(&trigger, f)) {
                None => "missing",
                Some(now) if now.definition != trigger.definition => "disabled or altered",
                Some(_) => continue,
            };
            faults.push(format!("{} of \"{}\" is {what}.", trigger.name, trigger.table.1));
        }
    }
    if s.facts().dialect == Dialect::Sqlite {
        let marks = stray_marks(s)?;
        faults.extend(marks.iter().map(|table| format!("cutover_mark lets everybody write \"{table}\".")));
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(SHOWN);
    Err(Error::new(Kind::NotInState, format!("guards of phase \"{phase}\" are not in force"))
        .detail(faults.join("\n"))
        .hint(format!("{} reinstalls them", authority::call("repair_guards", phase))))
}

/// Takes all our triggers from tables that no phase has any more; those that are gone have none.
pub(crate) fn remove(s: &mut dyn Session, names: &[RelName]) -> Result<()> {
    let tables: Vec<Table> = s.catalog(names)?.into_iter().flatten().collect();
    settle(s, "", Authority::Source, &tables).map(|_| ())
}

/// Runs `body`, which writes to `tables`, as the engine: the guards of these tables, and of no
/// others, let it pass.
pub(crate) fn as_engine(
    s: &mut dyn Session,
    tables: &[&Table],
    body: crate::session::Body<'_>,
) -> Result<()> {
    // In PostgreSQL the session itself keeps the mark, out of reach of any statement.
    if s.facts().dialect == Dialect::Postgres || !super::state::catalog(s)? {
        return s.as_engine(tables, body);
    }
    for table in tables {
        s.execute(&sql::mark(), &[table.name.as_str().into()])?;
    }
    s.as_engine(tables, body)?;
    // After an error the whole scope is undone, and the marks with it.
    s.execute(&sql::unmark(), &[]).map(|_| ())
}

fn stray_marks(s: &mut dyn Session) -> Result<Vec<String>> {
    let rows = s.query(&sql::stray_marks(), &[])?;
    Ok(rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
}

/// What the plan in force says of a phase's tables.
fn plans(s: &mut dyn Session, phase: &str) -> Result<Vec<(RelName, TablePlan)>> {
    let stored = super::state::find_plan(s)?;
    let Some(planned) = stored.and_then(|stored| stored.plan.phase(phase).cloned()) else {
        return Ok(Vec::new());
    };
    Ok(super::state::phase_tables(s, phase)?.into_iter().zip(planned.tables).collect())
}

/// What it says of one table, where that is listed first.
fn plan_of<'a>(plans: &'a [(RelName, TablePlan)], table: &Table) -> Option<&'a TablePlan> {
    let name = RelName::new(Some(&table.schema), &table.name);
    plans.iter().find(|(found, _)| *found == name).map(|(_, plan)| plan)
}

fn spell(
    s: &mut dyn Session,
    phase: &str,
    authority: Authority,
    plan: Option<&TablePlan>,
    table: &Table,
) -> Result<Vec<sql::Trigger>> {
    let dialect = s.facts().dialect;
    let Some((purpose, plan)) = plan.and_then(|plan| Some((wanted(authority, plan.track)?, plan))) else {
        return Ok(Vec::new());
    };
    if is_elsewhere(dialect, table) {
        let what = match (purpose, plan.track) {
            // Nobody asked for it.
            (Purpose::Track, None) => return Ok(Vec::new()),
            (Purpose::Track, Some(_)) => "tracked",
            (Purpose::Guard, _) => "guarded",
        };
        return Err(Error::new(
            Kind::NotSupported,
            format!("table \"{}\" is in another database and cannot be {what}", table.name),
        )
        .detail("Those who write it there would not meet a trigger that is here."));
    }
    let mut parts = Vec::new();
    if let Some(statement) = sql::partitions(dialect, table) {
        for row in s.query(&statement, &[])? {
            if let [Value::Text(schema), Value::Text(name)] = row.as_slice() {
                parts.push((schema.clone(), name.clone()));
            }
        }
    }
    Ok(match purpose {
        Purpose::Guard => sql::guards(dialect, table, &parts, phase),
        Purpose::Track => {
            let tracked = planner::tracked(phase, plan, table.clone())?;
            sql::track_triggers(dialect, &tracked, &parts)
        }
    })
}

/// Whether a table is in another database than cutover's own tables.
pub(super) fn is_elsewhere(dialect: Dialect, table: &Table) -> bool {
    table.kind == RelationKind::Foreign || (dialect == Dialect::Sqlite && table.schema != "main")
}

fn find(s: &mut dyn Session, table: &Table) -> Result<Vec<Found>> {
    let rows = s.query(&sql::find_triggers(s.facts().dialect, table), &[])?;
    let found = rows.iter().filter_map(|row| match row.as_slice() {
        [schema, table, name, definition, inherited] => Some(Found {
            table: (schema.as_str()?.to_owned(), table.as_str()?.to_owned()),
            name: name.as_str()?.to_owned(),
            definition: definition.as_str()?.to_owned(),
            inherited: inherited.is_true(),
        }),
        _ => None,
    });
    Ok(found.collect())
}

fn same(wanted: &sql::Trigger, found: &Found) -> bool {
    wanted.table == found.table && wanted.name == found.name
}

/// Each table once, however often the plan lists it.
fn distinct(tables: &[Table]) -> impl Iterator<Item = &Table> {
    let first = |i: usize, table: &Table| tables.iter().take(i).all(|before| before.id() != table.id());
    tables.iter().enumerate().filter(move |(i, table)| first(*i, table)).map(|(_, table)| table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_phase_has_guards_and_a_live_one_is_tracked() {
        for (track, in_source, in_local) in [
            (None, None, Some(Purpose::Track)),
            (Some(true), Some(Purpose::Track), Some(Purpose::Track)),
            (Some(false), None, None),
        ] {
            assert_eq!(wanted(Authority::Source, track), in_source);
            assert_eq!(wanted(Authority::Frozen, track), Some(Purpose::Guard));
            assert_eq!(wanted(Authority::Local, track), in_local);
        }
    }
}
