//! The plan: the JSON document that says which tables form which phase, where their rows come
//! from and how each is written. It is the only configuration.
//!
//! `document` holds the types (`policies`, `checks`, `columns`, `documents` and `backup` some of them, `path` paths into JSON), `parse` turns text into them with errors that name the JSON path,
//! and `rules` (`check_rules`) checks what one document can say against itself.

mod backup;
mod check_rules;
mod checks;
mod columns;
mod document;
mod documents;
mod parse;
mod path;
mod policies;
mod rules;
mod values;

pub use backup::{ExternalId, ParentReference, ParentTable};
pub use checks::{Check, CheckRule, CheckType, Severity, Tolerance};
pub use columns::{ColumnSource, Lookup, Origin, Reference};
pub use document::{Cursor, Mode, Phase, Plan, SortColumn, Source, TablePlan, Write};
pub use documents::{Carrier, Convert, Days, Documents, KeepRaw, is_path};
pub use parse::parse;
pub use path::{Path, Step};
pub use policies::{
    AfterAcknowledge, DuplicateKey, ExtraColumn, LocalConflict, MissingColumn, MissingLookup,
    MissingReference, NullCursor, Referenced, Refuse,
};
pub use values::{Limit, Scalar};

/// The JSON Schema of a plan, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Plan).into()
}
