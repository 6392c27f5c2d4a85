//! One table of a plan against the table found and the columns its source has.

use crate::catalog::{Address, Column, Default, RelationKind, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{ColumnSource, ExtraColumn, MissingColumn, Mode, SortColumn, TablePlan, Write};
use crate::types::ColumnType;

use super::key::{find_key, foreign_key, own_key};
use super::names::{check_rule, rule_path, source_name, unmapped_name, with_path};
use super::{Extra, From, Mark, Rule, Staged, Task};

/// What is known of a source before it is read: its columns' names, in order.
#[derive(Debug, Clone, Copy)]
pub struct SourceShape<'a> {
    /// How messages call it: `file "jobs.parquet"`.
    pub label: &'a str,
    pub columns: &'a [&'a str],
}

/// A source column that a rule needs in staging although no column of the table is filled from it,
/// and the type it is to have there.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub rule: Rule,
    pub source: String,
    pub ty: ColumnType,
    /// The type as DDL spells it.
    pub sql_type: String,
}

/// Makes the task of one table. With `source: None` (a plan is checked before its files exist)
/// every writable column counts as present. `wanted` are the columns that rules need besides.
///
/// Errors: 42809 not a table, 42P10 no usable key, 42703 a column that does not exist or that the
/// source lacks, 42702 a name that fits two source columns, 428C9 a generated column is mapped,
/// 22023 a rule that the table cannot keep.
pub fn bind(
    ordinal: usize,
    plan: &TablePlan,
    mut target: Table,
    source: Option<SourceShape<'_>>,
    wanted: &[Wanted],
) -> Result<Task> {
    check_kind(&plan.table, &target)?;
    let (key, own) = match plan.write() {
        _ if target.kind == RelationKind::Foreign => (foreign_key(plan, &target)?, Vec::new()),
        Write::DeleteInsert => (plan.merge_key.clone().unwrap_or_default(), own_key(plan, &target)?),
        Write::Replace | Write::Upsert | Write::InsertOnly => {
            (find_key(&plan.table, plan.primary_key.as_ref(), &target)?, Vec::new())
        }
    };
    if target.kind == RelationKind::Foreign {
        target.address = Address::Columns(key.clone());
    }
    check_names(plan, &target)?;
    let task = make(ordinal, plan, key, &own, target, source, wanted)?;
    let scope = plan.scope.iter().find(|c| !task.stages(std::slice::from_ref(*c)));
    let grouped = |c: &&String| matches!(task.staged(c).map(|c| &c.from), Some(From::Source(_)));
    let by = plan.recompute.iter().flat_map(|r| &r.by).find(|c| !grouped(c));
    match scope.map(|c| (c, "scope")).or(by.map(|c| (c, "recompute"))) {
        None => Ok(task),
        Some((column, key)) => Err(Error::new(
            Kind::InvalidParameter,
            format!(
                "column \"{column}\" of table \"{}\" is in \"{key}\" and not filled from the source",
                plan.table
            ),
        )),
    }
}

/// Makes the task of an append, which needs no key. Errors: as those of [`bind`].
pub fn bind_append(plan: &TablePlan, target: Table, source: SourceShape<'_>) -> Result<Task> {
    make(0, plan, Vec::new(), &[], target, Some(source), &[])
}

