//! Tables as SQLite's PRAGMAs describe them.

use cutover_core::Result;
use cutover_core::catalog::{
    Address, Column, Default, ForeignKey, OnDelete, RelName, RelationKind, Table, Trigger, UniqueKey,
};
use cutover_core::sql::Ident;
use cutover_core::value::Value;

use crate::declared;
use crate::session::SqliteSession;
use crate::statement::Db;

/// What the primary key that is the rowid goes by: SQLite gives it neither name nor index.
const ROWID_KEY: &str = "PRIMARY KEY";

/// The relation of this name; None where there is none. A name without a database is looked for
/// in main, then temp, then the attached databases.
pub fn table(session: &mut SqliteSession<'_>, name: &RelName) -> Result<Option<Table>> {
    let db = session.db;
    let rows = db.rows(
        "SELECT l.schema, l.name, l.type, l.wr FROM pragma_table_list(?1) l \
         JOIN pragma_database_list d ON d.name = l.schema \
         WHERE ?2 IS NULL OR l.schema = ?2 COLLATE NOCASE ORDER BY d.seq",
        &[name.name.as_str().into(), name.schema.clone().into()],
    )?;
    let Some([schema, found, kind, without_rowid]) = rows.into_iter().next().map(cells) else {
        return Ok(None);
    };
    let (schema, name) = (string(&schema), string(&found));
    session.note_version(&schema)?;
    let place = Place { db, schema, name };
    let kind = match string(&kind).as_str() {
        "view" => RelationKind::View,
        "virtual" => RelationKind::Virtual,
        _ => RelationKind::Table,
    };
    let without_rowid = without_rowid.is_true();
    let mut uniques = place.uniques()?;
    let (mut columns, key) = place.columns()?;
    // A key that no index holds is the rowid itself.
    let alias = kind == RelationKind::Table && !without_rowid && !uniques.iter().any(|u| u.primary);
    if let ([only], true) = (key.as_slice(), alias) {
        if let Some(column) = columns.iter_mut().find(|c| c.name == *only) {
            column.not_null = true;
            column.default = Default::Serial(None);
        }
        uniques.insert(0, unique(ROWID_KEY.to_owned(), key, true, false));
    }
    let address = if kind == RelationKind::Table && !without_rowid {
        let hidden = |name: &str| columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
        let free = ["rowid", "_rowid_", "oid"].into_iter().find(|name| !hidden(name));
        free.map_or(Address::Key, |name| Address::Rowid(name.to_owned()))
    } else {
        Address::Key
    };
    Ok(Some(Table {
        oid: 0,
        kind,
        address,
        columns,
        uniques,
        foreign_keys: place.foreign_keys(false)?,
        referenced_by: place.foreign_keys(true)?,
        triggers: place.triggers()?,
        deferrable: Vec::new(),
        row_security: false,
        untrusted_owner: None,
        schema: place.schema,
        name: place.name,
    }))
}

/// A relation that exists, under its real names.
struct Place<'c> {
    db: Db<'c>,
    schema: String,
    name: String,
}

