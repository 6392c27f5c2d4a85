//! What one plan can be checked for without a database: names, duplicates, dependencies.

use std::collections::{HashMap, HashSet};

use crate::catalog::RelName;
use crate::error::{Error, Result};

use super::checks;
use super::document::{Phase, Plan, TablePlan};
use super::parse::invalid;

/// Checks the plan against itself. Errors: 22023 with the JSON path.
pub(super) fn check(plan: &Plan) -> Result<()> {
    if plan.version != 1 {
        return Err(invalid(format!("version: {} is not a version of the plan; it is 1", plan.version)));
    }
    if let Some(text) = &plan.keep_runs {
        plan.keep_days().ok_or_else(|| {
            invalid(format!("keep_runs: \"{text}\" is not a number of days such as \"90 days\""))
        })?;
    }
    let mut names = HashSet::new();
    let mut owners: HashMap<RelName, &str> = HashMap::new();
    for (i, phase) in plan.phases.iter().enumerate() {
        let at = format!("phases[{i}]");
        if phase.name.is_empty() {
            return Err(invalid(format!("{at}.name: empty")));
        }
        if !names.insert(phase.name.as_str()) {
            return Err(invalid(format!("{at}.name: phase \"{}\" is listed twice", phase.name)));
        }
        for (j, table) in phase.tables.iter().enumerate() {
            let at = format!("{at}.tables[{j}]");
            check_table(table, &at)?;
            let name = RelName::parse(&table.table).map_err(|e| within(&at, "table", e))?;
            if let Some(owner) = owners.insert(name, &phase.name) {
                return Err(invalid(format!(
                    "{at}.table: \"{}\" is in phase \"{owner}\" already",
                    table.table
                )));
            }
        }
        checks::check_phase(phase, &at)?;
    }
    for (i, phase) in plan.phases.iter().enumerate() {
        for (j, name) in phase.depends_on.iter().enumerate() {
            if !names.contains(name.as_str()) {
                return Err(invalid(format!("phases[{i}].depends_on[{j}]: there is no phase \"{name}\"")));
            }
        }
    }
    plan.phase_order().map(|_| ())
}

fn within(at: &str, key: &str, mut error: Error) -> Error {
    error.message = format!("{at}.{key}: {}", error.message);
    error
}

fn check_table(table: &TablePlan, at: &str) -> Result<()> {
    if let Some(key) = &table.primary_key {
        if key.is_empty() {
            return Err(invalid(format!("{at}.primary_key: empty")));
        }
        if let Some(column) = key.iter().find(|k| table.ignore.contains(k)) {
            return Err(invalid(format!("{at}.ignore: \"{column}\" is part of the key")));
        }
    }
    if let Some(origin) = &table.origin
        && origin.imported == origin.local
    {
        return Err(invalid(format!("{at}.origin: \"imported\" and \"local\" are the same")));
    }
    if let Some(zone) = &table.time_zone {
        zone.parse::<chrono_tz::Tz>()
            .map_err(|_| invalid(format!("{at}.time_zone: \"{zone}\" is not a time zone")))?;
    }
    for (i, reference) in table.references.iter().enumerate() {
        let at = format!("{at}.references[{i}]");
        RelName::parse(&reference.table).map_err(|e| within(&at, "table", e))?;
        if reference.columns.is_empty() || reference.columns.len() != reference.match_columns.len() {
            return Err(invalid(format!(
                "{at}: \"columns\" and \"match\" must have the same length, at least 1"
            )));
        }
    }
    Ok(())
}

impl Plan {
    /// The phase of this name.
    pub fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases.iter().find(|p| p.name == name)
    }

    /// The names of all phases, each after those it depends on, otherwise in plan order.
    /// Errors: 22023 where phases depend on each other.
    pub fn phase_order(&self) -> Result<Vec<&str>> {
        let mut order: Vec<&str> = Vec::new();
        while order.len() < self.phases.len() {
            let next = self.phases.iter().find(|p| {
                !order.contains(&p.name.as_str()) && p.depends_on.iter().all(|d| order.contains(&d.as_str()))
            });
            let Some(next) = next else {
                let rest = self.phases.iter().map(|p| p.name.as_str()).filter(|n| !order.contains(n));
                let rest = rest.collect::<Vec<_>>().join(", ");
                return Err(invalid(format!("depends_on: these phases depend on each other: {rest}")));
            };
            order.push(&next.name);
        }
        Ok(order)
    }

    /// How many days the log keeps runs; None where it keeps them all (or says it wrongly).
    pub fn keep_days(&self) -> Option<u32> {
        let (number, unit) = self.keep_runs.as_deref()?.trim().split_once(' ')?;
        matches!(unit.trim(), "day" | "days").then(|| number.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn a_table_belongs_to_one_phase() {
        let text = r#"{"version": 1, "phases": [
            {"name": "a", "tables": [{"table": "t", "source": {"parquet": "t"}, "write": "replace"}]},
            {"name": "b", "tables": [{"table": "t", "source": {"parquet": "t"}, "write": "replace"}]}]}"#;
        assert_eq!(refused(text), "phases[1].tables[0].table: \"t\" is in phase \"a\" already");
    }

    #[test]
    fn phases_that_depend_on_each_other_are_refused() {
        let text = r#"{"version": 1, "phases": [
            {"name": "a", "depends_on": ["b"], "tables": []}, {"name": "b", "depends_on": ["a"], "tables": []}]}"#;
        assert_eq!(refused(text), "depends_on: these phases depend on each other: a, b");
    }

    #[test]
    fn phases_come_after_what_they_depend_on() {
        let text = r#"{"version": 1, "keep_runs": "90 days", "phases": [
            {"name": "c", "depends_on": ["b"], "tables": []}, {"name": "a", "tables": []},
            {"name": "b", "depends_on": ["a"], "tables": []}]}"#;
        let plan = parse(text).unwrap();
        assert_eq!(plan.phase_order().unwrap(), ["a", "b", "c"]);
        assert_eq!(plan.keep_days(), Some(90));
    }
}
