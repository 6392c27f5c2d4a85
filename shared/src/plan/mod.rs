//! The plan: the JSON document that says which tables form which phase, where their rows come
//! from and how each is written. It is the only configuration.
//!
//! `document` holds the types (`policies` and `checks` some of them), `parse` turns text into them with errors that name the JSON path,
//! and `rules` (`check_rules`) checks what one document can say against itself.

mod check_rules;
mod checks;
mod cursor;
mod derived;
mod document;
mod parse;
mod policies;
mod rules;
mod snapshots;
mod values;

pub use checks::{Check, CheckRule, CheckType, Severity, Tolerance};
pub use cursor::{Cursor, SortColumn};
pub use derived::{Recompute, rounds};
pub use document::{ColumnSource, Lookup, Mode, Origin, Phase, Plan, Reference, Source, TablePlan, Write};
pub use parse::parse;
pub use policies::{
    AfterAcknowledge, DuplicateKey, ExtraColumn, LocalConflict, MissingColumn, MissingLookup,
    MissingReference, NullCursor, Referenced, Refuse,
};
pub use snapshots::{RunFact, Snapshot, SnapshotValue, When};
pub use values::{Limit, Scalar};

/// The JSON Schema of a plan, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Plan).into()
}
