//! What a day's run must leave, and report.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Dump, NULL};
use crate::model::{Cell, Row};

use super::documents::{Document, LOST, moment};

/// How long before a shop's mark its orders are read again, in hours; as the plan has it.
const LAG: i64 = 24;

/// How the run is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    All,
    Full,
    /// Of orders, jobs and lines only.
    Part,
}

type Rows = BTreeMap<i64, Row>;

/// Both databases as they should be.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    rows: BTreeMap<&'static str, Rows>,
    snapshots: Vec<Row>,
    derived: BTreeMap<&'static str, BTreeMap<Vec<Cell>, Vec<i64>>>,
    /// Hours, by shop as the documents write it.
    marks: BTreeMap<&'static str, i64>,
    /// The orders in the quarantine: what they were like.
    orders: BTreeMap<i64, Document>,
    /// The quarantine: by table and key the order that the row is of, and the reason.
    pub quarantine: BTreeMap<(&'static str, i64), Refused>,
    /// The stubs: by table and key, whether they are complete.
    pub stubs: BTreeMap<(&'static str, i64), bool>,
    /// Whether the daily sums are those of the orders and lines that there were before a run.
    current: bool,
    report: Vec<String>,
}

/// The order whose document has a refused row, and the reason.
type Refused = (i64, &'static str);

/// The source rows of one table, once each key has one.
#[derive(Default)]
struct Found {
    staged: usize,
    passed: Rows,
    /// The orders whose documents have them.
    of: BTreeMap<i64, i64>,
    refused: BTreeMap<i64, Refused>,
    /// The orders whose documents have a row without a key, for every such row.
    lost: Vec<i64>,
}

impl Found {
    /// Of rows (key, their document, values or None where they do not fit) those of the last documents.
    fn of<'a>(rows: impl Iterator<Item = (i64, &'a Document, Option<Row>)>) -> Found {
        let mut found = Found::default();
        let mut last: BTreeMap<i64, (&Document, Option<Row>)> = BTreeMap::new();
        for (key, document, row) in rows {
            found.staged += 1;
            if key == LOST {
                found.lost.push(document.id);
                continue;
            }
            if last.get(&key).is_none_or(|(before, _)| before.updated <= document.updated) {
                last.insert(key, (document, row));
            }
        }
        for (key, (document, row)) in last {
            found.of.insert(key, document.id);
            match row {
                Some(row) => drop(found.passed.insert(key, row)),
                None => drop(found.refused.insert(key, (document.id, "bad_value"))),
            }
        }
        found
    }

    /// Refuses the rows that refer to none of `parents` by this column.
    fn refer(&mut self, column: usize, parents: &BTreeSet<Cell>) {
        let (of, refused) = (&self.of, &mut self.refused);
        self.passed.retain(|key, row| {
            let there = parents.contains(&row[column]);
            if !there {
                refused.insert(*key, (of[key], "missing_reference"));
            }
            there
        });
    }
}

fn cell(number: i64) -> Cell {
    Some(number.to_string())
}

fn keys(rows: &Rows) -> BTreeSet<Cell> {
    rows.keys().map(|key| cell(*key)).collect()
}

/// The date of an hour in Chicago, in winter.
fn local_date(hour: i64) -> Cell {
    Some(moment(hour - 6)[..10].to_owned())
}

fn order(d: &Document) -> Option<Row> {
    let shop: i64 = d.shop.parse().ok()?;
    let updated = moment(d.updated).replace('T', " ").replace('Z', "");
    let posted = d.posted.and_then(local_date);
    let customer = d.customer.and_then(cell);
    Some(vec![
        cell(d.id),
        cell(shop),
        customer,
        Some(d.status.to_owned()),
        Some(updated),
        posted,
        cell(d.cents?),
    ])
}

impl Oracle {
    /// Before the first day: two shops.
    pub fn new() -> Oracle {
        let mut oracle = Oracle::default();
        for table in ["customers", "orders", "jobs", "lines"] {
            oracle.rows.insert(table, Rows::new());
        }
        let shop = |id: i64| (id, vec![cell(id), Some("known".to_owned())]);
        oracle.rows.insert("shops", [shop(1), shop(2)].into());
        oracle.derived = ["daily", "shop_totals", "states"].map(|table| (table, BTreeMap::new())).into();
        oracle
    }

    /// Does a run on a day's documents; returns the lines of its report, sorted.
    pub fn run(&mut self, day: &[Document], ask: Ask) -> Vec<String> {
        self.report.clear();
        if ask != Ask::Part {
            self.customers(day);
        }
        let before = self.rows.clone();
        self.orders(day, ask);
        self.jobs(day);
        if ask == Ask::Part {
            self.current &= ["orders", "lines"].iter().all(|table| before[table] == self.rows[table]);
        } else {
            self.derive(ask);
        }
        self.report.sort();
        self.report.clone()
    }

