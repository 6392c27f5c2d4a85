//! The plan's checks: what must hold of the tables, whatever the source says.

use std::collections::HashSet;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::RelName;
use crate::error::Result;

use super::document::Phase;
use super::parse::invalid;
use super::values::Scalar;

/// Something that must hold after every run. Which of the keys below `severity` it has depends on its type.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name, unique in the phase.
    pub name: String,
    /// What it looks at.
    #[serde(rename = "type")]
    pub kind: CheckType,
    /// Whether a run fails where the check does.
    #[serde(default)]
    pub severity: Severity,
    /// For `reference`: the table referred to. In a phase's checks: the table of the phase that is checked.
    #[serde(default)]
    pub table: Option<String>,
    /// For `unique`, `not_null` and `reference`: columns of the table.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// For `reference`: the columns referred to.
    #[serde(default, rename = "match")]
    pub match_columns: Option<Vec<String>>,
    /// For `allowed_values` and `pattern`: the column.
    #[serde(default)]
    pub column: Option<String>,
    /// For `allowed_values`: the values.
    #[serde(default)]
    pub values: Option<Vec<Scalar>>,
    /// For `pattern`: a regular expression that is found in every value; anchor it by `^` and `$`.
    #[serde(default)]
    pub pattern: Option<String>,
    /// For `row_count`: how many rows the table has at least.
    #[serde(default)]
    pub min: Option<u64>,
    /// For `row_count`: how many rows the table has at most.
    #[serde(default)]
    pub max: Option<u64>,
    /// For `tolerance`: a query that gives one number, or an expression.
    #[serde(default)]
    pub left: Option<String>,
    /// For `tolerance`: the query or expression that `left` is compared with.
    #[serde(default)]
    pub right: Option<String>,
    /// For `tolerance`: by how much the two may differ: a number, or a share of the greater such as `1 %`.
    #[serde(default)]
    pub tolerance: Option<Scalar>,
    /// For `query`: a query that returns the rows that are wrong.
    #[serde(default)]
    pub query: Option<String>,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckType {
    /// No two rows have the same values in `columns`; rows with a NULL there do not count.
    Unique,
    /// No row has a NULL in `columns`.
    NotNull,
    /// Every row's `columns` are in `table`'s `match`; rows with a NULL there do not count.
    Reference,
    /// `column` holds one of `values`, or NULL.
    AllowedValues,
    /// `column` holds a text in which `pattern` is found, or NULL.
    Pattern,
    /// The table has from `min` to `max` rows.
    RowCount,
    /// `left` and `right` differ by no more than `tolerance`.
    Tolerance,
    /// `query` returns nothing.
    Query,
}

impl CheckType {
    /// The name as the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            CheckType::Unique => "unique",
            CheckType::NotNull => "not_null",
            CheckType::Reference => "reference",
            CheckType::AllowedValues => "allowed_values",
            CheckType::Pattern => "pattern",
            CheckType::RowCount => "row_count",
            CheckType::Tolerance => "tolerance",
            CheckType::Query => "query",
        }
    }
}

/// What a failed check does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It fails the run.
    #[default]
    Error,
    /// It warns.
    Warn,
}

impl Severity {
    /// The name as the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warn => "warn",
        }
    }
}

/// By how much two numbers may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    Absolute(f64),
    /// Percent of the greater of the two.
    Share(f64),
}

impl Tolerance {
    fn of(value: &Scalar) -> Option<Tolerance> {
        let (number, share) = match value {
            Scalar::Int(n) => (*n as f64, false),
            Scalar::Float(x) => (*x, false),
            Scalar::Text(text) => match text.trim().strip_suffix('%') {
                Some(share) => (share.trim().parse().ok()?, true),
                None => (text.trim().parse().ok()?, false),
            },
            Scalar::Bool(_) => return None,
        };
        let fits = number.is_finite() && number >= 0.0;
        fits.then_some(if share { Tolerance::Share(number) } else { Tolerance::Absolute(number) })
    }

    /// Whether the two differ by no more than this.
    pub fn allows(self, left: f64, right: f64) -> bool {
        let most = match self {
            Tolerance::Absolute(most) => most,
            Tolerance::Share(share) => left.abs().max(right.abs()) * share / 100.0,
        };
        (left - right).abs() <= most
    }
}

