//! What the plan says of rows and columns that break a rule. The first of each is what holds where it
//! says nothing.

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of a row whose cursor column is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NullCursor {
    /// The run fails.
    #[default]
    Error,
    /// It is read in every run.
    Include,
    /// It is never read.
    Exclude,
}

/// What becomes of a row whose lookup finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingLookup {
    /// The run fails.
    #[default]
    Error,
    /// The row is refused.
    Quarantine,
    /// The column becomes NULL.
    Null,
}

/// What becomes of a row that refers to a row that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingReference {
    /// The run fails.
    #[default]
    Error,
    /// The row is refused, and so are rows that refer to it.
    Quarantine,
    /// The reference becomes NULL.
    Null,
    /// A row that holds nothing but its key is made; a later import completes it.
    Stub,
}

/// What becomes of a row that breaks a rule which has no milder answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refuse {
    /// The run fails.
    #[default]
    Error,
    /// The row is refused, and so are rows that refer to it.
    Quarantine,
}

/// What becomes of source rows that share a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateKey {
    /// The run fails.
    #[default]
    Error,
    /// All of them are refused.
    Quarantine,
    /// The one with the greatest `dedup_sort` is taken; the others are skipped.
    Last,
}

/// What becomes of a source row whose key a local row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LocalConflict {
    /// The local row stays; a warning says so where the two differ.
    #[default]
    Keep,
    /// The run fails where the two differ.
    Error,
    /// The source row is refused where the two differ.
    Quarantine,
}

/// What becomes of a row to be deleted to which a row that stays refers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Referenced {
    /// The run fails.
    #[default]
    Error,
    /// It is retained as it is.
    Retain,
}

/// What becomes of the origin of a row whose change was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterAcknowledge {
    /// The row stays local.
    #[default]
    Keep,
    /// The row is the source's again, unless it was changed since.
    Imported,
}

/// What becomes of a column of the table that the source lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingColumn {
    /// The run fails.
    #[default]
    Error,
    /// The column is left alone.
    Keep,
    /// Of documents: what the plan fills from them is NULL; other columns are left alone.
    Null,
}

/// What becomes of a column of the source that the table lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtraColumn {
    /// It is left out, and a warning says so.
    #[default]
    Warn,
    /// The run fails.
    Error,
    /// It is left out.
    Ignore,
}
