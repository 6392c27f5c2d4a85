//! Tables as they are: names resolved by the server, the rest in one query per kind of thing.

use std::collections::HashMap;

use cutover_core::catalog::{
    Address, Column, Default, Deferrable, ForeignKey, OnDelete, RelName, RelationKind, Table, Trigger,
    UniqueKey,
};
use cutover_core::sql::Ident;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys;

use crate::{settings, statement};

/// The relations of these names, in their order; None for one that does not exist, or is no
/// relation with rows. A schema that the caller may not use is the server's own 42501.
pub fn read(caller: &settings::Caller, names: &[RelName]) -> Result<Vec<Option<Table>>> {
    let oids = names.iter().map(|name| resolve(caller, name)).collect::<Result<Vec<_>>>()?;
    let list: Vec<String> = oids.iter().flatten().map(u32::to_string).collect();
    let list = [Value::Text(format!("{{{}}}", list.join(",")))];
    let mut tables: HashMap<u32, Table> = HashMap::new();
    for row in statement::query(RELATIONS, &list)? {
        let table = relation(&mut Row(row.into_iter()))?;
        tables.insert(table.oid, table);
    }
    each(&mut tables, COLUMNS, &list, |table, row| {
        table.columns.push(column(row)?);
        Ok(())
    })?;
    each(&mut tables, UNIQUES, &list, unique_column)?;
    each(&mut tables, FOREIGN_KEYS, &list, |table, row| foreign_key_column(&mut table.foreign_keys, row))?;
    each(&mut tables, REFERENCED_BY, &list, |table, row| foreign_key_column(&mut table.referenced_by, row))?;
    each(&mut tables, TRIGGERS, &list, |table, row| {
        table.triggers.push(Trigger { name: row.text()?, enabled: row.flag(), fills: row.flag() });
        Ok(())
    })?;
    each(&mut tables, DEFERRABLE, &list, |table, row| {
        let (schema, name) = row.pair()?;
        table.deferrable.push(Deferrable { schema, name, initially_deferred: row.flag() });
        Ok(())
    })?;
    Ok(oids.iter().map(|oid| oid.and_then(|oid| tables.get(&oid).cloned())).collect())
}

/// Locks tables in a mode of LOCK TABLE, in OID order, and makes sure that they are still
/// those that were read: 55000 where one was replaced meanwhile.
pub fn lock(caller: &settings::Caller, tables: &[&Table], mode: &str) -> Result<()> {
    let lockable = |t: &&&Table| matches!(t.kind, RelationKind::Table | RelationKind::Partitioned);
    let mut tables: Vec<&Table> = tables.iter().filter(lockable).copied().collect();
    tables.sort_by_key(|table| table.oid);
    tables.dedup_by_key(|table| table.oid);
    if tables.is_empty() {
        return Ok(());
    }
    let names: Vec<String> =
        tables.iter().map(|t| format!("{}.{}", Ident(&t.schema), Ident(&t.name))).collect();
    // LOCK TABLE would call a table that is gone unknown, though the plan knows it.
    same_tables(caller, &tables)?;
    let limit = settings::lock_limit();
    statement::execute(&format!("LOCK TABLE {} IN {mode} MODE", names.join(", ")), &[])?;
    if let Some(limit) = limit {
        limit.close();
    }
    same_tables(caller, &tables)
}

/// 55000 where the name of a table no longer stands for it.
fn same_tables(caller: &settings::Caller, tables: &[&Table]) -> Result<()> {
    // SAFETY: we are inside a transaction; without a new lock nothing else makes the caches fresh.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    for table in tables {
        if resolve(caller, &RelName::new(Some(&table.schema), &table.name))? != Some(table.oid) {
            let message = format!("table \"{}\" was changed while the run was under way", table.name);
            return Err(Error::new(Kind::NotInState, message).hint("run it again"));
        }
    }
    Ok(())
}

