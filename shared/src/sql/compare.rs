//! Staging against target: the change set, and what is read from it.

use crate::plan::Write;
use crate::planner::Task;
use crate::session::Dialect;

use super::foreign::rows;
use super::listings::Listings;
use super::matching::matching;
use super::scope::in_scope;
use super::{
    Ident, Spelling, Sql, Temps, equal, imported, imported_by, list, no_partner, same_address, same_key,
    spelling, target,
};

/// Fills the change set. All ways to write are rules for making this one thing: `replace` also sees
/// the target rows that no staged row has the key of, `insert_only` no differences. Where `few` rows are
/// staged for a foreign table from which nothing is deleted, no more is read of it than those need.
pub fn compare(dialect: Dialect, task: &Task, temps: &Temps, few: bool) -> Sql {
    let spell = spelling(dialect);
    let names = spell.address_names(&task.target);
    let into = format!("INSERT INTO {} (op, s, {})", temps.changes.qualified, names.join(", "));
    if task.write == Write::DeleteInsert {
        return Sql::new(format!("{into}\n{}", matching(dialect, task, temps)));
    }
    let row = Ident(&task.own_column("_row")).to_string();
    // A row that an earlier listing inserts has no place in the target yet, but a key.
    let place = if task.earlier.is_empty() { "t" } else { "s" };
    let address = spell.address_of(&task.target, place).join(", ");
    let listings = Listings::new(dialect, task);
    let rules = rules(spell, task, &listings);
    let (staging, table, key) = (&temps.staging.qualified, target(&task.target), same_key(task, "t", "s"));
    if !task.write.deletes() {
        return Sql::new(format!(
            "{into}\nSELECT * FROM (\n  SELECT CASE\n    {rules}\n  END AS op, s.{row}, {address}\n  \
             FROM {staging} s LEFT JOIN {} ON {key}{}\n) x WHERE op IS NOT NULL",
            rows(task, temps, few),
            listings.joins
        ));
    }
    let scope = in_scope(dialect, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let mine = task.protecting_mark().map(|mark| imported(spell, mark, "t"));
    // One look at the table where all of it is read. A scope may be a small part, which an index finds; and
    // FULL JOIN is younger than the oldest SQLite we run on.
    if dialect == Dialect::Postgres && scope.is_empty() {
        let gone = mine.unwrap_or_else(|| "TRUE".to_owned());
        return Sql::new(format!(
            "{into}\nSELECT * FROM (\n  SELECT CASE\n    WHEN s.{row} IS NULL THEN CASE WHEN {gone} THEN 'd' END\n    \
             {rules}\n  END AS op, s.{row}, {address}\n  FROM {staging} s FULL JOIN {table} t ON {key}\n) x WHERE op IS NOT NULL"
        ));
    }
    let gone = mine.map_or_else(String::new, |mine| format!(" AND {mine}"));
    Sql::new(format!(
        "{into}\nSELECT * FROM (\n  SELECT CASE\n    {rules}\n  END AS op, s.{row}, {address}\n  \
         FROM {staging} s LEFT JOIN {table} t ON {key}\n) x WHERE op IS NOT NULL\nUNION ALL\nSELECT 'd', NULL, {address}\n  \
         FROM {table} t{scope} LEFT JOIN {staging} s ON {key}\n  WHERE {}{gone}",
        no_partner(task),
    ))
}

/// What becomes of a staged row `s`, whose key target row `t` has, in order of precedence.
fn rules(spell: &dyn Spelling, task: &Task, listings: &Listings<'_>) -> String {
    let mark = task.protecting_mark();
    let mut rules = Vec::new();
    if let Some(mark) = mark.filter(|m| m.from_source) {
        rules.push(format!("WHEN NOT {} THEN 'p'", imported(spell, mark, "s")));
    }
    let absent =
        spell.address_of(&task.target, "t").pop().map_or_else(String::new, |a| format!("{a} IS NULL"));
    let inserted: String = listings.inserted().iter().map(|i| format!(" AND NOT {i}")).collect();
    rules.push(format!("WHEN {absent}{inserted} THEN 'i'"));
    if let Some(mark) = mark {
        rules.push(format!("WHEN NOT {} THEN 'p'", imported_by(spell, mark, &listings.value(&mark.column))));
    }
    let mut differences = Vec::new();
    if task.write != Write::InsertOnly {
        differences.extend(task.updated().map(|c| {
            let name = &c.column.name;
            let differ = spell.differ(&c.column.ty, &format!("s.{}", Ident(name)), &listings.value(name));
            format!("{differ}{}", listings.last_word(name))
        }));
        differences.extend(listings.unknown());
    }
    if !differences.is_empty() {
        rules.push(format!("WHEN {} THEN 'u'", differences.join(" OR ")));
    }
    rules.join("\n    ")
}

/// Empties the change set, so that it can be made anew.
pub fn clear_changes(temps: &Temps) -> Sql {
    Sql::new(format!("DELETE FROM {}", temps.changes.qualified))
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
    let key = task.shown_key();
    let texts: Vec<String> = key.iter().map(|k| spell.text(&format!("{alias}.{}", Ident(k)))).collect();
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
        if task.key.is_empty() { texts.join(", ") } else { list(alias, &task.key) },
    ))
}

/// Up to 5 refused rows: their key as text, then the reason.
pub fn example_refused(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let texts: Vec<String> =
        task.shown_key().iter().map(|k| spell.text(&format!("r.{}", Ident(k)))).collect();
    Sql::new(format!(
        "SELECT {}, r.{} FROM {} r ORDER BY r.{} LIMIT 5",
        texts.join(", "),
        Ident(&task.own_column("_detail")),
        temps.refused.qualified,
        Ident(&task.own_column("_row")),
    ))
}
