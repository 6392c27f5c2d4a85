//! A migration as statements, looked at before anything runs.

use std::ops::Range;

use crate::error::{Error, Kind, Result};
use crate::session::{Dialect, Session};
use crate::sql::Tokens;

use super::files::{File, Script};
use super::refused;

/// How many characters of a statement a message shows.
const SHOWN: usize = 200;

/// A statement of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Where it stands in the file's text, from its first word on.
    pub range: Range<usize>,
    /// Its place among the file's statements, from 1.
    pub place: usize,
    /// The line of its first word, from 1.
    pub line: usize,
}

/// The statements of a script, in order.
///
/// Errors: 42601 what is no SQL, 25001 what cannot run inside a transaction.
pub(super) fn statements(s: &mut dyn Session, file: &File, script: &Script) -> Result<Vec<Statement>> {
    let dialect = s.facts().dialect;
    let split = s.split(&script.text)?;
    let mut statements = Vec::new();
    let mut counted = Lines::default();
    for range in split.statements {
        let text = script.text.get(range.clone()).unwrap_or_default();
        // One without any word is empty.
        let Some((_, first)) = Tokens::of(dialect, text).next() else { continue };
        let range = range.start + first.start..range.end;
        let line = counted.to(&script.text, range.start);
        statements.push(Statement { range, place: statements.len() + 1, line });
    }
    for statement in &statements {
        look(dialect, file, script, statement)?;
    }
    let Some((at, error)) = split.fault else { return Ok(statements) };
    let rest = script.text.get(at..).unwrap_or_default();
    let line = Lines::default().to(&script.text, at);
    Err(also(shell_command(rest).unwrap_or(error), format!("file {}, line {line}", file.file)))
}

/// Refuses a statement that cannot be part of a migration.
fn look(dialect: Dialect, file: &File, script: &Script, statement: &Statement) -> Result<()> {
    let text = script.text.get(statement.range.clone()).unwrap_or_default();
    if let Some(error) = shell_command(text) {
        // Where it ends is not told by a semicolon.
        return Err(also(error, format!("file {}, line {}", file.file, statement.line)));
    }
    let Some(what) = refused::in_transaction(dialect, text) else { return Ok(()) };
    let error = Error::new(Kind::ActiveTransaction, format!("{what} cannot be part of a migration"))
        .hint("migrations run in one transaction, all or none: take it out, and run it by hand");
    Err(also(error, place(file, script, statement)))
}

/// Refuses a command of psql or sqlite3, where `text` begins with one.
fn shell_command(text: &str) -> Option<Error> {
    let command = refused::shell_command(text)?;
    let shell = if command.starts_with('.') { "sqlite3" } else { "psql" };
    let error = Error::new(Kind::Syntax, format!("\"{command}\" is no SQL, but a command of {shell}"));
    Some(error.hint("a migration is run by the database itself: write it in SQL"))
}

/// Where a statement stands: `file 003_x.sql, line 17, statement 4: ALTER TABLE ...`.
pub(super) fn place(file: &File, script: &Script, statement: &Statement) -> String {
    let text = script.text.get(statement.range.clone()).unwrap_or_default();
    let shown: String =
        text.split_whitespace().flat_map(|word| [word, " "]).flat_map(str::chars).take(SHOWN).collect();
    let (file, line, number) = (&file.file, statement.line, statement.place);
    format!("file {file}, line {line}, statement {number}: {}", shown.trim_end())
}

/// The error with one more line in its detail.
pub(super) fn also(mut error: Error, line: String) -> Error {
    error.detail = Some(error.detail.map_or(line.clone(), |detail| format!("{detail}\n{line}")));
    error
}

/// Counts lines from place to place, each once.
#[derive(Default)]
struct Lines {
    at: usize,
    breaks: usize,
}

impl Lines {
    /// The line of the place `to`, which is not before the last one.
    fn to(&mut self, text: &str, to: usize) -> usize {
        self.breaks += text.get(self.at..to).unwrap_or_default().matches('\n').count();
        self.at = to;
        self.breaks + 1
    }
}
