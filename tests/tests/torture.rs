//! Two syncers, four writers, readers and a canceller at once: whatever is stopped in the middle, a table is
//! as before the run or as after it, local rows are their writers', and the log counts what was done.
//!
//! `CUTOVER_TORTURE_SECONDS` says for how long (`make soak` takes longer), `CUTOVER_TORTURE_SEED` repeats the
//! order of things, though not their moments.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cutover_tests::client::{Client, Failure};
use cutover_tests::postgres::server;
use cutover_tests::{Db, calls, files, home, in_use};

/// States that the source may be in, each a folder: what a sync makes of the tables is one of them, whole.
const GENERATIONS: u64 = 5;
/// The first id of each writer's own rows.
const OWN: u64 = 1_000_000;

const TABLES: &str = "
    CREATE TABLE item (id integer PRIMARY KEY, generation integer, note text, imported boolean NOT NULL DEFAULT false);
    CREATE TABLE part (id integer PRIMARY KEY, item_id integer NOT NULL REFERENCES item (id), generation integer,
                       imported boolean NOT NULL DEFAULT false);
    CREATE TABLE event (seq integer PRIMARY KEY, note text);";

const PLAN: &str = r#"{ "version": 1, "root": "{root}/0", "phases": [ { "name": "all", "tables": [
    { "table": "item", "source": {"parquet": "item.parquet"}, "write": "replace", "max_delete": "100 %",
      "origin": {"column": "imported", "imported": true, "local": false} },
    { "table": "part", "source": {"parquet": "part.parquet"}, "write": "replace", "max_delete": "100 %",
      "origin": {"column": "imported", "imported": true, "local": false} },
    { "table": "event", "source": {"parquet": "event.parquet"}, "write": "upsert", "cursor": {"column": "seq"} } ] } ] }"#;

/// What a reader may see: one generation in both tables, and the cursor at the newest event.
const SEEN: &str = "
    SELECT count(*), min(generation), max(generation),
           (SELECT count(*) FROM part WHERE imported), (SELECT min(generation) FROM part WHERE imported),
           (SELECT max(generation) FROM part WHERE imported),
           (SELECT count(*) FROM event), (SELECT max(seq) FROM event), (SELECT cursor_value FROM {own}sync_cursor)
    FROM item WHERE imported";

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn items(generation: u64) -> u64 {
    300 + 20 * generation
}

fn sources(root: &Path) {
    for generation in 0..GENERATIONS {
        let folder = root.join(generation.to_string());
        fs::create_dir_all(&folder).expect("a folder");
        let count = items(generation);
        let row = |id: u64| format!("{id} | {generation} | from {generation}");
        let rows: Vec<String> = (1..=count).map(row).collect();
        files::write(&folder.join("item.parquet"), "id int64, generation int64, note text", &rows);
        let rows: Vec<String> =
            (1..=count).map(|id| format!("{id} | {} | {generation}", count + 1 - id)).collect();
        files::write(&folder.join("part.parquet"), "id int64, item_id int64, generation int64", &rows);
        let rows: Vec<String> = (1..=100 * (generation + 1)).map(|seq| format!("{seq} | happened")).collect();
        files::write(&folder.join("event.parquet"), "seq int64, note text", &rows);
    }
}

/// What the threads share: when to stop, and how often each thing happened.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    synced: AtomicU64,
    busy: AtomicU64,
    /// Stopped in the middle, or perhaps just after it.
    stopped: AtomicU64,
    written: AtomicU64,
    read: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

struct Torture {
    db: Db,
    root: PathBuf,
    seed: u64,
    shared: Shared,
}

impl Torture {
    fn client(&self) -> Client {
        match self.db {
            Db::Postgres => {
                let mut client = Client::postgres("torture");
                client.run("SET deadlock_timeout = '20ms'").ok("no second is lost in a deadlock");
                client
            }
            Db::Sqlite => {
                let mut client = Client::sqlite(&self.file());
                client.run("PRAGMA busy_timeout = 10000").ok("patience");
                client
            }
        }
    }

    fn file(&self) -> PathBuf {
        self.root.join("database.sqlite")
    }

    fn own(&self, sql: &str) -> String {
        sql.replace("{own}", if self.db == Db::Postgres { "cutover." } else { "cutover_" })
    }

    fn goes_on(&self) -> bool {
        !self.shared.stop.load(Ordering::Relaxed)
    }

    fn sync(&self, generation: u64) -> String {
        format!("sync_phase('all', root => '{}')", self.root.join(generation.to_string()).display())
    }

    /// Syncs now this generation, now that. Excuses: busy, a deadlock, another run in between, stopped.
    fn syncer(&self, number: u64) {
        let mut random = Random(self.seed + number);
        let mut client = self.client();
        while self.goes_on() {
            let written = self.sync(random.below(GENERATIONS));
            let error = match self.db {
                Db::Sqlite if random.below(3) == 0 => self.killed(&written, random.below(80)),
                _ => calls::call(&mut client, &written).1.error,
            };
            match error {
                None => count(&self.shared.synced),
                Some(error) if ["55P03", "40P01", "40001"].contains(&error.code.as_str()) => {
                    count(&self.shared.busy)
                }
                Some(error) if error.code == "57014" => count(&self.shared.stopped),
                Some(error) => panic!("{written}: {}: {}", error.code, error.text),
            }
            std::thread::sleep(Duration::from_millis(random.below(20)));
        }
        let open = open_sources(&mut client, &self.root);
        assert!(open.is_empty(), "a syncer left files open: {open:?}");
    }

