//! Local changes on their way out, and what they keep imports from.

use crate::catalog::{Column, Default};
use crate::plan::Origin;
use crate::planner::{Task, Tracked};
use crate::session::Dialect;

use super::track::has_key;
use super::{Ident, Sql, Temps, json, spelling, target};

/// How many changes of a phase are not acknowledged. Parameter: phase.
pub fn count_changes(dialect: Dialect) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {} WHERE phase = $1", spelling(dialect).own("change")))
}

/// The tables with changes that are not acknowledged: rows of (phase, table, how many).
pub fn changed_tables(dialect: Dialect) -> Sql {
    let own = spelling(dialect).own("change");
    Sql::new(format!(
        "SELECT phase, table_name, count(*) FROM {own} GROUP BY phase, table_name ORDER BY 1, 2"
    ))
}

/// How many changes of a table are not acknowledged. Parameters: phase, table.
pub fn count_table_changes(dialect: Dialect) -> Sql {
    let own = spelling(dialect).own("change");
    Sql::new(format!("SELECT count(*) FROM {own} WHERE phase = $1 AND table_name = $2"))
}

/// Takes what a phase has changed into a batch. Entries that a transaction under way is writing to are
/// left for the next one, and by their places: a join of the table with itself would go by statistics that
/// know nothing of the latest entries. Parameters: batch, phase.
pub fn take_changes(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    let own = spell.own("change");
    let pending = format!(
        "phase = $2 AND batch IS NULL AND table_name IN (SELECT plan_name FROM {} WHERE phase = $2)",
        spell.own("phase_table")
    );
    Sql::new(match dialect {
        Dialect::Postgres => format!(
            "UPDATE {own} SET batch = $1 WHERE ctid = ANY (ARRAY(\n  \
             SELECT ctid FROM {own} WHERE {pending} FOR UPDATE SKIP LOCKED))"
        ),
        Dialect::Sqlite => format!("UPDATE {own} SET batch = $1 WHERE {pending}"),
    })
}

/// Keeps the rows of a batch as they are now; a row that is gone is a deleted one. Row by row: no statistics
/// know of a batch that was just made, and a join would go by them. Parameters: phase, batch, table.
pub fn keep_images(dialect: Dialect, tracked: &Tracked) -> Sql {
    let spell = spelling(dialect);
    let own = spell.own("change");
    let image = json::row(spell, image_columns(tracked), "t");
    let found = tracked.key.first().map_or_else(String::new, |k| format!("t.{}", Ident(k)));
    Sql::new(format!(
        "UPDATE {own} AS c SET (op, image) = (\n  \
         SELECT CASE WHEN {found} IS NULL THEN 'delete' ELSE 'upsert' END, CASE WHEN {found} IS NOT NULL THEN {} END\n  \
         FROM (SELECT 1) one LEFT JOIN {} t ON {})\n\
         WHERE c.phase = $1 AND c.batch = $2 AND c.table_name = $3",
        spell.as_json(&image),
        target(&tracked.table),
        has_key(dialect, tracked, "t", "c.row_key"),
    ))
}

/// The columns that a change carries: all that can be written.
pub fn image_columns(tracked: &Tracked) -> impl Iterator<Item = &Column> {
    tracked.table.columns.iter().filter(|c| c.default != Default::Generated)
}

/// The number of a phase's next batch. Parameter: phase.
pub fn next_batch(dialect: Dialect) -> Sql {
    let own = spelling(dialect).own("change_batch");
    Sql::new(format!("SELECT coalesce(max(number), 0) + 1 FROM {own} WHERE phase = $1"))
}

/// Begins a batch. Parameters: phase, number, path, created, role.
pub fn insert_batch(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (phase, number, batch_id, path, upserts, deletes, sha256, created_at, created_by)\n\
         VALUES ($1, $2, {}, $3, 0, 0, '', {}, $5)",
        spell.own("change_batch"),
        spell.uuid(),
        spell.instant(4),
    ))
}

/// A phase's batches that were not acknowledged: rows of (number, id, created), in order. Parameter: phase.
pub fn open_batches(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT number, {}, {} FROM {} WHERE phase = $1 AND acknowledged_at IS NULL ORDER BY number",
        spell.text("batch_id"),
        spell.instant_text("created_at"),
        spell.own("change_batch"),
    ))
}

/// What a batch holds: rows of (table, upserts, deletes). Parameters: phase, batch.
pub fn batch_tables(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT table_name, sum(CASE op WHEN 'upsert' THEN 1 ELSE 0 END), sum(CASE op WHEN 'delete' THEN 1 ELSE 0 END)\n\
         FROM {} WHERE phase = $1 AND batch = $2 GROUP BY table_name ORDER BY table_name",
        spelling(dialect).own("change")
    ))
}