/// The OID that a name stands for, as the server's own statements would find it: by the caller's
/// search path, and with `pg_temp` for the session's temporary schema.
fn resolve(caller: &settings::Caller, name: &RelName) -> Result<Option<u32>> {
    let bad = |_| Error::new(Kind::InvalidName, "a name cannot hold the character NUL");
    let schema = name.schema.as_deref().map(std::ffi::CString::new).transpose().map_err(bad)?;
    let relation = std::ffi::CString::new(name.name.as_str()).map_err(bad)?;
    let level = caller.restore_path();
    // SAFETY: the strings outlive both calls, and the server does not write to them.
    let oid = unsafe {
        let schema = schema.as_ref().map_or(std::ptr::null_mut(), |s| s.as_ptr().cast_mut());
        let range_var = pg_sys::makeRangeVar(schema, relation.as_ptr().cast_mut(), -1);
        pg_sys::RangeVarGetRelidExtended(
            range_var,
            pg_sys::NoLock as i32,
            pg_sys::RVROption::RVR_MISSING_OK,
            None,
            std::ptr::null_mut(),
        )
    };
    level.close();
    Ok((oid != pg_sys::InvalidOid).then(|| oid.to_u32()))
}

/// The type of a column, from its type's OID and modifier. Where the modifier makes the server
/// round or pad, and for all types that have no place of their own, values go through the type's
/// input function.
pub fn column_type(oid: pg_sys::Oid, modifier: i32) -> ColumnType {
    let coarse = (0..6).contains(&modifier);
    match oid {
        pg_sys::BOOLOID => ColumnType::Bool,
        pg_sys::INT2OID => ColumnType::Int2,
        pg_sys::INT4OID => ColumnType::Int4,
        pg_sys::INT8OID => ColumnType::Int8,
        pg_sys::FLOAT4OID => ColumnType::Float4,
        pg_sys::FLOAT8OID => ColumnType::Float8,
        pg_sys::NUMERICOID => ColumnType::Numeric { limit: numeric_limit(modifier), exact: true },
        pg_sys::TEXTOID => ColumnType::Text { max_chars: None },
        pg_sys::VARCHAROID => ColumnType::Text { max_chars: u32::try_from(modifier - 4).ok() },
        pg_sys::BYTEAOID => ColumnType::Bytes,
        pg_sys::DATEOID => ColumnType::Date,
        pg_sys::TIMEOID if !coarse => ColumnType::Time,
        pg_sys::TIMESTAMPOID if !coarse => ColumnType::Timestamp,
        pg_sys::TIMESTAMPTZOID if !coarse => ColumnType::TimestampTz,
        pg_sys::UUIDOID => ColumnType::Uuid,
        pg_sys::JSONOID | pg_sys::JSONBOID => ColumnType::Json,
        _ => ColumnType::Other,
    }
}

/// (precision, scale) of a numeric's modifier; the scale is 11 bits with a sign.
fn numeric_limit(modifier: i32) -> Option<(u16, i16)> {
    let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
    let precision = ((packed >> 16) & 0xFFFF) as u16;
    let scale = (((packed & 0x7FF) ^ 1024) - 1024) as i16;
    Some((precision, scale))
}

/// One row of a catalog query, read from left to right.
struct Row(std::vec::IntoIter<Value>);

impl Row {
    fn next(&mut self) -> Value {
        self.0.next().unwrap_or(Value::Null)
    }

    fn maybe(&mut self) -> Option<String> {
        match self.next() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn text(&mut self) -> Result<String> {
        self.maybe().ok_or_else(|| Error::new(Kind::Internal, "a catalog query left out a name"))
    }

    fn flag(&mut self) -> bool {
        self.next().is_true()
    }

    fn int(&mut self) -> i64 {
        self.next().as_int().unwrap_or_default()
    }

    fn oid(&mut self) -> u32 {
        u32::try_from(self.int()).unwrap_or_default()
    }

    fn pair(&mut self) -> Result<(String, String)> {
        Ok((self.text()?, self.text()?))
    }
}

/// Runs a query whose first column is the table's OID and hands each row to its table.
fn each(
    tables: &mut HashMap<u32, Table>,
    sql: &str,
    list: &[Value],
    mut add: impl FnMut(&mut Table, &mut Row) -> Result<()>,
) -> Result<()> {
    for row in statement::query(sql, list)? {
        let mut row = Row(row.into_iter());
        if let Some(table) = tables.get_mut(&row.oid()) {
            add(table, &mut row)?;
        }
    }
    Ok(())
}

const RELATIONS: &str = "
SELECT c.oid, n.nspname, c.relname,
       CASE WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) THEN 'i' ELSE c.relkind END, pg_catalog.row_security_active(c.oid), o.rolname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT r.rolname
    FROM (SELECT c.oid UNION SELECT p.relid FROM pg_catalog.pg_partition_tree(c.oid) p) f (oid)
    JOIN pg_catalog.pg_class own ON own.oid = f.oid
    JOIN pg_catalog.pg_roles r ON r.oid = own.relowner
    JOIN pg_catalog.pg_roles caller ON caller.rolname = current_user AND caller.rolsuper
    WHERE NOT r.rolsuper
    ORDER BY own.oid <> c.oid, own.oid LIMIT 1) o ON true
WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

fn relation(row: &mut Row) -> Result<Table> {
    let oid = row.oid();
    let (schema, name) = row.pair()?;
    let (kind, address) = match row.text()?.as_str() {
        "r" => (RelationKind::Table, Address::Ctid),
        "p" => (RelationKind::Partitioned, Address::Ctid),
        "i" => (RelationKind::Inherited, Address::Ctid),
        "v" => (RelationKind::View, Address::Key),
        "m" => (RelationKind::MaterializedView, Address::Key),
        _ => (RelationKind::Foreign, Address::Key),
    };
    let (row_security, untrusted_owner) = (row.flag(), row.maybe());
    Ok(Table {
        oid,
        schema,
        name,
        kind,
        address,
        columns: Vec::new(),
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
        deferrable: Vec::new(),
        row_security,
        untrusted_owner,
    })
}

const COLUMNS: &str = "
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod),
       cn.nspname, co.collname, a.attnotnull, a.attidentity, a.attgenerated, d.oid IS NOT NULL, s.nspname, s.relname,
       EXISTS (SELECT FROM pg_catalog.pg_depend x
               WHERE x.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND x.objid = d.oid
                 AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.refobjid = s.oid)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN LATERAL (
    SELECT c.oid, n.nspname, c.relname
    FROM pg_catalog.pg_depend o
    JOIN pg_catalog.pg_class c ON c.oid = o.objid AND c.relkind = 'S'
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.deptype IN ('a', 'i')
      AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
    ORDER BY o.deptype DESC, c.oid LIMIT 1) s ON true
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum";

fn column(row: &mut Row) -> Result<Column> {
    let name = row.text()?;
    let oid = pg_sys::Oid::from(row.oid());
    let modifier = i32::try_from(row.int()).unwrap_or(-1);
    let mut sql_type = row.text()?;
    if let (Some(schema), Some(collation)) = (row.maybe(), row.maybe()) {
        sql_type.push_str(&format!(" COLLATE {}.{}", Ident(&schema), Ident(&collation)));
    }
    let not_null = row.flag();
    let (identity, generated, has_default) = (row.text()?, row.text()?, row.flag());
    let sequence = match (row.maybe(), row.maybe()) {
        (Some(schema), Some(name)) => Some(format!("{}.{}", Ident(&schema), Ident(&name))),
        _ => None,
    };
    let draws_from_it = row.flag();
    let default = match (identity.as_str(), generated.as_str()) {
        ("a", _) => Default::IdentityAlways(sequence),
        ("d", _) => Default::IdentityByDefault(sequence),
        ("", "s" | "v") => Default::Generated,
        _ if draws_from_it => Default::Serial(sequence),
        _ if has_default => Default::Expression,
        _ => Default::None,
    };
    Ok(Column { name, ty: column_type(oid, modifier), sql_type, not_null, default })
}

/// One row per key column; a key over expressions has one row without a name. Temporal keys
/// (PostgreSQL 18) are exclusion constraints at heart, and are left out.
const UNIQUES: &str = "
SELECT i.indrelid, c.relname, i.indisprimary, i.indimmediate, i.indpred IS NOT NULL, i.indnullsnotdistinct, a.attname
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
LEFT JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY k (attnum, position)
  ON k.position <= i.indnkeyatts AND i.indexprs IS NULL
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND i.indisunique AND i.indisvalid AND NOT i.indisexclusion
ORDER BY i.indrelid, i.indisprimary DESC, c.relname, k.position";

