//! SQLite's foreign keys while tables are dropped and made again. There DROP TABLE deletes the rows first, which
//! empties, or loosens, the tables that refer to it; with foreign keys off nothing is checked at all.

use std::collections::{BTreeMap, HashSet};

use crate::catalog::{ForeignKey, OnDelete, RelName};
use crate::error::{Error, Kind, Result};
use crate::session::{Dialect, Session};
use crate::sql::{self, TokenKind, Tokens};

/// The tables that earlier statements name: what becomes of them is not known before these have run.
#[derive(Default)]
pub(super) struct Foreseen {
    names: HashSet<String>,
}

impl Foreseen {
    /// Looks at the next statement of all. Errors: 55000 where it is known to empty a table that nobody named.
    pub fn look(&mut self, s: &mut dyn Session, statement: &str) -> Result<()> {
        if s.facts().dialect != Dialect::Sqlite {
            return Ok(());
        }
        if let Some((parent, key)) = losing(s, statement)?
            && !self.names.contains(&key.table.1.to_uppercase())
        {
            return Err(emptied(&parent, &key));
        }
        self.names.extend(names(statement).map(|(name, _)| name.to_uppercase()));
        Ok(())
    }
}

/// Refuses to drop a table while rows refer to it that would go, or lose their reference. Errors: 55000.
pub(super) fn check_drop(s: &mut dyn Session, statement: &str) -> Result<()> {
    match losing(s, statement)? {
        Some((parent, key)) => Err(emptied(&parent, &key)),
        None => Ok(()),
    }
}

/// The table that a statement drops, and a foreign key of another one by which rows would change.
fn losing(s: &mut dyn Session, statement: &str) -> Result<Option<(String, ForeignKey)>> {
    let facts = s.facts();
    if facts.dialect != Dialect::Sqlite || !facts.foreign_keys {
        return Ok(None);
    }
    let Some(name) = dropped_table(statement) else { return Ok(None) };
    let Some(table) = s.find_table(&name)? else { return Ok(None) };
    let changes = |key: &&ForeignKey| {
        !matches!(key.on_delete, OnDelete::NoAction | OnDelete::Restrict) && key.table != table.id()
    };
    for key in table.referenced_by.iter().filter(changes) {
        if !s.query(&sql::any_reference(key), &[])?.is_empty() {
            return Ok(Some((table.name.clone(), key.clone())));
        }
    }
    Ok(None)
}

fn emptied(parent: &str, key: &ForeignKey) -> Error {
    let (child, columns) = (&key.table.1, key.columns.join(", "));
    let what = match key.on_delete {
        OnDelete::Cascade => "would be deleted with it",
        _ => "would lose their reference",
    };
    Error::new(Kind::NotInState, format!("dropping table \"{parent}\" would change table \"{child}\""))
        .detail(format!("Rows of \"{child}\" refer to it by ({columns}), and {what}."))
        .hint("run PRAGMA foreign_keys = off before the call; references are checked after the migrations")
}

/// The table of a `DROP TABLE`.
fn dropped_table(statement: &str) -> Option<RelName> {
    let mut names = names(statement).peekable();
    let mut keyword = |word: &str| names.next_if(|(name, quoted)| !quoted && name.eq_ignore_ascii_case(word));
    keyword("DROP").and_then(|_| keyword("TABLE"))?;
    if keyword("IF").is_some() {
        keyword("EXISTS")?;
    }
    let (first, _) = names.next()?;
    Some(match names.next() {
        Some((name, _)) => RelName::new(Some(&first), &name),
        None => RelName::new(None, &first),
    })
}

/// The words and names of a statement, and whether each is in quotes.
fn names(statement: &str) -> impl Iterator<Item = (String, bool)> {
    Tokens::of(Dialect::Sqlite, statement).filter_map(|(kind, range)| {
        let text = statement.get(range)?;
        match kind {
            TokenKind::Word => Some((text.to_owned(), false)),
            // A text where a name is expected is one, too.
            TokenKind::Name | TokenKind::Text => {
                let quote = text.chars().next()?;
                let inner = text.get(1..text.len().checked_sub(1)?)?;
                Some((inner.replace(&format!("{quote}{quote}"), &quote.to_string()), true))
            }
            TokenKind::Other => None,
        }
    })
}

/// How many rows of a table refer to no row of another: (table, other) -> rows.
pub(super) type Broken = BTreeMap<(String, String), i64>;

/// Whether a statement may leave references that lead nowhere although foreign keys are on.
pub(super) fn may_break(statement: &str) -> bool {
    let first = names(statement).next();
    first.is_some_and(|(word, _)| ["DROP", "ALTER", "PRAGMA"].iter().any(|w| word.eq_ignore_ascii_case(w)))
}

/// The references that lead nowhere (SQLite).
pub(super) fn broken(s: &mut dyn Session) -> Result<Broken> {
    let rows = s.query(&sql::broken_references(), &[])?;
    let rows = rows.iter().filter_map(|row| match row.as_slice() {
        [table, parent, count] => {
            Some(((table.as_str()?.to_owned(), parent.as_str()?.to_owned()), count.as_int()?))
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// Errors: 23503 where more references lead nowhere than did `before`.
pub(super) fn check_broken(s: &mut dyn Session, before: &Broken) -> Result<()> {
    for ((table, parent), count) in broken(s)? {
        let was = before.get(&(table.clone(), parent.clone())).copied().unwrap_or(0);
        if count <= was {
            continue;
        }
        let rows = s.query(&sql::broken_rows(), &[table.as_str().into(), parent.as_str().into()])?;
        let rows = rows.iter().filter_map(|row| Some(format!("rowid {}", row.first()?.as_int()?)));
        let rows = rows.collect::<Vec<_>>().join(", ");
        return Err(Error::new(
            Kind::MissingReference,
            format!("after the migrations {count} rows of \"{table}\" refer to rows of \"{parent}\" that do not exist"),
        )
        .detail(format!("Before them these were {was}. {rows}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_a_statement_drops_is_known() {
        let dropped = |text| dropped_table(text).map(|name| name.to_string());
        assert_eq!(dropped("drop table /* x */ if exists main.\"a \"\"b\""), Some("main.a \"b".to_owned()));
        assert_eq!(dropped("DROP TABLE [a]"), Some("a".to_owned()));
        assert_eq!(dropped("DROP VIEW a"), None);
        assert_eq!(dropped("DROP TABLE"), None);
    }
}
