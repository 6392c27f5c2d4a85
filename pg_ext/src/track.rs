//! The trigger function of tracked tables. Before a row is written it sets the origin, after that it records
//! the change, and it refuses TRUNCATE, which has no rows to record.
//!
//! Its arguments are those of the trigger: phase, table, origin column and its local value (both empty where
//! there is none), and the columns of the key. It writes as the extension's owner, because who writes an
//! application's table has no rights on cutover's; so it first makes sure that the table is the plan's.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::rc::Rc;

use cutover_core::session::Dialect;
use cutover_core::value::{Value, json_array};
use cutover_core::{Error, Kind, Result, sql};
use pgrx::{IntoDatum, pg_sys};

use crate::role::AsRole;
use crate::{errors, guard, settings, statement};

/// How the server calls the function below.
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_track_change_wrapper() -> &'static pg_sys::Pg_finfo_record {
    const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &V1
}

/// `cutover.track_change()`.
///
/// # Safety
/// Only the server may call it, with a live `fcinfo`.
#[pgrx::pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn track_change_wrapper(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the server's own call, used within it.
    let row = unsafe { guard::trigger_data(fcinfo, "track_change") }.and_then(fire);
    pg_sys::Datum::from(row.unwrap_or_else(|error| errors::raise(error)))
}

/// Does what the event asks for, and answers the row that is to be written.
fn fire(data: &pg_sys::TriggerData) -> Result<pg_sys::HeapTuple> {
    let event = data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK;
    let (old, new) = match event {
        pg_sys::TRIGGER_EVENT_INSERT => (None, Some(data.tg_trigtuple)),
        pg_sys::TRIGGER_EVENT_UPDATE => (Some(data.tg_trigtuple), Some(data.tg_newtuple)),
        _ => (Some(data.tg_trigtuple), None),
    };
    let unchanged = new.unwrap_or(data.tg_trigtuple);
    // SAFETY: the trigger manager holds the relation open.
    if guard::is_marked(unsafe { (*data.tg_relation).rd_id }.to_u32()) {
        return Ok(unchanged);
    }
    let tracked = tracked(data)?;
    if event == pg_sys::TRIGGER_EVENT_TRUNCATE {
        let message =
            format!("table \"{}\" cannot be truncated while its changes are tracked", tracked.table);
        return Err(Error::new(Kind::NotInState, message)
            .detail(format!("Phase \"{}\" sends its changes out row by row.", tracked.phase))
            .hint("DELETE FROM it instead"));
    }
    if data.tg_event & pg_sys::TRIGGER_EVENT_BEFORE != 0 {
        return Ok(tracked.turned_local(data, unchanged));
    }
    let key = |tuple: Option<pg_sys::HeapTuple>| tuple.map(|t| tracked.key_of(data, t)).transpose();
    let (old, new) = (key(old)?, key(new)?);
    if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
        tracked.record(&old, "delete")?;
    }
    if let Some(new) = new {
        tracked.record(&new, "upsert")?;
    }
    Ok(unchanged)
}

/// What a trigger needs to know, found out once per transaction.
struct Tracked {
    phase: String,
    table: String,
    /// Its attribute, and the local value in the transaction's memory.
    origin: Option<(c_int, pg_sys::Datum)>,
    key: Vec<Key>,
    /// Some column of the key is printed as the session's settings say.
    by_settings: bool,
    owner: pg_sys::Oid,
}

/// A column of the key.
struct Key {
    attribute: c_int,
    ty: pg_sys::Oid,
    output: pg_sys::Oid,
}

thread_local! {
    /// By the trigger's OID.
    static TRACKED: RefCell<HashMap<u32, Rc<Tracked>>> = RefCell::new(HashMap::new());
    static LISTENING: Cell<bool> = const { Cell::new(false) };
    static PLAN: Cell<pg_sys::SPIPlanPtr> = const { Cell::new(std::ptr::null_mut()) };
}

/// Forgets what was found out: its memory goes with the transaction, and a plan may be loaded meanwhile.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget_at_end(_event: pg_sys::XactEvent::Type, _arg: *mut c_void) {
    TRACKED.with_borrow_mut(HashMap::clear);
}

/// Forgets it too where any table's definition has changed.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget_tables(_arg: pg_sys::Datum, _relation: pg_sys::Oid) {
    TRACKED.with_borrow_mut(HashMap::clear);
}

fn tracked(data: &pg_sys::TriggerData) -> Result<Rc<Tracked>> {
    // SAFETY: the trigger manager's data is live for the length of the call.
    let trigger = unsafe { &*data.tg_trigger };
    let oid = trigger.tgoid.to_u32();
    if let Some(known) = TRACKED.with_borrow(|known| known.get(&oid).cloned()) {
        return Ok(known);
    }
    if !LISTENING.replace(true) {
        // SAFETY: both only add a function of this library, which is never unloaded.
        unsafe {
            pg_sys::RegisterXactCallback(Some(forget_at_end), std::ptr::null_mut());
            pg_sys::CacheRegisterRelcacheCallback(Some(forget_tables), pg_sys::Datum::null());
        }
    }
    let found = Rc::new(Tracked::find(data, trigger)?);
    TRACKED.with_borrow_mut(|known| known.insert(oid, Rc::clone(&found)));
    Ok(found)
}