fn make(
    ordinal: usize,
    plan: &TablePlan,
    key: Vec<String>,
    own_key: &[String],
    target: Table,
    source: Option<SourceShape<'_>>,
    wanted: &[Wanted],
) -> Result<Task> {
    let mut binder = Binder { plan, key: &key, source, warnings: Vec::new(), used: Vec::new() };
    let mut columns = Vec::new();
    let keyed: &[String] = if plan.write() == Write::DeleteInsert { &[] } else { &key };
    for column in &target.columns {
        if own_key.contains(&column.name) {
            binder.leave_out(&column.name)?;
        } else if let Some(from) = binder.source_of(column)? {
            check_rule(plan, column)?;
            let compared = !keyed.contains(&column.name) && !plan.ignore.contains(&column.name);
            columns.push(Staged { column: column.clone(), from, compared });
        }
    }
    let mut extra: Vec<Extra> = Vec::new();
    for wanted in wanted {
        let source = binder.extra(&wanted.source)?;
        let mut name = format!("_x_{}", extra.len());
        while target.column(&name).is_some() {
            name.push('_');
        }
        let column = Column {
            name,
            ty: wanted.ty.clone(),
            sql_type: wanted.sql_type.clone(),
            not_null: false,
            default: Default::None,
        };
        extra.push(Extra { rule: wanted.rule, source, column });
    }
    binder.check_extra()?;
    if let Some(SortColumn::Target(name)) = &plan.dedup_sort
        && !columns.iter().any(|c| c.column.name == *name)
    {
        return Err(match target.column(name) {
            Some(column) => binder.missing(column, name),
            None => no_column(&plan.table, name),
        });
    }
    let warnings = binder.warnings;
    let origin = plan.origin.as_ref().map(|origin| Mark {
        column: origin.column.clone(),
        imported: origin.imported.clone(),
        null_is_imported: origin.null_is_imported,
        from_source: columns
            .iter()
            .any(|c| c.column.name == origin.column && matches!(c.from, From::Source(_))),
    });
    Ok(Task {
        ordinal,
        name: plan.table.clone(),
        entry: plan.table.clone(),
        plan: plan.clone(),
        write: plan.write(),
        mode: Mode::Full,
        key,
        columns,
        extra,
        origin,
        references: Vec::new(),
        referred_by: target.referenced_by.clone(),
        late: Vec::new(),
        deferred: Vec::new(),
        lookups: Vec::new(),
        earlier: Vec::new(),
        later: Vec::new(),
        gone: None,
        restored: None,
        time_zone: plan.time_zone.as_deref().and_then(|zone| zone.parse().ok()),
        warnings,
        target,
    })
}

/// Only a user's tables, and foreign ones, are written. Errors: 42809.
pub fn check_kind(name: &str, table: &Table) -> Result<()> {
    let what = match table.kind {
        RelationKind::Table | RelationKind::Partitioned if ours_or_system(table) => "a table of the system",
        RelationKind::Table | RelationKind::Partitioned | RelationKind::Foreign => return Ok(()),
        RelationKind::Inherited => "a table that others inherit from",
        RelationKind::View => "a view",
        RelationKind::MaterializedView => "a materialized view",
        RelationKind::Virtual => "a virtual table",
    };
    Err(Error::new(Kind::WrongObjectType, format!("\"{name}\" is {what}, and cannot be written")))
}

/// The database's catalog, and cutover's own tables.
fn ours_or_system(table: &Table) -> bool {
    let schemas = ["pg_catalog", "pg_toast", "information_schema", "cutover"];
    let folded = table.name.to_lowercase();
    match table.address {
        Address::Ctid => schemas.contains(&table.schema.as_str()),
        Address::Rowid(_) | Address::Key | Address::Columns(_) => {
            ["sqlite_", "cutover_"].iter().any(|p| folded.starts_with(p))
        }
    }
}

/// The error for a table that is not there (42P01).
pub fn no_table(name: &str) -> Error {
    Error::new(Kind::UndefinedTable, format!("table \"{name}\" does not exist"))
}

/// The error for a column that a table lacks (42703).
pub fn no_column(table: &str, column: &str) -> Error {
    Error::new(Kind::UndefinedColumn, format!("column \"{column}\" of table \"{table}\" does not exist"))
}

