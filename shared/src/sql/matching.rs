//! The change set of `delete_insert`: staging and the imported rows of the target as two multisets.
//!
//! Rows that have the same values in all compared columns are matched one to one, so that duplicates
//! stay duplicates and rows that are right keep their generated key. What is left over is new, or
//! goes; a new row and one that goes, of the same `merge_key`, become one changed row.

use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Spelling, Temps, imported, same_key, scope, spelling, target};

/// The sides that rows come from, in the order in which target rows are given away.
const STAGED: char = '1';
const REFUSED: char = '2';
const TARGET: char = '3';

/// A query of the change set's rows: op, the staged row, the target row's address. A target row that
/// equals a refused row is its older version, and `r`etained.
pub(super) fn matching(dialect: Dialect, task: &Task, temps: &Temps) -> String {
    let spell = spelling(dialect);
    let compared: Vec<_> = task.updated().collect();
    let names = spell.address_names(&task.target);
    let address = names.join(", ");
    let identities: Vec<String> =
        compared.iter().enumerate().map(|(i, c)| spell.identity(&c.column.ty, &format!("c{i}"))).collect();
    let by_identity = |and: &str| [identities.as_slice(), &[and.to_owned()]].concat().join(", ");
    let order = order(task, &names);
    let (rows, preserved) = rows(dialect, task, temps);
    let mut text = format!(
        "WITH {rows},\n \
         n AS (SELECT r.*, row_number() OVER (PARTITION BY {} ORDER BY side, {order}) AS n FROM r),\n \
         m AS (SELECT n.*, lag(side) OVER w AS taken, lead(side) OVER w AS found FROM n WINDOW w AS (PARTITION BY {} ORDER BY side))",
        by_identity(&format!("side = {TARGET}")),
        by_identity("n"),
    );
    let new = format!("side = {STAGED} AND found IS NULL");
    let gone = format!("side = {TARGET} AND taken IS NULL");
    let retained = format!("side = {TARGET} AND taken = {REFUSED}");
    match partners(spell, task) {
        None => text.push_str(&format!(
            "\nSELECT CASE side WHEN {STAGED} THEN 'i' WHEN {TARGET} THEN CASE WHEN taken IS NULL THEN 'd' ELSE 'r' END END AS op, s, {address}\n  \
             FROM m WHERE {new} OR {gone} OR {retained}"
        )),
        Some(partners) => {
            let next: Vec<String> = names
                .iter()
                .map(|a| format!("CASE side WHEN {STAGED} THEN lead({a}) OVER w ELSE {a} END AS {a}"))
                .collect();
            text.push_str(&format!(
                ",\n p AS (SELECT m.*, row_number() OVER (PARTITION BY {partners}, side ORDER BY {order}) AS p FROM m WHERE {new} OR {gone}),\n \
                 q AS (SELECT side, s, lag(side) OVER w AS before, lead(side) OVER w AS after, {}\n  \
                 FROM p WINDOW w AS (PARTITION BY {partners}, p ORDER BY side))\n\
                 SELECT CASE side WHEN {TARGET} THEN 'd' ELSE CASE WHEN after IS NULL THEN 'i' ELSE 'u' END END AS op, s, {address}\n  \
                 FROM q WHERE side = {STAGED} OR before IS NULL\n\
                 UNION ALL SELECT 'r', s, {address} FROM m WHERE {retained}",
                next.join(", "),
            ));
        }
    }
    text.push_str(&preserved);
    text
}

/// Staged rows in the order of the source, target rows in that of their key.
fn order(task: &Task, address: &[String]) -> String {
    let key = (0..task.target.primary_key().len()).map(|i| format!("o{i}"));
    ["s".to_owned()].into_iter().chain(key).chain(address.iter().cloned()).collect::<Vec<_>>().join(", ")
}

