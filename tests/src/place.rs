//! A database of a test's own, with a folder for its files, that is emptied for every case.

use std::fs;
use std::path::PathBuf;

use crate::Db;
use crate::client::Client;
use crate::postgres::server;

/// A session in such a database.
pub struct Place {
    pub client: Client,
    /// The folder of its files.
    pub root: PathBuf,
}

impl Place {
    /// An empty one; `name` tells it from those of other tests.
    pub fn new(db: Db, name: &str) -> Place {
        let root = server().files.join(format!("{name}-{}", db.name()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a folder for files");
        let client = match db {
            Db::Postgres => {
                server().new_database(name);
                Client::postgres(name)
            }
            Db::Sqlite => Client::sqlite(&root.join("database.sqlite")),
        };
        Place { client, root }
    }

    /// Makes it as new; files stay.
    pub fn empty(&mut self) {
        match self.client.db {
            Db::Postgres => {
                let sql = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
                           DROP EXTENSION cutover CASCADE; CREATE EXTENSION cutover; RESET client_min_messages;";
                self.client.run(sql).ok(sql);
            }
            Db::Sqlite => {
                let file = self.root.join("database.sqlite");
                let _ = fs::remove_file(&file);
                self.client = Client::sqlite(&file);
                self.client.run("PRAGMA synchronous = off").ok("synchronous");
            }
        }
    }
}
