//! Text to plan, with errors that name the JSON path and the key that was probably meant.

use crate::error::{Error, Kind, Result};

use super::document::Plan;
use super::documents;
use super::rules;

/// The largest document that is read, in bytes.
const LARGEST: usize = 16 << 20;

/// Parses a plan and checks it against itself.
///
/// Errors: 22023 for whatever the document says wrongly, with its JSON path; 54000 for a document
/// of more than 16 MiB.
pub fn parse(text: &str) -> Result<Plan> {
    if text.len() > LARGEST {
        return Err(Error::new(Kind::LimitExceeded, "the plan is larger than 16 MiB"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let mut plan: Plan = serde_path_to_error::deserialize(&mut json).map_err(|e| explain(&e))?;
    json.end().map_err(|e| invalid(format!("the plan is not valid JSON: {e}")))?;
    plan.phases.iter_mut().flat_map(|phase| &mut phase.tables).for_each(documents::settle);
    rules::check(&plan)?;
    Ok(plan)
}

/// An error about what the plan says.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Kind::InvalidParameter, message)
}

/// serde's message, after the path, with a suggestion in place of its list of all keys.
fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() {
        return invalid(format!("the plan is not valid JSON: {inner}"));
    }
    let path = error.path().to_string();
    let text = inner.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    // serde quotes what it met and what it expected in backticks, in this order.
    let mut quoted = text.split('`').skip(1).step_by(2);
    let met = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let (what, at) = if text.starts_with("unknown field") {
        ("unknown key", in_path(&path, met))
    } else if text.starts_with("unknown variant") {
        ("unknown value", path.clone())
    } else {
        return invalid(format!("{path}: {}", in_words(text)));
    };
    let value = if what == "unknown value" { format!(" \"{met}\"") } else { String::new() };
    match nearest(met, &known) {
        Some(name) => invalid(format!("{at}: {what}{value}; did you mean \"{name}\"?")),
        None => {
            invalid(format!("{at}: {what}{value}")).hint(format!("expected one of: {}", known.join(", ")))
        }
    }
}

/// What serde expected, in the words of JSON.
fn in_words(text: &str) -> String {
    match text.split_once("expected ") {
        Some((met, "a sequence")) => format!("{met}expected a list"),
        Some((met, wanted)) if wanted == "a map" || wanted.starts_with("struct ") => {
            format!("{met}expected an object")
        }
        _ => text.to_owned(),
    }
}

/// The path of a key that serde refused: it may or may not be the path's last step already.
fn in_path(path: &str, name: &str) -> String {
    match path {
        "." => name.to_owned(),
        _ if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

/// The known word that differs least, if it differs little.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), *k))
        .min()
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn a_misspelt_key_is_named_by_its_path() {
        let text = r#"{"version": 1, "phases": [
            {"name": "a", "tables": []},
            {"name": "b", "tables": [{"table": "t", "source": {"parquet": "t.parquet"}, "wirte": "replace"}]}]}"#;
        assert_eq!(refused(text), "phases[1].tables[0].wirte: unknown key; did you mean \"write\"?");
    }

    #[test]
    fn a_misspelt_value_is_named_by_its_path() {
        let text = r#"{"version": 1, "phases": [{"name": "b", "tables": [
            {"table": "t", "source": {"parquet": "t.parquet"}, "write": "upsrt"}]}]}"#;
        assert_eq!(
            refused(text),
            "phases[0].tables[0].write: unknown value \"upsrt\"; did you mean \"upsert\"?"
        );
    }

    #[test]
    fn a_plan_may_say_where_its_schema_is() {
        let plan = parse(r#"{"$schema": "../plan.schema.json", "version": 1, "phases": []}"#).unwrap();
        assert_eq!(plan.schema.as_deref(), Some("../plan.schema.json"));
    }

    #[test]
    fn text_that_is_no_json_says_where() {
        assert!(
            refused("{\"version\": 1,").starts_with("the plan is not valid JSON: EOF"),
            "{}",
            refused("{")
        );
        assert!(
            refused("{\"version\": 1, \"phases\": []} x").starts_with("the plan is not valid JSON: trailing")
        );
    }

    #[test]
    fn limits_and_columns_say_what_they_expect() {
        let table = |extra: &str| {
            format!(
                r#"{{"version": 1, "phases": [{{"name": "b", "tables": [
                {{"table": "t", "source": {{"parquet": "t.parquet"}}, "write": "upsert", {extra}}}]}}]}}"#
            )
        };
        let message = refused(&table(r#""max_delete": "many""#));
        assert!(
            message.starts_with("phases[0].tables[0].max_delete: invalid value: string \"many\""),
            "{message}"
        );
        let message = refused(&table(r#""columns": {"a": {"colum": "b"}}"#));
        assert_eq!(message, "phases[0].tables[0].columns.a.colum: unknown key; did you mean \"column\"?");
        let message = refused(&table(r#""scope": "order_id""#));
        assert_eq!(message, "phases[0].tables[0].scope: invalid type: string \"order_id\", expected a list");
        for (key, value) in [("columns", "1"), ("recompute", r#""shop""#)] {
            let message = refused(&table(&format!(r#""{key}": {value}"#)));
            assert!(message.ends_with(", expected an object"), "{message}");
        }
        let message = refused(&table(r#""columns": {"a": 1}"#));
        assert!(message.starts_with("phases[0].tables[0].columns.a: invalid type: integer `1`"), "{message}");
    }

    #[test]
    fn a_path_is_extended_once() {
        assert_eq!(in_path(".", "x"), "x");
        assert_eq!(in_path("a.b", "x"), "a.b.x");
        assert_eq!(in_path("a.x", "x"), "a.x");
    }
}
