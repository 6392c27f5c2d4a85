//! The extensions with failpoints: moments of a call at which a test has its process killed,
//! interrupted or halted. See `shared/src/failpoint.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::postgres::server;
use crate::process::{Signal, is_halted, send};
use crate::{DIST, Db, calls, canonical, dist, home};

/// A server that was killed is back long before.
const PATIENCE: Duration = Duration::from_secs(60);

/// Builds the extensions with failpoints, and has this process test these from here on: to be called
/// before anything of a database.
pub fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let made = Command::new("make").args(["-s", "failpoints"]).current_dir(home()).status();
        assert!(made.expect("make runs").success(), "make failpoints failed");
        // This process is target/release/deps/NAME.
        let program = std::env::current_exe().expect("its own name");
        let built = program.ancestors().nth(2).expect("a folder").join("failpoints");
        assert_eq!(*DIST.get_or_init(|| built.clone()), built, "called too late");
    });
}

/// A database whose calls can be struck. One at a time per server: a backend that is killed takes all
/// others with it.
pub struct Target {
    pub db: Db,
    database: String,
    /// Its folder for files, which the server can write.
    pub root: PathBuf,
    armed: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// What became of a call.
#[derive(Debug)]
pub struct Struck {
    /// The names of the failpoints that it passed, the last being the one where it was struck.
    pub passed: Vec<String>,
    /// What the client said.
    pub said: String,
    pub ok: bool,
}

impl Target {
    /// A new database.
    pub fn new(db: Db, name: &str) -> Target {
        build();
        static POSTGRES: Mutex<()> = Mutex::new(());
        static SQLITE: Mutex<()> = Mutex::new(());
        let alone = match db {
            Db::Postgres => &POSTGRES,
            Db::Sqlite => &SQLITE,
        };
        let alone = alone.lock().unwrap_or_else(PoisonError::into_inner);
        let root = server().files.join(format!("{name}-{}", db.name()));
        let armed = match db {
            // As tests/with-postgres.sh has it.
            Db::Postgres => server().files.join("failpoints"),
            Db::Sqlite => root.join("failpoints"),
        };
        for folder in [&root, &armed, &root.join("temp")] {
            fs::create_dir_all(folder).expect("a folder");
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
        }
        if db == Db::Postgres {
            server().new_database(name);
        }
        Target { db, database: name.to_owned(), root, armed, _alone: alone }
    }

    /// A second database on the same server.
    pub fn twin(&self) -> Twin<'_> {
        let name = format!("{}_twin", self.database);
        if self.db == Db::Postgres {
            server().new_database(&name);
        }
        Twin { of: self, name }
    }

    /// A session that nothing strikes; waits for a server that recovers.
    pub fn client(&self) -> Client {
        self.client_of(&self.database)
    }

    fn client_of(&self, database: &str) -> Client {
        if self.db == Db::Sqlite {
            return Client::sqlite(&self.root.join(format!("{database}.sqlite")));
        }
        let connect = || server().psql(database).args(["-c", "SELECT 1"]).output().expect("psql runs");
        patiently("the server is back", || connect().status.success());
        Client::postgres(database)
    }

    /// Runs a call in a session of its own, and sends it a signal at its failpoint `number`, counted
    /// from 1; at none for 0.
    pub fn strike(&self, signal: &str, number: usize, written: &str) -> Struck {
        self.strike_in(&self.database, signal, number, written, &mut |_| {})
    }

    /// Strikes a call at each of its `moments` behind the first `from`, where `once` at the first of a name, and
    /// holds that all of it happened or nothing, and nothing is left behind; `after` looks at what else there
    /// is, and is told the moment and its place. Where a strike came too late it happened: says how many of the
    /// moments are behind it then.
    pub fn strike_each(
        &self,
        signal: &str,
        once: bool,
        call: &str,
        moments: &[String],
        from: usize,
        after: &mut dyn FnMut(&Struck, &str, &str),
    ) -> Option<usize> {
        for (before_it, moment) in moments.iter().enumerate().skip(from) {
            if once && moments[..before_it].contains(moment) {
                continue;
            }
            let before = canonical::all_tables(&mut self.client());
            let struck = self.strike(signal, before_it + 1, call);
            let at = format!("{}: {call}: {signal} at {}, {moment}", self.db.name(), before_it + 1);
            assert_eq!(struck.passed.get(before_it), Some(moment), "{at}: {}", struck.said);
            let mut client = self.client();
            assert_eq!(self.rubbish(&mut client), Vec::<String>::new(), "{at}");
            // A server that has come to the end of a statement commits it before it looks again.
            let late = self.db == Db::Postgres && struck.ok && moment == "before commit";
            let done = late || moment == "committed";
            if done {
                assert!(signal == "SIGINT" || !struck.ok, "{at}: {}", struck.said);
            } else {
                assert!(!struck.ok, "{at}: {}", struck.said);
                assert!(signal != "SIGINT" || struck.said.contains("57014"), "{at}: {}", struck.said);
                assert_eq!(before, canonical::all_tables(&mut client), "{at}");
            }
            after(&struck, moment, &at);
            if done {
                return Some(before_it + 1);
            }
        }
        None
    }

