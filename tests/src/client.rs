//! A session in psql or sqlite3: statements go in as text, rows and errors come out as text.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::postgres::{Server, server};
use crate::{Db, dist};

/// Characters that no test value holds: they part columns and rows, and mark NULL.
const COLUMN: char = '\u{1f}';
const ROW: char = '\u{1e}';
const NULL: &str = "\u{1d}";
/// A statement that takes longer is taken to hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// One cell: None is NULL.
pub type Cell = Option<String>;

/// An error as a client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// SQLSTATE.
    pub code: String,
    /// The message, with DETAIL and HINT on lines of their own.
    pub text: String,
}

/// What a statement answered.
#[derive(Debug, Default)]
pub struct Answer {
    pub rows: Vec<Vec<Cell>>,
    /// The first error, if there was one.
    pub error: Option<Failure>,
    /// All that was said beside the rows: notices, warnings, errors.
    pub said: String,
}

impl Answer {
    /// The rows, where no error is expected.
    pub fn ok(self, what: &str) -> Vec<Vec<Cell>> {
        assert!(self.error.is_none(), "{what}\nfailed: {}", self.said);
        self.rows
    }
}

/// A client process with a session of its own.
pub struct Client {
    pub db: Db,
    process: Child,
    stdin: ChildStdin,
    stdout: Pipe,
    stderr: Pipe,
    count: usize,
}

impl Client {
    /// Waits so long for an answer: a benchmark may take longer than a test that hangs.
    pub fn wait(&mut self, patience: Duration) {
        (self.stdout.patience, self.stderr.patience) = (patience, patience);
    }

    /// psql in a database of the private server.
    pub fn postgres(database: &str) -> Client {
        Client::on(server(), database)
    }

    /// psql in a database of another server.
    pub fn on(server: &Server, database: &str) -> Client {
        let mut command = server.psql(database);
        command.args(["-A", "-t", "-v", "VERBOSITY=verbose", "-v", "SHOW_CONTEXT=never"]);
        command.args(["-F", &COLUMN.to_string(), "-R", &ROW.to_string(), "-P", &format!("null={NULL}")]);
        Client::start(Db::Postgres, command)
    }

    /// sqlite3 on a database file, with the extension loaded and foreign keys on.
    pub fn sqlite(file: &Path) -> Client {
        let mut client = Client::plain_sqlite(file);
        let extension = dist().join("sqlite/cutover");
        client.send(&format!(".load {}\nPRAGMA foreign_keys = on;\n", extension.display()));
        client.run("SELECT 1;").ok("loading dist/sqlite/cutover (run make first)");
        client
    }

