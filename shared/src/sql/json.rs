//! Keys and rows as JSON text, spelled the same in both databases.

use crate::catalog::Column;
use crate::types::ColumnType;

use super::{Ident, Quoted, Spelling};

/// How many members of an object stand side by side in an expression.
const WIDE: usize = 200;

/// The values of `columns` (name and type) in `alias`'s row as a JSON array of texts.
pub(super) fn key<'a>(
    spell: &dyn Spelling,
    columns: impl Iterator<Item = (&'a str, Option<&'a ColumnType>)>,
    alias: &str,
) -> String {
    let text = ColumnType::Text { max_chars: None };
    let parts = columns.map(|(name, ty)| {
        let value = format!("{alias}.{}", Ident(name));
        spell.quote_json(&text, &shown(spell, ty, &value))
    });
    format!("'[' || {} || ']'", joined(parts.collect(), " || ',' || "))
}

/// A value of a key as text.
pub(super) fn shown(spell: &dyn Spelling, ty: Option<&ColumnType>, value: &str) -> String {
    match ty {
        Some(ColumnType::Bool) => spell.boolean_text(value),
        Some(ColumnType::Bytes) => spell.bytes_text(value),
        _ => spell.text(value),
    }
}

/// The values of `columns` in `alias`'s row as a JSON object.
pub(super) fn row<'a>(
    spell: &dyn Spelling,
    columns: impl Iterator<Item = &'a Column>,
    alias: &str,
) -> String {
    object(columns.map(|c| (c.name.clone(), spell.quote_json(&c.ty, &format!("{alias}.{}", Ident(&c.name))))))
}

/// A JSON object of these members: a name, and what yields its value's JSON.
pub(super) fn object(members: impl Iterator<Item = (String, String)>) -> String {
    let parts = members.enumerate().map(|(i, (name, value))| {
        let name = serde_json::Value::from(name);
        let lead = Quoted(&format!("{}{name}:", if i == 0 { "{" } else { "," })).to_string();
        format!("{lead} || {value}")
    });
    format!("{} || '}}'", joined(parts.collect(), " || "))
}

/// SQLite takes an expression no deeper than 1000 operators: those of a wide table stand in brackets.
fn joined(parts: Vec<String>, by: &str) -> String {
    let groups: Vec<String> = parts.chunks(WIDE).map(|group| group.join(by)).collect();
    match groups.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(&format!("){by}("))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_parts_stand_in_brackets() {
        let joined_of = |n: usize| joined((0..n).map(|i| i.to_string()).collect(), " || ");
        assert_eq!(joined_of(3), "0 || 1 || 2");
        let wide = joined_of(2 * WIDE + 1);
        assert_eq!(wide.matches(") || (").count(), 2);
        assert!(wide.starts_with("(0 || ") && wide.ends_with(" || (400)"), "{wide}");
    }
}