fn unique_column(table: &mut Table, row: &mut Row) -> Result<()> {
    let key = UniqueKey {
        name: row.text()?,
        columns: Vec::new(),
        primary: row.flag(),
        immediate: row.flag(),
        partial: row.flag(),
        nulls_equal: row.flag(),
    };
    if table.uniques.last().is_none_or(|last| last.name != key.name) {
        table.uniques.push(key);
    }
    if let (Some(column), Some(last)) = (row.maybe(), table.uniques.last_mut()) {
        last.columns.push(column);
    }
    Ok(())
}

/// What both queries about foreign keys show, one row per column pair. Partitions repeat their
/// parent's constraint (`conparentid`): with another `conrelid` it is the referring table's own
/// partition, with the same one it is a partition of the table referred to.
macro_rules! foreign_keys {
    ($table:literal, $same:literal) => {
        concat!(
            "
SELECT c.",
            $table,
            ", c.conname, cn.nspname, ct.relname, a.attname, pn.nspname, pt.relname, b.attname, c.confdeltype, c.condeferrable
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class ct ON ct.oid = c.conrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = ct.relnamespace
JOIN pg_catalog.pg_class pt ON pt.oid = c.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = pt.relnamespace
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey))
  WITH ORDINALITY k (child, parent, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.child
JOIN pg_catalog.pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent
WHERE c.contype = 'f' AND c.",
            $table,
            " = ANY ($1::pg_catalog.oid[])
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = c.conparentid AND p.conrelid ",
            $same,
            " c.conrelid)
ORDER BY c.",
            $table,
            ", cn.nspname, ct.relname, c.conname, c.oid, k.position"
        )
    };
}

const FOREIGN_KEYS: &str = foreign_keys!("conrelid", "=");
const REFERENCED_BY: &str = foreign_keys!("confrelid", "<>");

fn foreign_key_column(keys: &mut Vec<ForeignKey>, row: &mut Row) -> Result<()> {
    let name = row.text()?;
    let (table, column) = (row.pair()?, row.text()?);
    let (parent, parent_column) = (row.pair()?, row.text()?);
    let on_delete = match row.text()?.as_str() {
        "r" => OnDelete::Restrict,
        "c" => OnDelete::Cascade,
        "n" => OnDelete::SetNull,
        "d" => OnDelete::SetDefault,
        _ => OnDelete::NoAction,
    };
    let deferrable = row.flag();
    match keys.last_mut() {
        // A constraint's name is unique within its table.
        Some(last) if last.name == name && last.table == table && last.parent == parent => {
            last.columns.push(column);
            last.parent_columns.push(parent_column);
        }
        _ => keys.push(ForeignKey {
            name,
            table,
            columns: vec![column],
            parent,
            parent_columns: vec![parent_column],
            on_delete,
            deferrable,
        }),
    }
    Ok(())
}

/// A trigger counts as enabled where it fires for ordinary statements: not those for replicas only.
/// cutover's own are none of the user's. The last column is those BEFORE INSERT FOR EACH ROW.
const TRIGGERS: &str = "
SELECT t.tgrelid, t.tgname, t.tgenabled IN ('O', 'A'), t.tgtype & 7 = 7
FROM pg_catalog.pg_trigger t
WHERE t.tgrelid = ANY ($1::pg_catalog.oid[]) AND NOT t.tgisinternal
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc f
                  WHERE f.oid = t.tgfoid AND f.pronamespace = 'cutover'::pg_catalog.regnamespace)
ORDER BY t.tgrelid, t.tgname";

/// Partitions repeat their parent's constraint; a statement that names the parent's reaches them too.
const DEFERRABLE: &str = "
SELECT t.oid, n.nspname, c.conname, c.condeferred
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
JOIN pg_catalog.pg_class t ON t.oid IN (c.conrelid, c.confrelid)
WHERE c.condeferrable AND c.conparentid = 0 AND t.oid = ANY ($1::pg_catalog.oid[])
ORDER BY t.oid, n.nspname, c.conname, c.oid";