    /// sqlite3 on a database file, as an application has it that knows nothing of the extension.
    pub fn plain_sqlite(file: &Path) -> Client {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "sqlite3", "-init", "/dev/null", "-batch", "-list"]).arg(file);
        let mut client = Client::start(Db::Sqlite, command);
        client.send(".separator \"\\037\" \"\\036\"\n.nullvalue \"\\035\"\n");
        client
    }

    fn start(db: Db, mut command: Command) -> Client {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("LC_ALL", "C.UTF-8")
            .env("PGTZ", "UTC")
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let stdin = process.stdin.take().expect("piped");
        let stdout = Pipe::new(process.stdout.take().expect("piped"));
        let stderr = Pipe::new(process.stderr.take().expect("piped"));
        Client { db, process, stdin, stdout, stderr, count: 0 }
    }

    fn send(&mut self, text: &str) {
        // A client that died says so on its standard error, which is read next.
        let _ = self.stdin.write_all(text.as_bytes()).and_then(|()| self.stdin.flush());
    }

    /// The process that does the work: the backend, or sqlite3 itself.
    pub fn worker_pid(&mut self) -> u32 {
        match self.db {
            Db::Sqlite => self.process.id(),
            Db::Postgres => {
                let rows = self.run("SELECT pg_backend_pid()").ok("pid");
                rows[0][0].as_deref().and_then(|pid| pid.parse().ok()).expect("a number")
            }
        }
    }

    /// The one value that a query finds; empty for NULL.
    pub fn value(&mut self, sql: &str) -> String {
        self.run(sql).ok(sql)[0][0].clone().unwrap_or_default()
    }

    /// Runs statements and waits for their end.
    pub fn run(&mut self, sql: &str) -> Answer {
        self.count += 1;
        let marker = format!("cutover_test_marker_{}", self.count);
        let sql = sql.trim_end();
        let end = if sql.is_empty() || sql.ends_with(';') { "" } else { "\n;" };
        match self.db {
            Db::Postgres => self.send(&format!("{sql}{end}\n\\echo {marker}\n\\warn {marker}\n")),
            // sqlite3 has nothing like \warn: a table that does not exist is named on stderr.
            Db::Sqlite => self.send(&format!("{sql}{end}\n.print {marker}\nSELECT * FROM {marker};\n")),
        }
        let out = self.stdout.until(&marker);
        let said = self.stderr.until(&marker);
        let said = match self.db {
            Db::Postgres => said,
            // "Parse error near line 7: no such table: ...", of which newer shells leave out what kind it is.
            Db::Sqlite => {
                let before = said.rsplit_once("rror near line").map_or(&*said, |(before, _)| before);
                before.rsplit_once('\n').map_or(String::new(), |(before, _)| before.to_owned() + "\n")
            }
        };
        let alive = self.process.try_wait().expect("wait").is_none();
        assert!(alive, "{} died\n{sql}\n{out}\n{said}", self.db.name());
        let rows = out
            .trim_end_matches(['\n', ROW])
            .split(ROW)
            .filter(|_| !out.trim().is_empty())
            .map(|row| row.split(COLUMN).map(|cell| (cell != NULL).then(|| cell.to_owned())).collect())
            .collect();
        Answer { rows, error: failure(self.db, &said), said }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.stdin.write_all(if self.db == Db::Postgres { b"\\q\n" } else { b".quit\n" });
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Finds the first error in what a client said.
fn failure(db: Db, said: &str) -> Option<Failure> {
    let lines: Vec<&str> = said.lines().collect();
    let starts = |line: &str| match db {
        Db::Postgres => ["ERROR:  ", "FATAL:  "].iter().find_map(|p| line.strip_prefix(p)).map(str::to_owned),
        // "Runtime error near line 7: 22P04: file ..."
        Db::Sqlite => {
            let (kind, rest) = line.split_once(" near line ")?;
            ["Runtime error", "Parse error", "Error"].contains(&kind).then_some(())?;
            Some(rest.split_once(": ")?.1.to_owned())
        }
    };
    let (at, first) = lines.iter().enumerate().find_map(|(i, line)| Some((i, starts(line)?)))?;
    let mut text = first;
    for line in &lines[at + 1..] {
        let line = line.trim_end();
        if line.starts_with("LOCATION:") || line.starts_with("CONTEXT:") || starts(line).is_some() {
            break;
        }
        text = text + "\n" + &line.replacen("DETAIL:  ", "DETAIL: ", 1).replacen("HINT:  ", "HINT: ", 1);
    }
    let is_code = |c: &str| c.len() == 5 && c.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let (code, text) = match text.split_once(": ").filter(|(code, _)| is_code(code)) {
        Some((code, rest)) => (code.to_owned(), rest.to_owned()),
        None => (sqlite_code(&text).to_owned(), text),
    };
    // sqlite3 adds its own code to a constraint's message, and a space.
    Some(Failure { code, text: text.trim().to_owned() })
}

/// SQLSTATE of an error that SQLite itself raised for a plain statement.
fn sqlite_code(text: &str) -> &'static str {
    let codes = [
        ("UNIQUE constraint", "23505"),
        ("FOREIGN KEY constraint", "23503"),
        ("NOT NULL constraint", "23502"),
        ("CHECK constraint", "23514"),
        ("no such table", "42P01"),
    ];
    codes.iter().find(|(part, _)| text.contains(part)).map_or("XX000", |(_, code)| code)
}

/// The output of a process, read by a thread so that the process never waits for its reader.
struct Pipe {
    chunks: Receiver<Vec<u8>>,
    unread: Vec<u8>,
    patience: Duration,
}

impl Pipe {
    fn new(mut pipe: impl Read + Send + 'static) -> Pipe {
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while let Ok(n) = pipe.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Pipe { chunks, unread: Vec::new(), patience: PATIENCE }
    }

    /// All text before the line that holds `marker`; what there is when the process ends.
    fn until(&mut self, marker: &str) -> String {
        let deadline = Instant::now() + self.patience;
        loop {
            let text = String::from_utf8_lossy(&self.unread).into_owned();
            if let Some(at) = text.find(marker)
                && let Some(end) = text[at..].find('\n')
            {
                self.unread = text.as_bytes()[at + end + 1..].to_vec();
                // sqlite3 cites the statement that failed on further lines.
                return text[..at].to_owned();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.unread.extend(chunk),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return text,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                    panic!("no answer in {:?}: {text}", self.patience)
                }
            }
        }
    }
}
