//! Rows of documents that are not of the shape that their paths ask for: refused as a bad value is.

use crate::error::{Error, Kind, Result};
use crate::plan::Refuse;
use crate::planner::{From, Task};
use crate::source::{Misfit, SourceBatch};

use super::faults::{Faults, Of};
use super::stage::SHOWN;

/// What is not of the right shape in a batch and was not told of yet, with its row.
pub(super) struct Misfits<'a> {
    task: &'a Task,
    /// The source column that stands for a row that is lost as a whole.
    stands: Option<&'a str>,
    left: Vec<(usize, &'a Misfit)>,
}

impl<'a> Misfits<'a> {
    pub fn of(task: &'a Task, source: &'a SourceBatch) -> Misfits<'a> {
        let rows = source.elements.as_ref().map_or(0, |elements| elements.rows.len());
        let left = (0..rows).flat_map(|row| source.misfits(row).iter().map(move |misfit| (row, misfit)));
        Misfits { task, stands: stands(task), left: left.collect() }
    }

    /// Refuses those that a column is lost by, and rows that are lost as a whole.
    ///
    /// Errors: 42804 where the policy is `error`.
    pub fn refuse(&mut self, of: &Of<'_>, source: &SourceBatch, faults: &mut Faults) -> Result<()> {
        if self.left.is_empty() || of.source.is_empty() {
            return Ok(());
        }
        let stands = self.stands.is_none_or(|column| column == of.source);
        let is_its = |misfit: &Misfit| misfit.column.as_ref().map_or(stands, |column| column == of.source);
        let its: Vec<_> = self.left.iter().filter(|(_, misfit)| is_its(misfit)).copied().collect();
        self.left.retain(|(_, misfit)| !is_its(misfit));
        if self.task.plan.on_bad_value == Refuse::Error
            && let Some((_, first)) = its.first()
        {
            let line = |(row, misfit): &(usize, &Misfit)| {
                format!("{}: {} {}", source.spot(*row, &misfit.path), misfit.value, misfit.reason)
            };
            let lines: Vec<String> = its.iter().take(SHOWN).map(line).collect();
            let what = match first.column {
                Some(_) => {
                    format!("a value does not fit column \"{}\" of table \"{}\"", of.label, self.task.name)
                }
                None => format!("a document does not have the shape that table \"{}\" takes", self.task.name),
            };
            return Err(Error::new(Kind::DatatypeMismatch, what).detail(lines.join("\n")));
        }
        for (row, misfit) in its {
            faults.misfit(row, of, misfit, source);
        }
        Ok(())
    }
}

/// The first column that is not of the scope: by this, which the document has, the quarantine's entry is found again.
fn stands(task: &Task) -> Option<&str> {
    let sourced = || {
        task.columns.iter().filter_map(|staged| match &staged.from {
            From::Source(name) => Some((&staged.column.name, name.as_str())),
            From::Constant(_) | From::Lookup(_) | From::Assigned => None,
        })
    };
    let other = sourced().find(|(column, _)| !task.plan.scope.contains(column));
    other.or_else(|| sourced().next()).map(|(_, source)| source)
}
