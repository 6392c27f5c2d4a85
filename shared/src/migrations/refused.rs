//! What no migration may hold, told by a statement's first words.

use std::ops::Range;

use crate::session::Dialect;
use crate::sql::{TokenKind, Tokens};

/// How many words of a statement are looked at.
const LOOKED_AT: usize = 4096;

/// PRAGMAs that do nothing inside a transaction, outlive it, or can ruin the file.
const PRAGMAS: [&str; 16] = [
    "AUTO_VACUUM",
    "ENCODING",
    "FOREIGN_KEYS",
    "IGNORE_CHECK_CONSTRAINTS",
    "JOURNAL_MODE",
    "LOCKING_MODE",
    "PAGE_SIZE",
    "QUERY_ONLY",
    "READ_UNCOMMITTED",
    "RECURSIVE_TRIGGERS",
    "REVERSE_UNORDERED_SELECTS",
    "SCHEMA_VERSION",
    "SYNCHRONOUS",
    "TEMP_STORE",
    "WAL_CHECKPOINT",
    "WRITABLE_SCHEMA",
];

/// What of a statement cannot run inside a transaction, or would end it; None where all of it can.
pub(super) fn in_transaction(dialect: Dialect, statement: &str) -> Option<String> {
    let words = words(dialect, statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let named = |n: usize| words.get(..n).map(|words| words.join(" "));
    let has = |word: &str| words.contains(&word);
    let ends = |first: &str| {
        matches!(first, "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "VACUUM")
    };
    match (dialect, words.as_slice()) {
        (_, [first, ..]) if ends(first) => named(1),
        (Dialect::Sqlite, ["ATTACH" | "DETACH", ..]) => named(1),
        (Dialect::Sqlite, ["PRAGMA", rest @ ..]) => {
            // The first of the two may be the database's name.
            let pragma = rest.iter().take(2).find(|word| PRAGMAS.contains(word))?;
            Some(format!("PRAGMA {}", pragma.to_lowercase()))
        }
        (Dialect::Sqlite, _) => None,
        (_, ["START" | "ABORT", ..]) => named(1),
        (_, ["PREPARE", "TRANSACTION", ..] | ["ALTER", "SYSTEM", ..] | ["DISCARD", "ALL", ..]) => named(2),
        (_, ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..]) => named(2),
        (_, ["CREATE" | "ALTER" | "DROP", "SUBSCRIPTION", ..]) => named(2),
        (_, ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..]) => named(4),
        (_, ["CREATE" | "DROP", "INDEX", "CONCURRENTLY", ..]) => named(3),
        (_, ["REINDEX", ..]) if has("CONCURRENTLY") => Some("REINDEX CONCURRENTLY".to_owned()),
        (_, ["REINDEX", rest @ ..]) => {
            const KINDS: [&str; 5] = ["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"];
            let kind = rest.iter().find(|word| KINDS.contains(word))?;
            (!matches!(*kind, "INDEX" | "TABLE")).then(|| format!("REINDEX {kind}"))
        }
        (_, ["CLUSTER", rest @ ..]) if rest.iter().all(|word| *word == "VERBOSE") => {
            Some("CLUSTER without a table".to_owned())
        }
        (_, ["ALTER", "TABLE", ..]) if has("DETACH") && has("CONCURRENTLY") => {
            Some("DETACH PARTITION CONCURRENTLY".to_owned())
        }
        (_, ["COPY", ..]) => {
            let client = words.windows(2).find(|w| matches!(**w, ["FROM", "STDIN"] | ["TO", "STDOUT"]))?;
            Some(format!("COPY {}", client.join(" ")))
        }
        _ => None,
    }
}

/// The word by which a shell's own command begins, which no database knows: `\set`, `.mode`.
pub(super) fn shell_command(text: &str) -> Option<&str> {
    let text = text.trim_start();
    if !text.starts_with(['\\', '.']) {
        return None;
    }
    text.split_whitespace().next()
}

