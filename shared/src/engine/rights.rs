//! Whose rights a run writes with: its caller's, who must see every row, and who must not lend a superuser's
//! rights to the triggers of another.

use crate::catalog::Table;
use crate::error::{Error, Kind, Result};
use crate::session::{Dialect, Session};
use crate::sql::{self, TempTable};

/// Looks at the tables that a run is to write, before it does anything. Errors: 42501 where row security
/// applies, or where the caller is a superuser and an owner is none (unless it runs `as_owner`); 0A000
/// where it would have to run as more than one of them.
pub(crate) fn check(tables: &[&Table], as_owner: bool) -> Result<()> {
    sees_all(tables, "What cannot be seen would be inserted again, and what is to go would stay.")?;
    let mut owned = tables.iter().filter_map(|t| Some((t, t.untrusted_owner.as_deref()?)));
    let Some((table, owner)) = owned.next() else { return Ok(()) };
    if !as_owner {
        return Err(Error::new(
            Kind::Forbidden,
            format!("\"{}\" belongs to role \"{owner}\", and the caller is a superuser", table.name),
        )
        .detail("Triggers, defaults and checks of the table would run with a superuser's rights.")
        .hint("set \"run_as_owner\" for the phase, or call it as a role that is no superuser"));
    }
    match owned.find(|(_, other)| *other != owner) {
        None => Ok(()),
        Some((other, its)) => Err(Error::new(Kind::NotSupported, "the tables belong to more than one role")
            .detail(format!(
                "\"{}\" belongs to \"{owner}\", \"{}\" to \"{its}\"; both would have to be written as their owner.",
                table.name, other.name
            ))
            .hint("give each owner's tables a phase of their own, or call it as a role that is no superuser")),
    }
}

/// Refuses a caller who sees a part of the rows only, and says what would come of it. Errors: 42501.
pub(crate) fn sees_all(tables: &[&Table], otherwise: &str) -> Result<()> {
    let Some(table) = tables.iter().find(|t| t.row_security) else { return Ok(()) };
    Err(Error::new(Kind::Forbidden, format!("row security hides rows of \"{}\" from the caller", table.name))
        .detail(otherwise)
        .hint("call it as a role with BYPASSRLS, or as the table's owner"))
}

/// Lets the owner as whom `tables` are written read what is to be written, for the length of the run.
pub(crate) fn share(s: &mut dyn Session, tables: &[&Table], temps: &[TempTable]) -> Result<()> {
    let owner = tables.iter().find_map(|t| t.untrusted_owner.as_deref());
    let Some(owner) = owner.filter(|_| s.facts().dialect == Dialect::Postgres) else { return Ok(()) };
    temps.iter().try_for_each(|temp| s.execute(&sql::share(temp, owner), &[]).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::sample;

    fn table(name: &str, owner: Option<&str>) -> Table {
        Table { untrusted_owner: owner.map(str::to_owned), ..sample::table(name, &["id"], &["!id"]) }
    }

    #[test]
    fn a_superuser_writes_the_tables_of_one_other_role_as_that_role() {
        let (own, app, other) = (table("own", None), table("a", Some("app")), table("b", Some("other")));
        let code = |tables: &[&Table], as_owner| check(tables, as_owner).map_err(|e| e.kind);
        assert_eq!(code(&[&own], false), Ok(()));
        assert_eq!(code(&[&own, &app], false), Err(Kind::Forbidden));
        assert_eq!(code(&[&own, &app], true), Ok(()));
        assert_eq!(code(&[&app, &other], true), Err(Kind::NotSupported));
    }

    #[test]
    fn who_does_not_see_all_rows_writes_none() {
        let hidden = Table { row_security: true, ..table("t", None) };
        assert_eq!(check(&[&hidden], true).map_err(|e| e.kind), Err(Kind::Forbidden));
    }
}
