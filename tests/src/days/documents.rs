//! Random documents: orders with a customer, jobs, and their lines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::random::Random;

/// An order as its document says it. None is a value that does not fit, but in `customer`, `carried` and `posted`.
#[derive(Debug, Clone)]
pub struct Document {
    pub id: i64,
    /// As the document writes it.
    pub shop: &'static str,
    /// The customer that it names, and what it says of the customer if it carries that too.
    pub customer: Option<i64>,
    pub carried: Option<Option<i64>>,
    pub status: &'static str,
    /// Hours, as `posted`.
    pub updated: i64,
    pub posted: Option<i64>,
    pub cents: Option<i64>,
    pub jobs: Vec<Job>,
}

/// A line's key where the document has a value that is none.
pub const LOST: i64 = 0;

/// A job of an order, with its lines: id and cost.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: i64,
    pub hours: Option<i64>,
    pub lines: Vec<(i64, Option<i64>)>,
}

/// An hour as a document writes it.
pub fn moment(hour: i64) -> String {
    // Documents of the first days say hours before them.
    let hour = hour + 24 * 5;
    format!("2026-01-{:02}T{:02}:00:00Z", hour / 24, hour % 24)
}

impl Document {
    fn to_json(&self) -> Value {
        let shop: Value = serde_json::from_str(self.shop).expect("it is JSON");
        let cost = |id: i64, cents: Option<i64>| match cents {
            Some(cents) => json!(format!("{}.{:02}", cents / 100, cents % 100)),
            None if id % 2 == 0 => Value::Null,
            None => json!(0.125),
        };
        let key = |id: i64| if id == LOST { json!("none") } else { json!(id) };
        let line = |(id, cents): &(i64, Option<i64>)| json!({"id": key(*id), "cost": cost(*id, *cents)});
        let job = |job: &Job| {
            let lines: Vec<Value> = job.lines.iter().map(line).collect();
            // No lines may be said in three ways.
            let lines = if lines.is_empty() && job.id % 2 == 0 { Value::Null } else { lines.into() };
            json!({"id": job.id, "hours": job.hours.map_or(json!("long"), Value::from), "lines": lines})
        };
        let mut document = json!({
            "id": self.id, "shopId": shop, "customerId": self.customer, "status": {"name": self.status},
            "updatedDate": moment(self.updated), "postedDate": self.posted.map(moment),
            "total": self.cents.map_or(json!("many"), |cents| cost(1, Some(cents))),
            "jobs": self.jobs.iter().map(job).collect::<Vec<_>>(),
        });
        if let Some((id, points)) = self.customer.zip(self.carried) {
            document["customer"] = json!({"id": id, "points": points.map_or(json!("lots"), Value::from)});
        }
        document
    }
}

/// Documents as a file of lines.
pub fn lines(documents: &[Document]) -> String {
    documents.iter().map(|document| document.to_json().to_string() + "\n").collect()
}

/// Shops that fetch their orders: what each order was like when it came last.
pub struct World {
    pub random: Random,
    last: BTreeMap<i64, Document>,
}

impl World {
    pub fn new(seed: u64) -> World {
        World { random: Random(seed), last: BTreeMap::new() }
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.random.below(values.len())]
    }

    fn number(&mut self, most: usize) -> i64 {
        i64::try_from(self.random.below(most)).expect("a small number") + 1
    }

    /// A value, one in eight of which does not fit.
    fn value(&mut self) -> Option<i64> {
        let value = self.number(400);
        (value % 8 != 0).then_some(value)
    }

    /// A line of a job: its id, and what it costs.
    fn line(&mut self) -> (i64, Option<i64>) {
        let id = if self.random.below(20) == 0 { LOST } else { self.number(12) };
        (id, self.value())
    }

    /// The documents of a day. That of the first has an order that stays as it is.
    pub fn day(&mut self, day: i64) -> Vec<Document> {
        let mut documents: Vec<Document> = Vec::new();
        for _ in 0..self.random.below(6) {
            let id = self.number(6);
            let known = self.last.get(&id).cloned().filter(|_| self.random.below(3) > 0);
            let mut document = match known {
                Some(document) => self.changed(document, day),
                None => self.fresh(id, day),
            };
            // Which of two versions is newer is not known beyond what a shop's mark leaves of them.
            if let Some(other) = documents.iter().find(|other| other.id == id) {
                document.shop = other.shop;
            }
            self.last.insert(id, document.clone());
            documents.push(document);
        }
        if !documents.is_empty() && self.random.below(4) == 0 {
            let again = documents[self.random.below(documents.len())].clone();
            documents.push(again);
        }
        if day == 2 {
            let settled =
                Document { id: 100, shop: "1", posted: Some(60), cents: Some(1), ..self.fresh(100, day) };
            documents.push(Document { customer: None, jobs: Vec::new(), ..settled });
        }
        documents
    }

    fn fresh(&mut self, id: i64, day: i64) -> Document {
        let mut document = Document {
            id,
            shop: self.pick(&["1", "1", "1", "2", "2", "3", "4", "null", "\"none\""]),
            customer: self.pick(&[None, Some(1), Some(2), Some(3)]),
            carried: self.pick(&[true, false]).then(|| self.value()),
            status: self.pick(&["OPEN", "OPEN", "POSTED", "COMPLETE"]),
            updated: self.updated(day),
            posted: None,
            cents: self.value(),
            jobs: Vec::new(),
        };
        for _ in 0..self.random.below(3) {
            let job = self.job();
            document.jobs.push(job);
        }
        self.post(&mut document);
        document
    }

    /// Days before to a day after, and often the same hour as others.
    fn updated(&mut self, day: i64) -> i64 {
        24 * day + 12 * (self.number(8) - 6)
    }

    fn post(&mut self, document: &mut Document) {
        document.posted = self.pick(&[None, Some(51), Some(60), Some(75), Some(84)]);
    }

    fn job(&mut self) -> Job {
        let lines = (0..self.random.below(4)).map(|_| self.line()).collect();
        Job { id: self.number(8), hours: self.value(), lines }
    }

    /// The document as it is some time later; now and then nothing has changed.
    fn changed(&mut self, mut document: Document, day: i64) -> Document {
        if self.random.below(4) > 0 {
            document.updated = self.updated(day);
        }
        for _ in 0..self.random.below(3) {
            let jobs = document.jobs.len();
            let place = self.random.below(jobs.max(1));
            match self.random.below(8) {
                0 => document.status = self.pick(&["OPEN", "POSTED", "COMPLETE"]),
                1 => document.cents = self.value(),
                2 => self.post(&mut document),
                3 => document.carried = Some(self.value()),
                4 => document.shop = self.pick(&["1", "2"]),
                5 if jobs > 0 => drop(document.jobs.remove(place)),
                6 if jobs > 0 => {
                    let line = self.line();
                    document.jobs[place].lines.push(line);
                }
                7 if jobs > 0 => drop(document.jobs[place].lines.pop()),
                _ => document.jobs.push(self.job()),
            }
        }
        document
    }
}
