//! What a restore does to a table: a run whose source is the table's part of a backup, and what it does
//! besides what a sync does.

use std::collections::BTreeMap;

use crate::backup::{Field, Reference, TableHeader};
use crate::catalog::{Column, Default, RelName};
use crate::error::{Error, Kind, Result};
use crate::plan::{Lookup, MissingColumn, MissingLookup, MissingReference, TablePlan, Write};

use super::{From, LateRef, SourceShape, Staged, Task, Travel, Wanted, bind};

/// Which rows of a backup a restore takes, and what it does to those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMode {
    /// All, into tables that are empty.
    Init,
    /// All; what is there already is overwritten.
    Overwrite,
    /// Those that are there already.
    Update,
    /// Those that are not.
    Append,
}

impl RestoreMode {
    /// Reads a mode's name; `replace` is another one of `overwrite`. Errors: 22023.
    pub fn parse(name: &str) -> Result<RestoreMode> {
        match name {
            "init" => Ok(RestoreMode::Init),
            "overwrite" | "replace" => Ok(RestoreMode::Overwrite),
            "update" => Ok(RestoreMode::Update),
            "append" => Ok(RestoreMode::Append),
            _ => Err(Error::new(
                Kind::InvalidParameter,
                format!("mode \"{name}\" is none of \"init\", \"overwrite\", \"update\", \"append\""),
            )),
        }
    }
}

/// A table of a restore.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The table's phase: a restore runs several at once.
    pub phase: String,
    pub mode: RestoreMode,
    /// Of a table without an external id.
    pub detail: Option<Detail>,
}

/// The parent that a table's rows are details of.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The columns that refer to it.
    pub columns: Vec<String>,
    /// (schema, name) of the parent.
    pub parent: (String, String),
    pub parent_columns: Vec<String>,
    /// The parent's task, where the run has one: details are rewritten for every row that it stages,
    /// also for one that has no detail any more.
    pub task: Option<Box<Task>>,
}

impl Task {
    /// The phase that a restored table is of.
    pub fn phase(&self) -> Option<&str> {
        self.restored.as_ref().map(|r| r.phase.as_str())
    }

    /// The detail that this restored table is, if it is one.
    pub fn detail(&self) -> Option<&Detail> {
        self.restored.as_ref()?.detail.as_ref()
    }

    /// The staged columns of the table's own key that a restored row has from the row of the target with
    /// its external id, where there is one.
    pub fn own_key(&self) -> Vec<&Staged> {
        let restored = self.restored.as_ref().filter(|r| r.detail.is_none());
        let key = self.target.primary_key().iter().filter(|name| !self.key.contains(name));
        let staged = key.filter(|_| restored.is_some()).filter_map(|name| self.staged(name));
        staged.filter(|c| matches!(c.from, From::Assigned | From::Source(_))).collect()
    }
}

/// A table's part of a backup as the source of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Restoring {
    /// What a sync of such a source would be told.
    pub plan: TablePlan,
    /// The source's columns.
    pub fields: Vec<Field>,
}

/// How the plan, whose tables have these `names`, calls a table of a backup: by its name there, or by the
/// only one that differs from it in its schema alone.
pub fn plan_name<'a>(names: &[&'a str], there: &str) -> Option<&'a str> {
    let bare = |name: &str| RelName::parse(name).map(|n| n.name).ok();
    if let Some(name) = names.iter().find(|name| **name == there) {
        return Some(name);
    }
    let mut like = names.iter().filter(|name| bare(name).is_some() && bare(name) == bare(there));
    match (like.next(), like.next()) {
        (Some(name), None) => Some(name),
        _ => None,
    }
}

