//! SQLite's own tables from version to version. PostgreSQL's are upgraded by its extension scripts.

use super::{Quoted, Sql};

/// A step between two releases: from, to, and the statements, each followed by an empty line. A release that
/// changes the tables adds one, and changes `sqlite_tables.sql` alike.
type Step = (&'static str, &'static str, &'static str);

const STEPS: &[Step] = &[("0.1.0", "0.2.0", include_str!("sqlite_0.1.0--0.2.0.sql"))];

/// The version of the tables: a row, or none where no plan was ever loaded. Two statements, because a view
/// that may not be there cannot be asked.
pub fn catalog_version() -> [Sql; 2] {
    [
        Sql::new("SELECT count(*) FROM main.sqlite_schema WHERE type = 'view' AND name = 'cutover_catalog'"),
        Sql::new("SELECT version FROM main.cutover_catalog"),
    ]
}

/// Notes the version of the tables: in a view, so that it goes along where `.schema` copies them without rows.
pub fn keep_catalog_version(version: &str) -> [Sql; 2] {
    [
        Sql::new("DROP VIEW IF EXISTS main.cutover_catalog"),
        Sql::new(format!("CREATE VIEW main.cutover_catalog (version) AS SELECT {}", Quoted(version))),
    ]
}

/// The statements that bring tables of version `from` to version `to`; None where no way is known.
pub fn upgrade_catalog(from: &str, to: &str) -> Option<Vec<Sql>> {
    way(STEPS, from, to)
}

fn way(steps: &[Step], from: &str, to: &str) -> Option<Vec<Sql>> {
    let mut at = from;
    let mut statements = Vec::new();
    while at != to {
        let (_, next, script) = steps.iter().find(|(start, _, _)| *start == at)?;
        statements.extend(statements_of(script));
        at = next;
    }
    Some(statements)
}

/// The statements of a script: each ends in a semicolon and an empty line.
pub(super) fn statements_of(script: &'static str) -> impl Iterator<Item = Sql> {
    script.split(";\n\n").map(str::trim).filter(|s| !s.is_empty()).map(Sql::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[Step] = &[("1.0.0", "1.1.0", "A;\n\nB;\n\n"), ("1.1.0", "2.0.0", "C")];

    #[test]
    fn steps_are_taken_one_after_the_other() {
        let texts =
            |from, to| way(SAMPLE, from, to).map(|w| w.iter().map(Sql::to_string).collect::<Vec<_>>());
        assert_eq!(texts("1.0.0", "2.0.0"), Some(vec!["A".to_owned(), "B".to_owned(), "C".to_owned()]));
        assert_eq!(texts("1.1.0", "2.0.0"), Some(vec!["C".to_owned()]));
        assert_eq!(texts("2.0.0", "2.0.0"), Some(Vec::new()));
    }

    #[test]
    fn there_is_no_way_back_and_none_from_the_unknown() {
        assert!(way(SAMPLE, "2.0.0", "1.0.0").is_none());
        assert!(way(SAMPLE, "0.5.0", "2.0.0").is_none());
    }
}
