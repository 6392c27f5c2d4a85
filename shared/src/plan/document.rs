//! The types of the plan document. A key's docstring is also its description in the JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::backup::{ExternalId, ParentTable};
use super::checks::Check;
use super::columns::{ColumnSource, Lookup, Origin, Reference};
use super::cursor::{Cursor, SortColumn};
use super::derived::Recompute;
use super::documents::{Documents, KeepRaw};
use super::policies::{
    AfterAcknowledge, DuplicateKey, ExtraColumn, LocalConflict, MissingColumn, MissingReference, Referenced,
    Refuse,
};
use super::snapshots::Snapshot;
use super::values::{Limit, Scalar};

/// A whole plan.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Where an editor finds this schema; a run does not read it.
    #[serde(rename = "$schema", default)]
    pub schema: Option<String>,
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The folder that relative file names start from.
    #[serde(default)]
    pub root: Option<String>,
    /// How long the log keeps runs, as a number of days: `90 days`. Without it they stay.
    #[serde(default)]
    pub keep_runs: Option<String>,
    /// Packages of migrations: name -> first and last number, such as `{"A": [0, 18], "B": [19, 20]}`.
    #[serde(default)]
    pub packages: BTreeMap<String, [i64; 2]>,
    /// The phases.
    pub phases: Vec<Phase>,
}

/// A named group of tables that changes hands together.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The phase's name.
    pub name: String,
    /// Phases that must have been synced, or be local, before this one runs.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The package of migrations that must have been applied before this phase runs.
    #[serde(default)]
    pub requires_package: Option<String>,
    /// Where a superuser runs the phase and the tables belong to a role that is none: write them with that
    /// role's rights. Without it such a run is refused.
    #[serde(default)]
    pub run_as_owner: bool,
    /// The tables of the phase. A table belongs to one phase, and may be listed more than once in it
    /// with `upsert` or `insert_only`.
    pub tables: Vec<TablePlan>,
    /// Checks of the phase as a whole, or of tables that they name.
    #[serde(default)]
    pub checks: Vec<Check>,
}

impl Plan {
    /// How many days the log keeps runs; None where it keeps them all (or says it wrongly).
    pub fn keep_days(&self) -> Option<u32> {
        let (number, unit) = self.keep_runs.as_deref()?.trim().split_once(' ')?;
        matches!(unit.trim(), "day" | "days").then(|| number.parse().ok()).flatten()
    }
}

impl Phase {
    /// Whether backups alone fill its tables: none of them has a source.
    pub fn by_backups(&self) -> bool {
        !self.tables.is_empty() && self.tables.iter().all(|t| t.source.is_none())
    }
}

/// How one table is filled.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TablePlan {
    /// The table: `name` or `schema.name`.
    pub table: String,
    /// Where its rows come from. A table without a source is filled by backups alone.
    #[serde(default)]
    pub source: Option<Source>,
    /// How staged rows become table rows; it goes with `source`.
    #[serde(default)]
    pub write: Option<Write>,
    /// The columns that identify a row; the table's own primary key where left out.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// The columns that identify a row of `delete_insert`, whose own key is generated here: a changed
    /// row then keeps its generated key.
    #[serde(default)]
    pub merge_key: Option<Vec<String>>,
    /// Table column -> source column, where the names differ, path into the source's documents, or a fixed value.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSource>,
    /// Columns whose values are looked up in other tables.
    #[serde(default)]
    pub lookups: Vec<Lookup>,
    /// The column that tells imported rows from local ones.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Whether local rows stay.
    #[serde(default = "yes")]
    pub keep_local: bool,
    /// Columns written on insert, neither compared nor updated afterwards.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Columns that narrow deletes to what the source speaks of: only rows whose values in them occur
    /// in the source may be deleted.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Reads only what is new in the source since the last run.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// A mode for this table whatever the call says.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// References that the database does not declare.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// What becomes of a row that refers to a row that does not exist.
    #[serde(default)]
    pub on_missing_reference: MissingReference,
    /// For `stub`: table referred to -> its column -> value, for columns that must not be NULL.
    #[serde(default)]
    pub stub_values: BTreeMap<String, BTreeMap<String, Scalar>>,
    /// What becomes of source rows that share a key.
    #[serde(default)]
    pub on_duplicate_key: DuplicateKey,
    /// For `last`: the column by which the greatest row wins.
    #[serde(default)]
    pub dedup_sort: Option<SortColumn>,
    /// What becomes of a source row without a key.
    #[serde(default)]
    pub on_null_key: Refuse,
    /// What becomes of a source row with a value that does not fit its column.
    #[serde(default)]
    pub on_bad_value: Refuse,
    /// What becomes of a column of the table that the source lacks.
    #[serde(default)]
    pub on_missing_column: MissingColumn,
    /// What becomes of a column of the source that the table lacks.
    #[serde(default)]
    pub on_extra_column: ExtraColumn,
    /// What becomes of a source row whose key a local row has.
    #[serde(default)]
    pub on_local_conflict: LocalConflict,
    /// What becomes of a row to be deleted to which a row that stays refers.
    #[serde(default)]
    pub on_referenced: Referenced,
    /// What becomes of a source row with a value of a secondary unique key that another row holds.
    #[serde(default)]
    pub on_unique_conflict: Refuse,
    /// How many imported rows a run may delete: a count, or a share such as `25 %`.
    #[serde(default)]
    pub max_delete: Option<Limit>,
    /// How many source rows a run may quarantine: a count, or a share such as `5 %`.
    #[serde(default)]
    pub max_quarantine: Option<Limit>,
    /// Write the source's values into a column that is GENERATED ALWAYS AS IDENTITY.
    #[serde(default)]
    pub override_identity: bool,
    /// The zone of the source's timestamps that carry none: `America/New_York`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Keeps every document of the source with the run that read it: `true`, as long as the log has the run, or
    /// `{"days": 30}`.
    #[serde(default)]
    pub keep_raw: Option<KeepRaw>,
    /// Whether local changes are recorded: `true` while the authority is still the source's, too, `false`
    /// not even when the phase is live here, as by default.
    #[serde(default)]
    pub track: Option<bool>,
    /// The relation that `push_changes` writes local changes to.
    #[serde(default)]
    pub push_to: Option<String>,
    /// What becomes of the origin of a changed row once its change has arrived.
    #[serde(default)]
    pub after_acknowledge: AfterAcknowledge,
    /// What must hold of the table's rows after every run.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The columns by which other databases know a row, in backups: a unique column such as a text that
    /// every database has alike. Without it and without `parent`: a primary key that draws no numbers.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Of a table without an `external_id`: the table whose details its rows are, in backups.
    #[serde(default)]
    pub parent: Option<ParentTable>,
    /// Goes before the table's external ids in backups, with a `:`, so that several databases can be
    /// restored into one.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Tables of the phase that the source's query reads: the table is run once these are written.
    #[serde(default)]
    pub derived_from: Vec<String>,
    /// Which of its rows a run computes anew; all of them where left out.
    #[serde(default)]
    pub recompute: Option<Recompute>,
    /// Rows that are taken down in another table when a column becomes one of some values.
    #[serde(default)]
    pub snapshots: Vec<Snapshot>,
}

