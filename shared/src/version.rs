//! Versions: that of this library and that of cutover's tables in the database, which must be equal.

use crate::VERSION;
use crate::error::{Error, Kind};
use crate::session::Dialect;

/// The tables are of version `found`, and this library is of another (55000).
pub fn differ(dialect: Dialect, found: &str) -> Error {
    let older = numbers(found) < numbers(VERSION);
    let hint = match (dialect, older) {
        (Dialect::Postgres, true) => "ALTER EXTENSION cutover UPDATE".to_owned(),
        (Dialect::Postgres, false) => {
            format!(
                "open a new session, or install the library of version {found}: this one was loaded before the update"
            )
        }
        (Dialect::Sqlite, true) => {
            "call load_plan or another function on a connection that may write".to_owned()
        }
        (Dialect::Sqlite, false) => format!("load the library of version {found} or newer"),
    };
    Error::new(Kind::NotInState, "tables and library of cutover differ in version")
        .detail(format!("The tables are of version {found}, the library is of version {VERSION}."))
        .hint(hint)
}

/// `major.minor.patch` as numbers, for comparing; what is no number counts as 0.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_says_which_of_the_two_is_behind() {
        let hint = |dialect, found| differ(dialect, found).hint.unwrap_or_default();
        assert_eq!(hint(Dialect::Postgres, "0.0.9"), "ALTER EXTENSION cutover UPDATE");
        assert!(hint(Dialect::Postgres, "99.0.0").starts_with("open a new session"));
        assert!(hint(Dialect::Sqlite, "0.0.9").contains("may write"));
        assert!(hint(Dialect::Sqlite, "99.0.0").starts_with("load the library of version 99.0.0"));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("0.9.0") < numbers("0.10.0"));
        assert!(numbers("1.0.0") > numbers("0.10.9"));
    }
}
