//! What the checks of one plan can be checked for without a database.

use std::collections::HashSet;

use regex::Regex;

use crate::catalog::RelName;
use crate::error::Result;

use super::checks::{Check, CheckRule, CheckType};
use super::document::Phase;
use super::parse::invalid;

/// Checks the checks of a phase and of its tables. Errors: 22023 with the JSON path.
pub(super) fn check_phase(phase: &Phase, at: &str) -> Result<()> {
    let mut names = HashSet::new();
    let of_tables = phase.tables.iter().enumerate().flat_map(|(j, table)| {
        let numbered = table.checks.iter().enumerate();
        numbered.map(move |(i, check)| (format!("{at}.tables[{j}].checks[{i}]"), check, true))
    });
    let own = phase.checks.iter().enumerate();
    let own = own.map(|(i, check)| (format!("{at}.checks[{i}]"), check, false));
    for (at, check, of_table) in of_tables.chain(own) {
        if check.name.is_empty() {
            return Err(invalid(format!("{at}.name: empty")));
        }
        if !names.insert(check.name.as_str()) {
            return Err(invalid(format!("{at}.name: check \"{}\" is in the phase already", check.name)));
        }
        check_one(check, &at)?;
        check_place(check, phase, of_table, &at)?;
    }
    Ok(())
}

fn check_one(check: &Check, at: &str) -> Result<()> {
    if let Some(key) = check.foreign_key() {
        return Err(invalid(format!(
            "{at}.{key}: a check of type \"{}\" has no such key",
            check.kind.name()
        )));
    }
    let rule = check.rule().map_err(|mut error| {
        error.message = format!("{at}.{}", error.message);
        error
    })?;
    match rule {
        CheckRule::Reference { columns, table, match_columns } => {
            if columns.len() != match_columns.len() {
                return Err(invalid(format!("{at}: \"columns\" and \"match\" must have the same length")));
            }
            RelName::parse(table).map_err(|e| invalid(format!("{at}.table: {}", e.message)))?;
        }
        CheckRule::Pattern { pattern, .. } => {
            Regex::new(pattern).map_err(|e| {
                invalid(format!("{at}.pattern: not a regular expression")).detail(e.to_string())
            })?;
        }
        CheckRule::RowCount { min: None, max: None } => {
            return Err(invalid(format!("{at}: expected \"min\" or \"max\" or both")));
        }
        CheckRule::RowCount { min: Some(min), max: Some(max) } if min > max => {
            return Err(invalid(format!("{at}.max: less than \"min\"")));
        }
        _ => {}
    }
    Ok(())
}

/// Which table a check is about must be clear.
fn check_place(check: &Check, phase: &Phase, of_table: bool, at: &str) -> Result<()> {
    let reference = check.kind == CheckType::Reference;
    if of_table {
        return match &check.table {
            Some(_) if !reference => {
                Err(invalid(format!("{at}.table: a check of a table is of that table already")))
            }
            _ => Ok(()),
        };
    }
    if reference {
        return Err(invalid(format!("{at}: a check of type \"reference\" belongs to its table's checks")));
    }
    match &check.table {
        None if check.needs_table() => {
            Err(invalid(format!("{at}.table: missing in a check of type \"{}\"", check.kind.name())))
        }
        Some(name) if check.kind == CheckType::Exists => {
            RelName::parse(name).map(|_| ()).map_err(|e| invalid(format!("{at}.table: {}", e.message)))
        }
        Some(name) if !phase.tables.iter().any(|t| t.table == *name) => {
            Err(invalid(format!("{at}.table: \"{name}\" is no table of the phase")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn refused(table_checks: &str, phase_checks: &str) -> String {
        let text = format!(
            r#"{{"version": 1, "phases": [{{"name": "p", "checks": [{phase_checks}], "tables": [
                {{"table": "t", "source": {{"parquet": "t"}}, "write": "replace", "checks": [{table_checks}]}}]}}]}}"#
        );
        parse(&text).map_or_else(|e| e.message, |_| "accepted".to_owned())
    }

    #[test]
    fn a_check_has_the_keys_of_its_type() {
        let at = "phases[0].tables[0].checks[0]";
        for (check, message) in [
            (r#""type": "unique", "columns": ["a"]"#, "accepted".to_owned()),
            (r#""type": "unique""#, format!("{at}.columns: missing in a check of type \"unique\"")),
            (
                r#""type": "not_null", "columns": ["a"], "min": 1"#,
                format!("{at}.min: a check of type \"not_null\" has no such key"),
            ),
            (r#""type": "row_count""#, format!("{at}: expected \"min\" or \"max\" or both")),
            (r#""type": "row_count", "min": 3, "max": 2"#, format!("{at}.max: less than \"min\"")),
            (
                r#""type": "pattern", "column": "a", "pattern": "(""#,
                format!("{at}.pattern: not a regular expression"),
            ),
            (
                r#""type": "tolerance", "left": "1", "right": "1", "tolerance": "much""#,
                format!("{at}.tolerance: expected a number of at least 0, or a share such as \"1 %\""),
            ),
            (
                r#""type": "query", "qery": "SELECT 1""#,
                format!("{at}.qery: unknown key; did you mean \"query\"?"),
            ),
            (r#""type": "uniqe""#, format!("{at}.type: unknown value \"uniqe\"; did you mean \"unique\"?")),
            (
                r#""type": "query", "query": "SELECT 1", "table": "t""#,
                format!("{at}.table: a check of a table is of that table already"),
            ),
            (
                r#""type": "reference", "columns": ["a"], "table": "u", "match": ["b", "c"]"#,
                format!("{at}: \"columns\" and \"match\" must have the same length"),
            ),
        ] {
            assert_eq!(refused(&format!(r#"{{"name": "x", {check}}}"#), ""), message, "{check}");
        }
    }

    #[test]
    fn a_phase_s_check_says_which_table_it_is_of() {
        let at = "phases[0].checks[0]";
        for (check, message) in [
            (r#""type": "query", "query": "SELECT 1""#, "accepted".to_owned()),
            (r#""type": "row_count", "min": 1, "table": "t""#, "accepted".to_owned()),
            (r#""type": "exists", "columns": ["a"], "table": "u""#, "accepted".to_owned()),
            (r#""type": "exists", "table": "u.v.w""#, format!("{at}.table: \"u.v.w\" is not a table's name")),
            (r#""type": "exists""#, format!("{at}.table: missing in a check of type \"exists\"")),
            (
                r#""type": "row_count", "min": 1"#,
                format!("{at}.table: missing in a check of type \"row_count\""),
            ),
            (
                r#""type": "row_count", "min": 1, "table": "u""#,
                format!("{at}.table: \"u\" is no table of the phase"),
            ),
        ] {
            assert_eq!(refused("", &format!(r#"{{"name": "x", {check}}}"#)), message, "{check}");
        }
        let twice = r#"{"name": "x", "type": "query", "query": "SELECT 1"}"#;
        assert_eq!(refused(twice, twice), format!("{at}.name: check \"x\" is in the phase already"));
    }
}
