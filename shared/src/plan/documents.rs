//! Sources of documents: nested JSON, of which an element at a path makes a row.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::catalog::RelName;
use crate::error::Result;

use super::columns::ColumnSource;
use super::cursor::SortColumn;
use super::document::{Source, TablePlan};
use super::parse::invalid;
use super::path::Path;
use super::policies::MissingColumn;

/// Documents, and what of each makes a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    /// Where they are.
    pub of: Carrier,
    /// The element that makes a row.
    pub each: Path,
}

/// What holds documents.
#[derive(Debug, Clone, PartialEq)]
pub enum Carrier {
    /// JSON files, a folder of them, or a pattern.
    Files(String),
    /// A column of a relation.
    Table { table: String, column: String },
    /// A column of a query.
    Query { query: String, column: String },
}

impl Carrier {
    /// The files, the relation or the query.
    pub fn text(&self) -> &str {
        match self {
            Carrier::Files(text)
            | Carrier::Table { table: text, .. }
            | Carrier::Query { query: text, .. } => text,
        }
    }
}

/// What is done to a column's values on their way into the table, besides what its type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Convert {
    /// An amount becomes a whole number of cents; more than two decimal digits do not fit.
    Cents,
    /// A moment of any offset becomes the same moment in UTC.
    Utc,
    /// A moment becomes its calendar date in the table's `time_zone`.
    LocalDate,
}

impl Convert {
    /// The name as the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Convert::Cents => "cents",
            Convert::Utc => "utc",
            Convert::LocalDate => "local_date",
        }
    }
}

/// Whether all documents of a source are kept with the run that read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected true, false or {\"days\": number}")]
pub enum KeepRaw {
    /// As long as the run is in the log, or not at all.
    Always(bool),
    /// For so long.
    For(Days),
}

/// A number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// How many.
    pub days: u32,
}

impl KeepRaw {
    /// For how many days documents are kept, None for as long as their run; None where they are not.
    pub fn days(self) -> Option<Option<u32>> {
        match self {
            KeepRaw::Always(keep) => keep.then_some(None),
            KeepRaw::For(Days { days }) => Some(Some(days)),
        }
    }
}

/// Whether a source column's name is a path into documents.
pub fn is_path(name: &str) -> bool {
    name.starts_with("$.") || name.starts_with("$[") || name == "$"
}

/// A JSON source of which a table takes something by its path, or that is to be kept, is one of documents.
pub(super) fn settle(table: &mut TablePlan) {
    if let Some(Source::Json(spec)) = &table.source
        && (paths(table).next().is_some() || table.keep_raw.is_some())
    {
        let of = Carrier::Files(spec.clone());
        table.source = Some(Source::Documents(Documents { of, each: Path::document() }));
    }
}

/// The paths that a table names, each with its key in the plan; those of rules are still texts.
fn paths(table: &TablePlan) -> impl Iterator<Item = (String, Named<'_>)> {
    let columns = table.columns.iter().filter_map(|(name, from)| match from {
        ColumnSource::Path { path, .. } => Some((format!("columns.{name}.path"), Named::Path(path))),
        ColumnSource::Column { .. } | ColumnSource::Value(_) => None,
    });
    let by = table.cursor.iter().flat_map(|c| c.by.iter().enumerate());
    let by = by.map(|(i, column)| (format!("cursor.by[{i}]"), column));
    let cursor = table.cursor.iter().map(|c| ("cursor.column".to_owned(), &c.column));
    let sort = table.dedup_sort.iter().map(|column| ("dedup_sort".to_owned(), column));
    let sorts = cursor.chain(by).chain(sort).filter_map(|(key, column)| match column {
        SortColumn::Source { source, .. } => Some((format!("{key}.source"), source)),
        SortColumn::Target(_) => None,
    });
    let matched = table.lookups.iter().enumerate().flat_map(|(i, lookup)| {
        lookup.match_columns.iter().map(move |(theirs, name)| (format!("lookups[{i}].match.{theirs}"), name))
    });
    let rules = sorts.chain(matched).filter(|(_, name)| is_path(name));
    columns.chain(rules.map(|(key, name)| (key, Named::Text(name))))
}

enum Named<'a> {
    Path(&'a Path),
    Text(&'a str),
}

/// Checks what a table says of documents and converts. Errors: 22023 with the JSON path.
pub(super) fn check(table: &TablePlan, at: &str) -> Result<()> {
    for (key, named) in paths(table) {
        let Some(Source::Documents(documents)) = &table.source else {
            // Elsewhere it is a column's name like any other.
            if let Named::Text(_) = named {
                continue;
            }
            return Err(invalid(format!(
                "{at}.{key}: the source has no documents; only \"json\", and a relation or query with a \"column\", have"
            )));
        };
        let path = match named {
            Named::Path(path) => path.clone(),
            Named::Text(text) => Path::parse(text)
                .map_err(|reason| invalid(format!("{at}.{key}: path \"{text}\" {reason}")))?,
        };
        if !path.is_bound_by(&documents.each) {
            return Err(invalid(format!(
                "{at}.{key}: \"{path}\" has wildcards that \"each\" (\"{}\") does not have, so that a row would have many values for it",
                documents.each
            )));
        }
    }
    let has_documents = matches!(table.source, Some(Source::Documents(_)));
    if table.on_missing_column == MissingColumn::Null && !has_documents {
        return Err(invalid(format!("{at}.on_missing_column: \"null\" is for documents")));
    }
    if table.keep_raw.is_some() && !has_documents {
        return Err(invalid(format!("{at}.keep_raw: the source has no documents")));
    }
    if let Some(Source::Documents(Documents { of: Carrier::Table { table, .. }, .. })) = &table.source {
        RelName::parse(table).map_err(|e| invalid(format!("{at}.source.table: {}", e.message)))?;
    }
    if let Some(Source::Documents(Documents { of: Carrier::Query { query, .. }, .. })) = &table.source
        && query.trim().is_empty()
    {
        return Err(invalid(format!("{at}.source.query: empty")));
    }
    // Their values are not ours any more.
    let lossy = [Some(Convert::Cents), Some(Convert::LocalDate)];
    if table.push_to.is_some()
        && let Some((name, _)) = table.columns.iter().find(|(_, from)| lossy.contains(&from.convert()))
    {
        return Err(invalid(format!(
            "{at}.push_to: column \"{name}\" is converted, and cannot be written back"
        )));
    }
    if table.time_zone.is_none()
        && let Some((name, _)) =
            table.columns.iter().find(|(_, from)| from.convert() == Some(Convert::LocalDate))
    {
        return Err(invalid(format!(
            "{at}.columns.{name}.convert: \"local_date\" needs the table's \"time_zone\""
        )));
    }
    Ok(())
}
