//! The tables of a plan as they stand in the database: whose they are, and what refers to them.

use crate::catalog::{ForeignKey, OnDelete, RelName};
use crate::error::Result;
use crate::plan::Plan;
use crate::planner::{Owner, Task};
use crate::session::Session;

use super::state;

/// Per table of a plan, (schema, name) and what the plan says of it.
pub(crate) struct Owners<'a>(Vec<((String, String), Owner<'a>)>);

impl<'a> Owners<'a> {
    /// `names` gives the tables of a phase as found, in plan order.
    pub fn new(plan: &'a Plan, names: &dyn Fn(&str) -> Vec<RelName>) -> Owners<'a> {
        let mut owners = Vec::new();
        for phase in &plan.phases {
            for (plan, name) in phase.tables.iter().zip(names(&phase.name)) {
                let id = (name.schema.unwrap_or_default(), name.name);
                owners.push((id, Owner { phase: &phase.name, plan }));
            }
        }
        Owners(owners)
    }

    /// The plan in force.
    pub fn stored(s: &mut dyn Session, plan: &'a Plan) -> Result<Owners<'a>> {
        let mut names = Vec::new();
        for phase in &plan.phases {
            names.push((phase.name.as_str(), state::phase_tables(s, &phase.name)?));
        }
        let find = |phase: &str| names.iter().find(|(p, _)| *p == phase).map(|(_, n)| n.clone());
        Ok(Owners::new(plan, &|phase| find(phase).unwrap_or_default()))
    }

    /// Every table, in plan order.
    pub fn iter(&self) -> impl Iterator<Item = (RelName, Owner<'a>)> {
        self.0.iter().map(|((schema, name), owner)| (RelName::new(Some(schema), name), *owner))
    }

    pub fn of(&self, id: &(String, String)) -> Option<Owner<'a>> {
        self.0.iter().find(|(owned, _)| owned == id).map(|(_, owner)| *owner)
    }

    /// Adds the references that the plan declares, in whatever phase, to what refers to the tables of
    /// `tasks`.
    pub fn refer(&self, s: &mut dyn Session, tasks: &mut [Task]) -> Result<()> {
        for (id, owner) in &self.0 {
            for declared in &owner.plan.references {
                let names = [RelName::parse(&declared.table)?, RelName::new(Some(&id.0), &id.1)];
                // A table of another phase may be missing, or be another one by now.
                let found = s.catalog(&names)?;
                let [Some(parent), Some(child)] = found.as_slice() else { continue };
                if !declared.columns.iter().all(|c| child.column(c).is_some()) {
                    continue;
                }
                for task in tasks.iter_mut().filter(|t| t.target.id() == parent.id()) {
                    let key = ForeignKey {
                        name: declared.columns.join(","),
                        table: id.clone(),
                        columns: declared.columns.clone(),
                        parent: parent.id(),
                        parent_columns: declared.match_columns.clone(),
                        on_delete: OnDelete::NoAction,
                        deferrable: false,
                    };
                    let same = |k: &ForeignKey| {
                        k.table == key.table
                            && k.columns == key.columns
                            && k.parent_columns == key.parent_columns
                    };
                    if !task.referred_by.iter().any(same) {
                        task.referred_by.push(key);
                    }
                }
            }
        }
        Ok(())
    }
}
