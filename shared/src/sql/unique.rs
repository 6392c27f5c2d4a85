//! Values of secondary unique keys that two rows would hold: staged twice, or staged and held by a
//! row that stays as it is.

use crate::catalog::UniqueKey;
use crate::plan::Write;
use crate::planner::Task;
use crate::session::Dialect;

use super::stub::open;
use super::{
    Ident, Quoted, Sql, Temps, imported, list, references, same_address, same_key, spelling, target,
};

/// Which rows of the target may hold a value that a staged row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holders {
    /// Those that stay whatever becomes of others: they are known before anything is compared.
    Staying,
    /// Those that the change set retains.
    Retained,
}

/// A WITH clause whose last query, `x`, has the staged rows `r` in conflict and whether the value is
/// `held` by a row that stays (1) or only staged more than once (0).
///
/// `w` are the staged rows that will be written (not those whose key a local row has) with the
/// values they will have: an `ignore`d column of a known row keeps its own. With `stubs` the table has
/// some, which `insert_only` fills. `h` are the rows that
/// stay, without those that `w` rewrites.
fn conflicts(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    unique: &UniqueKey,
    stubs: bool,
    holders: Holders,
) -> String {
    let spell = spelling(dialect);
    let row = task.own_column("_row");
    let values: Vec<String> = (0..unique.columns.len()).map(|n| format!("c{n}")).collect();
    let keys: Vec<String> = (0..task.key.len()).map(|n| format!("k{n}")).collect();
    let names = [values.clone(), keys.clone()].concat().join(", ");
    let mark = task.protecting_mark();
    let absent =
        spell.address_of(&task.target, "t").pop().map_or_else(String::new, |a| format!("{a} IS NULL"));
    let keeps = |c: &str| !task.key.iter().any(|k| k == c) && task.staged(c).is_some_and(|s| !s.compared);
    let mut conditions = Vec::new();
    if let Some(mark) = mark.filter(|m| m.from_source) {
        conditions.push(imported(spell, mark, "s"));
    }
    let mut joined = String::new();
    let looks = mark.is_some() || task.write == Write::InsertOnly || unique.columns.iter().any(|c| keeps(c));
    let known = looks && !task.key.is_empty();
    if known {
        joined = format!(" LEFT JOIN {} t ON {}", target(&task.target), same_key(task, "t", "s"));
        match (task.write, mark) {
            (Write::InsertOnly, _) if stubs => {
                conditions.push(format!("({absent} OR {})", open(dialect, task, "t")));
            }
            (Write::InsertOnly, _) => conditions.push(absent.clone()),
            (_, Some(mark)) => conditions.push(format!("({absent} OR {})", imported(spell, mark, "t"))),
            (_, None) => {}
        }
    }
    let finals: Vec<String> = unique
        .columns
        .iter()
        .map(|c| match known && keeps(c) {
            true => format!("CASE WHEN {absent} THEN s.{0} ELSE t.{0} END", Ident(c)),
            false => format!("s.{}", Ident(c)),
        })
        .collect();
    let mut written = finals;
    written.extend(task.key.iter().map(|k| format!("s.{}", Ident(k))));
    let filter =
        if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let mut stay = Vec::new();
    let both: Vec<String> = unique.columns.iter().chain(&task.key).cloned().collect();
    match holders {
        Holders::Staying => {
            // IN takes no NULL for equal.
            let asked = (!unique.nulls_equal).then(|| references::asked(&unique.columns, "w", &values));
            references::stay(dialect, task, temps, &both, asked.as_deref(), &mut stay);
        }
        Holders::Retained => stay.push(format!(
            "SELECT {} FROM {} c JOIN {} t ON {} WHERE c.op = 'r'",
            list("t", &both),
            temps.changes.qualified,
            target(&task.target),
            same_address(spell, &task.target, "c", "t"),
        )),
    }
    let same = |a: &str, b: &str| {
        let op = if unique.nulls_equal { "IS NOT DISTINCT FROM" } else { "=" };
        values.iter().map(|c| format!("{a}.{c} {op} {b}.{c}")).collect::<Vec<_>>().join(" AND ")
    };
    let twice = format!(
        "SELECT w.r, 0 FROM w JOIN (SELECT {0} FROM w GROUP BY {0} HAVING count(*) > 1) d ON {1}",
        values.join(", "),
        same("d", "w"),
    );
    let mut with = format!(
        "WITH w (r, {names}) AS (SELECT s.{}, {} FROM {} s{joined}{filter})",
        Ident(&row),
        written.join(", "),
        temps.staging.qualified,
    );
    if stay.is_empty() {
        return format!("{with},\n x (r, held) AS ({twice})");
    }
    let (anti, others) = if keys.is_empty() {
        (String::new(), "")
    } else {
        let on: Vec<String> = keys.iter().map(|k| format!("h.{k} = o.{k}")).collect();
        (format!(" LEFT JOIN w o ON {}", on.join(" AND ")), " WHERE o.r IS NULL")
    };
    with.push_str(&format!(",\n h ({names}) AS ({})", stay.join(" UNION ")));
    format!(
        "{with},\n x (r, held) AS ({twice}\n  UNION SELECT w.r, 1 FROM w JOIN h ON {}{anti}{others})",
        same("h", "w")
    )
}

/// Up to 5 values of `unique` that rows would share: rows of (columns as text, how many staged rows
/// have it, whether a row that stays has it).
pub fn find_unique_conflicts(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    unique: &UniqueKey,
    stubs: bool,
    holders: Holders,
) -> Sql {
    let spell = spelling(dialect);
    let columns: Vec<String> = (0..unique.columns.len()).map(|n| format!("w.c{n}")).collect();
    let texts: Vec<String> = columns.iter().map(|c| spell.text(c)).collect();
    let columns = columns.join(", ");
    Sql::new(format!(
        "{}\nSELECT {}, count(DISTINCT w.r), max(x.held) FROM x JOIN w ON w.r = x.r GROUP BY {columns} ORDER BY {columns} LIMIT 5",
        conflicts(dialect, task, temps, unique, stubs, holders),
        texts.join(", "),
    ))
}

/// Copies the staged rows in conflict to the refused rows.
pub fn refuse_unique_conflicts(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    unique: &UniqueKey,
    stubs: bool,
    holders: Holders,
) -> Sql {
    let columns = unique.columns.join(", ");
    let columns = if unique.columns.len() > 1 { format!("({columns})") } else { columns };
    Sql::new(format!(
        "{}\nINSERT INTO {} SELECT {}, 'unique_conflict', {}, NULL\nFROM {} s WHERE s.{} IN (SELECT r FROM x)",
        conflicts(dialect, task, temps, unique, stubs, holders),
        temps.refused.qualified,
        temps.all_columns(task, "s"),
        Quoted(&format!("{columns} is held by another row")),
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
    ))
}
