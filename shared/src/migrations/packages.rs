//! Packages: ranges of migration numbers, named in the plan.

use std::collections::BTreeMap;

use crate::error::{Error, Kind, Result};
use crate::session::Session;

use super::records::{self, Seen};
use crate::engine::state::{self, Stored};

/// The packages of a plan: name -> first and last number.
pub(super) type Packages = BTreeMap<String, [i64; 2]>;

/// The package that a number belongs to.
pub(super) fn package_of(packages: &Packages, number: i64) -> Option<&String> {
    packages.iter().find(|(_, [low, high])| (*low..=*high).contains(&number)).map(|(name, _)| name)
}

/// The numbers from `start` to `end`, each the name of a package or a number; all where left out.
///
/// Errors: 42704 no such package, 22023 a range that ends before it starts.
pub(super) fn bounds(packages: &Packages, start: Option<&str>, end: Option<&str>) -> Result<(i64, i64)> {
    let find = |text: &str| match packages.get(text) {
        Some(range) => Ok(*range),
        None => text.trim().parse().map(|number| [number, number]).map_err(|_| no_package(packages, text)),
    };
    let low = start.map(find).transpose()?.map_or(0, |[low, _]| low);
    let high = end.map(find).transpose()?.map_or(i64::MAX, |[_, high]| high);
    if low > high {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("the range ends at migration {high}, before it starts at {low}"),
        ));
    }
    Ok((low, high))
}

fn no_package(packages: &Packages, name: &str) -> Error {
    let error = Error::new(
        Kind::UndefinedObject,
        format!("\"{name}\" is neither a package of the plan nor a number"),
    );
    if packages.is_empty() {
        return error.hint("no plan with \"packages\" is loaded: give numbers of migrations");
    }
    let names: Vec<&str> = packages.keys().map(String::as_str).collect();
    error.hint(format!("its packages are: {}", names.join(", ")))
}

/// What a package lacks, in a sentence; None where some migration of it was applied and none is left.
fn lacks([low, high]: [i64; 2], seen: &Seen) -> Option<String> {
    let within = |number: &i64| (low..=high).contains(number);
    if let Some((number, name)) = seen.pending.iter().find(|(number, _)| within(number)) {
        return Some(format!("Migration {number:03} ({name}) was not applied."));
    }
    let none = !seen.applied.keys().any(within);
    none.then(|| format!("No migration from {low} to {high} was applied."))
}

/// The newest package that is complete, of those in the plan; None where none is.
pub fn complete_package(s: &mut dyn Session) -> Result<Option<String>> {
    let Some(stored) = state::find_plan(s)? else { return Ok(None) };
    let seen = records::seen(s)?;
    let complete = stored.plan.packages.iter().filter(|(_, range)| lacks(**range, &seen).is_none());
    Ok(complete.max_by_key(|(_, [low, _])| *low).map(|(name, _)| name.clone()))
}

/// Refuses a phase whose package is not complete. Errors: 55000.
pub(crate) fn check_phase(s: &mut dyn Session, stored: &Stored, phase: &str) -> Result<()> {
    let Some(name) = &stored.phase(phase)?.requires_package else { return Ok(()) };
    let Some(range) = stored.plan.packages.get(name) else { return Ok(()) };
    match lacks(*range, &records::seen(s)?) {
        None => Ok(()),
        Some(detail) => Err(Error::new(
            Kind::NotInState,
            format!("phase \"{phase}\" needs package \"{name}\", which is not complete"),
        )
        .detail(detail)
        .hint("apply_migrations applies what is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> Packages {
        BTreeMap::from([("A".to_owned(), [0, 18]), ("B".to_owned(), [19, 20])])
    }

    fn code(start: Option<&str>, end: Option<&str>) -> Result<(i64, i64), Kind> {
        bounds(&packages(), start, end).map_err(|e| e.kind)
    }

    #[test]
    fn a_range_is_named_by_packages_or_numbers() {
        assert_eq!(code(None, None), Ok((0, i64::MAX)));
        assert_eq!(code(Some("A"), Some("B")), Ok((0, 20)));
        assert_eq!(code(Some("B"), None), Ok((19, i64::MAX)));
        assert_eq!(code(Some("007"), Some("7")), Ok((7, 7)));
        assert_eq!(code(Some("B"), Some("A")), Err(Kind::InvalidParameter));
        assert_eq!(code(Some("C"), None), Err(Kind::UndefinedObject));
    }

    #[test]
    fn a_package_is_complete_once_something_was_applied_and_nothing_is_left() {
        let seen = |applied: &[i64], pending: &[i64]| Seen {
            applied: applied.iter().map(|n| (*n, records::Applied::default())).collect(),
            pending: pending.iter().map(|n| (*n, "x".to_owned())).collect(),
        };
        assert_eq!(lacks([0, 18], &seen(&[1, 2], &[19])), None);
        assert_eq!(lacks([0, 18], &seen(&[1], &[2])).unwrap(), "Migration 002 (x) was not applied.");
        assert_eq!(lacks([19, 20], &seen(&[1], &[])).unwrap(), "No migration from 19 to 20 was applied.");
    }

    #[test]
    fn a_number_belongs_to_the_package_around_it() {
        assert_eq!(package_of(&packages(), 19).unwrap(), "B");
        assert_eq!(package_of(&packages(), 21), None);
    }
}
