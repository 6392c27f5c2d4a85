//! Constraints whose check waits until all is written, and is made before the run succeeds.

use crate::catalog::Table;
use crate::planner::Task;
use crate::session::Dialect;

use super::{Quoted, Sql, qualified};

/// What begins deferring.
///
/// PostgreSQL: None where nothing is to be deferred. Unique constraints are always among it, so that
/// rows may exchange their values; foreign keys only where they close a circle.
/// SQLite: PRAGMA defer_foreign_keys, where a circle needs it (`circle`).
pub fn defer(dialect: Dialect, tasks: &[Task], circle: bool) -> Option<Sql> {
    if dialect == Dialect::Sqlite {
        return circle.then(|| Sql::new("PRAGMA defer_foreign_keys = on"));
    }
    let mut names: Vec<String> = Vec::new();
    for task in tasks {
        let uniques = task.target.uniques.iter().filter(|u| !u.immediate);
        names.extend(uniques.map(|u| qualified(&task.target.schema, &u.name)));
        names.extend(task.deferred.iter().map(|key| qualified(&key.table.0, &key.name)));
    }
    set(names, "DEFERRED")
}

/// What makes every check that is still due (PostgreSQL): all constraints by name, then those that
/// are deferred by their own declaration are so again.
pub fn check_now(targets: &[&Table]) -> Vec<Sql> {
    let names = |initially: bool| {
        let all = targets.iter().flat_map(|t| &t.deferrable).filter(|c| c.initially_deferred || !initially);
        all.map(|c| qualified(&c.schema, &c.name)).collect()
    };
    [set(names(false), "IMMEDIATE"), set(names(true), "DEFERRED")].into_iter().flatten().collect()
}

fn set(mut names: Vec<String>, when: &str) -> Option<Sql> {
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| Sql::new(format!("SET CONSTRAINTS {} {when}", names.join(", "))))
}

/// SQLite: whether foreign keys are deferred.
pub fn deferring() -> Sql {
    Sql::new("PRAGMA defer_foreign_keys")
}

/// SQLite: defers foreign keys no more, and forgets what was found wrong of them.
pub fn defer_no_more() -> Sql {
    Sql::new("PRAGMA defer_foreign_keys = off")
}

/// SQLite: how many rows of the targets, and of the tables that refer to them, refer to nothing.
pub fn count_violations(targets: &[&Table]) -> Sql {
    let mut tables: Vec<(String, String)> = targets.iter().map(|t| t.id()).collect();
    tables.extend(targets.iter().flat_map(|t| &t.referenced_by).map(|key| key.table.clone()));
    tables.sort();
    tables.dedup();
    let counts = tables.iter().map(|(schema, name)| {
        format!("(SELECT count(*) FROM pragma_foreign_key_check({}, {}))", Quoted(name), Quoted(schema))
    });
    Sql::new(format!("SELECT {}", counts.collect::<Vec<_>>().join(" + ")))
}