/// The rows of all sides as `r`, and the change set's rows for those that are preserved.
fn rows(dialect: Dialect, task: &Task, temps: &Temps) -> (String, String) {
    let spell = spelling(dialect);
    let row = Ident(&task.own_column("_row")).to_string();
    let table = target(&task.target);
    let (staging, refused) = (&temps.staging.qualified, &temps.refused.qualified);
    let names = spell.address_names(&task.target);
    let values = spell.address_of(&task.target, "t");
    let address: Vec<String> = values.iter().zip(&names).map(|(v, n)| format!("{v} AS {n}")).collect();
    let keys: Vec<String> = task.target.primary_key().iter().map(|k| format!("t.{}", Ident(k))).collect();
    let ordered: Vec<String> = keys.iter().enumerate().map(|(i, k)| format!("{k} AS o{i}")).collect();
    let compared = |alias: &str| -> Vec<String> {
        let columns = task.updated().enumerate();
        columns.map(|(i, c)| format!("{alias}.{} AS c{i}", Ident(&c.column.name))).collect()
    };
    let none = vec!["NULL".to_owned(); names.len() + ordered.len()];
    let source = |side: char| {
        [vec![side.to_string(), format!("s.{row}")], none.clone(), compared("s")].concat().join(", ")
    };
    let mark = task.protecting_mark();
    let (mut with, mut preserved) = (String::new(), String::new());
    let (mut join, mut filters) = (String::new(), Vec::new());
    if let Some(mark) = mark.filter(|m| m.from_source) {
        filters.push(imported(spell, mark, "s"));
        let nulls = vec!["NULL"; names.len()].join(", ");
        preserved.push_str(&format!(
            "\nUNION ALL SELECT 'p', s.{row}, {nulls} FROM {staging} s WHERE NOT {}",
            imported(spell, mark, "s")
        ));
    }
    // A NULL in the merge_key identifies no local row: rows that were made here have none as a rule.
    if let Some(mark) = mark.filter(|_| !task.key.is_empty()) {
        let coming_back: String = filters.iter().map(|f| format!(" AND {f}")).collect();
        with = format!(
            "l AS (SELECT s, {} FROM (SELECT s.{row} AS s, {}, row_number() OVER (PARTITION BY s.{row} ORDER BY {}) AS n\n  \
             FROM {staging} s JOIN {table} t ON {} WHERE NOT {}{coming_back}) x WHERE n = 1),\n ",
            names.join(", "),
            address.join(", "),
            [keys.as_slice(), values.as_slice()].concat().join(", "),
            same_key(task, "t", "s"),
            imported(spell, mark, "t"),
        );
        join = format!(" LEFT JOIN l ON l.s = s.{row}");
        filters.push("l.s IS NULL".to_owned());
        preserved.push_str(&format!("\nUNION ALL SELECT 'p', s, {} FROM l", names.join(", ")));
    }
    let within = scope::in_scope(dialect, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let filter = |filters: &[String]| match filters {
        [] => String::new(),
        _ => format!(" WHERE {}", filters.join(" AND ")),
    };
    let mine: Vec<String> = mark.iter().map(|mark| imported(spell, mark, "t")).collect();
    let columns =
        [vec![format!("{TARGET} AS side, NULL AS s")], address, ordered, compared("t")].concat().join(", ");
    with.push_str(&format!(
        "r AS (SELECT {columns} FROM {table} t{within}{}\n  \
         UNION ALL SELECT {} FROM {staging} s{join}{}\n  UNION ALL SELECT {} FROM {refused} s)",
        filter(&mine),
        source(STAGED),
        filter(&filters),
        source(REFUSED),
    ));
    (with, preserved)
}

/// What rows that are left over are paired by: the `merge_key`. Without one only rows that differ in
/// nothing but the origin column are paired, where that can be: they become imported and keep their key.
fn partners(spell: &dyn Spelling, task: &Task) -> Option<String> {
    let compared = || task.updated().enumerate();
    if !task.key.is_empty() {
        let by = compared().filter(|(_, c)| task.key.contains(&c.column.name));
        let by = by.map(|(i, c)| spell.group(&c.column.ty, &format!("c{i}")));
        return Some(by.collect::<Vec<_>>().join(", "));
    }
    let origin = task.origin.as_ref().filter(|o| o.null_is_imported || !task.plan.keep_local)?;
    let by = compared().filter(|(_, c)| c.column.name != origin.column);
    let by: Vec<String> = by.map(|(i, c)| spell.identity(&c.column.ty, &format!("c{i}"))).collect();
    (!by.is_empty()).then(|| by.join(", "))
}
