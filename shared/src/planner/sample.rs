//! Tables for the tests of this folder.

use crate::catalog::{Address, Column, Default, ForeignKey, OnDelete, RelationKind, Table, UniqueKey};
use crate::types::ColumnType;

pub fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| n.to_string()).collect()
}

/// A column of integers; `!` before its name says NOT NULL.
pub fn column(name: &str) -> Column {
    Column {
        name: name.trim_start_matches('!').to_owned(),
        ty: ColumnType::Int8,
        sql_type: "bigint".to_owned(),
        not_null: name.starts_with('!'),
        default: Default::None,
    }
}

/// A table with a primary key.
pub fn table(name: &str, key: &[&str], columns: &[&str]) -> Table {
    Table {
        oid: 0,
        schema: "main".to_owned(),
        name: name.to_owned(),
        kind: RelationKind::Table,
        address: Address::Rowid("rowid".to_owned()),
        columns: columns.iter().map(|c| column(c)).collect(),
        uniques: vec![UniqueKey {
            name: "key".to_owned(),
            columns: strings(key),
            primary: true,
            immediate: true,
            partial: false,
            nulls_equal: false,
        }],
        foreign_keys: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
        deferrable: Vec::new(),
        row_security: false,
        untrusted_owner: None,
    }
}

/// Lets `child` refer to the column `to` of the table `parent`.
pub fn refer(child: &mut Table, column: &str, parent: &str, to: &str) {
    child.foreign_keys.push(ForeignKey {
        name: format!("{}_{column}", child.name),
        table: child.id(),
        columns: strings(&[column]),
        parent: (child.schema.clone(), parent.to_owned()),
        parent_columns: strings(&[to]),
        on_delete: OnDelete::NoAction,
        deferrable: false,
    });
}
