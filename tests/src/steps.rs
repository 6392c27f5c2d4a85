//! The steps of a scenario as they are written in `steps.txt` (scenarios/README.md).

use crate::Db;

/// A line at the left margin, with the indented lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its line in the file, for messages.
    pub line: usize,
    pub verb: String,
    /// The one database it is meant for; both where None.
    pub only: Option<Db>,
    /// What follows the verb.
    pub rest: String,
    pub body: Vec<String>,
}

/// Reads steps; `#` at the left margin begins a comment.
pub fn parse(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(body) = line.strip_prefix("  ") {
            let step =
                steps.last_mut().unwrap_or_else(|| panic!("line {}: no step to belong to", number + 1));
            step.body.push(body.to_owned());
            continue;
        }
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (verb, only) = match head.split_once('@') {
            Some((verb, "postgres")) => (verb, Some(Db::Postgres)),
            Some((verb, "sqlite")) => (verb, Some(Db::Sqlite)),
            Some((_, other)) => panic!("line {}: no database is called {other}", number + 1),
            None => (head, None),
        };
        steps.push(Step {
            line: number + 1,
            verb: verb.to_owned(),
            only,
            rest: rest.trim().to_owned(),
            body: Vec::new(),
        });
    }
    steps
}