/// Every column that the plan names must exist, and be one that can be written where it is to be.
fn check_names(plan: &TablePlan, target: &Table) -> Result<()> {
    let named = plan
        .columns
        .keys()
        .chain(&plan.ignore)
        .chain(plan.origin.iter().map(|o| &o.column))
        .chain(plan.references.iter().flat_map(|r| &r.columns))
        .chain(plan.merge_key.iter().flatten())
        .chain(&plan.scope)
        .chain(plan.recompute.iter().flat_map(|r| &r.by))
        .chain(plan.lookups.iter().map(|l| &l.set));
    for name in named {
        let Some(column) = target.column(name) else {
            return Err(no_column(&plan.table, name));
        };
        let mapped = plan.columns.contains_key(name)
            || plan.lookups.iter().any(|l| l.set == *name)
            || plan.origin.as_ref().is_some_and(|o| o.column == *name);
        match column.default {
            Default::Generated if mapped => {
                return Err(Error::new(
                    Kind::GeneratedAlways,
                    format!(
                        "column \"{name}\" of table \"{}\" is generated and cannot be written",
                        plan.table
                    ),
                ));
            }
            Default::IdentityAlways(_) if mapped && !plan.override_identity => {
                return Err(identity_always(&plan.table, name));
            }
            _ => {}
        }
    }
    Ok(())
}

fn identity_always(table: &str, column: &str) -> Error {
    Error::new(
        Kind::GeneratedAlways,
        format!("column \"{column}\" of table \"{table}\" is an identity column that is generated always"),
    )
    .hint("say \"override_identity\": true to write the source's values into it")
}

struct Binder<'a> {
    plan: &'a TablePlan,
    key: &'a [String],
    source: Option<SourceShape<'a>>,
    warnings: Vec<String>,
    used: Vec<&'a str>,
}

impl<'a> Binder<'a> {
    /// Where a target column's values come from; None where it is left to the database.
    fn source_of(&mut self, column: &Column) -> Result<Option<From>> {
        let mapped = self.plan.columns.get(&column.name);
        if let Some(lookup) = self.plan.lookups.iter().position(|l| l.set == column.name) {
            return Ok(Some(From::Lookup(lookup)));
        }
        if column.default == Default::Generated {
            self.find(&column.name)?;
            return Ok(None);
        }
        match mapped {
            Some(ColumnSource::Value(value)) => return Ok(Some(From::Constant(value.clone()))),
            Some(ColumnSource::Column { name, .. }) => {
                let found = self.find_spelled(&source_name(self.plan, name))?.map(From::Source);
                return found.map(Some).ok_or_else(|| with_path(self.missing(column, name), name));
            }
            Some(ColumnSource::Path { path, .. }) => {
                let name = path.to_string();
                return match (self.find_path(&name), self.plan.on_missing_column) {
                    (None, MissingColumn::Keep) => Ok(None),
                    (None, MissingColumn::Error) => Err(self.missing(column, &name).hint(
                        "say \"on_missing_column\": \"null\" if documents may all lack it, or \"keep\" to leave the column alone",
                    )),
                    (found, _) => Ok(Some(From::Source(found.unwrap_or(name)))),
                };
            }
            None => {}
        }
        if let Some(found) = self.find(&column.name)? {
            return if !matches!(column.default, Default::IdentityAlways(_)) || self.plan.override_identity {
                Ok(Some(From::Source(found)))
            } else if self.key.contains(&column.name) {
                Err(identity_always(&self.plan.table, &column.name))
            } else {
                self.warnings.push(format!(
                    "column \"{}\" of table \"{}\" is generated always as identity; the source's values were left out",
                    column.name, self.plan.table
                ));
                Ok(None)
            };
        }
        if let Some(origin) = self.plan.origin.as_ref().filter(|o| o.column == column.name) {
            return Ok(Some(From::Constant(origin.imported.clone())));
        }
        if self.key.contains(&column.name) || self.plan.scope.contains(&column.name) {
            return Err(self.missing(column, &unmapped_name(self.plan, &column.name)));
        }
        let generated = matches!(
            column.default,
            Default::Serial(_) | Default::IdentityAlways(_) | Default::IdentityByDefault(_)
        );
        match self.plan.on_missing_column {
            MissingColumn::Error if !generated => {
                Err(self.missing(column, &unmapped_name(self.plan, &column.name)).hint(
                    "map the column in \"columns\", or say \"on_missing_column\": \"keep\" to leave it alone",
                ))
            }
            _ => Ok(None),
        }
    }

