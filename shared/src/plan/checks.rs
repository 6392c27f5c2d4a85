//! The plan's checks: what must hold of the tables, whatever the source says.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;

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
    /// For `reference`: the table referred to. In a phase's checks: the table of the phase that is checked, for
    /// `exists` any table.
    #[serde(default)]
    pub table: Option<String>,
    /// For `unique`, `not_null` and `reference`, and where they are given for `exists`: columns of the table.
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
    /// The table is there, and `columns` are in it.
    Exists,
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
            CheckType::Exists => "exists",
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
    Exists { columns: &'a [String] },
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
            CheckType::Exists => CheckRule::Exists { columns: self.columns.as_deref().unwrap_or_default() },
        })
    }

    /// The first key that it has and its type does not. `table` is another matter: it depends on the place.
    pub(super) fn foreign_key(&self) -> Option<&'static str> {
        use CheckType as T;
        let given = [
            ("columns", self.columns.is_some(), &[T::Unique, T::NotNull, T::Reference, T::Exists][..]),
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

#[cfg(test)]
mod tests {
    use super::*;

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