/// The words of a statement in capitals, up to a limit; `"` stands for whatever is quoted.
fn words(dialect: Dialect, statement: &str) -> Vec<String> {
    let tokens = Tokens::of(dialect, statement).filter(|(kind, _)| *kind != TokenKind::Other);
    let word = |(kind, range): (TokenKind, Range<usize>)| match kind {
        TokenKind::Word => statement.get(range).unwrap_or_default().to_uppercase(),
        _ => "\"".to_owned(),
    };
    tokens.take(LOOKED_AT).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_transaction_or_needs_none_is_known_by_its_words() {
        let postgres = [
            ("begin", "BEGIN"),
            ("/* x */ Start -- y\n transaction", "START"),
            ("END", "END"),
            ("prepare transaction 'a'", "PREPARE TRANSACTION"),
            ("VACUUM (FULL) t", "VACUUM"),
            ("create database d", "CREATE DATABASE"),
            ("DROP TABLESPACE s", "DROP TABLESPACE"),
            ("ALTER SYSTEM SET x = 1", "ALTER SYSTEM"),
            ("CREATE INDEX CONCURRENTLY ON t (a)", "CREATE INDEX CONCURRENTLY"),
            ("create unique index concurrently i on t (a)", "CREATE UNIQUE INDEX CONCURRENTLY"),
            ("drop index concurrently if exists i", "DROP INDEX CONCURRENTLY"),
            ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", "REINDEX CONCURRENTLY"),
            ("REINDEX INDEX CONCURRENTLY i", "REINDEX CONCURRENTLY"),
            ("REINDEX (VERBOSE) SYSTEM d", "REINDEX SYSTEM"),
            ("alter subscription s disable", "ALTER SUBSCRIPTION"),
            ("DISCARD ALL", "DISCARD ALL"),
            ("COPY t (a, \"b\") FROM stdin WITH (FORMAT csv)", "COPY FROM STDIN"),
            ("CLUSTER (VERBOSE)", "CLUSTER without a table"),
            ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", "DETACH PARTITION CONCURRENTLY"),
        ];
        for (statement, what) in postgres {
            assert_eq!(in_transaction(Dialect::Postgres, statement).as_deref(), Some(what), "{statement}");
        }
        let sqlite = [
            ("BEGIN IMMEDIATE", "BEGIN"),
            ("release x", "RELEASE"),
            ("VACUUM", "VACUUM"),
            ("attach 'x' as y", "ATTACH"),
            ("pragma main.foreign_keys = off", "PRAGMA foreign_keys"),
            ("PRAGMA journal_mode=wal", "PRAGMA journal_mode"),
        ];
        for (statement, what) in sqlite {
            assert_eq!(in_transaction(Dialect::Sqlite, statement).as_deref(), Some(what), "{statement}");
        }
    }

    #[test]
    fn everything_else_may_run() {
        for statement in [
            "PREPARE p AS SELECT 1",
            "CREATE INDEX concurrently_i ON t (a)",
            "CREATE INDEX \"concurrently\" ON t (a)",
            "REINDEX TABLE t",
            "CLUSTER t",
            "CLUSTER \"t\" USING i",
            "COPY t FROM '/tmp/x'",
            "DISCARD TEMP",
            "ALTER TABLE a DETACH PARTITION b",
            "DO 'BEGIN NULL; END'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ VACUUM $$",
        ] {
            assert_eq!(in_transaction(Dialect::Postgres, statement), None, "{statement}");
        }
        for statement in ["PRAGMA defer_foreign_keys = on", "REPLACE INTO t VALUES (1)", "REINDEX t"] {
            assert_eq!(in_transaction(Dialect::Sqlite, statement), None, "{statement}");
        }
    }

    #[test]
    fn a_shell_s_own_commands_are_known() {
        assert_eq!(shell_command(" \\set x 1\nSELECT 1"), Some("\\set"));
        assert_eq!(shell_command(".mode box"), Some(".mode"));
        assert_eq!(shell_command("SELECT .5"), None);
    }
}
