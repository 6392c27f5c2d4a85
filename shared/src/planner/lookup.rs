//! Lookups: which of them must be made before which, and what may be taken for what.

use crate::catalog::Table;
use crate::error::{Error, Kind, Result};
use crate::plan::Lookup;
use crate::types::ColumnType;

use super::{From, Link, LookupLink, Parent, Rule, Task};

/// How the column that is taken becomes the column that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// As it is.
    Plain,
    /// As it is, where the column can hold it: the one taken is wider.
    Narrow,
    /// As text.
    Text,
}

/// How a value of one type becomes one of another without change; None where it cannot.
pub fn taking(from: &ColumnType, to: &ColumnType) -> Option<Taking> {
    use ColumnType as C;
    let width = |ty: &C| match ty {
        C::Int2 => Some(2),
        C::Int4 => Some(4),
        C::Int8 => Some(8),
        _ => None,
    };
    if from == to || *from == C::Any || *to == C::Any {
        return Some(Taking::Plain);
    }
    match (from, to) {
        (C::Text { .. }, C::Text { max_chars: None }) => Some(Taking::Plain),
        (C::Text { .. }, C::Text { .. }) => Some(Taking::Narrow),
        (C::Int2 | C::Int4 | C::Int8 | C::Uuid | C::Other, C::Text { max_chars: None }) => Some(Taking::Text),
        (C::Numeric { exact: a, .. }, C::Numeric { limit: None, exact: b }) if a == b => Some(Taking::Plain),
        _ if width(from)? <= width(to)? => Some(Taking::Plain),
        _ => Some(Taking::Narrow),
    }
}

/// A task's lookup as the link from the columns staged for it to those of the table searched.
/// Errors: 42703 a column that does not exist, 42804 the value taken cannot be what is set.
pub(super) fn search(
    task: &Task,
    index: usize,
    lookup: &Lookup,
    found: &Table,
    parent: Parent,
) -> Result<LookupLink> {
    let missing = |column: &str| super::no_column(&lookup.table, column);
    let take = found.column(&lookup.take).ok_or_else(|| missing(&lookup.take))?;
    let set = task.target.column(&lookup.set).ok_or_else(|| super::no_column(&task.name, &lookup.set))?;
    // Two types that the database alone knows are the same by name only.
    let known = take.ty != ColumnType::Other || set.ty != take.ty || set.sql_type == take.sql_type;
    let Some(taking) = taking(&take.ty, &set.ty).filter(|_| known) else {
        return Err(Error::new(
            Kind::DatatypeMismatch,
            format!(
                "column \"{}\" of table \"{}\" cannot take \"{}\" of \"{}\"",
                set.name, task.name, take.name, lookup.table
            ),
        )
        .detail(format!("{} is not {}", take.sql_type, set.sql_type).to_lowercase()));
    };
    let mut columns = Vec::new();
    for column in 0..lookup.match_columns.len() {
        let staged = task.extra_column(Rule::Match { lookup: index, column }).ok_or_else(|| {
            Error::new(Kind::Internal, format!("a lookup of \"{}\" has no column staged", task.name))
        })?;
        columns.push(staged.name.clone());
    }
    let parent_columns = lookup.match_columns.keys().cloned().collect();
    Ok(LookupLink { link: Link { columns, parent, parent_columns }, taking })
}

/// The lookups of all tasks as (task, lookup), each after those that fill a column it searches or takes.
/// Errors: 22023 where lookups wait for each other.
pub fn lookup_order(tasks: &[Task]) -> Result<Vec<(usize, usize)>> {
    let all = tasks.iter().enumerate();
    let mut waiting: Vec<(usize, usize)> =
        all.flat_map(|(t, task)| (0..task.lookups.len()).map(move |l| (t, l))).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = |lookup: &(usize, usize)| !waiting.iter().any(|other| reads(tasks, *lookup, *other));
        let Some(next) = waiting.iter().position(free) else {
            let names: Vec<String> = waiting.iter().map(|w| name(tasks, *w)).collect();
            return Err(Error::new(
                Kind::InvalidParameter,
                format!("lookups wait for each other: {}", names.join(", ")),
            ));
        };
        order.push(waiting.remove(next));
    }
    Ok(order)
}

/// Whether a lookup reads a column that `other` fills.
fn reads(tasks: &[Task], (task, lookup): (usize, usize), other: (usize, usize)) -> bool {
    let Some((task, other_task)) = tasks.get(task).zip(tasks.get(other.0)) else { return false };
    let Some((plan, link)) = task.plan.lookups.get(lookup).zip(task.lookups.get(lookup)) else {
        return false;
    };
    let link = &link.link;
    let filled = other_task.columns.iter().find(|c| c.from == From::Lookup(other.1)).map(|c| &c.column.name);
    let here = matches!(&link.parent, Parent::Tasks(indexes) if indexes.contains(&other.0));
    here && filled.is_some_and(|name| *name == plan.take || link.parent_columns.contains(name))
}

fn name(tasks: &[Task], (task, lookup): (usize, usize)) -> String {
    let task = tasks.get(task);
    let set = task.and_then(|t| t.plan.lookups.get(lookup)).map_or("", |l| &l.set);
    format!("{}.{set}", task.map_or("", |t| &t.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_taken_for_what() {
        use ColumnType as C;
        let text = C::Text { max_chars: None };
        let short = C::Text { max_chars: Some(3) };
        let money = C::Numeric { limit: Some((10, 2)), exact: true };
        let free = C::Numeric { limit: None, exact: true };
        for (from, to, how) in [
            (&C::Int4, &C::Int8, Some(Taking::Plain)),
            (&C::Int8, &C::Int4, Some(Taking::Narrow)),
            (&text, &short, Some(Taking::Narrow)),
            (&short, &text, Some(Taking::Plain)),
            (&C::Int8, &text, Some(Taking::Text)),
            (&C::Uuid, &text, Some(Taking::Text)),
            (&money, &free, Some(Taking::Plain)),
            (&free, &money, None),
            (&text, &C::Int8, None),
            (&C::Bool, &text, None),
            (&C::Date, &C::Timestamp, None),
        ] {
            assert_eq!(taking(from, to), how, "{from:?} to {to:?}");
        }
    }
}
