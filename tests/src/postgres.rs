//! Private PostgreSQL servers: one that all tests of a process share, each in its own database, and
//! others with settings of their own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

use crate::process::{Signal, send};
use crate::{dist, home};

/// A running server. It stops, and its folder goes, when its standard input closes: at the end of
/// this process, however that comes.
pub struct Server {
    /// The folder of its socket.
    pub host: String,
    /// psql of the same version.
    pub psql: String,
    /// A folder that the server and the tests can read and write.
    pub files: PathBuf,
    _process: Child,
}

/// The server of this process, started at the first call.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(""))
}

impl Server {
    /// Starts another server, with `settings` as the command line has them: `-c name=value ...`.
    pub fn start(settings: &str) -> Server {
        let settings = format!("{} {settings}", std::env::var("PG_SETTINGS").unwrap_or_default());
        let mut process = Command::new(home().join("tests/with-postgres.sh"))
            .args([
                "sh",
                "-c",
                "echo \"$PGHOST\"; command -v psql; echo \"$CUTOVER_FILES\"; exec cat >/dev/null",
            ])
            .env("PG_SETTINGS", settings)
            .env("CUTOVER_DIST", dist())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("with-postgres.sh runs");
        let stdout = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(stdout).lines();
        let mut line = || lines.next().expect("the private server did not start: see above").expect("text");
        let (host, psql, files) = (line(), line(), PathBuf::from(line()));
        Server { host, psql, files, _process: process }
    }

    /// A psql that finds this server, without the caller's own configuration.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = Command::new("stdbuf");
        command.args([
            "-oL", &self.psql, "-X", "-q", "-h", &self.host, "-p", "5432", "-U", "postgres", "-d", database,
        ]);
        command
    }

    /// Makes an empty database with the extension in it.
    pub fn new_database(&self, name: &str) {
        for (database, sql) in [
            ("postgres", format!("DROP DATABASE IF EXISTS \"{name}\"")),
            ("postgres", format!("CREATE DATABASE \"{name}\"")),
            (name, "CREATE EXTENSION cutover".to_owned()),
        ] {
            let output = self.psql(database).args(["-c", &sql]).output().expect("psql runs");
            assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Stops it at once, as a crash would.
    pub fn crash(&self) {
        let folder = Path::new(&self.host).parent().expect("the socket is in the server's folder");
        let pids = fs::read_to_string(folder.join("data/postmaster.pid")).expect("it runs");
        let pid = pids.lines().next().expect("its process");
        send(pid.parse().expect("a number"), Signal::SIGQUIT);
        while Path::new("/proc").join(pid).exists() {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Runs a program of the server's version on one of its databases, where no failure is expected.
pub fn program(name: &str, database: &str, args: &[&str]) -> Output {
    let server = server();
    let output = Command::new(Path::new(&server.psql).with_file_name(name))
        .args(["-h", &server.host, "-p", "5432", "-U", "postgres", "-d", database])
        .args(args)
        .output()
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
