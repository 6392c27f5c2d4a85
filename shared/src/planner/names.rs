//! How sources call what a plan names, and the rules by which a plan converts it.

use crate::catalog::Column;
use crate::convert::check_target;
use crate::error::{Error, Result};
use crate::plan::{Carrier, ColumnSource, Documents, Path, Source, TablePlan, is_path};

/// How a source calls the column that fills a column `name` of the table, where the plan does not say: of
/// documents it is a member of the element.
pub fn unmapped_name(plan: &TablePlan, name: &str) -> String {
    match &plan.source {
        Some(Source::Documents(documents)) => documents.each.member(name).to_string(),
        _ => name.to_owned(),
    }
}

/// How a source calls what a column is mapped to by `name`: a column beside documents, of files a member of
/// the element.
pub fn source_name(plan: &TablePlan, name: &str) -> String {
    match &plan.source {
        Some(Source::Documents(Documents { of: Carrier::Files(_), .. })) => unmapped_name(plan, name),
        _ => name.to_owned(),
    }
}

/// How a source calls what a rule of the plan calls `name`, which may be a path into documents.
pub fn rule_name(plan: &TablePlan, name: &str) -> String {
    rule_path(plan, name).unwrap_or_else(|| source_name(plan, name))
}

/// The path, as a source calls it, by which a rule of the plan names what it needs of documents.
pub(super) fn rule_path(plan: &TablePlan, name: &str) -> Option<String> {
    let path = matches!(plan.source, Some(Source::Documents(_))).then(|| Path::parse(name).ok()).flatten();
    path.filter(|_| is_path(name)).map(|path| path.to_string())
}

/// The same error, where the name that is no column's looks like a path.
pub(super) fn with_path(error: Error, name: &str) -> Error {
    match is_path(name) {
        true => error.hint(format!("a path is written {{\"path\": \"{name}\"}}")),
        false => error,
    }
}

/// Errors: 42804 where the plan's rule makes nothing that the column takes.
pub(super) fn check_rule(plan: &TablePlan, column: &Column) -> Result<()> {
    let Some(rule) = plan.columns.get(&column.name).and_then(ColumnSource::convert) else { return Ok(()) };
    check_target(rule, &column.ty).map_err(|mut error| {
        error.message = format!("column \"{}\" of table \"{}\": {}", column.name, plan.table, error.message);
        error
    })
}

/// Where documents speak of a table's whole scope, be there elements or not: at so many wildcards of `each`. None
/// where only elements do.
pub fn spoken_scope(plan: &TablePlan) -> Option<usize> {
    let Some(Source::Documents(Documents { each, .. })) = &plan.source else { return None };
    let wildcards = |column: &String| match plan.columns.get(column) {
        Some(ColumnSource::Path { path, .. }) => Some(path.wildcards()),
        // Beside the documents there are no wildcards.
        Some(ColumnSource::Column { name, .. }) => {
            Some(Path::parse(&source_name(plan, name)).map_or(0, |path| path.wildcards()))
        }
        Some(ColumnSource::Value(_)) => Some(0),
        None => Path::parse(&unmapped_name(plan, column)).ok().map(|path| path.wildcards()),
    };
    let deepest = plan.scope.iter().map(wildcards).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let is_element = deepest == each.wildcards() && each.within(deepest) == *each;
    (!is_element).then_some(deepest)
}
