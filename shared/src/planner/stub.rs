//! Stubs: rows that hold nothing but their key, made because others refer to them.

use crate::catalog::{Default, ForeignKey, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{Mode, Scalar, TablePlan, Write};

use super::{Link, Parent, Task, check_kind, no_column};

/// A table of the plan: whose it is, and what the plan says of it.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    pub phase: &'a str,
    pub plan: &'a TablePlan,
}

/// The stubs that a run may have to make in one table, all known by the same columns.
#[derive(Debug, Clone, PartialEq)]
pub struct StubSet {
    /// Its place among the sets of the run.
    pub ordinal: usize,
    /// How log and report call the table: as the plan does, else by its bare name.
    pub name: String,
    /// The mode of the task that refers to it.
    pub mode: Mode,
    pub parent: Table,
    /// The columns that rows refer to.
    pub key: Vec<String>,
    /// What else a stub holds: `stub_values` and the origin.
    pub fixed: Vec<(String, Scalar)>,
    /// Whether identity columns are written in spite of being generated always.
    pub overriding: bool,
    /// References that these columns make themselves.
    pub links: Vec<Link>,
}

/// All that a run knows of stubs.
#[derive(Debug, Clone, PartialEq, std::default::Default)]
pub struct Stubs {
    pub sets: Vec<StubSet>,
    /// Per task, whether its table has stubs from earlier runs; known once the targets are locked.
    pub open: Vec<bool>,
}

impl Stubs {
    /// The set that a reference leads to.
    pub fn of(&self, parent: &(String, String), columns: &[String]) -> Option<&StubSet> {
        self.sets.iter().find(|set| set.parent.id() == *parent && same(&set.key, columns))
    }

    /// Whether the task's table has stubs from earlier runs.
    pub fn is_open(&self, task: usize) -> bool {
        self.open.get(task).is_some_and(|open| *open)
    }

    /// The sets that are written just before the rows of a task: those of its own table, so that what
    /// they refer to is there, and those of tables that nothing but it and later tasks refer to.
    pub fn before(&self, tasks: &[Task], task: usize) -> Vec<&StubSet> {
        let order = self.write_order();
        let mut places: Vec<(usize, &StubSet)> = Vec::new();
        for set in order.into_iter().rev() {
            let id = set.parent.id();
            let own = tasks.iter().position(|t| t.target.id() == id);
            let leads = |t: &Task| t.references.iter().any(|l| l.parent_id(tasks).as_ref() == Some(&id));
            let place = own.or_else(|| tasks.iter().position(leads));
            let needed = places.iter().filter(|(_, other)| other.refers_to(&id)).map(|(place, _)| *place);
            places.push((needed.chain(place).min().unwrap_or(0), set));
        }
        places.into_iter().rev().filter(|(place, _)| *place == task).map(|(_, set)| set).collect()
    }

    /// The sets in the order in which they are written: each after those it refers to.
    fn write_order(&self) -> Vec<&StubSet> {
        let mut waiting: Vec<&StubSet> = self.sets.iter().collect();
        let mut order = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let free = |set: &&StubSet| {
                let mut parents =
                    set.parent.foreign_keys.iter().filter(|f| covers(set, f)).map(|f| &f.parent);
                !parents.any(|p| *p != set.parent.id() && waiting.iter().any(|w| w.parent.id() == *p))
            };
            // Tables in a circle are left to the database, in any order.
            let next = waiting.iter().position(free).unwrap_or(0);
            order.push(waiting.remove(next));
        }
        order
    }
}

impl StubSet {
    /// Its columns: the key, then the fixed ones.
    pub fn columns(&self) -> Vec<String> {
        self.key.iter().chain(self.fixed.iter().map(|(name, _)| name)).cloned().collect()
    }

    /// Whether its stubs refer to that table.
    fn refers_to(&self, table: &(String, String)) -> bool {
        self.parent.foreign_keys.iter().any(|key| covers(self, key) && key.parent == *table)
    }
}

fn covers(set: &StubSet, key: &ForeignKey) -> bool {
    let columns = set.columns();
    key.columns.iter().all(|c| columns.contains(c))
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|name| b.contains(name))
}

/// Makes the set of stubs in `parent` that rows know by `columns`; `values` are what the plan gives
/// for columns that need one. Its place and its own references are given by the caller.
///
/// Errors: 42809 not a table, 42703 a value for a column that does not exist, 428C9 a column that the
/// database generates, 22023 a column without a value, or a table of the plan that is written by
/// another key.
pub fn stub_set(
    parent: Table,
    owner: Option<Owner<'_>>,
    columns: &[String],
    values: Vec<(String, Scalar)>,
    mode: Mode,
) -> Result<StubSet> {
    let name = owner.map_or(&parent.name, |o| &o.plan.table).clone();
    check_kind(&name, &parent)?;
    let key = match owner {
        Some(owner) => owner_key(&parent, owner.plan),
        None => columns.to_vec(),
    };
    if !same(&key, columns) {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("stubs in \"{name}\" would be known by ({}), and not by its key", columns.join(", ")),
        )
        .detail(format!("The plan writes \"{name}\" by ({}).", key.join(", "))));
    }
    let mut fixed = values;
    if let Some(origin) = owner.and_then(|o| o.plan.origin.as_ref()) {
        fixed.retain(|(column, _)| *column != origin.column);
        fixed.push((origin.column.clone(), origin.imported.clone()));
    }
    fixed.retain(|(column, _)| !key.contains(column));
    let overriding = owner.is_some_and(|o| o.plan.override_identity);
    let set = StubSet { ordinal: 0, name, mode, parent, key, fixed, overriding, links: Vec::new() };
    check_columns(&set)?;
    let columns = set.columns();
    if let Some(scope) = owner.and_then(|o| o.plan.scope.iter().find(|s| !columns.contains(s))) {
        return Err(lacks(&set, scope, "by which its plan narrows deletes"));
    }
    Ok(set)
}

