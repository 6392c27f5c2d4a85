//! A call of a cutover function, written once in PostgreSQL's notation
//! (`sync_phase('jobs', dry_run => true)`) and spelled for each database.

use serde_json::{Map, Value};

use crate::Db;
use crate::client::{Answer, Client};

/// Runs a call; its value is an array of rows, or what a plain function returns, as JSON; null
/// where the answer holds an error.
pub fn call(client: &mut Client, written: &str) -> (Value, Answer) {
    let answer = client.run(&sql(client.db, written));
    if answer.error.is_some() {
        return (Value::Null, answer);
    }
    let text = answer.rows.first().and_then(|row| row[0].clone()).unwrap_or_default();
    let value = match client.db {
        // One element per row; a plain function has one row that is no object.
        Db::Postgres => match serde_json::from_str(&text) {
            Ok(Value::Array(mut rows)) if rows.len() == 1 && !rows[0].is_object() => rows.remove(0),
            Ok(other) => other,
            Err(_) => Value::String(text),
        },
        Db::Sqlite => serde_json::from_str(&text).unwrap_or(Value::String(text)),
    };
    (value, answer)
}

/// Runs a call that must fail with this code; its error must hold all of these parts.
pub fn refused(client: &mut Client, written: &str, code: &str, parts: &[&str]) {
    let error = call(client, written).1.error.unwrap_or_else(|| panic!("{written}: expected {code}"));
    assert_eq!(error.code, code, "{written}: {}", error.text);
    for part in parts {
        assert!(error.text.contains(part), "{written}: expected {part} in {}", error.text);
    }
}

/// The statement that makes a call.
pub fn sql(db: Db, written: &str) -> String {
    match db {
        Db::Postgres => format!("SELECT coalesce(json_agg(to_json(r)), '[]') FROM cutover.{written} r"),
        Db::Sqlite => format!("SELECT {}", expression(db, written)),
    }
}

/// The call alone, for use inside a statement.
pub fn expression(db: Db, written: &str) -> String {
    if db == Db::Postgres {
        return format!("cutover.{written}");
    }
    let (name, arguments) =
        written.trim().strip_suffix(')').and_then(|w| w.split_once('(')).expect("name(arguments)");
    let mut list = Vec::new();
    let mut options = Map::new();
    for argument in split(arguments) {
        match argument.split_once("=>") {
            Some((key, literal)) if key.trim().bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                options.insert(key.trim().to_owned(), json(literal.trim()));
            }
            _ => list.push(argument),
        }
    }
    if !options.is_empty() {
        list.push(format!("'{}'", Value::Object(options).to_string().replace('\'', "''")));
    }
    format!("{name}({})", list.join(", "))
}

/// An SQL literal, or an array of such, as JSON.
fn json(literal: &str) -> Value {
    if let Some(items) = literal.strip_prefix("ARRAY[").and_then(|l| l.strip_suffix(']')) {
        return split(items).iter().map(|item| json(item)).collect();
    }
    match literal.strip_prefix('\'').and_then(|l| l.strip_suffix('\'')) {
        Some(text) => Value::String(text.replace("''", "'")),
        None => serde_json::from_str(literal).unwrap_or_else(|e| panic!("{literal}: {e}")),
    }
}

/// Splits at the commas that stand outside of quotes and brackets.
fn split(arguments: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut depth = 0;
    for c in arguments.chars() {
        quoted ^= c == '\'';
        depth += i32::from(c == '[' && !quoted) - i32::from(c == ']' && !quoted);
        if c == ',' && !quoted && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(c);
        }
    }
    parts.iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}
