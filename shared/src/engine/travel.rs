//! The tables of a plan, and all that their references lead to, as far as backups need them.

use crate::catalog::{RelName, Table};
use crate::error::Result;
use crate::plan::TablePlan;
use crate::planner::{self, Planned, Travel};
use crate::session::Session;

use super::owners::Owners;

/// The tables of a plan, as found; those that do not exist are left out.
pub(crate) struct Travels<'a> {
    pub planned: Vec<Planned<'a>>,
    /// What the plan and the foreign keys call a table, and what it is.
    others: Vec<(RelName, Table)>,
}

impl<'a> Travels<'a> {
    /// Finds the tables of all phases, and those that they refer to.
    pub fn find(s: &mut dyn Session, owners: &Owners<'a>) -> Result<Travels<'a>> {
        let (names, owners): (Vec<_>, Vec<_>) = owners.iter().unzip();
        let found = owners.iter().zip(s.catalog(&names)?);
        let planned: Vec<Planned<'a>> = found
            .filter_map(|(owner, table)| {
                Some(Planned { phase: owner.phase, plan: owner.plan, table: table? })
            })
            .collect();
        let mut names = Vec::new();
        for Planned { plan, table, .. } in &planned {
            let parents = plan.parent.iter().map(|p| p.named().0);
            for name in plan.references.iter().map(|r| r.table.as_str()).chain(parents) {
                names.push(RelName::parse(name)?);
            }
            names.extend(table.foreign_keys.iter().map(|k| RelName::new(Some(&k.parent.0), &k.parent.1)));
        }
        names.sort();
        names.dedup();
        let found = s.catalog(&names)?;
        let others = names.into_iter().zip(found).filter_map(|(name, table)| Some((name, table?))).collect();
        Ok(Travels { planned, others })
    }

    /// What the plan says of a table that travels: its listing that says how, where there are several.
    /// Errors: 42P01.
    pub fn plan_of(&self, travel: &Travel) -> Result<&'a TablePlan> {
        let mut listings = self.planned.iter().filter(|p| p.table.id() == travel.table.id()).map(|p| p.plan);
        let first = listings.clone().next();
        let plan = listings.find(|plan| plan.says_of_backups()).or(first);
        plan.ok_or_else(|| planner::no_table(&travel.name))
    }

    /// How the rows of a table (the plan's name of it) travel. Errors: those of [`planner::travel`].
    pub fn of(&self, name: &str) -> Result<Travel> {
        let resolve = |name: &RelName| {
            self.others.iter().find(|(known, _)| known == name).map(|(_, table)| table.clone())
        };
        planner::travel(&self.planned, name, &resolve)
    }

    /// The tables that a backup of these reads: they themselves, and those their references lead to.
    pub fn read_by<'t>(&'t self, travels: &'t [Travel]) -> Vec<&'t Table> {
        let leads = |table: &Table| travels.iter().any(|t| t.late.iter().any(|l| l.parent == table.id()));
        let own = travels.iter().map(|t| &t.table);
        own.chain(self.others.iter().map(|(_, table)| table).filter(|table| leads(table))).collect()
    }
}