/// The rows of a table in a batch, as JSON. Parameters: phase, batch, table.
pub fn batch_images(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT {} FROM {} WHERE phase = $1 AND batch = $2 AND table_name = $3 AND op = 'upsert' ORDER BY row_key",
        spell.text("image"),
        spell.own("change"),
    ))
}

/// The deleted rows of a batch: rows of (table, key). Parameters: phase, batch.
pub fn batch_tombstones(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT table_name, row_key FROM {} WHERE phase = $1 AND batch = $2 AND op = 'delete' ORDER BY table_name, row_key",
        spelling(dialect).own("change")
    ))
}

/// Keeps where a batch went. Parameters: path, upserts, deletes, sha256, phase, number.
pub fn finish_batch(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "UPDATE {} SET path = $1, upserts = $2, deletes = $3, sha256 = $4 WHERE phase = $5 AND number = $6",
        spelling(dialect).own("change_batch")
    ))
}

/// A batch by its id: a row of (phase, number), or none. Parameter: id.
pub fn find_batch(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT phase, number FROM {} WHERE {} = $1",
        spell.own("change_batch"),
        spell.text("batch_id"),
    ))
}

/// Notes that a batch has arrived. Parameters: phase, number.
pub fn acknowledge_batch(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "UPDATE {} SET acknowledged_at = {} WHERE phase = $1 AND number = $2 AND acknowledged_at IS NULL",
        spell.own("change_batch"),
        spell.now(),
    ))
}

/// Forgets the changes of a batch. Parameters: phase, number.
pub fn forget_batch(dialect: Dialect) -> Sql {
    let own = spelling(dialect).own("change");
    Sql::new(format!("DELETE FROM {own} WHERE phase = $1 AND batch = $2"))
}

/// The keys of the rows of a batch that were not changed since. Parameters: phase, number, table.
pub fn returned_keys(dialect: Dialect) -> Sql {
    let own = spelling(dialect).own("change");
    Sql::new(format!(
        "SELECT e.row_key FROM {own} e WHERE e.phase = $1 AND e.batch = $2 AND e.table_name = $3 AND e.op = 'upsert'\n  \
         AND NOT EXISTS (SELECT 1 FROM {own} n WHERE n.phase = e.phase AND n.table_name = e.table_name AND n.row_key = e.row_key\n    \
         AND (n.batch IS NULL OR n.batch > e.batch))"
    ))
}

/// Gives rows back to the source; it reads nothing of ours, because a table's owner may not. Parameter:
/// their keys as a JSON array.
pub fn return_rows(dialect: Dialect, tracked: &Tracked, origin: &Origin) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "UPDATE {} AS t SET {} = {}\nFROM {} WHERE {}",
        target(&tracked.table),
        Ident(&origin.column),
        spell.literal(&origin.imported),
        spell.items("$1", "x", "row_key"),
        has_key(dialect, tracked, "t", "x.row_key"),
    ))
}

/// Turns what a run would write to rows that were changed here into `p`reserved. Parameters: phase,
/// table. None where staging does not carry the key.
pub fn preserve_changed(dialect: Dialect, task: &Task, temps: &Temps, tracked: &Tracked) -> Option<Sql> {
    if !task.stages(&tracked.key) {
        return None;
    }
    let row = Ident(&task.own_column("_row")).to_string();
    Some(Sql::new(format!(
        "UPDATE {} SET op = 'p' WHERE op IN ('i', 'u') AND s IN\n  (SELECT s.{row} FROM {} e JOIN {} s ON {} WHERE e.phase = $1 AND e.table_name = $2)",
        temps.changes.qualified,
        spelling(dialect).own("change"),
        temps.staging.qualified,
        has_key(dialect, tracked, "s", "e.row_key"),
    )))
}

/// Turns the deletion of rows that were changed here into `r`etained. Parameters: phase, table.
pub fn retain_changed(dialect: Dialect, task: &Task, temps: &Temps, tracked: &Tracked) -> Sql {
    let spell = spelling(dialect);
    let names: Vec<String> = spell.address_columns(&task.target).into_iter().map(|(name, _)| name).collect();
    Sql::new(format!(
        "UPDATE {} SET op = 'r' WHERE op = 'd' AND ({}) IN\n  (SELECT {} FROM {} e JOIN {} t ON {} WHERE e.phase = $1 AND e.table_name = $2)",
        temps.changes.qualified,
        names.join(", "),
        spell.address_of(&task.target, "t").join(", "),
        spell.own("change"),
        target(&task.target),
        has_key(dialect, tracked, "t", "e.row_key"),
    ))
}