    /// The same call in a process of its own, which is killed after a while unless it ended before.
    fn killed(&self, written: &str, after: u64) -> Option<Failure> {
        let mut process = Command::new("sqlite3")
            .args(["-init", "/dev/null", "-batch"])
            .arg(self.file())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sqlite3 runs");
        let text = format!(
            ".load {}\nPRAGMA foreign_keys = on;\nPRAGMA busy_timeout = 10000;\n{};\n",
            home().join("dist/sqlite/cutover").display(),
            calls::sql(self.db, written)
        );
        process.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
        std::thread::sleep(Duration::from_millis(after));
        process.kill().expect("it is ours");
        let status = process.wait().expect("it ended");
        let mut said = String::new();
        process.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        let failed = |code: &str| Some(Failure { code: code.to_owned(), text: said.clone() });
        let excuse = ["55P03", "40001"].into_iter().find(|code| said.contains(&format!(": {code}: ")));
        match excuse {
            Some(code) => failed(code),
            None if status.success() => None,
            // By our signal, and not by an error.
            None => failed(if said.is_empty() { "57014" } else { "XX000" }),
        }
    }

    /// Cancels whatever syncs. In SQLite each syncer has its own process killed.
    fn canceller(&self) {
        let mut client = self.client();
        let mut random = Random(self.seed + 100);
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                      WHERE datname = current_database() AND state = 'active' AND query LIKE '%sync\\_phase%' AND pid <> pg_backend_pid()";
        while self.goes_on() && self.db == Db::Postgres {
            std::thread::sleep(Duration::from_millis(100 + random.below(500)));
            client.run(cancel).ok(cancel);
        }
    }

    /// Makes, changes and deletes rows of its own, each with a part, and spoils imported ones; it knows what
    /// must be there in the end.
    fn writer(&self, number: u64) -> BTreeMap<u64, String> {
        let mut random = Random(self.seed + 10 + number);
        let mut client = self.client();
        let mut mine = BTreeMap::new();
        let mut next = OWN * (number + 1);
        while self.goes_on() {
            let some = mine.keys().nth(random.below(mine.len().max(1) as u64) as usize).copied();
            let (sql, id, note) = match (random.below(4), some) {
                (0, Some(id)) => {
                    (format!("DELETE FROM part WHERE id = {id}; DELETE FROM item WHERE id = {id}"), id, None)
                }
                (1, Some(id)) => {
                    let note = format!("changed {}", random.below(1000));
                    (format!("UPDATE item SET note = '{note}' WHERE id = {id}"), id, Some(note))
                }
                (2, _) => {
                    (format!("UPDATE item SET note = 'spoilt' WHERE id = {}", 1 + random.below(300)), 0, None)
                }
                _ => {
                    next += 1;
                    let sql = format!(
                        "INSERT INTO item (id, note) VALUES ({next}, 'new'); INSERT INTO part (id, item_id) VALUES ({next}, {next})"
                    );
                    (sql, next, Some("new".to_owned()))
                }
            };
            let begin = if self.db == Db::Postgres { "BEGIN" } else { "BEGIN IMMEDIATE" };
            if let Some(error) = client.run(&format!("{begin}; {sql};")).error {
                let lost = error.code == "40P01" || error.text.contains("locked");
                assert!(lost, "{sql}: {}: {}", error.code, error.text);
                client.run("ROLLBACK");
            } else {
                client.run("COMMIT").ok("commit");
                count(&self.shared.written);
                match note {
                    Some(note) => _ = mine.insert(id, note),
                    None => _ = mine.remove(&id),
                }
            }
            std::thread::sleep(Duration::from_millis(random.below(30)));
        }
        mine
    }

