//! What one plan can be checked for without a database: names, duplicates, dependencies.

use std::collections::{HashMap, HashSet};

use crate::catalog::RelName;
use crate::error::{Error, Result};

use super::columns::Lookup;
use super::document::{Plan, Source, TablePlan, Write};
use super::documents;
use super::parse::invalid;
use super::policies::{AfterAcknowledge, DuplicateKey, MissingReference};
use super::{check_rules, cursor, derived, snapshots};

/// Checks the plan against itself. Errors: 22023 with the JSON path.
pub(super) fn check(plan: &Plan) -> Result<()> {
    if plan.version != 1 {
        return Err(invalid(format!("version: {} is not a version of the plan; it is 1", plan.version)));
    }
    if let Some(text) = &plan.keep_runs {
        plan.keep_days().ok_or_else(|| {
            invalid(format!("keep_runs: \"{text}\" is not a number of days such as \"90 days\""))
        })?;
    }
    check_packages(plan)?;
    let mut names = HashSet::new();
    let mut owners: HashMap<RelName, (&str, bool)> = HashMap::new();
    for (i, phase) in plan.phases.iter().enumerate() {
        let at = format!("phases[{i}]");
        if phase.name.is_empty() {
            return Err(invalid(format!("{at}.name: empty")));
        }
        if !names.insert(phase.name.as_str()) {
            return Err(invalid(format!("{at}.name: phase \"{}\" is listed twice", phase.name)));
        }
        for (j, table) in phase.tables.iter().enumerate() {
            let at = format!("{at}.tables[{j}]");
            check_table(table, &at)?;
            let name = RelName::parse(&table.table).map_err(|e| within(&at, "table", e))?;
            let deletes = table.write().deletes();
            match owners.insert(name, (&phase.name, deletes)) {
                Some((owner, _)) if owner != phase.name => {
                    return Err(invalid(format!(
                        "{at}.table: \"{}\" is in phase \"{owner}\" already",
                        table.table
                    )));
                }
                Some((_, other)) if deletes || other => {
                    return Err(invalid(format!(
                        "{at}.table: \"{}\" is listed already; only \"upsert\" and \"insert_only\" may list a table more than once",
                        table.table
                    )));
                }
                _ => {}
            }
        }
        derived::check(phase, &at)?;
        check_rules::check_phase(phase, &at)?;
    }
    for (i, phase) in plan.phases.iter().enumerate() {
        for (j, name) in phase.depends_on.iter().enumerate() {
            if !names.contains(name.as_str()) {
                return Err(invalid(format!("phases[{i}].depends_on[{j}]: there is no phase \"{name}\"")));
            }
        }
    }
    plan.phase_order().map(|_| ())
}

/// Packages have numbers of their own, and names that are none; phases require packages that there are.
fn check_packages(plan: &Plan) -> Result<()> {
    for (name, [low, high]) in &plan.packages {
        let at = format!("packages.{name}");
        if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid(format!("{at}: a package needs a name that is not a number")));
        }
        if *low < 0 || low > high {
            return Err(invalid(format!("{at}: expected the first and the last number, from 0 on")));
        }
        let shares = |(other, [l, h]): &(&String, &[i64; 2])| *other < name && *l <= *high && *low <= *h;
        if let Some((other, _)) = plan.packages.iter().find(shares) {
            return Err(invalid(format!("{at}: shares numbers with package \"{other}\"")));
        }
    }
    for (i, phase) in plan.phases.iter().enumerate() {
        if let Some(name) = phase.requires_package.as_ref().filter(|name| !plan.packages.contains_key(*name))
        {
            return Err(invalid(format!("phases[{i}].requires_package: there is no package \"{name}\"")));
        }
    }
    Ok(())
}

fn within(at: &str, key: &str, mut error: Error) -> Error {
    error.message = format!("{at}.{key}: {}", error.message);
    error
}