impl Tracked {
    fn find(data: &pg_sys::TriggerData, trigger: &pg_sys::Trigger) -> Result<Tracked> {
        let mut args = (0..usize::try_from(trigger.tgnargs).unwrap_or_default()).map(|i| {
            // SAFETY: a trigger has as many arguments as it says, all C strings.
            unsafe { CStr::from_ptr(*trigger.tgargs.add(i)) }.to_string_lossy().into_owned()
        });
        let (Some(phase), Some(table), Some(column), Some(local)) =
            (args.next(), args.next(), args.next(), args.next())
        else {
            return Err(Error::new(Kind::Database(*b"39P01"), "track_change() has too few arguments"));
        };
        // SAFETY: the trigger manager holds the relation open.
        let (relation, columns) = unsafe { ((*data.tg_relation).rd_id, (*data.tg_relation).rd_att) };
        let owner = owner()?;
        let (before, operators) = (AsRole::of(owner).begin(), settings::own_operators());
        check_planned(&phase, &table, relation)?;
        operators.close();
        before.begin();
        let origin = match column.is_empty() {
            true => None,
            false => {
                let attribute = attribute(columns, &column)?;
                Some((attribute, constant(columns, attribute, &local)?))
            }
        };
        let key = args.map(|name| Key::find(columns, &name)).collect::<Result<Vec<_>>>()?;
        let by_settings = key.iter().any(Key::by_settings);
        Ok(Tracked { phase, table, origin, key, by_settings, owner })
    }

    /// The row with its origin set.
    fn turned_local(&self, data: &pg_sys::TriggerData, row: pg_sys::HeapTuple) -> pg_sys::HeapTuple {
        let Some((mut attribute, mut value)) = self.origin else { return row };
        let mut null = false;
        // From PostgreSQL 16 on the arrays are const: a raw pointer is right before and after.
        let (attributes, values, nulls) = (&raw mut attribute, &raw mut value, &raw mut null);
        // SAFETY: the row is of this relation, and the three arrays are of one element each.
        unsafe {
            let columns = (*data.tg_relation).rd_att;
            pg_sys::heap_modify_tuple_by_cols(row, columns, 1, attributes, values, nulls)
        }
    }

    /// The row's key as the log spells it. Errors: 23502 for a key that is NULL.
    fn key_of(&self, data: &pg_sys::TriggerData, row: pg_sys::HeapTuple) -> Result<String> {
        let level = self.by_settings.then(settings::printing);
        let mut texts = Vec::with_capacity(self.key.len());
        for key in &self.key {
            texts.push(key.text(data, row)?.ok_or_else(|| {
                let message = format!("a row of \"{}\", whose changes are tracked, has no key", self.table);
                Error::new(Kind::NullValue, message)
            })?);
        }
        if let Some(level) = level {
            level.close();
        }
        Ok(json_array(texts.iter().map(String::as_str)))
    }

    fn record(&self, key: &str, op: &str) -> Result<()> {
        // SAFETY: reading this backend's state; the name is palloc'd.
        let who = unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetOuterUserId(), false)) };
        let who = who.to_string_lossy();
        let before = AsRole::of(self.owner).begin();
        statement::connected(|| {
            let plan = plan()?;
            let texts = [self.phase.as_str(), &self.table, key, op, &who];
            let mut values = texts.map(|text| text.into_datum().unwrap_or(pg_sys::Datum::null()));
            // SAFETY: the plan takes these five texts, none of them NULL.
            let status =
                unsafe { pg_sys::SPI_execute_plan(plan, values.as_mut_ptr(), std::ptr::null(), false, 0) };
            statement::check(status).map(|_| ())
        })?;
        before.begin();
        Ok(())
    }
}

/// The plan of the statement that records a change, made once per backend.
fn plan() -> Result<pg_sys::SPIPlanPtr> {
    let known = PLAN.get();
    if !known.is_null() {
        return Ok(known);
    }
    let text = statement::c_string(sql::record_change(Dialect::Postgres).as_str())?;
    let mut types = [pg_sys::TEXTOID; 5];
    // SAFETY: the text and the types outlive the call; a kept plan lives as long as the backend.
    unsafe {
        let plan = pg_sys::SPI_prepare(text.as_ptr(), types.len() as c_int, types.as_mut_ptr());
        if plan.is_null() {
            return Err(Error::new(Kind::Internal, "SPI made no plan"));
        }
        statement::check(pg_sys::SPI_keepplan(plan))?;
        PLAN.set(plan);
        Ok(plan)
    }
}

