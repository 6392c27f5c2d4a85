//! Tables that are computed of other tables of their phase, in rounds: each once those it reads are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;

use super::document::{Phase, Source, TablePlan};
use super::parse::invalid;
use super::policies::MissingReference;

/// Which groups of a derived table's rows are computed anew: those of the rows that a run changes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recompute {
    /// The columns whose values make a group.
    pub by: Vec<String>,
    /// Table that it is derived from -> column of `by` -> its own column, where the names differ.
    #[serde(default, rename = "match")]
    pub match_columns: BTreeMap<String, BTreeMap<String, String>>,
}

impl Recompute {
    /// What a column of `by` is called in a table that this one is derived from.
    pub fn column<'a>(&'a self, table: &str, by: &'a str) -> &'a str {
        self.match_columns.get(table).and_then(|columns| columns.get(by)).map_or(by, String::as_str)
    }
}

/// The rounds in which tables are run, as their places among `tables`: first those that are derived from none
/// of the others, and then each after those it is derived from. There is at least one.
pub fn rounds(tables: &[TablePlan]) -> Vec<Vec<usize>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let mut due: Vec<usize> = (0..tables.len()).collect();
    while !due.is_empty() || rounds.is_empty() {
        let waits = |i: &usize| {
            let from = tables.get(*i).map_or(&[][..], |t| &t.derived_from);
            due.iter().any(|other| tables.get(*other).is_some_and(|t| from.contains(&t.table)))
        };
        let (waiting, free): (Vec<usize>, Vec<usize>) = due.iter().partition(|i| waits(i));
        // Tables that are derived from each other are refused with the plan.
        due = if free.is_empty() { Vec::new() } else { waiting };
        rounds.push(free);
    }
    rounds
}

/// Checks what is derived in a phase. Errors: 22023 with the JSON path.
pub(super) fn check(phase: &Phase, at: &str) -> Result<()> {
    for (j, table) in phase.tables.iter().enumerate() {
        check_table(phase, table, &format!("{at}.tables[{j}]"))?;
    }
    let rounds = rounds(&phase.tables);
    let placed = |i: usize| rounds.iter().any(|round| round.contains(&i));
    let left = phase.tables.iter().enumerate().filter(|(i, _)| !placed(*i));
    let left: Vec<&str> = left.map(|(_, table)| table.table.as_str()).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(invalid(format!("{at}: these tables are derived from each other: {}", left.join(", "))))
}

fn check_table(phase: &Phase, table: &TablePlan, at: &str) -> Result<()> {
    if !table.derived_from.is_empty() {
        check_derived(phase, table, at)?;
    }
    let Some(recompute) = &table.recompute else { return Ok(()) };
    if table.derived_from.is_empty() {
        return Err(invalid(format!("{at}.recompute: only a table with \"derived_from\" has one")));
    }
    let refuse = |key: &str, given: bool| match given {
        true => Err(invalid(format!("{at}.{key}: not with \"recompute\", which narrows the run itself"))),
        false => Ok(()),
    };
    refuse("scope", !table.scope.is_empty())?;
    refuse("cursor", table.cursor.is_some())?;
    if recompute.by.is_empty() {
        return Err(invalid(format!("{at}.recompute.by: empty")));
    }
    for (name, columns) in &recompute.match_columns {
        if !table.derived_from.contains(name) {
            return Err(invalid(format!("{at}.recompute.match.{name}: not in \"derived_from\"")));
        }
        if let Some(column) = columns.keys().find(|c| !recompute.by.contains(c)) {
            return Err(invalid(format!("{at}.recompute.match.{name}.{column}: not in \"by\"")));
        }
    }
    Ok(())
}

fn check_derived(phase: &Phase, table: &TablePlan, at: &str) -> Result<()> {
    let at_from = format!("{at}.derived_from");
    if !matches!(table.source, Some(Source::Query(_))) {
        return Err(invalid(format!("{at_from}: only a table whose source is a \"query\" is derived")));
    }
    if phase.tables.iter().filter(|t| t.table == table.table).count() > 1 {
        return Err(invalid(format!("{at_from}: \"{}\" is listed more than once", table.table)));
    }
    for (k, name) in table.derived_from.iter().enumerate() {
        if *name == table.table {
            return Err(invalid(format!("{at_from}[{k}]: a table is not derived from itself")));
        }
        if !phase.tables.iter().any(|t| t.table == *name) {
            return Err(invalid(format!("{at_from}[{k}]: there is no table \"{name}\" in the phase")));
        }
    }
    if table.on_missing_reference == MissingReference::Stub {
        return Err(invalid(format!("{at}.on_missing_reference: a derived table makes no stubs")));
    }
    if !table.snapshots.is_empty() {
        return Err(invalid(format!("{at}.snapshots: none are taken of a derived table")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// Tables given as (name, what it is derived from, more keys).
    fn plan(tables: &[(&str, &str, &str)]) -> String {
        let table = |(name, from, rest): &(&str, &str, &str)| {
            let source = if from.is_empty() { r#"{"parquet": "t"}"# } else { r#"{"query": "SELECT 1"}"# };
            format!(
                r#"{{"table": "{name}", "source": {source}, "write": "replace", "derived_from": [{from}]{rest}}}"#
            )
        };
        let tables = tables.iter().map(table).collect::<Vec<_>>().join(", ");
        format!(r#"{{"version": 1, "phases": [{{"name": "p", "tables": [{tables}]}}]}}"#)
    }

    fn refused(tables: &[(&str, &str, &str)]) -> String {
        parse(&plan(tables)).map_or_else(|e| e.message, |_| String::new())
    }

    #[test]
    fn a_derived_table_comes_after_those_it_reads() {
        let text = plan(&[("c", r#""b", "a""#, ""), ("a", "", ""), ("b", r#""a""#, ""), ("d", "", "")]);
        let tables = parse(&text).unwrap().phases.remove(0).tables;
        assert_eq!(rounds(&tables), [vec![1, 3], vec![2], vec![0]]);
        // Of tables that are not run nothing is waited for.
        assert_eq!(rounds(&tables[..1]), [vec![0]]);
        assert_eq!(rounds(&[]), [Vec::<usize>::new()]);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let base = ("a", "", "");
        let at = "phases[0].tables[1]";
        assert_eq!(
            refused(&[base, ("b", r#""x""#, "")]),
            format!("{at}.derived_from[0]: there is no table \"x\" in the phase")
        );
        assert_eq!(
            refused(&[base, ("b", r#""b""#, "")]),
            format!("{at}.derived_from[0]: a table is not derived from itself")
        );
        assert_eq!(
            refused(&[base, ("b", r#""c", "a""#, ""), ("c", r#""b""#, "")]),
            "phases[0]: these tables are derived from each other: b, c"
        );
        assert_eq!(
            refused(&[base, ("b", r#""a""#, r#", "recompute": {"by": []}"#)]),
            format!("{at}.recompute.by: empty")
        );
        assert_eq!(
            refused(&[base, ("b", r#""a""#, r#", "scope": ["x"], "recompute": {"by": ["x"]}"#)]),
            format!("{at}.scope: not with \"recompute\", which narrows the run itself")
        );
        assert_eq!(
            refused(&[base, ("b", r#""a""#, r#", "recompute": {"by": ["x"], "match": {"a": {"y": "z"}}}"#)]),
            format!("{at}.recompute.match.a.y: not in \"by\"")
        );
        assert_eq!(
            refused(&[("a", "", r#", "recompute": {"by": ["x"]}"#)]),
            "phases[0].tables[0].recompute: only a table with \"derived_from\" has one"
        );
    }
}