/// What the ways to write need, and what means nothing to them.
fn check_write(table: &TablePlan, at: &str) -> Result<()> {
    let write = table.write();
    let refuse = |key: &str, means: bool, only: &str| {
        if means {
            return Err(invalid(format!("{at}.{key}: only {only} may have one, not \"{}\"", write.name())));
        }
        Ok(())
    };
    let matches = write == Write::DeleteInsert;
    let others = "\"replace\", \"upsert\" and \"insert_only\"";
    refuse("primary_key", matches && table.primary_key.is_some(), others)?;
    refuse("merge_key", !matches && table.merge_key.is_some(), "\"delete_insert\"")?;
    refuse("scope", !write.deletes() && !table.scope.is_empty(), "\"replace\" and \"delete_insert\"")?;
    if table.merge_key.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid(format!("{at}.merge_key: empty")));
    }
    let merged = table.merge_key.iter().flatten().map(|c| (c, "\"merge_key\""));
    let scoped = table.scope.iter().map(|c| (c, "\"scope\""));
    match merged.chain(scoped).find(|(c, _)| table.ignore.contains(c)) {
        None => Ok(()),
        Some((column, key)) => Err(invalid(format!("{at}.ignore: \"{column}\" is part of {key}"))),
    }
}

/// What the table says of backups.
fn check_backup(table: &TablePlan, at: &str) -> Result<()> {
    if table.source.is_some() != table.write.is_some() {
        return Err(invalid(format!("{at}: \"source\" and \"write\" go together"))
            .hint("a table without both is filled by backups alone"));
    }
    if table.external_id.is_some() && table.parent.is_some() {
        return Err(invalid(format!("{at}.parent: a table with an \"external_id\" is no detail")));
    }
    let columns = |key: &str, columns: &[String]| {
        let twice = |(i, name): (usize, &String)| columns.iter().take(i).any(|c| c == name);
        if columns.is_empty() || columns.iter().enumerate().any(twice) {
            return Err(invalid(format!("{at}.{key}: empty, or a column is named twice")));
        }
        Ok(())
    };
    if let Some(id) = &table.external_id {
        columns("external_id", id.columns())?;
    }
    if let Some(parent) = &table.parent {
        let (name, named) = parent.named();
        RelName::parse(name).map_err(|e| within(at, "parent", e))?;
        named.map_or(Ok(()), |named| columns("parent.columns", named))?;
    }
    match table.namespace.as_deref() {
        Some(text) if text.is_empty() || text.contains(':') => {
            Err(invalid(format!("{at}.namespace: \"{text}\" is empty or has a \":\"")))
        }
        Some(_) if table.parent.is_some() => {
            Err(invalid(format!("{at}.namespace: a detail has no external id that it could go before")))
        }
        _ => Ok(()),
    }
}

