//! Lookups: a column of staging from the rows that another table will have.

use crate::plan::{Lookup, Write};
use crate::planner::{Link, Parent, Taking, Task};
use crate::session::Dialect;
use crate::types::ColumnType;

use super::references::{Known, asked, of_any_size, rewritten, stay};
use super::stub::open;
use super::{
    Ident, Quoted, Sql, Temps, equal, imported, list, no_partner, qualified, same_key, spelling, target,
};

/// One lookup of a task, as its statements need it.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    pub task: &'a Task,
    pub temps: &'a Temps,
    pub plan: &'a Lookup,
    /// From the columns staged for it to those of the table searched.
    pub link: &'a Link,
    pub taking: Taking,
    /// The type of the column that is set.
    pub ty: &'a ColumnType,
}

impl Search<'_> {
    /// `WITH f (m0, ..., v)`: every answer there is to what staged rows ask, each once. Rows that the run stages
    /// for the table come before those it has.
    fn answers(&self, dialect: Dialect, known: Known<'_>) -> String {
        let mut columns = self.link.parent_columns.clone();
        columns.push(self.plan.take.clone());
        let asked = asked(&self.link.parent_columns, &self.temps.staging.qualified, &self.link.columns);
        let (mut staged, mut staying) = (Vec::new(), Vec::new());
        match &self.link.parent {
            Parent::Table { schema, name } => {
                let table = qualified(schema, name);
                staying.push(format!("SELECT {} FROM {table} t WHERE {asked}", list("t", &columns)));
            }
            Parent::Tasks(indexes) => {
                for (index, task, temps) in known.of(indexes) {
                    // What fills a stub is written, although its key is there.
                    let fills = known.stubs.is_open(index).then(|| open(dialect, task, "t"));
                    let wanted = Wanted { columns: &columns, asked: &asked, fills };
                    rows(dialect, task, temps, &wanted, &mut staged, &mut staying);
                }
            }
        }
        let names = self.matched().into_iter().chain(["v".to_owned()]).collect::<Vec<_>>().join(", ");
        let all = |parts: &[String]| format!("SELECT DISTINCT * FROM ({}) x", parts.join(" UNION ALL "));
        if dialect == Dialect::Sqlite && staged.is_empty() {
            staying.push(of_any_size(columns.len(), &self.temps.staging.qualified));
        }
        match (staged.is_empty(), staying.is_empty()) {
            (true, _) => format!("WITH f ({names}) AS ({})", all(&staying)),
            (false, true) => format!("WITH f ({names}) AS ({})", all(&staged)),
            (false, false) => format!(
                "WITH a ({names}) AS ({}),\n b ({names}) AS ({}),\n \
                 f ({names}) AS (SELECT * FROM a UNION ALL SELECT b.* FROM b LEFT JOIN a ON {} WHERE a.m0 IS NULL)",
                all(&staged),
                all(&staying),
                equal("b", &self.matched(), "a", &self.matched()),
            ),
        }
    }

    /// The names of the matched columns in `f`.
    fn matched(&self) -> Vec<String> {
        (0..self.link.columns.len()).map(|n| format!("m{n}")).collect()
    }

    fn texts(&self, dialect: Dialect, alias: &str, names: &[String]) -> String {
        let text = |name: &String| spelling(dialect).text(&format!("{alias}.{}", Ident(name)));
        names.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// The staged rows that search for something, with their answer if there is one.
    fn found(&self) -> String {
        let on = equal("s", &self.link.columns, "f", &self.matched());
        format!("{} s LEFT JOIN f ON {on}", self.temps.staging.qualified)
    }

    /// How a row that finds nothing reads in a message: `bd_lead_uid is not in profiles`.
    fn missing_text(&self) -> String {
        let columns = self.plan.match_columns.values().cloned().collect::<Vec<_>>().join(", ");
        let columns = if self.link.columns.len() > 1 { format!("({columns})") } else { columns };
        format!("{columns} is not in {}", self.plan.table)
    }

    fn missing(&self) -> String {
        let given = self.link.columns.iter().map(|c| format!("s.{} IS NOT NULL AND ", Ident(c)));
        format!("{}f.m0 IS NULL", given.collect::<String>())
    }
}

/// What a lookup takes of a table of the run: columns, of the rows that are asked for. `fills` tells the stubs
/// that the table has.
struct Wanted<'a> {
    columns: &'a [String],
    asked: &'a str,
    fills: Option<String>,
}

