//! The plan: the JSON document that says which tables form which phase, where their rows come
//! from and how each is written. It is the only configuration.
//!
//! `document` holds the types (`policies`, `checks`, `columns`, `documents` and `backup` some of them, `path` paths into JSON), `parse` turns text into them with errors that name the JSON path,
//! `rules` (`check_rules`) checks what one document can say against itself, and `order` says which phase comes after which.

mod backup;
mod check_rules;
mod checks;
mod columns;
mod cursor;
mod derived;
mod document;
mod documents;
mod order;
mod parse;
mod path;
mod policies;
mod rules;
mod snapshots;
mod values;

pub use backup::{ExternalId, ParentReference, ParentTable};
pub use checks::{Check, CheckRule, CheckType, Severity, Tolerance};
pub use columns::{ColumnSource, Lookup, Origin, Reference};
pub(crate) use cursor::untyped;
pub use cursor::{Cursor, SortColumn, SortType};
pub use derived::{Recompute, rounds};
pub use document::{Mode, Phase, Plan, Source, TablePlan, Write};
pub use documents::{Carrier, Convert, Days, Documents, KeepRaw, is_path};
pub use parse::parse;
pub use path::{Path, Step};
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