fn check_table(table: &TablePlan, at: &str) -> Result<()> {
    check_write(table, at)?;
    check_backup(table, at)?;
    documents::check(table, at)?;
    match &table.source {
        Some(Source::Table(name)) => drop(RelName::parse(name).map_err(|e| within(at, "source.table", e))?),
        Some(Source::Query(query)) if query.trim().is_empty() => {
            return Err(invalid(format!("{at}.source.query: empty")));
        }
        Some(Source::Query(_) | Source::Parquet(_) | Source::Json(_) | Source::Documents(_)) | None => {}
    }
    if let Some(key) = &table.primary_key {
        if key.is_empty() {
            return Err(invalid(format!("{at}.primary_key: empty")));
        }
        if let Some(column) = key.iter().find(|k| table.ignore.contains(k)) {
            return Err(invalid(format!("{at}.ignore: \"{column}\" is part of the key")));
        }
    }
    if let Some(origin) = &table.origin
        && origin.imported == origin.local
    {
        return Err(invalid(format!("{at}.origin: \"imported\" and \"local\" are the same")));
    }
    if let Some(to) = &table.push_to {
        RelName::parse(to).map_err(|e| within(at, "push_to", e))?;
        if table.track == Some(false) {
            return Err(invalid(format!("{at}.push_to: \"track\" is false")));
        }
        if table.write() == Write::DeleteInsert && table.merge_key.is_none() {
            return Err(invalid(format!(
                "{at}.push_to: a table whose key is generated here needs a \"merge_key\", by which its rows are known there"
            )));
        }
    }
    if table.after_acknowledge == AfterAcknowledge::Imported && table.origin.is_none() {
        return Err(invalid(format!("{at}.after_acknowledge: \"imported\" needs an \"origin\"")));
    }
    if (table.on_duplicate_key == DuplicateKey::Last) != table.dedup_sort.is_some() {
        return Err(invalid(format!(
            "{at}.dedup_sort: goes with \"on_duplicate_key\": \"last\", and it with this"
        )));
    }
    if table.write() == Write::DeleteInsert && table.on_duplicate_key != DuplicateKey::Error {
        return Err(invalid(format!(
            "{at}.on_duplicate_key: \"delete_insert\" keeps duplicates as they are"
        )));
    }
    if let Some(zone) = &table.time_zone {
        zone.parse::<chrono_tz::Tz>()
            .map_err(|_| invalid(format!("{at}.time_zone: \"{zone}\" is not a time zone")))?;
    }
    if !table.stub_values.is_empty() && table.on_missing_reference != MissingReference::Stub {
        return Err(invalid(format!("{at}.stub_values: \"on_missing_reference\" is not \"stub\"")));
    }
    for name in table.stub_values.keys() {
        RelName::parse(name).map_err(|e| within(at, "stub_values", e))?;
    }
    for (i, lookup) in table.lookups.iter().enumerate() {
        check_lookup(table, i, lookup, &format!("{at}.lookups[{i}]"))?;
    }
    cursor::check(table, at)?;
    snapshots::check(table, at)?;
    for (i, reference) in table.references.iter().enumerate() {
        let at = format!("{at}.references[{i}]");
        RelName::parse(&reference.table).map_err(|e| within(&at, "table", e))?;
        if reference.columns.is_empty() || reference.columns.len() != reference.match_columns.len() {
            return Err(invalid(format!(
                "{at}: \"columns\" and \"match\" must have the same length, at least 1"
            )));
        }
    }
    Ok(())
}

