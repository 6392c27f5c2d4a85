//! What stands in an archive beside the records: the index, and the header of each table.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The format that this version writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// The name of the index within the archive.
pub const INDEX: &str = "backup-index.json";

/// The index of an archive. A key that this version does not know is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub format_version: u32,
    /// When the export began, in UTC: `2026-11-21T18:00:00.123456Z`.
    pub created_at: String,
    /// The database that was exported: `postgresql 15.8`, `sqlite 3.40.1`.
    pub database_version: String,
    pub cutover_version: String,
    /// The newest package of migrations that the database had in full.
    #[serde(default)]
    pub migration_package: Option<String>,
    pub total_records: u64,
    /// The tables, as the plan calls them, in the order of their files.
    pub tables: Vec<String>,
    /// The file of each table.
    pub files: BTreeMap<String, TableFile>,
}

/// What the index says of a table's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// The name of its entry.
    pub file: String,
    /// The SHA-256 of the entry's content, as 64 hexadecimal digits.
    pub sha256: String,
    /// The size of the entry's content.
    pub bytes: u64,
    pub record_count: u64,
}

/// All that a table's file says before its records. A key that this version does not know is ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHeader {
    /// The table as the plan calls it.
    pub table: String,
    /// The version of this file's form: 1.
    pub version: u32,
    /// As [`Index::created_at`].
    pub exported_at: String,
    pub record_count: u64,
    /// The columns by which a record is known; none in a detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_id: Vec<String>,
    /// The prefix that external ids made here got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The columns that are carried as they are, the external id's among them.
    pub columns: Vec<String>,
    /// The references, in the table's order; in the file by their names.
    #[serde(rename = "late_seed_columns", default, with = "by_name")]
    pub late: Vec<Reference>,
    /// The reference of a detail to its parent, which is not among `late`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Reference>,
}

/// A reference to a row of another table, or of the same one, which is carried as that row's external id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table referred to, as the plan calls it.
    pub table: String,
    /// Its external id. Of several columns, a record's value is an array in this order.
    pub external_id: Vec<String>,
}

impl Reference {
    /// What it is called: its columns, joined by `_`.
    pub fn name(&self) -> String {
        self.columns.join("_")
    }

    /// How many items its value has: 1 is the value itself.
    pub fn width(&self) -> usize {
        self.external_id.len()
    }

    /// The key of a record that carries it as a late reference: `_late_NAME`.
    pub fn late_key(&self) -> String {
        format!("_late_{}", self.name())
    }

    /// The key of a record that carries it as the reference to its parent: `_parent_` and the columns
    /// of the parent's external id, joined by `_`.
    pub fn parent_key(&self) -> String {
        format!("_parent_{}", self.external_id.join("_"))
    }
}

impl TableHeader {
    /// The keys of every record, no more and no less, and the reference that each carries, if any: the
    /// columns, the late references, the parent.
    pub fn keys(&self) -> impl Iterator<Item = (String, Option<&Reference>)> {
        let columns = self.columns.iter().map(|column| (column.clone(), None));
        let late = self.late.iter().map(|reference| (reference.late_key(), Some(reference)));
        let parent = self.parent.iter().map(|reference| (reference.parent_key(), Some(reference)));
        columns.chain(late).chain(parent)
    }
}

/// References as a map from their names.
mod by_name {
    use super::{Deserialize, Deserializer, Reference, Serializer};
    use serde::de::Error;
    use serde_json::{Map, Value};

    pub fn serialize<S: Serializer>(references: &[Reference], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(references.iter().map(|reference| (reference.name(), reference)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reference>, D::Error> {
        let references = Map::deserialize(deserializer)?;
        let read = |(name, value): (String, Value)| {
            let reference: Reference = serde_json::from_value(value).map_err(D::Error::custom)?;
            if reference.name() == name {
                return Ok(reference);
            }
            let columns = reference.columns.join(", ");
            Err(D::Error::custom(format!("reference \"{name}\" is said to be of columns ({columns})")))
        };
        references.into_iter().map(read).collect()
    }
}
