//! The plan's checks as queries. Each that looks at rows gives the number of wrong ones in all, then
//! the texts of up to 5 of them; no row where all are right.

use crate::catalog::Table;
use crate::plan::Scalar;
use crate::session::Dialect;

use super::{Ident, Sql, equal, list, spelling, target};

/// Values of `columns` that more than one row has: (wrong rows in all, columns as text, rows with these).
pub fn check_unique(dialect: Dialect, table: &Table, columns: &[String]) -> Sql {
    let names = list("t", columns);
    Sql::new(format!(
        "SELECT CAST(sum(count(*)) OVER () AS bigint), {}, count(*) FROM {} t WHERE {} GROUP BY {names} HAVING count(*) > 1 ORDER BY {names} LIMIT 5",
        texts(dialect, columns),
        target(table),
        all_given(columns),
    ))
}

/// Rows with a NULL in `columns`, by the columns that `name` a row.
pub fn check_not_null(dialect: Dialect, table: &Table, columns: &[String], name: &[String]) -> Sql {
    let missing = columns.iter().map(|c| format!("t.{} IS NULL", Ident(c))).collect::<Vec<_>>();
    Sql::new(format!(
        "SELECT count(*) OVER (), {} FROM {} t WHERE {} ORDER BY {} LIMIT 5",
        texts(dialect, name),
        target(table),
        missing.join(" OR "),
        list("t", name),
    ))
}

/// Values of `columns` that are not in `parent`'s `parent_columns`.
pub fn check_reference(
    dialect: Dialect,
    table: &Table,
    columns: &[String],
    parent: &Table,
    parent_columns: &[String],
) -> Sql {
    let names: Vec<String> = (0..columns.len()).map(|n| format!("c{n}")).collect();
    let shown = list("t", columns);
    Sql::new(format!(
        "WITH p ({}) AS (SELECT DISTINCT {} FROM {} r)\nSELECT CAST(sum(count(*)) OVER () AS bigint), {} FROM {} t LEFT JOIN p ON {} \
         WHERE {} AND p.c0 IS NULL GROUP BY {shown} ORDER BY {shown} LIMIT 5",
        names.join(", "),
        list("r", parent_columns),
        target(parent),
        texts(dialect, columns),
        target(table),
        equal("t", columns, "p", &names),
        all_given(columns),
    ))
}

/// Values of `column` that are none of `values`.
pub fn check_values(dialect: Dialect, table: &Table, column: &String, values: &[Scalar]) -> Sql {
    let name = format!("t.{}", Ident(column));
    let values: Vec<String> = values.iter().map(|v| spelling(dialect).literal(v)).collect();
    Sql::new(format!(
        "SELECT CAST(sum(count(*)) OVER () AS bigint), {} FROM {} t WHERE {name} NOT IN ({}) GROUP BY {name} ORDER BY {name} LIMIT 5",
        texts(dialect, [column]),
        target(table),
        values.join(", "),
    ))
}

/// Every value of `column` once, as text, and how many rows have it.
pub fn distinct_values(dialect: Dialect, table: &Table, column: &str) -> Sql {
    let name = format!("t.{}", Ident(column));
    let text = spelling(dialect).text(&name);
    Sql::new(format!(
        "SELECT {text}, count(*) FROM {} t WHERE {name} IS NOT NULL GROUP BY {text}",
        target(table)
    ))
}

/// How many rows a table has.
pub fn count_rows(table: &Table) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", target(table)))
}

/// The numbers of two queries or expressions, as text.
pub fn two_numbers(dialect: Dialect, left: &str, right: &str) -> Sql {
    // An expression stands in brackets as a query does; the line break ends a comment.
    let value = |text: &str| spelling(dialect).text(&format!("({}\n)", bare(text)));
    Sql::for_user(format!("SELECT {}, {}", value(left), value(right)))
}

/// How many rows a query has.
pub fn count_query(query: &str) -> Sql {
    Sql::for_user(format!("SELECT count(*) FROM (\n{}\n) q", bare(query)))
}

/// The first rows of a query.
pub fn first_rows(query: &str) -> Sql {
    Sql::for_user(format!("SELECT * FROM (\n{}\n) q LIMIT 5", bare(query)))
}

/// A query without the semicolon that may end it.
pub(super) fn bare(query: &str) -> &str {
    query.trim_end().trim_end_matches(';').trim_end()
}

fn all_given(columns: &[String]) -> String {
    columns.iter().map(|c| format!("t.{} IS NOT NULL", Ident(c))).collect::<Vec<_>>().join(" AND ")
}

fn texts<'a>(dialect: Dialect, columns: impl IntoIterator<Item = &'a String>) -> String {
    let spell = spelling(dialect);
    let texts = columns.into_iter().map(|c| spell.text(&format!("t.{}", Ident(c))));
    texts.collect::<Vec<_>>().join(", ")
}