/// The rows that a table of the run will have: those staged that will be written, and those that
/// stay as they are.
fn rows(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    wanted: &Wanted<'_>,
    staged: &mut Vec<String>,
    staying: &mut Vec<String>,
) {
    let Wanted { columns, asked, fills } = wanted;
    let (table, staging, key) = (target(&task.target), &temps.staging.qualified, same_key(task, "t", "s"));
    let all_staged = task.stages(columns);
    let mark = task.protecting_mark();
    let mine = mark.map(|mark| imported(spelling(dialect), mark, "t"));
    // Our own rows coming back are not written, and keep whatever row has their key.
    let theirs = mark.filter(|m| m.from_source).map(|mark| imported(spelling(dialect), mark, "s"));
    let all = |parts: [Option<String>; 3]| parts.into_iter().flatten().collect::<Vec<_>>().join(" AND ");
    match (all_staged, task.write) {
        (false, _) => {}
        (true, Write::InsertOnly) => {
            let absent = format!("t.{} IS NULL", Ident(task.key.first().map_or("", |k| k)));
            let new = fills.as_ref().map_or(absent.clone(), |open| format!("({absent} OR {open})"));
            staged.push(format!(
                "SELECT {} FROM {staging} s LEFT JOIN {table} t ON {key} WHERE {}",
                list("s", *columns),
                all([Some(new), theirs.clone(), None]),
            ));
        }
        (true, _) => staged.push(format!(
            "SELECT {} FROM {staging} s{}",
            list("s", *columns),
            theirs.iter().map(|theirs| format!(" WHERE {theirs}")).collect::<String>(),
        )),
    }
    let on = all([Some(key), mine, theirs]);
    // Columns that the database fills stay what they are in the rows that are rewritten.
    let mut known = || {
        if !all_staged {
            staying
                .push(format!("SELECT {} FROM {table} t JOIN {staging} s ON {on}", rewritten(task, columns)));
        }
    };
    match task.write {
        Write::Upsert => {
            known();
            staying.push(format!(
                "SELECT {} FROM {table} t LEFT JOIN {staging} s ON {on} WHERE {} AND {asked}",
                list("t", *columns),
                no_partner(task),
            ));
        }
        Write::Replace => {
            known();
            stay(dialect, task, temps, columns, Some(asked), staying);
        }
        Write::DeleteInsert | Write::InsertOnly => stay(dialect, task, temps, columns, Some(asked), staying),
    }
}

/// Up to 5 keys that are searched for and have more than one answer: rows of (key as text, answers).
pub fn lookup_ambiguous(dialect: Dialect, search: &Search<'_>, known: Known<'_>) -> Sql {
    let names = search.matched();
    let keys = list("f", &names);
    Sql::new(format!(
        "{}\nSELECT {}, count(*) FROM f WHERE ({keys}) IN (SELECT {} FROM {} s)\nGROUP BY {keys} HAVING count(*) > 1 ORDER BY {keys} LIMIT 5",
        search.answers(dialect, known),
        search.texts(dialect, "f", &names),
        list("s", &search.link.columns),
        search.temps.staging.qualified,
    ))
}

/// How many staged rows find nothing, and up to 5 of what they search by: rows of (count of all,
/// columns as text).
pub fn lookup_missing(dialect: Dialect, search: &Search<'_>, known: Known<'_>) -> Sql {
    let keys = list("s", &search.link.columns);
    Sql::new(format!(
        "{}\nSELECT CAST(sum(count(*)) OVER () AS bigint), {}\nFROM {} WHERE {} GROUP BY {keys} ORDER BY {keys} LIMIT 5",
        search.answers(dialect, known),
        search.texts(dialect, "s", &search.link.columns),
        search.found(),
        search.missing(),
    ))
}

/// Copies the staged rows that find nothing to the refused rows.
pub fn lookup_refuse(dialect: Dialect, search: &Search<'_>, known: Known<'_>) -> Sql {
    Sql::new(format!(
        "{}\nINSERT INTO {} SELECT {}, 'missing_lookup', {}, NULL\nFROM {} WHERE {}",
        search.answers(dialect, known),
        search.temps.refused.qualified,
        search.temps.all_columns(search.task, "s"),
        Quoted(&search.missing_text()),
        search.found(),
        search.missing(),
    ))
}

/// Up to 5 answers that the column cannot hold, as text; None where it can hold all.
pub fn lookup_misfits(dialect: Dialect, search: &Search<'_>, known: Known<'_>) -> Option<Sql> {
    if search.taking != Taking::Narrow {
        return None;
    }
    let outside = match search.ty {
        ColumnType::Int2 => "f.v NOT BETWEEN -32768 AND 32767".to_owned(),
        ColumnType::Int4 => "f.v NOT BETWEEN -2147483648 AND 2147483647".to_owned(),
        ColumnType::Text { max_chars: Some(most) } => format!("length(f.v) > {most}"),
        _ => return None,
    };
    let value = spelling(dialect).text("f.v");
    Some(Sql::new(format!(
        "{}\nSELECT DISTINCT {value} AS v FROM {} WHERE {outside} ORDER BY 1 LIMIT 5",
        search.answers(dialect, known),
        search.found(),
    )))
}

/// Sets the column in the staged rows that find something.
pub fn lookup_fill(dialect: Dialect, search: &Search<'_>, known: Known<'_>) -> Sql {
    let value = match search.taking {
        Taking::Plain | Taking::Narrow => "f.v".to_owned(),
        Taking::Text => spelling(dialect).text("f.v"),
    };
    Sql::new(format!(
        "{}\nUPDATE {} AS s SET {} = {value} FROM f WHERE {}",
        search.answers(dialect, known),
        search.temps.staging.qualified,
        Ident(&search.plan.set),
        equal("s", &search.link.columns, "f", &search.matched()),
    ))
}
