//! Keys of staged rows: NULLs that loading could not see, and keys that more than one row has.

use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Quoted, Sql, Temps, equal, list, spelling};

fn any_null(columns: &[String]) -> String {
    columns.iter().map(|c| format!("s.{} IS NULL", Ident(c))).collect::<Vec<_>>().join(" OR ")
}

/// How many staged rows have a NULL in one of `columns`, and up to 5 of them: rows of (count of
/// all, ordinal).
pub fn find_nulls(task: &Task, temps: &Temps, columns: &[String]) -> Sql {
    let row = task.own_column("_row");
    let row = Ident(&row);
    Sql::new(format!(
        "SELECT count(*) OVER (), s.{row} FROM {} s WHERE {} ORDER BY s.{row} LIMIT 5",
        temps.staging.qualified,
        any_null(columns),
    ))
}

/// Copies the staged rows with a NULL in one of `columns` to the refused rows.
pub fn refuse_nulls(task: &Task, temps: &Temps, columns: &[String], reason: &str) -> Sql {
    let clauses = columns.iter().map(|c| {
        let text = Quoted(&format!("; {c}: NULL is not allowed")).to_string();
        format!("CASE WHEN s.{} IS NULL THEN {text} ELSE '' END", Ident(c))
    });
    Sql::new(format!(
        "INSERT INTO {} SELECT {}, '{reason}', substr({}, 3), NULL\nFROM {} s WHERE {}",
        temps.refused.qualified,
        temps.all_columns(task, "s"),
        clauses.collect::<Vec<_>>().join(" || "),
        temps.staging.qualified,
        any_null(columns),
    ))
}

/// The rows among which a key may occur once: staged ones, and those refused already, which are
/// versions of their row as well.
fn versions(task: &Task, temps: &Temps, refused: bool, columns: &[String]) -> String {
    let staging = format!("SELECT {} FROM {} s", list("s", columns), temps.staging.qualified);
    if !refused {
        return staging;
    }
    let given = task.key.iter().map(|k| format!("r.{} IS NOT NULL", Ident(k)));
    format!(
        "{staging} UNION ALL SELECT {} FROM {} r WHERE {}",
        list("r", columns),
        temps.refused.qualified,
        given.collect::<Vec<_>>().join(" AND "),
    )
}

/// Up to 5 keys that more than one row has: rows of (key columns as text, count). `refused`:
/// whether there are refused rows to look at.
pub fn duplicate_keys(dialect: Dialect, task: &Task, temps: &Temps, refused: bool) -> Sql {
    let spell = spelling(dialect);
    let keys: Vec<String> = task.key.iter().map(|k| Ident(k).to_string()).collect();
    let texts: Vec<String> = keys.iter().map(|k| spell.text(k)).collect();
    let keys = keys.join(", ");
    Sql::new(format!(
        "SELECT {}, count(*) FROM ({}) v GROUP BY {keys} HAVING count(*) > 1 ORDER BY {keys} LIMIT 5",
        texts.join(", "),
        versions(task, temps, refused, &task.key),
    ))
}

/// Copies the staged rows whose key another row has to the refused rows.
pub fn refuse_duplicates(dialect: Dialect, task: &Task, temps: &Temps, refused: bool) -> Sql {
    let count = task.own_column("_count");
    let count = Ident(&count);
    Sql::new(format!(
        "INSERT INTO {} SELECT {}, 'duplicate_key', {} || ' rows have this key', NULL\nFROM {} s JOIN\n  \
         (SELECT {keys}, count(*) AS {count} FROM ({}) v GROUP BY {keys} HAVING count(*) > 1) d ON {}",
        temps.refused.qualified,
        temps.all_columns(task, "s"),
        spelling(dialect).text(&format!("d.{count}")),
        temps.staging.qualified,
        versions(task, temps, refused, &task.key),
        equal("d", &task.key, "s", &task.key),
        keys = list("v", &task.key),
    ))
}

/// Deletes all rows of a key but the one that is greatest by the plan's `dedup_sort`: NULL is
/// least, and of equal ones the later row wins. Where there are refused rows, their losers go first:
/// the winners stay the same.
pub fn delete_losers(dialect: Dialect, task: &Task, temps: &Temps, refused: bool) -> Vec<Sql> {
    let row = task.own_column("_row");
    let sort = task.sort_column();
    let mut columns = task.key.clone();
    columns.push(row.clone());
    columns.extend(sort.map(|c| c.name.clone()).filter(|name| !task.key.contains(name)));
    let place = task.own_column("_place");
    let (row, place) = (Ident(&row), Ident(&place));
    let by = sort.map_or_else(String::new, |c| {
        let value = spelling(dialect).sortable(&c.ty, &format!("v.{}", Ident(&c.name)));
        format!("{value} DESC NULLS LAST, ")
    });
    let losers = format!(
        "SELECT {row} FROM (SELECT v.{row}, row_number() OVER (PARTITION BY {} ORDER BY {by}v.{row} DESC) AS {place}\n  \
         FROM ({}) v) l WHERE {place} > 1",
        list("v", &task.key),
        versions(task, temps, refused, &columns),
    );
    let tables = refused.then_some(&temps.refused).into_iter().chain([&temps.staging]);
    tables
        .map(|table| Sql::new(format!("DELETE FROM {} WHERE {row} IN\n  ({losers})", table.qualified)))
        .collect()
}
