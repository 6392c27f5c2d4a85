//! Early deletes: doomed rows that must go before the inserts and updates, because a written row
//! claims a value that they hold in a secondary unique index. They have op `e` instead of `d`.

use crate::catalog::{ForeignKey, Table};
use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Spelling, Sql, Temps, equal, qualified, same_address, spelling, target};

fn columns(spell: &dyn Spelling, table: &Table) -> String {
    spell.address_names(table).join(", ")
}

/// Marks the doomed rows that hold a value of `unique` which a written row claims.
pub fn mark_claimed(dialect: Dialect, task: &Task, temps: &Temps, unique: &[String]) -> Sql {
    let spell = spelling(dialect);
    let changes = &temps.changes.qualified;
    Sql::new(format!(
        "UPDATE {changes} SET op = 'e' WHERE op = 'd' AND ({}) IN\n  \
         (SELECT {} FROM {changes} c JOIN {} s ON s.{} = c.s JOIN {} t ON {} WHERE c.op IN ('i', 'u'))",
        columns(spell, &task.target),
        spell.address_of(&task.target, "t").join(", "),
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        equal("t", unique, "s", unique),
    ))
}

/// Marks the doomed children of early parents: they must go first.
pub fn mark_children(
    dialect: Dialect,
    parent: (&Task, &Temps),
    child: (&Task, &Temps),
    key: &ForeignKey,
) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "UPDATE {} SET op = 'e' WHERE op = 'd' AND ({}) IN\n  \
         (SELECT {} FROM {} e JOIN {} p ON {} JOIN {} t ON {} WHERE e.op = 'e')",
        child.1.changes.qualified,
        columns(spell, &child.0.target),
        spell.address_of(&child.0.target, "t").join(", "),
        parent.1.changes.qualified,
        target(&parent.0.target),
        same_address(spell, &parent.0.target, "e", "p"),
        target(&child.0.target),
        equal("p", &key.parent_columns, "t", &key.columns),
    ))
}

/// Takes back early parents to which a row that does not go early refers: deleting them now would
/// take that row with them, or fail.
pub fn unmark_parents(
    dialect: Dialect,
    parent: (&Task, &Temps),
    child: Option<(&Task, &Temps)>,
    key: &ForeignKey,
) -> Sql {
    let spell = spelling(dialect);
    let changes = &parent.1.changes.qualified;
    let stays = child.map_or_else(String::new, |(task, temps)| {
        let absent = spell.address_columns(&task.target).pop().map_or_else(String::new, |(name, _)| name);
        format!(
            " LEFT JOIN (SELECT {} FROM {} WHERE op = 'e') x ON {} WHERE x.{absent} IS NULL",
            columns(spell, &task.target),
            temps.changes.qualified,
            same_address(spell, &task.target, "x", "t"),
        )
    });
    Sql::new(format!(
        "UPDATE {changes} SET op = 'd' WHERE op = 'e' AND ({}) IN\n  (SELECT {} FROM {} p JOIN {} t ON {}{stays})",
        columns(spell, &parent.0.target),
        spell.address_of(&parent.0.target, "p").join(", "),
        target(&parent.0.target),
        qualified(&key.table.0, &key.table.1),
        equal("p", &key.parent_columns, "t", &key.columns),
    ))
}
