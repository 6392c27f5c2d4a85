//! Runs a scenario on both databases and compares what each step answers with what it says it
//! should, and the end states of both with each other.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::calls;
use crate::canonical::{self, Dump};
use crate::client::Client;
use crate::postgres::server;
use crate::steps::{Step, parse};
use crate::{Db, archives, files, home, reports};

/// What a scenario leaves behind, canonical.
#[derive(Debug, Default, PartialEq, Eq)]
struct EndState {
    tables: Vec<Dump>,
    /// Errors of the steps that expect one, in their order.
    errors: Vec<String>,
}

/// Runs one scenario by the name of its folder. `CUTOVER_ONLY=sqlite` (or `postgres`) leaves the
/// other database out.
pub fn run(name: &str) {
    let folder = home().join("tests/scenarios").join(name);
    let steps = fs::read_to_string(folder.join("steps.txt")).expect("steps.txt can be read");
    on_both(name, |db| Run::in_folder(db, name, &folder).finish(&steps, &folder.join("steps.txt")));
}

/// Runs steps that stand in no folder; `origin` is the file that they come from, for messages.
pub fn script(name: &str, steps: &str, origin: &Path) {
    on_both(name, |db| Run::new(db, name).finish(steps, origin));
}

fn on_both(name: &str, run: impl Fn(Db) -> EndState) {
    let only = std::env::var("CUTOVER_ONLY").ok();
    let mut failed = Vec::new();
    let mut ends = Vec::new();
    for db in [Db::Postgres, Db::Sqlite] {
        if only.as_deref().is_some_and(|only| only != db.name()) {
            continue;
        }
        match catch_unwind(AssertUnwindSafe(|| run(db))) {
            Ok(end) => ends.push(end),
            Err(_) => failed.push(db.name()),
        }
    }
    assert!(failed.is_empty(), "scenario {name} failed on {}", failed.join(" and "));
    if let [postgres, sqlite] = &ends[..] {
        assert_eq!(postgres.errors, sqlite.errors, "{name}: errors differ (left PostgreSQL, right SQLite)");
        for (left, right) in postgres.tables.iter().zip(&sqlite.tables) {
            assert_eq!(left, right, "{name}: end states differ (left PostgreSQL, right SQLite)");
        }
        assert_eq!(postgres.tables.len(), sqlite.tables.len(), "{name}: numbers of tables differ");
    }
}

/// A scenario under way on one database.
struct Run {
    db: Db,
    client: Client,
    /// The scenario's own folder for files, `{root}` in its texts.
    root: PathBuf,
    end: EndState,
}