/// A check with the keys that its type has, and no others.
#[derive(Debug, Clone, Copy)]
pub enum CheckRule<'a> {
    Unique { columns: &'a [String] },
    NotNull { columns: &'a [String] },
    Reference { columns: &'a [String], table: &'a str, match_columns: &'a [String] },
    AllowedValues { column: &'a str, values: &'a [Scalar] },
    Pattern { column: &'a str, pattern: &'a str },
    RowCount { min: Option<u64>, max: Option<u64> },
    Tolerance { left: &'a str, right: &'a str, tolerance: Tolerance },
    Query { query: &'a str },
}

impl Check {
    /// The check as its type has it. Errors: 22023 where a key is missing; a key that is not its type's is ignored here.
    pub fn rule(&self) -> Result<CheckRule<'_>> {
        let need = |key: &str| invalid(format!("{key}: missing in a check of type \"{}\"", self.kind.name()));
        let columns = || match self.columns.as_deref() {
            None | Some([]) => Err(need("columns")),
            Some(columns) => Ok(columns),
        };
        let column = || self.column.as_deref().ok_or_else(|| need("column"));
        Ok(match self.kind {
            CheckType::Unique => CheckRule::Unique { columns: columns()? },
            CheckType::NotNull => CheckRule::NotNull { columns: columns()? },
            CheckType::Reference => CheckRule::Reference {
                columns: columns()?,
                table: self.table.as_deref().ok_or_else(|| need("table"))?,
                match_columns: self.match_columns.as_deref().ok_or_else(|| need("match"))?,
            },
            CheckType::AllowedValues => CheckRule::AllowedValues {
                column: column()?,
                values: self.values.as_deref().filter(|v| !v.is_empty()).ok_or_else(|| need("values"))?,
            },
            CheckType::Pattern => CheckRule::Pattern {
                column: column()?,
                pattern: self.pattern.as_deref().ok_or_else(|| need("pattern"))?,
            },
            CheckType::RowCount => CheckRule::RowCount { min: self.min, max: self.max },
            CheckType::Tolerance => {
                let given = self.tolerance.as_ref().ok_or_else(|| need("tolerance"))?;
                CheckRule::Tolerance {
                    left: self.left.as_deref().ok_or_else(|| need("left"))?,
                    right: self.right.as_deref().ok_or_else(|| need("right"))?,
                    tolerance: Tolerance::of(given).ok_or_else(|| {
                        invalid("tolerance: expected a number of at least 0, or a share such as \"1 %\"")
                    })?,
                }
            }
            CheckType::Query => {
                CheckRule::Query { query: self.query.as_deref().ok_or_else(|| need("query"))? }
            }
        })
    }

    /// The first key that it has and its type does not. `table` is another matter: it depends on the place.
    fn foreign_key(&self) -> Option<&'static str> {
        use CheckType as T;
        let given = [
            ("columns", self.columns.is_some(), &[T::Unique, T::NotNull, T::Reference][..]),
            ("match", self.match_columns.is_some(), &[T::Reference]),
            ("column", self.column.is_some(), &[T::AllowedValues, T::Pattern]),
            ("values", self.values.is_some(), &[T::AllowedValues]),
            ("pattern", self.pattern.is_some(), &[T::Pattern]),
            ("min", self.min.is_some(), &[T::RowCount]),
            ("max", self.max.is_some(), &[T::RowCount]),
            ("left", self.left.is_some(), &[T::Tolerance]),
            ("right", self.right.is_some(), &[T::Tolerance]),
            ("tolerance", self.tolerance.is_some(), &[T::Tolerance]),
            ("query", self.query.is_some(), &[T::Query]),
        ];
        given.iter().find(|(_, given, types)| *given && !types.contains(&self.kind)).map(|(key, ..)| *key)
    }

    /// Whether it looks at one table's rows, and not at what a query says.
    pub fn needs_table(&self) -> bool {
        !matches!(self.kind, CheckType::Tolerance | CheckType::Query)
    }
}

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
        Some(name) if !phase.tables.iter().any(|t| t.table == *name) => {
            Err(invalid(format!("{at}.table: \"{name}\" is no table of the phase")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

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

    #[test]
    fn a_tolerance_is_a_number_or_a_share_of_the_greater() {
        let of = |text: &str| Tolerance::of(&Scalar::Text(text.to_owned()));
        assert_eq!(of(" 0.5"), Some(Tolerance::Absolute(0.5)));
        assert_eq!(of("1 %"), Some(Tolerance::Share(1.0)));
        assert_eq!((of("-1"), of("NaN"), of("%")), (None, None, None));
        assert!(Tolerance::Share(1.0).allows(99.0, 100.0));
        assert!(!Tolerance::Share(1.0).allows(98.9, 100.0));
        assert!(Tolerance::Absolute(0.0).allows(3.0, 3.0));
        assert!(!Tolerance::Absolute(1.0).allows(-1.0, 1.0));
    }
}