impl TablePlan {
    /// How it is written; of a table without a source, whose rows are known by their key, `upsert`.
    pub fn write(&self) -> Write {
        self.write.unwrap_or(Write::Upsert)
    }

    /// Whether it says how its rows travel in backups.
    pub fn says_of_backups(&self) -> bool {
        self.external_id.is_some() || self.parent.is_some() || self.namespace.is_some()
    }

    /// The columns by which local changes of the table are kept, where the plan names them.
    pub fn change_key(&self) -> Option<&Vec<String>> {
        match self.write() {
            Write::DeleteInsert => self.merge_key.as_ref().filter(|_| self.push_to.is_some()),
            Write::Replace | Write::Upsert | Write::InsertOnly => self.primary_key.as_ref(),
        }
    }

    /// A plan for a table of which nothing is said but where its rows come from and how they are
    /// written.
    pub fn plain(table: String, source: Source, write: Write) -> TablePlan {
        TablePlan {
            table,
            source: Some(source),
            write: Some(write),
            primary_key: None,
            merge_key: None,
            columns: BTreeMap::new(),
            lookups: Vec::new(),
            origin: None,
            keep_local: true,
            ignore: Vec::new(),
            scope: Vec::new(),
            cursor: None,
            mode: None,
            references: Vec::new(),
            on_missing_reference: MissingReference::Error,
            stub_values: BTreeMap::new(),
            on_duplicate_key: DuplicateKey::Error,
            dedup_sort: None,
            on_null_key: Refuse::Error,
            on_bad_value: Refuse::Error,
            on_missing_column: MissingColumn::Error,
            on_extra_column: ExtraColumn::Warn,
            on_local_conflict: LocalConflict::Keep,
            on_referenced: Referenced::Error,
            on_unique_conflict: Refuse::Error,
            max_delete: None,
            max_quarantine: None,
            override_identity: false,
            time_zone: None,
            keep_raw: None,
            track: None,
            push_to: None,
            after_acknowledge: AfterAcknowledge::Keep,
            checks: Vec::new(),
            external_id: None,
            parent: None,
            namespace: None,
            derived_from: Vec::new(),
            recompute: None,
            snapshots: Vec::new(),
        }
    }
}

fn yes() -> bool {
    true
}

/// Where rows come from: an object with exactly one of these keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A Parquet file, a folder of them, or a pattern such as `jobs/*.parquet`.
    Parquet(String),
    /// A JSON file (an array of flat objects, or one object per line), a folder of them, or a pattern.
    Json(String),
    /// Nested JSON, in files or in a column of a relation or query.
    Documents(Documents),
    /// A relation: a table, a view, a foreign table, a table of an attached database.
    Table(String),
    /// The rows of a query.
    Query(String),
}

impl Source {
    /// The text of whichever it is.
    pub fn text(&self) -> &str {
        match self {
            Source::Parquet(text) | Source::Json(text) | Source::Table(text) | Source::Query(text) => text,
            Source::Documents(documents) => documents.of.text(),
        }
    }
}

/// How staging becomes target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// The imported rows equal the source: new rows are inserted, changed ones updated, missing ones deleted.
    Replace,
    /// New keys are inserted and known ones updated; nothing is deleted.
    Upsert,
    /// The imported rows equal the source as a multiset; the table's own key is generated here.
    DeleteInsert,
    /// New keys are inserted, nothing else.
    InsertOnly,
}

impl Write {
    /// The name as the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Write::Replace => "replace",
            Write::Upsert => "upsert",
            Write::DeleteInsert => "delete_insert",
            Write::InsertOnly => "insert_only",
        }
    }

    /// Whether rows that the source no longer has are deleted.
    pub fn deletes(self) -> bool {
        matches!(self, Write::Replace | Write::DeleteInsert)
    }
}

/// How much of a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Incremental where the table has a cursor with a value and `write` is `upsert` or `insert_only`.
    #[default]
    Auto,
    /// All of it.
    Full,
    /// What is new since the last run.
    Incremental,
}

impl Mode {
    /// The name as plan, call and report write it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Full => "full",
            Mode::Incremental => "incremental",
        }
    }
}