    /// Leaves a column to the database, and says so where the source has it.
    fn leave_out(&mut self, name: &str) -> Result<()> {
        if self.source.is_none() || self.find(name)?.is_none() {
            return Ok(());
        }
        let text = format!(
            "column \"{name}\" of table \"{}\" is generated here; the source's values were left out",
            self.plan.table
        );
        match self.plan.on_extra_column {
            ExtraColumn::Error => Err(Error::new(Kind::UndefinedColumn, text)
                .hint("say \"on_extra_column\": \"ignore\" to leave them out")),
            ExtraColumn::Warn => {
                self.warnings.push(text);
                Ok(())
            }
            ExtraColumn::Ignore => Ok(()),
        }
    }

    /// The source column that a rule names.
    fn extra(&mut self, name: &str) -> Result<String> {
        let found = match rule_path(self.plan, name) {
            Some(path) => self.find_path(&path),
            None => self.find_spelled(&source_name(self.plan, name))?,
        };
        found.ok_or_else(|| {
            let label = self.source.map_or("the source", |s| s.label);
            Error::new(Kind::UndefinedColumn, format!("{label} has no column \"{name}\""))
                .detail(format!("A rule of table \"{}\" needs it.", self.plan.table))
        })
    }

    fn missing(&self, column: &Column, name: &str) -> Error {
        let label = self.source.map_or("the source", |s| s.label);
        Error::new(Kind::UndefinedColumn, format!("{label} has no column \"{name}\"")).detail(format!(
            "Column \"{}\" of table \"{}\" is to be filled from it.",
            column.name, self.plan.table
        ))
    }

    /// The source column that fills a column of this name unless the plan says otherwise.
    fn find(&mut self, name: &str) -> Result<Option<String>> {
        self.find_spelled(&unmapped_name(self.plan, name))
    }

    /// The source column of this path: in documents a name in another case is another one.
    fn find_path(&mut self, path: &str) -> Option<String> {
        let Some(source) = self.source else { return Some(path.to_owned()) };
        let found = source.columns.iter().find(|c| **c == path).copied();
        self.used.extend(found);
        found.map(str::to_owned)
    }

    /// The source column of this name: spelled exactly so, else the only one that differs in case.
    fn find_spelled(&mut self, name: &str) -> Result<Option<String>> {
        let Some(source) = self.source else {
            return Ok(Some(name.to_owned()));
        };
        let exact = source.columns.iter().find(|c| **c == name);
        let found = match exact {
            Some(found) => Some(*found),
            None => {
                let folded = name.to_lowercase();
                let mut like = source.columns.iter().filter(|c| c.to_lowercase() == folded);
                match (like.next(), like.next()) {
                    (Some(one), Some(two)) => {
                        return Err(Error::new(
                            Kind::AmbiguousColumn,
                            format!("\"{name}\" could be column \"{one}\" or \"{two}\" of {}", source.label),
                        ));
                    }
                    (found, _) => found.copied(),
                }
            }
        };
        self.used.extend(found);
        Ok(found.map(str::to_owned))
    }

    /// Source columns that nothing uses, by `on_extra_column`.
    fn check_extra(&mut self) -> Result<()> {
        let Some(source) = self.source else { return Ok(()) };
        let extra: Vec<&str> = source.columns.iter().filter(|c| !self.used.contains(c)).copied().collect();
        if extra.is_empty() || self.plan.on_extra_column == ExtraColumn::Ignore {
            return Ok(());
        }
        let text = format!(
            "{} has columns that table \"{}\" lacks: {}",
            source.label,
            self.plan.table,
            extra.join(", ")
        );
        match self.plan.on_extra_column {
            ExtraColumn::Error => Err(Error::new(Kind::UndefinedColumn, text)
                .hint("add the columns to the table, or say \"on_extra_column\": \"ignore\"")),
            _ => {
                self.warnings.push(text);
                Ok(())
            }
        }
    }
}