fn check_lookup(table: &TablePlan, index: usize, lookup: &Lookup, at: &str) -> Result<()> {
    RelName::parse(&lookup.table).map_err(|e| within(at, "table", e))?;
    if lookup.match_columns.is_empty() {
        return Err(invalid(format!("{at}.match: empty")));
    }
    let twice = table.lookups.iter().take(index).any(|l| l.set == lookup.set);
    let origin = table.origin.as_ref().is_some_and(|o| o.column == lookup.set);
    if twice || origin || table.columns.contains_key(&lookup.set) {
        return Err(invalid(format!("{at}.set: \"{}\" is filled otherwise already", lookup.set)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn refused(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn a_table_belongs_to_one_phase() {
        let text = r#"{"version": 1, "phases": [
            {"name": "a", "tables": [{"table": "t", "source": {"parquet": "t"}, "write": "replace"}]},
            {"name": "b", "tables": [{"table": "t", "source": {"parquet": "t"}, "write": "replace"}]}]}"#;
        assert_eq!(refused(text), "phases[1].tables[0].table: \"t\" is in phase \"a\" already");
    }

    #[test]
    fn packages_have_numbers_of_their_own() {
        let packages = |text: &str| {
            let phases = r#"[{"name": "a", "requires_package": "B", "tables": []}]"#;
            parse(&format!(r#"{{"version": 1, "packages": {text}, "phases": {phases}}}"#))
                .map_or_else(|e| e.message, |_| "accepted".to_owned())
        };
        assert_eq!(packages(r#"{"A": [0, 18], "B": [19, 20]}"#), "accepted");
        for (text, message) in [
            (r#"{"A": [0, 19], "B": [19, 20]}"#, "packages.B: shares numbers with package \"A\""),
            (r#"{"B": [3, 2]}"#, "packages.B: expected the first and the last number, from 0 on"),
            (r#"{"7": [0, 1]}"#, "packages.7: a package needs a name that is not a number"),
            (r#"{"A": [0, 1]}"#, "phases[0].requires_package: there is no package \"B\""),
        ] {
            assert_eq!(packages(text), message, "{text}");
        }
    }

    /// What is refused of a table that is said to be so, besides its name and source.
    fn refused_table(rest: &str) -> String {
        refused(&format!(
            r#"{{"version": 1, "phases": [{{"name": "a", "tables": [{{"table": "t", "source": {{"parquet": "t"}}, {rest}}}]}}]}}"#
        ))
    }

    #[test]
    fn each_way_to_write_has_its_own_keys() {
        assert_eq!(
            refused_table(r#""write": "delete_insert", "primary_key": ["id"]"#),
            "phases[0].tables[0].primary_key: only \"replace\", \"upsert\" and \"insert_only\" may have one, not \"delete_insert\""
        );
        assert_eq!(
            refused_table(r#""write": "upsert", "merge_key": ["id"]"#),
            "phases[0].tables[0].merge_key: only \"delete_insert\" may have one, not \"upsert\""
        );
        assert_eq!(
            refused_table(r#""write": "insert_only", "scope": ["id"]"#),
            "phases[0].tables[0].scope: only \"replace\" and \"delete_insert\" may have one, not \"insert_only\""
        );
        assert_eq!(
            refused_table(r#""write": "delete_insert", "merge_key": ["a"], "ignore": ["a"]"#),
            "phases[0].tables[0].ignore: \"a\" is part of \"merge_key\""
        );
    }

    #[test]
    fn only_writes_that_delete_nothing_may_list_a_table_again() {
        let twice = |first: &str, second: &str| {
            let table =
                |write| format!(r#"{{"table": "t", "source": {{"parquet": "t"}}, "write": "{write}"}}"#);
            let tables = [table(first), table(second)].join(", ");
            parse(&format!(r#"{{"version": 1, "phases": [{{"name": "a", "tables": [{tables}]}}]}}"#))
        };
        assert!(twice("upsert", "insert_only").is_ok());
        for (first, second) in [("upsert", "replace"), ("delete_insert", "upsert")] {
            assert!(twice(first, second).unwrap_err().message.starts_with("phases[0].tables[1].table: "));
        }
    }

    #[test]
    fn a_table_without_a_source_is_filled_by_backups() {
        let table = |rest: &str| {
            parse(&format!(
                r#"{{"version": 1, "phases": [{{"name": "a", "tables": [{{"table": "t"{rest}}}]}}]}}"#
            ))
        };
        let plan = table(r#", "external_id": "xmlid", "namespace": "berlin""#).unwrap();
        assert!(plan.phases[0].by_backups());
        let refused = |rest| table(rest).unwrap_err().message;
        for (rest, message) in [
            (r#", "write": "upsert""#, "\"source\" and \"write\" go together"),
            (r#", "source": {"json": "t"}"#, "\"source\" and \"write\" go together"),
        ] {
            assert_eq!(refused(rest), format!("phases[0].tables[0]: {message}"));
        }
        for (rest, message) in [
            (
                r#", "external_id": "a", "parent": "b""#,
                "parent: a table with an \"external_id\" is no detail",
            ),
            (r#", "external_id": []"#, "external_id: empty, or a column is named twice"),
            (r#", "external_id": ["a", "a"]"#, "external_id: empty, or a column is named twice"),
            (r#", "external_id": 1"#, "external_id: expected a column's name or a list of names"),
            (
                r#", "parent": {"table": "b"}"#,
                "parent: expected a table's name or {\"table\": name, \"columns\": [...]}",
            ),
            (r#", "parent": "a.b.c""#, "parent: \"a.b.c\" is not a table's name"),
            (r#", "namespace": "a:b""#, "namespace: \"a:b\" is empty or has a \":\""),
            (
                r#", "namespace": "a", "parent": "b""#,
                "namespace: a detail has no external id that it could go before",
            ),
        ] {
            assert_eq!(refused(rest), format!("phases[0].tables[0].{message}"));
        }
    }
}