    fn customers(&mut self, day: &[Document]) {
        let row = |id, points: Option<i64>| Some(vec![cell(id), cell(points?)]);
        let found = Found::of(day.iter().filter_map(|d| {
            let (id, points) = d.customer.zip(d.carried)?;
            Some((id, d, row(id, points)))
        }));
        for ((_, key), complete) in self.stubs.iter_mut().filter(|((table, _), _)| *table == "customers") {
            *complete |= found.passed.contains_key(key);
        }
        self.keep("customers", &found, &|_| false);
        self.write("customers", found, &|_| false);
    }

    /// Jobs and their lines; those that a document has no more are deleted, but for jobs that a line needs that stays.
    fn jobs(&mut self, day: &[Document]) {
        let read: BTreeSet<i64> = day.iter().map(|d| d.id).collect();
        let spoken: BTreeSet<Cell> = read.iter().map(|id| cell(*id)).collect();
        let jobs = || day.iter().flat_map(|d| d.jobs.iter().map(move |job| (d, job)));
        let row = |d: &Document, id, hours: Option<i64>| Some(vec![cell(id), cell(d.id), cell(hours?)]);
        let mut found = Found::of(jobs().map(|(d, job)| (job.id, d, row(d, job.id, job.hours))));
        found.refer(1, &keys(&self.rows["orders"]));
        let retained = found.refused.keys().filter(|key| self.rows["jobs"].contains_key(*key));
        let there: BTreeSet<Cell> = found.passed.keys().chain(retained).map(|key| cell(*key)).collect();
        let row = |d: &Document, job, id, cents: Option<i64>| {
            Some(vec![cell(id), cell(job), cell(d.id), cell(cents?)])
        };
        let lines = jobs().flat_map(|(d, job)| job.lines.iter().map(move |line| (d, job.id, line)));
        let mut lines = Found::of(lines.map(|(d, job, (id, cents))| (*id, d, row(d, job, *id, *cents))));
        lines.refer(1, &there);
        lines.refer(2, &keys(&self.rows["orders"]));
        self.keep("jobs", &found, &|order| read.contains(&order));
        self.keep("lines", &lines, &|order| read.contains(&order));
        // Any line of its order may be the one that has lost its key.
        let unsure: BTreeSet<Cell> = lines.lost.iter().map(|id| cell(*id)).collect();
        self.write("lines", lines, &|row| spoken.contains(&row[2]) && !unsure.contains(&row[2]));
        let needed: BTreeSet<Cell> = self.rows["lines"].values().map(|line| line[1].clone()).collect();
        self.write("jobs", found, &|row| spoken.contains(&row[1]) && !needed.contains(&row[0]));
    }

    fn orders(&mut self, day: &[Document], ask: Ask) {
        let bounds = if ask == Ask::Full { BTreeMap::new() } else { self.marks.clone() };
        let bound = |d: &&Document| bounds.get(d.shop).is_none_or(|mark| d.updated >= mark - LAG);
        let read: Vec<&Document> = day.iter().filter(bound).collect();
        // A shop that is no number is of no group.
        let groups = |d: &&Document| d.shop != "\"none\"";
        let mut highest: BTreeMap<&str, i64> = BTreeMap::new();
        for d in day.iter().filter(groups) {
            let mark = highest.entry(d.shop).or_insert(d.updated);
            *mark = d.updated.max(*mark);
        }
        for (shop, hour) in highest {
            let mark = self.marks.entry(shop).or_insert(hour);
            *mark = if ask == Ask::Full { hour } else { hour.max(*mark) };
        }
        let again = self.orders.values().filter(|d| ask != Ask::Full && !read.iter().any(|r| r.id == d.id));
        let all: Vec<Document> = again.chain(read.iter().copied()).cloned().collect();
        let found = Found::of(all.iter().map(|d| (d.id, d, order(d))));
        let newest = |id: &i64| all.iter().filter(|d| d.id == *id).max_by_key(|d| d.updated).cloned();
        self.orders.retain(|id, _| !found.of.contains_key(id));
        self.orders.extend(found.refused.keys().filter_map(|id| Some((*id, newest(id)?))));
        self.keep("orders", &found, &|_| false);
        self.stub(
            "shops",
            found.passed.values().filter_map(|row| row[1].clone()),
            Some("unknown".to_owned()),
        );
        self.stub("customers", found.passed.values().filter_map(|row| row[2].clone()), None);
        let before = self.rows["orders"].clone();
        let was = |row: &Row| before.get(&row[0].as_ref()?.parse().ok()?).map(|old| old[3].clone());
        let becomes = |row: &&Row| row[3].as_deref() != Some("OPEN") && was(row) != Some(row[3].clone());
        let taken: Vec<Row> =
            found.passed.values().filter(becomes).map(|r| [0, 3, 6].map(|i| r[i].clone()).into()).collect();
        if !taken.is_empty() {
            self.report.push(format!("snapshots: staged {0}, inserted {0}", taken.len()));
        }
        self.snapshots.extend(taken);
        self.write("orders", found, &|_| false);
    }