    /// Halts a call at its failpoint `number`, runs `meanwhile`, and lets it go on.
    pub fn halt(&self, number: usize, written: &str, meanwhile: &mut dyn FnMut()) -> Struck {
        self.strike_in(&self.database, "SIGSTOP", number, written, &mut |client_pid| {
            patiently("it comes to the failpoint", || self.passed().len() == number);
            let pid = match self.db {
                Db::Sqlite => client_pid,
                Db::Postgres => {
                    let sql = "SELECT pid FROM pg_stat_activity WHERE state = 'active' \
                               AND datname = current_database() AND pid <> pg_backend_pid()";
                    let answer = self.client().run(sql).ok("its backend");
                    answer[0][0].as_ref().and_then(|pid| pid.parse().ok()).expect("a number")
                }
            };
            // It passes the failpoint before it halts, and must not be told to go on in between.
            patiently("it halts", || is_halted(pid));
            let _halted = Halted(pid);
            meanwhile();
        })
    }

    fn strike_in(
        &self,
        database: &str,
        signal: &str,
        number: usize,
        written: &str,
        meanwhile: &mut dyn FnMut(u32),
    ) -> Struck {
        let armed = self.armed.join("armed");
        let _ = fs::remove_file(self.armed.join("passed"));
        fs::write(&armed, format!("{signal} {number}")).expect("armed");
        let crashes = self.crashes();
        let output = self.one_call(database, written, meanwhile);
        fs::remove_file(&armed).expect("disarmed");
        let passed = self.passed();
        if signal == "SIGKILL" && passed.len() == number {
            // Until the server has seen it, it lets others in, and then throws them out.
            patiently("the server sees the crash", || self.db == Db::Sqlite || self.crashes() > crashes);
        }
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        Struck { passed, said, ok: output.status.success() }
    }

    /// How often the server has started again after a crash.
    fn crashes(&self) -> usize {
        let log = server().files.with_file_name("data").join("server.log");
        fs::read_to_string(log).expect("the server's log").matches("reinitializing").count()
    }

    fn passed(&self) -> Vec<String> {
        let text = fs::read_to_string(self.armed.join("passed")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn one_call(&self, database: &str, written: &str, meanwhile: &mut dyn FnMut(u32)) -> Output {
        let sql = calls::sql(self.db, written);
        let mut command = match self.db {
            Db::Postgres => {
                let mut command = server().psql(database);
                command.args(["-v", "VERBOSITY=verbose", "-c", &sql]);
                command
            }
            Db::Sqlite => {
                let mut command = Command::new("sqlite3");
                command.args(["-init", "/dev/null", "-batch", "-bail"]);
                command.arg(self.root.join(format!("{database}.sqlite")));
                command.arg(format!(".load {}", dist().join("sqlite/cutover").display()));
                command.args(["PRAGMA foreign_keys = on", &sql]);
                command
                    .env("CUTOVER_FAILPOINTS", &self.armed)
                    .env("SQLITE_TMPDIR", self.root.join("temp"))
                    .env("TMPDIR", self.root.join("temp"));
                command
            }
        };
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the client runs");
        meanwhile(child.id());
        child.wait_with_output().expect("the client ends")
    }

    /// What a killed call left behind besides its database: temporary tables and their files, locks.
    /// To be asked after the database was opened again.
    pub fn rubbish(&self, client: &mut Client) -> Vec<String> {
        if self.db == Db::Sqlite {
            let temp = fs::read_dir(self.root.join("temp")).expect("a folder");
            return temp.map(|e| e.expect("an entry").path().display().to_string()).collect();
        }
        let sql = "SELECT oid::regclass::text FROM pg_class WHERE relpersistence = 't' \
                   UNION ALL SELECT f FROM pg_database d, pg_ls_dir('base/' || d.oid) f WHERE f ~ '^t[0-9]+_' \
                   UNION ALL SELECT name FROM pg_ls_tmpdir() \
                   UNION ALL SELECT 'lock of ' || pid FROM pg_locks WHERE locktype = 'advisory'";
        client.run(sql).ok("rubbish").into_iter().filter_map(|row| row[0].clone()).collect()
    }
}

/// A process that goes on when this is dropped.
struct Halted(u32);

impl Drop for Halted {
    fn drop(&mut self) {
        send(self.0, Signal::SIGCONT);
    }
}

/// Waits until something is so.
fn patiently(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A database that gets the same calls as its target, and is never struck.
pub struct Twin<'a> {
    of: &'a Target,
    name: String,
}

impl Twin<'_> {
    /// Runs a call to its end; it tells what failpoints are on the way.
    pub fn call(&self, written: &str) -> Struck {
        let struck = self.of.strike_in(&self.name, "SIGCONT", 0, written, &mut |_| {});
        assert!(struck.ok, "{written}: {}", struck.said);
        struck
    }

    /// A session in it.
    pub fn client(&self) -> Client {
        self.of.client_of(&self.name)
    }
}
