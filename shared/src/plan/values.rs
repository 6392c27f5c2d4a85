//! Values in a plan that JSON can write in more than one way, with errors that say which.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::columns::ColumnSource;
use super::document::Source;
use super::documents::{Carrier, Convert, Documents};
use super::path::Path;

/// A constant: a boolean, a number or a string.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a boolean, a number or a string")]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// Its own text; that of a string as it is.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(n) => write!(f, "{n}"),
            Scalar::Float(x) => write!(f, "{x}"),
            Scalar::Text(text) => f.write_str(text),
        }
    }
}

/// How many: a count of rows, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    Rows(u64),
    Percent(f64),
}

impl Limit {
    /// Reads `100`, `25 %` or `25%`; None where the text is neither.
    pub fn parse(text: &str) -> Option<Limit> {
        let text = text.trim();
        match text.strip_suffix('%') {
            None => text.parse().ok().map(Limit::Rows),
            Some(share) => {
                let share: f64 = share.trim().parse().ok()?;
                (0.0..=100.0).contains(&share).then_some(Limit::Percent(share))
            }
        }
    }

    /// Whether `count` of `total` rows is more than this.
    pub fn exceeded(self, count: i64, total: i64) -> bool {
        match self {
            Limit::Rows(rows) => u64::try_from(count).unwrap_or(0) > rows,
            Limit::Percent(share) => count as f64 * 100.0 > share * total as f64,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Rows(rows) => write!(f, "{rows}"),
            Limit::Percent(share) => write!(f, "{share} %"),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Limit;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count of rows such as 100, or a share such as \"25 %\"")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Limit, E> {
                Ok(Limit::Rows(n))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
                Limit::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        d.deserialize_any(V)
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": "^\\s*[0-9]+(\\.[0-9]+)?\\s*%?\\s*$"}
        ]})
    }
}

impl<'de> Deserialize<'de> for ColumnSource {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Rule {
            column: Option<String>,
            path: Option<Path>,
            value: Option<Scalar>,
            convert: Option<Convert>,
        }
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = ColumnSource;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a source column's name, {\"column\": name}, {\"path\": path} or {\"value\": constant}",
                )
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnSource, E> {
                Ok(ColumnSource::named(name))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSource, A::Error> {
                let rule = Rule::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let convert = rule.convert;
                match (rule.column, rule.path, rule.value) {
                    (Some(name), None, None) => Ok(ColumnSource::Column { name, convert }),
                    (None, Some(path), None) => Ok(ColumnSource::Path { path, convert }),
                    (None, None, Some(_)) if convert.is_some() => {
                        Err(de::Error::custom("a \"value\" is written as it is, without \"convert\""))
                    }
                    (None, None, Some(value)) => Ok(ColumnSource::Value(value)),
                    _ => Err(de::Error::custom("expected one of \"column\", \"path\" and \"value\"")),
                }
            }
        }
        d.deserialize_any(V)
    }
}

impl JsonSchema for ColumnSource {
    fn schema_name() -> Cow<'static, str> {
        "ColumnSource".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scalar = generator.subschema_for::<Scalar>();
        let path = generator.subschema_for::<Path>();
        let convert = generator.subschema_for::<Convert>();
        json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": false, "required": ["column"],
             "properties": {"column": {"type": "string"}, "convert": convert}},
            {"type": "object", "additionalProperties": false, "required": ["path"],
             "properties": {"path": path, "convert": convert}},
            {"type": "object", "additionalProperties": false, "required": ["value"], "properties": {"value": scalar}}
        ]})
    }
}

/// A source's object: one of the first four keys, and what goes with it.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourceKeys {
    /// A Parquet file, a folder of them, or a pattern such as `jobs/*.parquet`.
    parquet: Option<String>,
    /// A JSON file (an array of objects, or objects one after the other), a folder of them, or a pattern.
    json: Option<String>,
    /// A relation: a table, a view, a foreign table, a table of an attached database.
    table: Option<String>,
    /// The rows of a query.
    query: Option<String>,
    /// The column of the relation or query that holds JSON documents.
    column: Option<String>,
    /// The path of the element of a document that makes a row: `$.jobs[*].parts[*]`; the document where left out.
    each: Option<Path>,
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let SourceKeys { parquet, json, table, query, column, each } = SourceKeys::deserialize(d)?;
        let documents = |of, each: Option<Path>| {
            Source::Documents(Documents { of, each: each.unwrap_or_else(Path::document) })
        };
        let source = match (parquet, json, table, query, column) {
            (Some(spec), None, None, None, None) if each.is_none() => Source::Parquet(spec),
            (None, Some(spec), None, None, None) if each.is_none() => Source::Json(spec),
            (None, Some(spec), None, None, None) => documents(Carrier::Files(spec), each),
            (None, None, Some(name), None, None) if each.is_none() => Source::Table(name),
            (None, None, Some(table), None, Some(column)) => {
                documents(Carrier::Table { table, column }, each)
            }
            (None, None, None, Some(query), None) if each.is_none() => Source::Query(query),
            (None, None, None, Some(query), Some(column)) => {
                documents(Carrier::Query { query, column }, each)
            }
            (None, None, Some(_), None, None) | (None, None, None, Some(_), None) => {
                return Err(de::Error::custom("\"each\" needs the \"column\" that holds the documents"));
            }
            (Some(_), None, None, None, _) | (None, Some(_), None, None, _) => {
                return Err(de::Error::custom(
                    "\"each\" goes with \"json\" or a \"column\", and \"column\" with \"table\" or \"query\"",
                ));
            }
            _ => {
                return Err(de::Error::custom(
                    "expected one of \"parquet\", \"json\", \"table\" and \"query\"",
                ));
            }
        };
        Ok(source)
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        "Source".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SourceKeys::json_schema(generator);
        // Each with the keys that do not go with it.
        let one =
            [("parquet", &["column", "each"][..]), ("json", &["column"]), ("table", &[]), ("query", &[])];
        let one = one.map(|(key, without)| {
            let others: serde_json::Map<_, _> =
                without.iter().map(|k| ((*k).to_owned(), false.into())).collect();
            serde_json::json!({"required": [key], "properties": others})
        });
        schema.insert("oneOf".to_owned(), one.to_vec().into());
        schema
    }
}
