//! Progress of long runs: what a stage did and how long it took, told as it happens.
//!
//! Short runs stay silent: nothing is told before a run has been under way for two seconds. What is
//! told here is also a failpoint of that name.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::failpoint;
use crate::session::{Level, Notice, Session};

/// How long a run is under way before anything is told.
const QUIET: Duration = Duration::from_secs(2);
/// How often a stage that goes on says how far it is.
const EVERY: Duration = Duration::from_secs(5);
/// A stage that took no longer is not worth a word.
const SHORT: Duration = Duration::from_secs(1);

/// The clock of a run. Stages follow each other: one begins where the last ended.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    run: Instant,
    stage: Cell<Instant>,
    told: Cell<Instant>,
}

impl Progress {
    /// A run that begins now.
    pub fn start() -> Progress {
        Progress::at(Instant::now())
    }

    fn at(now: Instant) -> Progress {
        Progress { run: now, stage: Cell::new(now), told: Cell::new(now) }
    }

    /// Says now and then how many rows `what` has come to: `staging "flights"`.
    pub fn reached(&self, s: &mut dyn Session, what: &str, name: &str, rows: i64) {
        failpoint::passed(what);
        if let Some(seconds) = self.goes_on(Instant::now()) {
            tell(s, what, name, Some(rows), seconds);
        }
    }

    /// Ends a stage: `staged "flights"`, with its rows where they were counted.
    pub fn done(&self, s: &mut dyn Session, what: &str, name: &str, rows: Option<i64>) {
        failpoint::passed(what);
        if let Some(seconds) = self.ends(Instant::now()) {
            tell(s, what, name, rows, seconds);
        }
    }

    fn goes_on(&self, now: Instant) -> Option<f64> {
        if now - self.run < QUIET || now - self.told.get() < EVERY {
            return None;
        }
        self.told.set(now);
        Some((now - self.stage.get()).as_secs_f64())
    }

    fn ends(&self, now: Instant) -> Option<f64> {
        let took = now - self.stage.replace(now);
        self.told.set(now);
        (now - self.run >= QUIET && took > SHORT).then_some(took.as_secs_f64())
    }
}

fn tell(s: &mut dyn Session, what: &str, name: &str, rows: Option<i64>, seconds: f64) {
    let rows = rows.map_or_else(String::new, |n| format!(": {} rows", grouped(n)));
    let message = format!("{what} \"{name}\"{rows} in {seconds:.1} s");
    s.notice(&Notice::new(Level::Progress, message));
}

/// `1,500,000`.
fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_and_a_short_stage_are_silent() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs_f64(seconds);
        let clock = Progress::at(start);
        assert_eq!(clock.ends(after(1.5)), None, "the run is young");
        assert_eq!(clock.ends(after(2.2)), None, "the stage was short");
        assert_eq!(clock.ends(after(4.2)), Some(2.0));
    }

    #[test]
    fn a_long_stage_speaks_every_five_seconds_and_at_its_end() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let clock = Progress::at(start);
        let told: Vec<u64> = (1..=12).filter(|n| clock.goes_on(after(*n)).is_some()).collect();
        assert_eq!(told, [5, 10]);
        assert_eq!(clock.ends(after(12)), Some(12.0));
        assert_eq!(clock.goes_on(after(16)), None);
        assert_eq!(clock.goes_on(after(17)), Some(5.0), "from the stage's own beginning");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1_500_000, -1234].map(grouped),
            ["0", "999", "1,000", "1,500,000", "-1,234"]
        );
    }
}