/// What restores a table, of which the plan (whose tables have these `names`) says `plan`. It keeps to the
/// plan's policies, and to nothing that the plan says of the table's own source.
///
/// Errors: 55000 where rows or references are known by something else in the backup, 22023 where stubs are
/// asked for.
pub fn restoring(
    travel: &Travel,
    plan: &TablePlan,
    header: &TableHeader,
    mode: RestoreMode,
    names: &[&str],
) -> Result<Restoring> {
    let refers = !travel.table.foreign_keys.is_empty() || !plan.references.is_empty();
    if plan.on_missing_reference == MissingReference::Stub && refers {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("a restore makes no stubs, as the plan asks for in \"{}\"", plan.table),
        )
        .hint("set \"on_missing_reference\" to \"error\", \"quarantine\" or \"null\""));
    }
    agree(travel, header, names)?;
    let (mut fields, mut lookups) = (Vec::new(), Vec::new());
    for (key, reference) in header.keys() {
        let late = reference.and_then(|r| travel.late.iter().find(|l| same_columns(&l.columns, &r.columns)));
        match (reference, late) {
            (Some(reference), Some(late)) => {
                let columns = referring(&key, reference, late);
                lookups.extend(lookups_of(plan, travel, late, &columns));
                fields.extend(columns);
            }
            _ => {
                let strip = travel.namespace.as_ref().filter(|_| travel.external_id.contains(&key));
                fields.push(Field { name: key.clone(), key, item: None, strip: strip.map(prefix) });
            }
        }
    }
    let parent = travel.parent.and_then(|i| travel.late.get(i));
    let carried =
        |c: &String| header.columns.contains(c) || travel.late.iter().any(|l| l.columns.contains(c));
    let makes_key = !travel.own_key.is_empty() || travel.table.primary_key().is_empty();
    let write = match (parent.is_some(), mode) {
        (true, _) if makes_key => Write::DeleteInsert,
        (_, RestoreMode::Append) => Write::InsertOnly,
        (true, _) => Write::Replace,
        (false, _) => Write::Upsert,
    };
    let merge_key = plan.merge_key.clone().filter(|key| key.iter().all(carried));
    let plan = TablePlan {
        source: None,
        write: Some(write),
        primary_key: Some(travel.external_id.clone()).filter(|key| !key.is_empty()),
        merge_key: merge_key.filter(|_| write == Write::DeleteInsert),
        columns: BTreeMap::new(),
        lookups,
        origin: None,
        scope: parent.filter(|_| write.deletes()).map(|p| p.columns.clone()).unwrap_or_default(),
        cursor: None,
        mode: None,
        dedup_sort: None,
        stub_values: BTreeMap::new(),
        on_missing_column: MissingColumn::Keep,
        override_identity: true,
        time_zone: None,
        derived_from: Vec::new(),
        recompute: None,
        snapshots: Vec::new(),
        ..plan.clone()
    };
    Ok(Restoring { plan, fields })
}

impl Restoring {
    /// The task. Errors: those of [`bind`]; 23502 a column of new rows that nothing fills.
    pub fn task(
        &self,
        ordinal: usize,
        (travel, plan): (&Travel, &TablePlan),
        mode: RestoreMode,
        source: SourceShape<'_>,
        wanted: &[Wanted],
    ) -> Result<Task> {
        let mut task = bind(ordinal, &self.plan, travel.table.clone(), Some(source), wanted)?;
        let detail = travel.parent.and_then(|i| travel.late.get(i)).map(|late| Detail {
            columns: late.columns.clone(),
            parent: late.parent.clone(),
            parent_columns: late.parent_columns.clone(),
            task: None,
        });
        if detail.is_none() {
            task.columns.retain(|c| !travel.own_key.contains(&c.column.name));
            let own = travel.table.columns.iter().filter(|c| travel.own_key.contains(&c.name));
            let own = own.map(|c| Staged { column: c.clone(), from: From::Assigned, compared: false });
            task.columns.extend(own);
            let place = |c: &Staged| travel.table.columns.iter().position(|t| t.name == c.column.name);
            task.columns.sort_by_key(place);
        }
        if mode != RestoreMode::Update {
            check_filled(&task)?;
        }
        task.restored = Some(Restored { phase: travel.phase.clone(), mode, detail });
        // A row that is there keeps its key.
        let kept: Vec<String> = task.own_key().into_iter().map(|c| c.column.name.clone()).collect();
        task.columns.iter_mut().filter(|c| kept.contains(&c.column.name)).for_each(|c| c.compared = false);
        task.entry = format!("{} (backup)", task.name);
        // Local changes of the table are known by what its plan says.
        task.plan.write = plan.write;
        task.plan.primary_key.clone_from(&plan.primary_key);
        task.plan.merge_key.clone_from(&plan.merge_key);
        Ok(task)
    }
}

/// The source's columns of a reference, one for each column of the external id.
fn referring(key: &str, reference: &Reference, late: &LateRef) -> Vec<Field> {
    if reference.external_id.len() == 1 {
        let strip = late.namespace.as_ref().map(prefix);
        return vec![Field { name: key.to_owned(), key: key.to_owned(), item: None, strip }];
    }
    let item = |(i, column): (usize, &String)| Field {
        name: format!("{key}.{column}"),
        key: key.to_owned(),
        item: Some(i),
        strip: None,
    };
    reference.external_id.iter().enumerate().map(item).collect()
}

fn prefix(namespace: &String) -> String {
    format!("{namespace}:")
}