impl Key {
    fn find(columns: pg_sys::TupleDesc, name: &str) -> Result<Key> {
        let attribute = attribute(columns, name)?;
        let (mut output, mut is_varlena) = (pg_sys::InvalidOid, false);
        // SAFETY: the attribute is one of the descriptor's.
        let ty = unsafe {
            let ty = pg_sys::SPI_gettypeid(columns, attribute);
            pg_sys::getTypeOutputInfo(ty, &mut output, &mut is_varlena);
            ty
        };
        Ok(Key { attribute, ty, output })
    }

    /// Whether the type's text is not the same under all settings.
    fn by_settings(&self) -> bool {
        !matches!(
            self.ty,
            pg_sys::INT2OID
                | pg_sys::INT4OID
                | pg_sys::INT8OID
                | pg_sys::TEXTOID
                | pg_sys::VARCHAROID
                | pg_sys::BPCHAROID
                | pg_sys::UUIDOID
                | pg_sys::NUMERICOID
                | pg_sys::BOOLOID
        )
    }

    /// The value as a cast to text shows it; None for NULL.
    fn text(&self, data: &pg_sys::TriggerData, row: pg_sys::HeapTuple) -> Result<Option<String>> {
        let mut is_null = false;
        // SAFETY: the row is of this relation, whose attribute and type these are; the text is palloc'd.
        let text = unsafe {
            let columns = (*data.tg_relation).rd_att;
            let value = pg_sys::SPI_getbinval(row, columns, self.attribute, &mut is_null);
            if is_null {
                return Ok(None);
            }
            if self.ty == pg_sys::BOOLOID {
                return Ok(Some((value.value() as u8 != 0).to_string()));
            }
            CStr::from_ptr(pg_sys::OidOutputFunctionCall(self.output, value))
        };
        let text = text.to_str().map_err(|_| Error::new(Kind::BadCharacter, "a key is not UTF-8"))?;
        // A cast to text drops the blanks that char(n) is filled up with.
        let text = if self.ty == pg_sys::BPCHAROID { text.trim_end_matches(' ') } else { text };
        Ok(Some(text.to_owned()))
    }
}

/// The number of a column. Errors: 42703.
fn attribute(columns: pg_sys::TupleDesc, name: &str) -> Result<c_int> {
    let c_name = statement::c_string(name)?;
    // SAFETY: the descriptor is the relation's.
    let attribute = unsafe { pg_sys::SPI_fnumber(columns, c_name.as_ptr()) };
    if attribute <= 0 {
        return Err(Error::new(Kind::UndefinedColumn, format!("column \"{name}\" does not exist"))
            .detail("A trigger of cutover names it.")
            .hint("load the plan again"));
    }
    Ok(attribute)
}

/// A text as a value of a column, in the transaction's memory.
fn constant(columns: pg_sys::TupleDesc, attribute: c_int, text: &str) -> Result<pg_sys::Datum> {
    let text: CString = statement::c_string(text)?;
    let place = usize::try_from(attribute - 1).unwrap_or_default();
    let (ty, modifier, _) = crate::values::attribute(columns, place);
    let (mut input, mut param) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
    // SAFETY: the type is the attribute's; the memory context is put back.
    unsafe {
        pg_sys::getTypeInputInfo(ty, &mut input, &mut param);
        let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopTransactionContext);
        let value =
            pg_sys::OidInputFunctionCall(input, text.as_ptr().cast::<c_char>().cast_mut(), param, modifier);
        pg_sys::MemoryContextSwitchTo(before);
        Ok(value)
    }
}

fn owner() -> Result<pg_sys::Oid> {
    let rows =
        statement::query("SELECT extowner FROM pg_catalog.pg_extension WHERE extname = 'cutover'", &[])?;
    let owner = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
    let owner = owner.and_then(|oid| u32::try_from(oid).ok()).map(pg_sys::Oid::from);
    owner.ok_or_else(|| Error::new(Kind::NotInState, "extension \"cutover\" is not installed"))
}

/// Errors: 55000 where the table, or what it is a partition of, is not the plan's of this name.
fn check_planned(phase: &str, table: &str, relation: pg_sys::Oid) -> Result<()> {
    let args = [phase.into(), table.into(), i64::from(relation.to_u32()).into()];
    let rows = statement::query(
        "SELECT 1 FROM cutover.phase_table t \
         JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema_name \
         JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.table_name \
         WHERE t.phase = $1 AND t.plan_name = $2 AND (c.oid = $3::pg_catalog.oid OR \
         c.oid IN (SELECT relid FROM pg_catalog.pg_partition_ancestors($3::pg_catalog.oid::pg_catalog.regclass)))",
        &args,
    )?;
    if rows.is_empty() {
        return Err(Error::new(
            Kind::NotInState,
            format!("this table is not \"{table}\" of phase \"{phase}\" in the plan in force"),
        )
        .detail("A trigger of cutover says so.")
        .hint("load the plan again, or drop the trigger"));
    }
    Ok(())
}