impl Place<'_> {
    fn args(&self) -> [Value; 2] {
        [self.name.as_str().into(), self.schema.as_str().into()]
    }

    /// The columns, and the names of those in the primary key in its order.
    fn columns(&self) -> Result<(Vec<Column>, Vec<String>)> {
        let rows = self.db.rows(
            "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden \
             FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1 ORDER BY cid",
            &self.args(),
        )?;
        let mut columns = Vec::with_capacity(rows.len());
        let mut key = Vec::new();
        for row in rows {
            let [name, declared, not_null, has_default, pk, hidden] = cells(row);
            let (name, declared) = (string(&name), string(&declared));
            if let Some(position) = pk.as_int().filter(|n| *n > 0) {
                key.push((position, name.clone()));
            }
            columns.push(Column {
                ty: declared::column_type(&declared),
                sql_type: self.ddl(&name, &declared),
                not_null: not_null.is_true(),
                default: match (hidden.as_int(), has_default.is_true()) {
                    (Some(2 | 3), _) => Default::Generated,
                    (_, true) => Default::Expression,
                    _ => Default::None,
                },
                name,
            });
        }
        key.sort();
        Ok((columns, key.into_iter().map(|(_, name)| name).collect()))
    }

    fn ddl(&self, column: &str, declared: &str) -> String {
        let ty = declared::ddl(declared);
        match self.db.collation(&self.schema, &self.name, column) {
            Some(collation) if !collation.eq_ignore_ascii_case("binary") => {
                format!("{ty} COLLATE {}", Ident(&collation)).trim_start().to_owned()
            }
            _ => ty,
        }
    }

    fn uniques(&self) -> Result<Vec<UniqueKey>> {
        let rows = self.db.rows(
            "SELECT i.name, i.origin = 'pk', i.partial, x.cid, x.name \
             FROM pragma_index_list(?1, ?2) i, pragma_index_xinfo(i.name, ?2) x \
             WHERE i.\"unique\" AND x.key ORDER BY i.origin <> 'pk', i.seq DESC, x.seqno",
            &self.args(),
        )?;
        let mut uniques: Vec<UniqueKey> = Vec::new();
        let mut over_expressions = Vec::new();
        for row in rows {
            let [name, primary, partial, cid, column] = cells(row);
            let name = string(&name);
            if uniques.last().is_none_or(|u| u.name != name) {
                uniques.push(unique(name.clone(), Vec::new(), primary.is_true(), partial.is_true()));
            }
            if cid.as_int().is_none_or(|cid| cid < 0) {
                over_expressions.push(name);
            } else if let Some(last) = uniques.last_mut() {
                last.columns.push(string(&column));
            }
        }
        for key in uniques.iter_mut().filter(|u| over_expressions.contains(&u.name)) {
            key.columns.clear();
        }
        Ok(uniques)
    }

    /// The foreign keys of this table, or (`incoming`) those of its database that refer to it.
    fn foreign_keys(&self, incoming: bool) -> Result<Vec<ForeignKey>> {
        let tables = "SELECT l.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete \
             FROM pragma_table_list l, pragma_foreign_key_list(l.name, l.schema) f \
             WHERE l.schema = ?2 AND l.type = 'table' AND ";
        let which = if incoming { "f.\"table\" = ?1 COLLATE NOCASE" } else { "l.name = ?1" };
        let order = " ORDER BY l.name, f.id DESC, f.seq";
        let rows = self.db.rows(&format!("{tables}{which}{order}"), &self.args())?;
        let mut found: Vec<(i64, ForeignKey)> = Vec::new();
        for row in rows {
            let [child, id, parent, from, to, on_delete] = cells(row);
            let (child, id) = (string(&child), id.as_int().unwrap_or_default());
            if found.last().is_none_or(|(last, key)| *last != id || key.table.1 != child) {
                let parent = self.real_name(&string(&parent))?;
                let key = ForeignKey {
                    name: String::new(),
                    table: (self.schema.clone(), child),
                    columns: Vec::new(),
                    parent: (self.schema.clone(), parent),
                    parent_columns: Vec::new(),
                    on_delete: on_delete_of(&string(&on_delete)),
                    // PRAGMA defer_foreign_keys defers them all.
                    deferrable: true,
                };
                found.push((id, key));
            }
            if let Some((_, key)) = found.last_mut() {
                key.columns.push(string(&from));
                key.parent_columns.extend(to.as_str().map(str::to_owned));
            }
        }
        found.into_iter().map(|(_, key)| self.complete(key)).collect()
    }

    /// Fills in what a foreign key leaves out, and spells columns as the tables do.
    fn complete(&self, mut key: ForeignKey) -> Result<ForeignKey> {
        let child = Place { db: self.db, schema: self.schema.clone(), name: key.table.1.clone() };
        let parent = Place { db: self.db, schema: self.schema.clone(), name: key.parent.1.clone() };
        let (parent_columns, parent_key) = parent.columns()?;
        if key.parent_columns.is_empty() {
            key.parent_columns = parent_key;
        }
        respell(&mut key.parent_columns, &parent_columns);
        respell(&mut key.columns, &child.columns()?.0);
        key.name = key.columns.join(",");
        Ok(key)
    }

    /// A table's name as it is spelled in this database; as given where there is no such table.
    fn real_name(&self, name: &str) -> Result<String> {
        let rows = self.db.rows(
            "SELECT name FROM pragma_table_list(?1) WHERE schema = ?2",
            &[name.into(), self.schema.as_str().into()],
        )?;
        Ok(rows.first().and_then(|row| row.first()).map_or_else(|| name.to_owned(), string))
    }

    /// The user's triggers: not cutover's own.
    fn triggers(&self) -> Result<Vec<Trigger>> {
        let sql = format!(
            "SELECT name FROM {}.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE \
             AND name NOT LIKE 'cutover\\_%' ESCAPE '\\' \
             UNION SELECT name FROM temp.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
            Ident(&self.schema)
        );
        let rows = self.db.rows(&sql, &[self.name.as_str().into()])?;
        let names = rows.iter().filter_map(|row| row.first().map(string));
        Ok(names.map(|name| Trigger { name, enabled: true, fills: false }).collect())
    }
}

fn unique(name: String, columns: Vec<String>, primary: bool, partial: bool) -> UniqueKey {
    UniqueKey { name, columns, primary, immediate: true, partial, nulls_equal: false }
}

fn respell(names: &mut [String], columns: &[Column]) {
    for name in names {
        if let Some(column) = columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)) {
            name.clone_from(&column.name);
        }
    }
}

fn on_delete_of(action: &str) -> OnDelete {
    match action {
        "CASCADE" => OnDelete::Cascade,
        "SET NULL" => OnDelete::SetNull,
        "SET DEFAULT" => OnDelete::SetDefault,
        "RESTRICT" => OnDelete::Restrict,
        _ => OnDelete::NoAction,
    }
}

/// The first values of a row; NULL for those that it lacks.
fn cells<const N: usize>(row: Vec<Value>) -> [Value; N] {
    let mut row = row.into_iter();
    std::array::from_fn(|_| row.next().unwrap_or(Value::Null))
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
