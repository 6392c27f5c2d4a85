//! Rows that were to be deleted and must stay: they become `r`etained in the change set.

use crate::catalog::ForeignKey;
use crate::plan::Source;
use crate::planner::{StubSet, Task};
use crate::session::Dialect;

use super::stub::{open, stub_table};
use super::{Ident, Sql, Temps, equal, list, qualified, same_address, same_key, spelling, target};

/// Retains the target rows whose newest source version was refused. An element of a document that was lost, or
/// its key, may be any of its scope: all rows of that are retained.
pub fn retain_refused(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let (table, refused) = (target(&task.target), &temps.refused.qualified);
    let address = spell.address_of(&task.target, "t").join(", ");
    let from = format!("SELECT {address} FROM {table} t JOIN {refused} s ON");
    let mut rows = format!("{from} {}", same_key(task, "t", "s"));
    if matches!(task.plan.source, Some(Source::Documents(_))) && !task.plan.scope.is_empty() {
        let columns = task.plan.scope.iter().filter_map(|name| task.target.column(name));
        let scope = columns.map(|column| {
            let name = Ident(&column.name);
            spell.same(column, &format!("t.{name}"), &format!("s.{name}"))
        });
        let unknown: Vec<String> = task.key.iter().map(|name| format!("s.{} IS NULL", Ident(name))).collect();
        let reason = task.own_column("_reason");
        rows.push_str(&format!(
            "\n  UNION ALL {from} {} WHERE s.{} = 'bad_value' AND ({})",
            scope.collect::<Vec<_>>().join(" AND "),
            Ident(&reason),
            unknown.join(" OR "),
        ));
    }
    retain(dialect, task, temps, &rows)
}

/// Retains the rows that a reference still needs: they are what a stub would stand for.
pub fn retain_needed(dialect: Dialect, task: &Task, temps: &Temps, set: &StubSet) -> Sql {
    let (table, stubs) = (target(&task.target), stub_table(dialect, set).qualified);
    let address = spelling(dialect).address_of(&task.target, "t").join(", ");
    let key = equal("t", &set.key, "k", &set.key);
    retain(dialect, task, temps, &format!("SELECT {address} FROM {table} t JOIN {stubs} k ON {key}"))
}

/// Retains the rows that will still be referred to by `key`; `children` are the tasks that write its
/// table.
pub fn retain_referred(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Sql {
    let stay = staying(dialect, task, temps, key, children);
    retain(dialect, task, temps, &format!("SELECT {} FROM {stay}", doomed(dialect, task)))
}

/// Retains the stubs of earlier runs that will still be referred to by `key`. Staged rows may rely on
/// them, so these count as well.
pub fn retain_stubs(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Sql {
    let (address, open) = (doomed(dialect, task), open(dialect, task, "p"));
    let stay = staying(dialect, task, temps, key, children);
    let mut needed = vec![format!("SELECT {address} FROM {stay} AND {open}")];
    for (_, child) in children.iter().filter(|(child, _)| child.stages(&key.columns)) {
        needed.push(format!(
            "SELECT {address} FROM {} d JOIN {} p ON {} JOIN {} s ON {} WHERE d.op = 'd' AND {open}",
            temps.changes.qualified,
            target(&task.target),
            same_address(spelling(dialect), &task.target, "d", "p"),
            child.staging.qualified,
            equal("p", &key.parent_columns, "s", &key.columns),
        ));
    }
    retain(dialect, task, temps, &needed.join("\n  UNION ALL "))
}

/// Counts the rows of `key`'s table that will still refer to rows that this run deletes.
pub fn count_referring(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", staying(dialect, task, temps, key, children)))
}

/// Counts the retained rows of a task for `key`'s table that refer to rows which this run deletes.
pub fn count_retained(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    (child, child_temps): (&Task, &Temps),
) -> Sql {
    Sql::new(format!(
        "SELECT count(*) FROM {} JOIN {} r ON {} WHERE d.op = 'd' AND r.op = 'r'",
        referring(dialect, task, temps, key),
        child_temps.changes.qualified,
        same_address(spelling(dialect), &child.target, "r", "t"),
    ))
}

/// Retains those of the rows to be deleted that have one of these addresses.
fn retain(dialect: Dialect, task: &Task, temps: &Temps, addresses: &str) -> Sql {
    Sql::new(format!(
        "UPDATE {} SET op = 'r' WHERE op = 'd' AND ({}) IN\n  ({addresses})",
        temps.changes.qualified,
        spelling(dialect).address_names(&task.target).join(", "),
    ))
}

/// The address of change set row `d`.
fn doomed(dialect: Dialect, task: &Task) -> String {
    list("d", &spelling(dialect).address_names(&task.target))
}

/// The rows `d` of the change set, as they are in the target `p`, with the rows `t` of `key`'s table that
/// refer to them now.
fn referring(dialect: Dialect, task: &Task, temps: &Temps, key: &ForeignKey) -> String {
    format!(
        "{} d JOIN {} p ON {} JOIN {} t ON {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spelling(dialect), &task.target, "d", "p"),
        qualified(&key.table.0, &key.table.1),
        equal("p", &key.parent_columns, "t", &key.columns),
    )
}

/// Of these the doomed ones, with the rows that will still refer to them: not those that the run
/// deletes too, nor those whose reference it rewrites (what staged rows refer to was checked in staging).
fn staying(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> String {
    let spell = spelling(dialect);
    let mut from = referring(dialect, task, temps, key);
    let mut stay = String::new();
    for (i, (child, temps)) in children.iter().enumerate() {
        let rewritten = child.updated().any(|c| key.columns.contains(&c.column.name));
        let ops = if rewritten { "'d', 'u'" } else { "'d'" };
        let names = spell.address_names(&child.target);
        let x = format!("x{i}");
        from.push_str(&format!(
            " LEFT JOIN (SELECT {} FROM {} WHERE op IN ({ops})) {x} ON {}",
            names.join(", "),
            temps.changes.qualified,
            same_address(spell, &child.target, &x, "t"),
        ));
        if let Some(name) = names.last() {
            stay.push_str(&format!(" AND {x}.{} IS NULL", Ident(name)));
        }
    }
    format!("{from} WHERE d.op = 'd'{stay}")
}