fn owner_key(table: &Table, plan: &TablePlan) -> Vec<String> {
    match plan.write() {
        Write::DeleteInsert => plan.merge_key.clone().unwrap_or_default(),
        _ => plan.primary_key.clone().unwrap_or_else(|| table.primary_key().to_vec()),
    }
}

fn check_columns(set: &StubSet) -> Result<()> {
    let columns = set.columns();
    for name in &columns {
        let column = set.parent.column(name).ok_or_else(|| no_column(&set.name, name))?;
        let generated = match column.default {
            Default::Generated => true,
            Default::IdentityAlways(_) => !set.overriding,
            _ => false,
        };
        if generated {
            return Err(Error::new(
                Kind::GeneratedAlways,
                format!(
                    "column \"{name}\" of table \"{}\" is generated, and a stub cannot be made",
                    set.name
                ),
            ));
        }
    }
    let lacking =
        |c: &&crate::catalog::Column| c.not_null && c.default == Default::None && !columns.contains(&c.name);
    match set.parent.columns.iter().find(lacking) {
        None => Ok(()),
        Some(column) => Err(lacks(set, &column.name, "which is NOT NULL")),
    }
}

fn lacks(set: &StubSet, column: &str, why: &str) -> Error {
    let message = format!("a stub in \"{}\" has no value for column \"{column}\", {why}", set.name);
    Error::new(Kind::InvalidParameter, message)
        .hint(format!("give one in \"stub_values\", such as {{\"{}\": {{\"{column}\": ...}}}}", set.name))
}

/// What a reference to the table `id` leads to among the tasks of a run.
pub fn parent_of(tasks: &[Task], id: &(String, String)) -> Parent {
    let indexes: Vec<usize> =
        tasks.iter().enumerate().filter(|(_, t)| t.target.id() == *id).map(|(n, _)| n).collect();
    if indexes.is_empty() {
        return Parent::Table { schema: id.0.clone(), name: id.1.clone() };
    }
    Parent::Tasks(indexes)
}

/// The references that the columns of a stub make themselves, each with the table it leads to.
pub fn stub_links(tasks: &[Task], set: &StubSet) -> Vec<((String, String), Link)> {
    let keys = set.parent.foreign_keys.iter().filter(|f| covers(set, f));
    keys.map(|key| {
        let parent_columns = key.parent_columns.clone();
        let link =
            Link { columns: key.columns.clone(), parent: parent_of(tasks, &key.parent), parent_columns };
        (key.parent.clone(), link)
    })
    .collect()
}

impl Link {
    /// (schema, name) of the table that it leads to.
    pub fn parent_id(&self, tasks: &[Task]) -> Option<(String, String)> {
        match &self.parent {
            Parent::Tasks(indexes) => indexes.first().and_then(|i| tasks.get(*i)).map(|t| t.target.id()),
            Parent::Table { schema, name } => Some((schema.clone(), name.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Source;
    use crate::planner::sample::{refer, strings, table};

    #[test]
    fn every_column_that_needs_a_value_must_have_one() {
        let plane = || table("plane", &["id"], &["!id", "!seats", "note"]);
        let set = |values| stub_set(plane(), None, &strings(&["id"]), values, Mode::Full);
        let error = set(Vec::new()).unwrap_err();
        assert_eq!(error.message, "a stub in \"plane\" has no value for column \"seats\", which is NOT NULL");
        let made = set(vec![("seats".to_owned(), Scalar::Int(2))]).unwrap();
        assert_eq!(made.columns(), ["id", "seats"]);
        assert_eq!(set(vec![("wings".to_owned(), Scalar::Int(2))]).unwrap_err().kind, Kind::UndefinedColumn);
    }

    #[test]
    fn a_table_of_the_plan_has_stubs_by_its_key_only() {
        let mut plan = TablePlan::plain("plane".to_owned(), Source::Query(String::new()), Write::Replace);
        let set = |plan: &TablePlan, columns: &[&str]| {
            let owner = Some(Owner { phase: "fleet", plan });
            stub_set(
                table("plane", &["a", "b"], &["a", "b", "c"]),
                owner,
                &strings(columns),
                Vec::new(),
                Mode::Full,
            )
        };
        assert_eq!(set(&plan, &["b", "a"]).unwrap().key, ["a", "b"]);
        assert_eq!(set(&plan, &["c"]).unwrap_err().kind, Kind::InvalidParameter);
        plan.primary_key = Some(strings(&["c"]));
        assert_eq!(set(&plan, &["c"]).unwrap().key, ["c"]);
    }

    #[test]
    fn stubs_are_written_after_those_they_refer_to() {
        let shop = table("shop", &["id"], &["id"]);
        let mut order = table("order", &["shop", "no"], &["shop", "no", "client"]);
        refer(&mut order, "shop", "shop", "id");
        let set = |parent: &Table| {
            stub_set(parent.clone(), None, parent.primary_key(), Vec::new(), Mode::Full).unwrap()
        };
        let stubs = Stubs { sets: vec![set(&order), set(&shop)], ..std::default::Default::default() };
        let names: Vec<&str> = stubs.write_order().iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["shop", "order"]);
        assert_eq!(stubs.before(&[], 0).len(), 2);
        assert_eq!(stub_links(&[], &set(&order)).len(), 1);
    }
}