    fn reader(&self) {
        let mut client = self.client();
        while self.goes_on() {
            self.whole(&mut client);
            count(&self.shared.read);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// One generation, whole, and the cursor where the events end.
    fn whole(&self, client: &mut Client) -> u64 {
        let rows = client.run(&self.own(SEEN)).ok("a reader");
        let seen: Vec<u64> =
            rows[0].iter().map(|c| c.as_deref().and_then(|n| n.parse().ok()).expect("a number")).collect();
        let [items_seen, low, high, parts, part_low, part_high, events, last, cursor] = seen[..] else {
            panic!("{seen:?}");
        };
        assert!(low == high && low == part_low && low == part_high, "two generations at once: {seen:?}");
        assert!(items_seen == items(low) && parts == items(low), "a part of a generation: {seen:?}");
        assert!(events == last && last == cursor, "cursor and rows differ: {seen:?}");
        low
    }

    fn run(&self, seconds: u64) {
        sources(&self.root);
        let mut client = self.client();
        if self.db == Db::Sqlite {
            client.run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
        }
        client.run(TABLES).ok("tables");
        fs::write(self.root.join("plan.json"), PLAN.replace("{root}", &self.root.display().to_string()))
            .expect("the plan");
        calls::call(&mut client, &format!("load_plan('{}/plan.json')", self.root.display())).1.ok("the plan");
        calls::call(&mut client, &self.sync(0)).1.ok("the first run");

        let deadline = Instant::now() + Duration::from_secs(seconds);
        let own: Vec<BTreeMap<u64, String>> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4).map(|n| scope.spawn(move || self.writer(n))).collect();
            let mut others = vec![scope.spawn(|| self.reader()), scope.spawn(|| self.canceller())];
            others.extend((0..2).map(|n| scope.spawn(move || self.syncer(n))));
            while Instant::now() < deadline && others.iter().all(|thread| !thread.is_finished()) {
                std::thread::sleep(Duration::from_millis(20));
                if self.db == Db::Sqlite && others[1].is_finished() {
                    others.remove(1);
                }
            }
            self.shared.stop.store(true, Ordering::Relaxed);
            for thread in others {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
            let join = |w: std::thread::ScopedJoinHandle<'_, _>| {
                w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            writers.into_iter().map(join).collect()
        });
        self.settled(&mut client, own.into_iter().flatten().collect());
    }

    /// What holds when all is quiet again.
    fn settled(&self, client: &mut Client, own: BTreeMap<u64, String>) {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let shared = &self.shared;
        let (synced, stopped) = (number(&shared.synced) + 1, number(&shared.stopped));
        println!(
            "torture of {}: {synced} synced, {} busy, {stopped} stopped, {} written, {} read",
            self.db.name(),
            number(&shared.busy),
            number(&shared.written),
            number(&shared.read)
        );
        let happened = [synced - 1, stopped, number(&shared.written), number(&shared.read)];
        assert!(happened.iter().all(|n| *n > 0), "not everything happened");

        let local = "SELECT i.id, i.note, p.item_id FROM item i LEFT JOIN part p ON p.id = i.id WHERE NOT i.imported ORDER BY 1";
        let rows = client.run(local).ok(local);
        let cell = |c: &Option<String>| c.clone().unwrap_or_default();
        let found: BTreeMap<u64, String> =
            rows.iter().map(|row| (cell(&row[0]).parse().expect("an id"), cell(&row[1]))).collect();
        assert_eq!(own, found, "local rows are those of their writers");
        assert!(rows.iter().all(|row| row[0] == row[2]), "and so are their parts");

        let runs = client.run(&self.own("SELECT count(*) FROM {own}run")).ok("the log");
        let runs: u64 = cell(&runs[0][0]).parse().expect("a number");
        // A process that was killed may have committed before.
        let most = if self.db == Db::Sqlite { synced + stopped } else { synced };
        assert!(
            (synced..=most).contains(&runs),
            "{synced} runs succeeded, {stopped} were stopped, {runs} are logged"
        );

        let generation = self.whole(client);
        for rerun in [false, true] {
            let (report, answer) = calls::call(client, &self.sync(generation));
            answer.ok("a run in peace");
            for row in report.as_array().expect("a report") {
                let written = ["inserted", "updated", "deleted"].iter().any(|kind| row[kind] != 0);
                assert!(!rerun || !written, "a rerun writes nothing: {row}");
            }
        }
        self.whole(client);
        let left: &[(&str, &str)] = match self.db {
            Db::Postgres => &[
                ("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0"),
                ("SELECT count(*) FROM pg_locks WHERE relation = ANY ('{item,part,event}'::regclass[])", "0"),
                ("SELECT count(*) FROM pg_class WHERE relpersistence = 't'", "0"),
            ],
            Db::Sqlite => &[
                ("PRAGMA integrity_check", "ok"),
                ("SELECT count(*) FROM pragma_foreign_key_check", "0"),
                ("PRAGMA wal_checkpoint(truncate)", "0"),
            ],
        };
        for (sql, nothing) in left {
            assert_eq!(client.run(sql).ok(sql)[0][0].as_deref(), Some(*nothing), "{sql}");
        }
    }
}

/// The source files that a client's worker has open. Those of the database are its own affair.
fn open_sources(client: &mut Client, root: &Path) -> Vec<PathBuf> {
    let folder = format!("/proc/{}/fd", client.worker_pid());
    let links =
        fs::read_dir(folder).expect("it is alive").filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter(|file| file.starts_with(root) && file.to_string_lossy().contains(".parquet")).collect()
}

fn torture(db: Db) {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse::<u64>().expect("a number"));
    let seed = number("CUTOVER_TORTURE_SEED").unwrap_or(1);
    if db == Db::Postgres {
        server().new_database("torture");
    }
    let root = in_use::folder(&format!("torture-{}", db.name()));
    let torture = Torture { db, root, seed, shared: Shared::default() };
    torture.run(number("CUTOVER_TORTURE_SECONDS").unwrap_or(5));
}

#[test]
fn postgresql_keeps_every_promise() {
    torture(Db::Postgres);
}

#[test]
fn sqlite_keeps_every_promise() {
    torture(Db::Sqlite);
}