/// What finds the row that a reference leads to: a lookup for each of its columns.
fn lookups_of(plan: &TablePlan, travel: &Travel, late: &LateRef, fields: &[Field]) -> Vec<Lookup> {
    let by = late.external_id.iter().cloned().zip(fields.iter().map(|f| f.name.clone()));
    let by: BTreeMap<String, String> = by.collect();
    let needed = |name: &String| {
        travel.table.column(name).is_none_or(|c| c.not_null) || travel.table.primary_key().contains(name)
    };
    let on_missing = match plan.on_missing_reference {
        MissingReference::Quarantine => MissingLookup::Quarantine,
        MissingReference::Null if !late.columns.iter().any(needed) => MissingLookup::Null,
        MissingReference::Null | MissingReference::Error | MissingReference::Stub => MissingLookup::Error,
    };
    let lookup = |(set, take): (&String, &String)| Lookup {
        set: set.clone(),
        table: late.parent_name.clone(),
        match_columns: by.clone(),
        take: take.clone(),
        on_missing,
    };
    late.columns.iter().zip(&late.parent_columns).map(lookup).collect()
}

/// New rows need values in all columns that cannot be NULL; where a trigger makes some, the database knows.
/// Errors: 23502.
fn check_filled(task: &Task) -> Result<()> {
    let target = &task.target;
    let needed = |c: &&Column| c.not_null || target.primary_key().contains(&c.name);
    let filled = |c: &Column| c.default != Default::None || task.staged(&c.name).is_some();
    // A key of SQLite that may be NULL is perhaps filled once its row is there.
    let by_trigger = |c: &Column| target.triggers.iter().any(|t| t.enabled && (t.fills || !c.not_null));
    let missing = target.columns.iter().filter(needed).find(|c| !filled(c) && !by_trigger(c));
    match missing.filter(|_| !task.is_foreign()) {
        None => Ok(()),
        Some(column) => Err(Error::new(
            Kind::NullValue,
            format!("nothing fills column \"{}\" of table \"{}\" in new rows", column.name, task.name),
        )
        .detail("It cannot be NULL, has no default and draws no numbers here, and the backup does not carry it.")
        .hint("give it a default, or let it draw numbers as where the backup was made; mode \"update\" makes no new rows")),
    }
}

/// Makes sure that backup and plan know rows, and what they refer to, by the same columns. What the table
/// here lacks is not looked at, nor what the backup lacks. Errors: 55000.
fn agree(travel: &Travel, header: &TableHeader, names: &[&str]) -> Result<()> {
    let parent = travel.parent.and_then(|i| travel.late.get(i));
    let same = |reference: &Reference, late: &LateRef| {
        plan_name(names, &reference.table) == Some(late.parent_name.as_str())
            && same_columns(&reference.columns, &late.columns)
            && reference.external_id == late.external_id
    };
    let same_parent = match (&header.parent, parent) {
        (Some(reference), Some(late)) => same(reference, late),
        (None, None) => true,
        _ => false,
    };
    if header.external_id != travel.external_id || !same_parent {
        let there = header.parent.as_ref().map(reference_text);
        let there = there.map_or_else(|| known_by(&header.external_id), |text| detail_by(&text));
        let here = parent.map(late_text);
        let here = here.map_or_else(|| known_by(&travel.external_id), |text| detail_by(&text));
        return Err(otherwise(travel, &there, &here));
    }
    for column in &header.columns {
        if let Some(late) = travel.late.iter().find(|l| l.columns.contains(column)) {
            return Err(otherwise(travel, &format!("({column}) is carried as it is"), &late_text(late)));
        }
    }
    for reference in &header.late {
        match travel.late.iter().find(|l| same_columns(&l.columns, &reference.columns)) {
            Some(late) if same(reference, late) => {}
            Some(late) => return Err(otherwise(travel, &reference_text(reference), &late_text(late))),
            None if reference.columns.iter().all(|c| travel.table.column(c).is_none()) => {}
            None => {
                let here =
                    format!("({}) is no reference to a table of the plan", reference.columns.join(", "));
                return Err(otherwise(travel, &reference_text(reference), &here));
            }
        }
    }
    Ok(())
}

fn same_columns(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|c| b.contains(c))
}

fn known_by(external_id: &[String]) -> String {
    format!("rows are known by ({})", external_id.join(", "))
}

fn detail_by(reference: &str) -> String {
    format!("rows are details: {reference}")
}

fn leads(columns: &[String], table: &str, external_id: &[String]) -> String {
    format!("({}) refers to \"{table}\" by ({})", columns.join(", "), external_id.join(", "))
}

fn reference_text(reference: &Reference) -> String {
    leads(&reference.columns, &reference.table, &reference.external_id)
}

fn late_text(late: &LateRef) -> String {
    leads(&late.columns, &late.parent_name, &late.external_id)
}

fn otherwise(travel: &Travel, there: &str, here: &str) -> Error {
    Error::new(Kind::NotInState, format!("the backup of \"{}\" does not fit the plan", travel.name))
        .detail(format!("In the backup {there}.\nHere {here}."))
        .hint("the plans of both databases must say the same of \"external_id\" and \"parent\"")
}

#[cfg(test)]
mod tests;
