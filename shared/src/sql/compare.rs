//! Staging against target: the change set, and what is read from it.

use crate::plan::Write;
use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Sql, Temps, equal, imported, list, same_address, same_key, spelling, target};

/// Fills the change set. Both ways to write are rules for making this one thing: `replace` also
/// sees the target rows that no staged row has the key of.
pub fn compare(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let row = Ident(&task.own_column("_row")).to_string();
    let address = spell.address_of(&task.target, "t");
    let absent = address.last().map_or_else(String::new, |a| format!("{a} IS NULL"));
    let address = address.join(", ");
    let mark = task.protecting_mark();
    let mut rules = Vec::new();
    if let Some(mark) = mark.filter(|m| m.from_source) {
        rules.push(format!("WHEN NOT {} THEN 'p'", imported(spell, mark, "s")));
    }
    rules.push(format!("WHEN {absent} THEN 'i'"));
    if let Some(mark) = mark {
        rules.push(format!("WHEN NOT {} THEN 'p'", imported(spell, mark, "t")));
    }
    let differences: Vec<String> = task
        .updated()
        .map(|c| {
            let name = Ident(&c.column.name);
            spell.differ(&c.column.ty, &format!("s.{name}"), &format!("t.{name}"))
        })
        .collect();
    if !differences.is_empty() {
        rules.push(format!("WHEN {} THEN 'u'", differences.join(" OR ")));
    }
    let rules = rules.join("\n    ");
    let (staging, changes) = (&temps.staging.qualified, &temps.changes.qualified);
    let (table, key) = (target(&task.target), same_key(task, "t", "s"));
    let gone = mark.map_or_else(|| "TRUE".to_owned(), |mark| imported(spell, mark, "t"));
    let names: Vec<String> = spell.address_columns(&task.target).into_iter().map(|(name, _)| name).collect();
    let into = format!("INSERT INTO {changes} (op, s, {})", names.join(", "));
    Sql::new(match (task.write, dialect) {
        (Write::Upsert | Write::InsertOnly, _) => format!(
            "{into}\nSELECT * FROM (\n  SELECT CASE\n    {rules}\n  END AS op, s.{row}, {address}\n  \
             FROM {staging} s LEFT JOIN {table} t ON {key}\n) x WHERE op IS NOT NULL"
        ),
        (Write::Replace | Write::DeleteInsert, Dialect::Postgres) => format!(
            "{into}\nSELECT * FROM (\n  SELECT CASE\n    WHEN s.{row} IS NULL THEN CASE WHEN {gone} THEN 'd' END\n    \
             {rules}\n  END AS op, s.{row}, {address}\n  FROM {staging} s FULL JOIN {table} t ON {key}\n) x WHERE op IS NOT NULL"
        ),
        // FULL JOIN is younger than the oldest SQLite we run on.
        (Write::Replace | Write::DeleteInsert, Dialect::Sqlite) => format!(
            "{into}\nSELECT * FROM (\n  SELECT CASE\n    {rules}\n  END AS op, s.{row}, {address}\n  \
             FROM {staging} s LEFT JOIN {table} t ON {key}\n) x WHERE op IS NOT NULL\nUNION ALL\nSELECT 'd', NULL, {address}\n  \
             FROM {table} t LEFT JOIN {staging} s ON {key}\n  WHERE s.{row} IS NULL AND {gone}"
        ),
    })
}

/// Turns the deletion of target rows whose newest source version was refused into `r`etained.
pub fn retain(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let names: Vec<String> = spell.address_columns(&task.target).into_iter().map(|(name, _)| name).collect();
    Sql::new(format!(
        "UPDATE {} SET op = 'r' WHERE op = 'd' AND ({}) IN\n  (SELECT {} FROM {} t JOIN {} s ON {})",
        temps.changes.qualified,
        names.join(", "),
        spell.address_of(&task.target, "t").join(", "),
        target(&task.target),
        temps.refused.qualified,
        same_key(task, "t", "s"),
    ))
}

/// How often each op is in the change set: rows of (op, count).
pub fn count_ops(dialect: Dialect, temps: &Temps) -> Sql {
    let op = spelling(dialect).text("op");
    Sql::new(format!("SELECT {op}, count(*) FROM {} GROUP BY op", temps.changes.qualified))
}

/// Up to 5 keys of the rows with this op, as text: of the target row where there is one.
pub fn example_rows(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> Sql {
    let spell = spelling(dialect);
    let staged = op != 'd' && op != 'r';
    let alias = if staged { "s" } else { "t" };
    let texts: Vec<String> = task.key.iter().map(|k| spell.text(&format!("{alias}.{}", Ident(k)))).collect();
    let other = if staged {
        let row = task.own_column("_row");
        format!("{} s ON {}", temps.staging.qualified, equal("s", [&row], "c", [&"s".to_owned()]))
    } else {
        format!("{} t ON {}", target(&task.target), same_address(spell, &task.target, "c", "t"))
    };
    Sql::new(format!(
        "SELECT {} FROM {} c JOIN {other} WHERE c.op = '{op}' ORDER BY {} LIMIT 5",
        texts.join(", "),
        temps.changes.qualified,
        list(alias, &task.key),
    ))
}

/// Up to 5 refused rows: their key as text, then the reason.
pub fn example_refused(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let texts: Vec<String> = task.key.iter().map(|k| spell.text(&format!("r.{}", Ident(k)))).collect();
    Sql::new(format!(
        "SELECT {}, r.{} FROM {} r ORDER BY r.{} LIMIT 5",
        texts.join(", "),
        Ident(&task.own_column("_detail")),
        temps.refused.qualified,
        Ident(&task.own_column("_row")),
    ))
}
