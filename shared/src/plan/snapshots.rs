//! Snapshots: what is kept of a row when a column of it becomes one of some values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::catalog::RelName;
use crate::error::Result;

use super::document::{TablePlan, Write};
use super::parse::invalid;
use super::values::Scalar;

/// A row that is taken down when a run makes a column become one of some values.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The table that snapshots are inserted into.
    pub into: String,
    /// Of which rows one is taken.
    pub when: When,
    /// Its column -> what it holds: a column of the row as it is after the run, `{"value": constant}` or
    /// `{"run": "started_at"}`.
    pub columns: BTreeMap<String, SnapshotValue>,
}

/// The rows that a run inserts with one of these values, or updates to one from another value.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The column.
    pub column: String,
    /// The values.
    pub becomes: Vec<Scalar>,
}

/// What a column of a snapshot holds.
#[derive(Debug, Clone, PartialEq)]
pub enum SnapshotValue {
    /// What this column of the row holds after the run.
    Column(String),
    Value(Scalar),
    Run(RunFact),
}

/// What a snapshot can say of the run that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunFact {
    /// When it began.
    StartedAt,
}

impl<'de> Deserialize<'de> for SnapshotValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Rule {
            column: Option<String>,
            value: Option<Scalar>,
            run: Option<RunFact>,
        }
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = SnapshotValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a column's name, {\"column\": name}, {\"value\": constant} or {\"run\": \"started_at\"}",
                )
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<SnapshotValue, E> {
                Ok(SnapshotValue::Column(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SnapshotValue, A::Error> {
                let rule = Rule::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match (rule.column, rule.value, rule.run) {
                    (Some(name), None, None) => Ok(SnapshotValue::Column(name)),
                    (None, Some(value), None) => Ok(SnapshotValue::Value(value)),
                    (None, None, Some(fact)) => Ok(SnapshotValue::Run(fact)),
                    _ => Err(de::Error::custom("expected one of \"column\", \"value\" and \"run\"")),
                }
            }
        }
        d.deserialize_any(V)
    }
}

impl JsonSchema for SnapshotValue {
    fn schema_name() -> Cow<'static, str> {
        "SnapshotValue".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (scalar, fact) = (generator.subschema_for::<Scalar>(), generator.subschema_for::<RunFact>());
        let only = |key: &str, value: serde_json::Value| {
            serde_json::json!({"type": "object", "additionalProperties": false, "required": [key],
                               "properties": {key: value}})
        };
        json_schema!({"anyOf": [
            {"type": "string"},
            only("column", serde_json::json!({"type": "string"})),
            only("value", scalar.into()),
            only("run", fact.into())
        ]})
    }
}

/// Checks the snapshots of a table. Errors: 22023 with the JSON path.
pub(super) fn check(table: &TablePlan, at: &str) -> Result<()> {
    for (i, snapshot) in table.snapshots.iter().enumerate() {
        let at = format!("{at}.snapshots[{i}]");
        RelName::parse(&snapshot.into).map_err(|mut error| {
            error.message = format!("{at}.into: {}", error.message);
            error
        })?;
        if table.source.is_none() {
            return Err(invalid(format!("{at}: no run changes a table without a source")));
        }
        if table.write() == Write::DeleteInsert {
            return Err(invalid(format!("{at}: \"delete_insert\" does not know a row that changed again")));
        }
        if snapshot.when.becomes.is_empty() {
            return Err(invalid(format!("{at}.when.becomes: empty")));
        }
        if snapshot.columns.is_empty() {
            return Err(invalid(format!("{at}.columns: empty")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn refused(write: &str, snapshot: &str) -> String {
        let text = format!(
            r#"{{"version": 1, "phases": [{{"name": "a", "tables": [{{"table": "t", "source": {{"parquet": "t"}},
               "write": "{write}", "snapshots": [{snapshot}]}}]}}]}}"#
        );
        parse(&text).map_or_else(|e| e.message, |_| String::new())
    }

    #[test]
    fn a_snapshot_says_of_which_rows_and_what_it_holds() {
        let when = r#""when": {"column": "s", "becomes": ["A", 1, true]}"#;
        let full = format!(
            r#"{{"into": "x", {when}, "columns": {{"a": "a", "b": {{"value": 1}}, "c": {{"run": "started_at"}}}}}}"#
        );
        assert_eq!(refused("upsert", &full), "");
        let at = "phases[0].tables[0].snapshots[0]";
        assert_eq!(
            refused("delete_insert", &full),
            format!("{at}: \"delete_insert\" does not know a row that changed again")
        );
        let none = format!(r#"{{"into": "x", {when}, "columns": {{}}}}"#);
        assert_eq!(refused("upsert", &none), format!("{at}.columns: empty"));
        let never = r#"{"into": "x", "when": {"column": "s", "becomes": []}, "columns": {"a": "a"}}"#;
        assert_eq!(refused("upsert", never), format!("{at}.when.becomes: empty"));
        let two = format!(r#"{{"into": "x", {when}, "columns": {{"a": {{"column": "a", "value": 1}}}}}}"#);
        let message = refused("upsert", &two);
        assert!(message.contains("expected one of \"column\", \"value\" and \"run\""), "{message}");
        let fact = format!(r#"{{"into": "x", {when}, "columns": {{"a": {{"run": "started"}}}}}}"#);
        assert!(
            refused("upsert", &fact).contains("did you mean \"started_at\"?"),
            "{}",
            refused("upsert", &fact)
        );
    }
}
