//! The phases of a plan, and in which order they run.

use crate::error::Result;

use super::document::{Phase, Plan};
use super::parse::invalid;

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
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn phases_that_depend_on_each_other_are_refused() {
        let text = r#"{"version": 1, "phases": [
            {"name": "a", "depends_on": ["b"], "tables": []}, {"name": "b", "depends_on": ["a"], "tables": []}]}"#;
        assert_eq!(parse(text).unwrap_err().message, "depends_on: these phases depend on each other: a, b");
    }

    #[test]
    fn phases_come_after_what_they_depend_on() {
        let text = r#"{"version": 1, "phases": [
            {"name": "c", "depends_on": ["b"], "tables": []}, {"name": "a", "tables": []},
            {"name": "b", "depends_on": ["a"], "tables": []}]}"#;
        let plan = parse(text).unwrap();
        assert_eq!(plan.phase_order().unwrap(), ["a", "b", "c"]);
    }
}
