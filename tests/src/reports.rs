//! What calls answer, as the lines that scenarios write it in.

use serde_json::Value;

/// The rows of a report as `table: staged 3, inserted 3`: the counts that are not 0. Each row must
/// balance.
pub fn lines(value: &Value) -> Vec<String> {
    const COUNTS: [&str; 8] =
        ["staged", "inserted", "updated", "unchanged", "deleted", "preserved", "quarantined", "skipped"];
    let Value::Array(rows) = value else { return vec![value.to_string()] };
    rows.iter()
        .map(|row| {
            if row.get("source_checksum").is_some() {
                return verified(row);
            }
            if let Some(name) = row.get("check_name").and_then(Value::as_str) {
                let found =
                    row.get("found").and_then(Value::as_i64).map_or(String::new(), |n| format!(" {n}"));
                let of = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
                return format!("{name}: {} {} {}{found}", of("check_type"), of("severity"), of("status"));
            }
            if let (Some(number), Some(state)) = (row.get("number"), row.get("state").and_then(Value::as_str))
            {
                let of = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("-");
                return format!("{number} {}: {} {state}", of("name"), of("package"));
            }
            let Some(table) = row.get("table_name").and_then(Value::as_str) else { return row.to_string() };
            if let (Some(upserts), Some(deletes)) = (row.get("upserts"), row.get("deletes")) {
                let batch = &row["batch"];
                assert_eq!(
                    row["file"].is_null(),
                    *upserts == 0,
                    "a file for the rows, and none for no rows: {row}"
                );
                return format!("{table}: batch {batch}, upserts {upserts}, deletes {deletes}");
            }
            if let Some(records) = row.get("records") {
                return format!("{table}: records {records}");
            }
            if row.get("staged").is_none() {
                return row.to_string();
            }
            let count = |name: &str| row.get(name).and_then(Value::as_i64).expect("a count");
            let sum: i64 =
                COUNTS.iter().filter(|c| !["staged", "deleted"].contains(c)).map(|c| count(c)).sum();
            assert_eq!(count("staged"), sum, "a report that does not balance: {row}");
            let told: Vec<String> =
                COUNTS.iter().filter(|c| count(c) != 0).map(|c| format!("{c} {}", count(c))).collect();
            let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
            format!("{}: {told}", table.rsplit('.').next().unwrap_or(table))
        })
        .collect()
}

/// A row of `verify_phase`: `people: source 3, target 3, matching 2, different 1; checksums differ`.
fn verified(row: &Value) -> String {
    let count = |name: &str| row.get(name).and_then(Value::as_i64).expect("a count");
    let sums = |names: &[&str]| names.iter().map(|n| count(n)).sum::<i64>();
    let source = sums(&["matching", "missing", "different", "preserved", "quarantined", "skipped"]);
    assert_eq!(count("source_rows"), source, "a verification that does not balance: {row}");
    let target = sums(&["matching", "extra", "different"]);
    assert_eq!(count("target_rows"), target, "a verification that does not balance: {row}");
    let equal = row["source_checksum"] == row["target_checksum"];
    let kinds = ["matching", "missing", "extra", "different", "preserved", "quarantined", "skipped"];
    let told: Vec<String> =
        kinds.iter().filter(|k| count(k) != 0).map(|k| format!(", {k} {}", count(k))).collect();
    format!(
        "{}: source {}, target {}{}; checksums {}",
        row["table_name"].as_str().unwrap_or_default(),
        count("source_rows"),
        count("target_rows"),
        told.concat(),
        if equal { "equal" } else { "differ" }
    )
}