    /// Makes the stubs that are missing in a table.
    fn stub(&mut self, table: &'static str, needed: impl Iterator<Item = String>, value: Cell) {
        let rows = self.rows.entry(table).or_default();
        let needed: BTreeSet<i64> = needed.filter_map(|key| key.parse().ok()).collect();
        let missing: Vec<i64> = needed.into_iter().filter(|key| !rows.contains_key(key)).collect();
        for key in &missing {
            rows.insert(*key, vec![cell(*key), value.clone()]);
            self.stubs.insert((table, *key), false);
        }
        if !missing.is_empty() {
            self.report.push(format!("{table}: staged {0}, inserted {0}", missing.len()));
        }
    }

    /// Keeps what is refused now. Older entries stay but for those of keys that were read, and of orders that are `read`.
    fn keep(&mut self, table: &'static str, found: &Found, read: &dyn Fn(i64) -> bool) {
        self.quarantine.retain(|(other, key), (order, _)| {
            *other != table || !(found.of.contains_key(key) || read(*order))
        });
        self.quarantine.extend(found.refused.iter().map(|(key, refused)| ((table, *key), *refused)));
    }

    /// Writes what was found into a table, and deletes its rows that `gone` speaks of and that were not found.
    fn write(&mut self, table: &'static str, found: Found, gone: &dyn Fn(&Row) -> bool) {
        let rows = self.rows.entry(table).or_default();
        let before = rows.clone();
        rows.retain(|key, row| {
            found.passed.contains_key(key) || found.refused.contains_key(key) || !gone(row)
        });
        let deleted = before.len() - rows.len();
        let equal = found.passed.iter().filter(|(key, row)| before.get(*key) == Some(*row)).count();
        let inserted = found.passed.keys().filter(|key| !before.contains_key(*key)).count();
        let passed = found.passed.len();
        rows.extend(found.passed);
        let counts = [
            ("staged", found.staged),
            ("inserted", inserted),
            ("updated", passed - equal - inserted),
            ("unchanged", equal),
            ("deleted", deleted),
            ("quarantined", found.refused.len() + found.lost.len()),
            ("skipped", found.staged - passed - found.refused.len() - found.lost.len()),
        ];
        let told: Vec<String> =
            counts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}")).collect();
        let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
        self.report.push(format!("{table}: {told}"));
    }

    /// Computes what is derived, and how the report tells of it.
    fn derive(&mut self, ask: Ask) {
        let mut daily: BTreeMap<Vec<Cell>, Vec<i64>> = BTreeMap::new();
        let mut states: BTreeMap<Vec<Cell>, Vec<i64>> = BTreeMap::new();
        let mut totals: BTreeMap<Vec<Cell>, Vec<i64>> = BTreeMap::new();
        let number = |cell: &Cell| cell.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let add = |sums: &mut BTreeMap<Vec<Cell>, Vec<i64>>, key: Vec<Cell>, values: [i64; 2]| {
            let sum = sums.entry(key).or_insert_with(|| vec![0, 0]);
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        };
        for order in self.rows["orders"].values() {
            let lines = self.rows["lines"].values().filter(|line| line[2] == order[0]);
            let cents: i64 = lines.map(|line| number(&line[3])).sum();
            add(&mut states, vec![order[3].clone()], [1, number(&order[6])]);
            if order[5].is_some() {
                add(&mut daily, vec![order[1].clone(), order[5].clone()], [1, cents]);
                add(&mut totals, vec![order[1].clone()], [1, cents]);
            }
        }
        let part = if self.current && ask != Ask::Full { "incremental" } else { "full" };
        let first = self.derived["states"].is_empty();
        let of_totals = if first || ask == Ask::Full { "full" } else { "incremental" };
        self.current = true;
        for (table, mode, new) in
            [("daily", part, daily), ("shop_totals", of_totals, totals), ("states", "full", states)]
        {
            let old = &self.derived[table];
            let inserted = new.keys().filter(|key| !old.contains_key(*key)).count();
            let deleted = old.keys().filter(|key| !new.contains_key(*key)).count();
            let updated =
                new.iter().filter(|(key, row)| old.get(*key).is_some_and(|old| old != *row)).count();
            self.report.push(format!("{table}: {mode} {inserted} {updated} {deleted}"));
            self.derived.insert(table, new);
        }
    }

    /// The tables, as [`crate::canonical::user_tables`] shows them.
    pub fn tables(&self) -> Vec<Dump> {
        let numbers = |row: &[i64]| row.iter().map(|n| cell(*n)).collect::<Row>();
        let derived = self.derived.iter().map(|(table, rows)| {
            (*table, rows.iter().map(|(key, row)| [key.clone(), numbers(row)].concat()).collect())
        });
        let plain = self.rows.iter().map(|(table, rows)| (*table, rows.values().cloned().collect()));
        let all: BTreeMap<&str, Vec<Row>> =
            plain.chain(derived).chain([("snapshots", self.snapshots.clone())]).collect();
        let text = |row: &Row| {
            row.iter().map(|cell| cell.as_deref().unwrap_or(NULL)).collect::<Vec<_>>().join(" | ")
        };
        let dump = |(table, rows): (&str, Vec<Row>)| {
            let mut rows: Vec<String> = rows.iter().map(text).collect();
            rows.sort();
            Dump { table: table.to_owned(), rows }
        };
        all.into_iter().map(dump).collect()
    }
}