impl Run {
    fn new(db: Db, name: &str) -> Run {
        let root = server().files.join(format!("{name}-{}", db.name()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a folder for files");
        // The server, which runs as another user, exports into it.
        fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
        let client = match db {
            Db::Postgres => {
                server().new_database(name);
                Client::postgres(name)
            }
            Db::Sqlite => Client::sqlite(&root.join("database.sqlite")),
        };
        Run { db, client, root, end: EndState::default() }
    }

    fn in_folder(db: Db, name: &str, folder: &Path) -> Run {
        let mut run = Run::new(db, name);
        for file in ["schema.sql".to_owned(), format!("schema.{}.sql", db.name())] {
            if let Ok(sql) = fs::read_to_string(folder.join(&file)) {
                run.client.run(&sql).ok(&file);
            }
        }
        if let Ok(plan) = fs::read_to_string(folder.join("plan.json")) {
            run.write("plan.json", &plan);
        }
        run
    }

    fn finish(mut self, steps: &str, origin: &Path) -> EndState {
        for step in parse(steps) {
            if step.only.is_none_or(|only| only == self.db) {
                let done = catch_unwind(AssertUnwindSafe(|| self.step(&step)));
                if let Err(panic) = done {
                    eprintln!("^ {} line {} of {}", self.db.name(), step.line, origin.display());
                    std::panic::resume_unwind(panic);
                }
            }
        }
        self.end.tables = canonical::user_tables(&mut self.client);
        self.log();
        self.end
    }

    fn step(&mut self, step: &Step) {
        let rest = self.fill(&step.rest);
        let body: Vec<String> = step.body.iter().map(|line| self.fill(line)).collect();
        match step.verb.as_str() {
            "file" => self.file(&step.rest, &step.body),
            "text" => self.write(&rest, &body.join("\n")),
            "backup" => crate::backups::write(&self.root.join(rest), &body),
            "all-types" => crate::all_types::write(&self.root.join(rest)),
            "sql" => {
                let sql = body.join("\n");
                self.client.run(&sql).ok(&sql);
            }
            "call" => self.call(&rest, &body),
            "query" => self.query(&rest, &body),
            "error" | "error-own" | "error-inside" => self.error(step, &rest, &body),
            "archive" => self.archive(&rest, &body),
            "watch" => self.watch(&rest),
            "writes" => self.writes(&rest),
            other => panic!("no such step: {other}"),
        }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{root}", &self.root.display().to_string())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, self.fill(text)).expect("the file can be written");
    }

    /// `file NAME (COLUMNS)` with rows, or `file NAME HOW` for a bad one.
    fn file(&self, rest: &str, rows: &[String]) {
        let (name, rest) = rest.split_once(' ').expect("file NAME (COLUMNS) or file NAME HOW");
        match rest.trim().strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
            Some(columns) => files::write(&self.root.join(name), columns, rows),
            None => files::damage(&self.root, name, rest.trim()),
        }
    }

    fn call(&mut self, written: &str, expected: &[String]) {
        let call = self.own_names(written);
        let (value, answer) = calls::call(&mut self.client, &call);
        assert!(answer.error.is_none(), "{written} failed: {}", answer.said);
        let mut report = reports::lines(&value);
        let mut wanted: Vec<String> = Vec::new();
        let mut loose = false;
        for line in expected {
            if let Some(part) = line.strip_prefix("contains ") {
                let text = value.to_string() + value.as_str().unwrap_or_default();
                assert!(text.contains(part), "{written}: expected {part}\nin {text}");
                loose = true;
            } else if let Some(part) = line.strip_prefix("warns ") {
                // SQLite has no channel for warnings; it keeps them in the run's notes.
                let said = if self.db == Db::Postgres { answer.said.clone() } else { self.notes() };
                assert!(said.contains(part), "{written}: expected the warning {part}\nin {said}");
                loose = true;
            } else if let Some(text) = line.strip_prefix("= ") {
                assert_eq!(
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    text,
                    "{written}"
                );
                loose = true;
            } else {
                wanted.push(line.clone());
            }
        }
        report.sort();
        wanted.sort();
        // A sentence may go unchecked, a report may not.
        let unchecked = wanted.is_empty() && (loose || value.is_string());
        assert!(
            unchecked || wanted == report,
            "{written}\nexpected\n  {}\nfound\n  {}\n{}",
            wanted.join("\n  "),
            report.join("\n  "),
            answer.said
        );
    }

    fn notes(&mut self) -> String {
        let rows =
            self.client.run("SELECT notes FROM cutover_run_table ORDER BY run_id DESC LIMIT 20").ok("notes");
        rows.iter().filter_map(|row| row[0].clone()).collect::<Vec<_>>().join("\n")
    }

    fn query(&mut self, sql: &str, expected: &[String]) {
        let rows = self.client.run(&self.own_names(sql)).ok(sql);
        let found: Vec<String> = rows
            .iter()
            .map(|row| {
                row.iter().map(|c| c.as_deref().unwrap_or(canonical::NULL)).collect::<Vec<_>>().join(" | ")
            })
            .collect();
        let equal = rows.len() == expected.len()
            && rows.iter().zip(expected).all(|(row, line)| {
                let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
                cells.len() == row.len() && cells.iter().zip(row).all(|(e, c)| canonical::same(e, c))
            });
        assert!(equal, "{sql}\nexpected\n  {}\nfound\n  {}", expected.join("\n  "), found.join("\n  "));
    }

    /// `archive NAME.tar` holds these tables and records.
    fn archive(&self, name: &str, expected: &[String]) {
        let found = archives::lines(self.db, &self.root.join(name));
        let equal = found.len() == expected.len()
            && expected.iter().zip(&found).all(|(expected, found)| archives::same(expected, found));
        assert!(equal, "{name}\nexpected\n  {}\nfound\n  {}", expected.join("\n  "), found.join("\n  "));
    }

    /// Our tables are `cutover.run` in steps; SQLite calls them `cutover_run`.
    fn own_names(&self, sql: &str) -> String {
        if self.db == Db::Sqlite { sql.replace("cutover.", "cutover_") } else { sql.to_owned() }
    }

    /// `CODE call X` or `CODE sql X`; the body holds parts of message, detail or hint.
    fn error(&mut self, step: &Step, rest: &str, parts: &[String]) {
        // Inside a transaction that failed, PostgreSQL shows no table.
        let before = (step.verb != "error-inside").then(|| canonical::all_tables(&mut self.client));
        let (code, rest) = rest.split_once(' ').expect("error CODE call|sql ...");
        let failure = match rest.split_once(' ') {
            Some(("call", written)) => {
                let (value, answer) = calls::call(&mut self.client, written);
                answer.error.unwrap_or_else(|| panic!("{written}: expected {code}, got {value}"))
            }
            Some(("sql", sql)) => {
                self.client.run(sql).error.unwrap_or_else(|| panic!("{sql}: expected {code}, got no error"))
            }
            _ => panic!("error CODE call|sql ..."),
        };
        assert_eq!(code, failure.code, "{rest}: {}", failure.text);
        for part in parts {
            assert!(failure.text.contains(part.as_str()), "{rest}: expected {part}\nin {}", failure.text);
        }
        if let Some(before) = before {
            assert_eq!(
                before,
                canonical::all_tables(&mut self.client),
                "{rest}: the error left something behind"
            );
        }
        if rest.starts_with("call") && step.verb != "error-own" && step.only.is_none() {
            let text = canonical::message(&failure.text, &self.root.display().to_string());
            self.end.errors.push(format!("{code}: {text}"));
        }
    }

    /// Counts from here on every write that reaches a table.
    fn watch(&mut self, table: &str) {
        let plain = table.replace('"', "");
        let sql = match self.db {
            Db::Postgres => format!(
                "CREATE TABLE IF NOT EXISTS test_writes (table_name text, op text);
                 CREATE OR REPLACE FUNCTION test_watch() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN INSERT INTO public.test_writes VALUES (TG_ARGV[0], lower(TG_OP)); RETURN NULL; END $$;
                 CREATE TRIGGER test_watch AFTER INSERT OR UPDATE OR DELETE ON {table}
                 FOR EACH ROW EXECUTE FUNCTION test_watch('{plain}');"
            ),
            Db::Sqlite => ["insert", "update", "delete"].iter().fold(
                "CREATE TABLE IF NOT EXISTS test_writes (table_name text, op text);".to_owned(),
                |sql, op| {
                    format!(
                        "{sql} CREATE TRIGGER \"test_watch_{plain}_{op}\" AFTER {op} ON {table} \
                         BEGIN INSERT INTO test_writes VALUES ('{plain}', '{op}'); END;"
                    )
                },
            ),
        };
        self.client.run(&sql).ok(&sql);
    }

    /// `TABLE: 1 insert, 2 update` or `TABLE: none`, since the last look.
    fn writes(&mut self, rest: &str) {
        let (table, expected) = rest.split_once(": ").expect("writes TABLE: N insert, ...");
        let sql = format!(
            "SELECT op, count(*) FROM test_writes WHERE table_name = '{table}' GROUP BY op ORDER BY \
             CASE op WHEN 'insert' THEN 1 WHEN 'update' THEN 2 ELSE 3 END"
        );
        let rows = self.client.run(&sql).ok(&sql);
        let text = |row: &Vec<Option<String>>| {
            format!("{} {}", row[1].as_deref().unwrap_or(""), row[0].as_deref().unwrap_or(""))
        };
        let found: Vec<String> = rows.iter().map(text).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        assert_eq!(expected, found, "writes that reached {table}");
        self.client.run(&format!("DELETE FROM test_writes WHERE table_name = '{table}'")).ok("reset");
    }

    /// Adds what the log says to the end state, without times. Runs are counted from 1: one that was
    /// rolled back leaves a gap in PostgreSQL's numbers.
    fn log(&mut self) {
        let loaded = match self.db {
            Db::Postgres => "SELECT 1 FROM cutover.plan LIMIT 1",
            Db::Sqlite => "SELECT 1 FROM sqlite_master WHERE name = 'cutover_run'",
        };
        if self.client.run(loaded).rows.is_empty() {
            return;
        }
        for (title, sql, json) in [
            (
                "quarantine",
                "SELECT phase, table_name, row_key, reason, detail, {first_run}, {last_run}, row_data FROM cutover.quarantine AS entry",
                Some(7),
            ),
            (
                "run_table",
                "SELECT {run_id}, table_name, write, mode, staged, inserted, updated, unchanged, deleted, preserved, \
                 quarantined, skipped FROM cutover.run_table AS entry",
                None,
            ),
            (
                "run",
                "SELECT {run_id}, phase, kind, status, sqlstate, error_message FROM cutover.run AS entry",
                None,
            ),
            (
                "stub",
                "SELECT phase, table_name, row_key, {created_run}, {completed_run} FROM cutover.stub AS entry",
                None,
            ),
            (
                "cursor",
                "SELECT table_name, group_key, column_name, cursor_value, {run_id} FROM cutover.sync_cursor AS entry",
                None,
            ),
            (
                "change",
                "SELECT phase, table_name, row_key, op, batch, image FROM cutover.change AS entry",
                Some(5),
            ),
            (
                "change_batch",
                "SELECT phase, number, upserts, deletes, acknowledged_at IS NULL AS open FROM cutover.change_batch AS entry",
                None,
            ),
            ("phase", "SELECT phase, ordinal, authority, synced_at IS NULL FROM cutover.phase", None),
        ] {
            let sql = ["run_id", "first_run", "last_run", "created_run", "completed_run"].iter().fold(
                sql.to_owned(),
                |sql, column| {
                    let ordinal = format!(
                        "(SELECT count(*) FROM cutover.run AS earlier WHERE earlier.run_id <= entry.{column})"
                    );
                    sql.replace(&format!("{{{column}}}"), &ordinal)
                },
            );
            let sql = self.own_names(&sql);
            let root = self.root.display().to_string();
            let mut rows: Vec<String> = self
                .client
                .run(&sql)
                .ok(&sql)
                .iter()
                .map(|row| {
                    let cells = row.iter().enumerate().map(|(i, cell)| match cell {
                        Some(text) if json == Some(i) || (title, i) == ("quarantine", 2) => {
                            canonical::json(text)
                        }
                        Some(text) if (title, i) == ("phase", 3) || (title, i) == ("change_batch", 4) => {
                            canonical::value("bool", &Some(text.clone()))
                        }
                        Some(text) => canonical::message(text, &root),
                        None => canonical::NULL.to_owned(),
                    });
                    cells.collect::<Vec<_>>().join(" | ")
                })
                .collect();
            rows.sort();
            self.end.tables.push(Dump { table: format!("cutover {title}"), rows });
        }
    }
}
