//! The engine against a plain oracle, on random schemas, plans, files and local edits.
//!
//! `CUTOVER_MODEL_CASES` says how many cases, `CUTOVER_MODEL_SEED` which; a failure prints its seed
//! and the smallest case found. `make soak` runs for as long as it is let.

use std::cell::{Cell, RefCell};
use std::env::var;

use cutover_tests::Db;
use cutover_tests::model::case::Case;
use cutover_tests::model::drive::{attempt, tally};
use cutover_tests::model::raw;
use cutover_tests::model::side::Side;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

#[test]
fn the_engine_does_what_the_oracle_says() {
    let number = |name: &str| var(name).ok().map(|n| n.parse::<u64>().expect("a number"));
    let cases = number("CUTOVER_MODEL_CASES").unwrap_or(60);
    // The same cases in every run of CI, of a seed whose 60 cases show every feature; `make soak` draws
    // others.
    let seed = number("CUTOVER_MODEL_SEED").unwrap_or(105);
    let config = Config {
        cases: u32::try_from(cases).expect("fewer cases"),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let sides = RefCell::new([Side::new(Db::Postgres, "model"), Side::new(Db::Sqlite, "model")]);
    let counted = RefCell::new(tally());
    let failed = Cell::new(false);
    let result = TestRunner::new(config).run(&raw::cases(), |raw| {
        // What is tried to make a failing case smaller is not counted.
        let mut spare = tally();
        let tally = if failed.get() { &mut spare } else { &mut *counted.borrow_mut() };
        let outcome = attempt(&Case::read(&raw), &mut *sides.borrow_mut(), tally);
        failed.set(failed.get() || outcome.is_err());
        outcome.map_err(TestCaseError::fail)
    });
    println!("model: {cases} cases of seed {seed}; {:#?}", counted.borrow());
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("CUTOVER_MODEL_SEED={seed}\n{reason}"),
        Err(TestError::Abort(reason)) => panic!("CUTOVER_MODEL_SEED={seed}: {reason}"),
    }
}
