//! The names of archives, and of the files in them.

use std::collections::HashSet;
use std::path::Path;

use super::document::INDEX;
use crate::export::escaped;

/// How an archive is compressed when it is written; a reader goes by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// As the name of an archive says; None where it is not that of one.
    pub fn of(path: &Path) -> Option<Compression> {
        let name = path.file_name()?.to_str()?;
        let endings = [
            (".tar", Compression::None),
            (".tar.gz", Compression::Gzip),
            (".tgz", Compression::Gzip),
            (".tar.zst", Compression::Zstd),
        ];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, compression)| compression)
    }
}

/// The names that files of an archive have, of which no two may be equal on any file system.
#[derive(Debug)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub fn new() -> Self {
        Names(HashSet::from([INDEX.to_owned()]))
    }

    /// The name of a table's file: the table's, percent-encoded where a character might mean something.
    pub fn take(&mut self, table: &str) -> String {
        let plain = format!("{}.json", visible(&escaped(table)));
        if self.0.insert(plain.to_lowercase()) {
            return plain;
        }
        // Encoded throughout it differs from all that differ from it only in case, and from the index.
        let bytes: String = table.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded = format!("{bytes}.json");
        self.0.insert(encoded.to_lowercase());
        encoded
    }
}

/// A name that does not begin with a dot.
fn visible(name: &str) -> String {
    match name.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tables_share_a_file_on_any_file_system() {
        let mut names = Names::new();
        let tables = [
            ("events", "events.json"),
            ("public.Events", "public.Events.json"),
            ("public.events", "%70%75%62%6C%69%63%2E%65%76%65%6E%74%73.json"),
            ("backup-index", "%62%61%63%6B%75%70%2D%69%6E%64%65%78.json"),
            (".hidden", "%2Ehidden.json"),
            ("..", "%2E..json"),
            ("a/b\\c d%", "a%2Fb%5Cc%20d%25.json"),
            ("größe", "gr%C3%B6%C3%9Fe.json"),
        ];
        for (table, file) in tables {
            assert_eq!(names.take(table), file, "{table}");
        }
    }

    #[test]
    fn the_name_of_an_archive_says_how_it_is_compressed() {
        let cases = [
            ("a.tar", Some(Compression::None)),
            ("/x/a.b.tar.gz", Some(Compression::Gzip)),
            ("a.tgz", Some(Compression::Gzip)),
            ("a.tar.zst", Some(Compression::Zstd)),
            ("a.tar.xz", None),
            ("a.zst", None),
            ("tar", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Compression::of(Path::new(name)), expected, "{name}");
        }
    }
}
