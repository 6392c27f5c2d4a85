//! The files of a folder of migrations.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::engine;
use crate::error::{Error, Kind, Result};
use crate::session::{Dialect, Facts};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// What a comment begins with that says something to us.
const MARK: &str = "cutover:";

/// A migration of this database, as its file is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub number: i64,
    /// The part of the file's name between number and ending.
    pub name: String,
    /// The file's name.
    pub file: String,
    path: PathBuf,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub text: String,
    /// The SHA-256 of its bytes, as hexadecimal digits.
    pub checksum: String,
    /// Left out unless the call says otherwise.
    pub manual: bool,
}

/// The migrations in a folder that are this database's, by number.
///
/// Errors: 42501 the role may not read files, 22023 a relative path on a server, a name that does not fit, or
/// two files for one number; 58P01 no such folder, 42809 no folder, or a file that is none; 58030.
pub(super) fn list(facts: &Facts, dir: &str) -> Result<Vec<File>> {
    let folder = Path::new(dir);
    engine::may_read_at(facts, folder, "the folder is read on the server; give its absolute path there")?;
    let meta = fs::metadata(folder).map_err(|e| system(folder, &e))?;
    if !meta.is_dir() {
        return Err(Error::new(Kind::WrongObjectType, format!("\"{dir}\" is not a folder")));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| system(folder, &e))? {
        paths.push(entry.map_err(|e| system(folder, &e))?.path());
    }
    paths.sort();
    let mut found: Vec<(File, Option<Dialect>)> = Vec::new();
    for path in paths {
        let Some((file, dialect)) = named(path)? else { continue };
        let clash = |(other, its): &&(File, Option<Dialect>)| {
            other.number == file.number && (its.is_none() || dialect.is_none() || *its == dialect)
        };
        if let Some((other, _)) = found.iter().find(clash) {
            return Err(Error::new(
                Kind::InvalidParameter,
                format!("migration {:03} has more than one file", file.number),
            )
            .detail(format!("{}\n{}", other.file, file.file)));
        }
        found.push((file, dialect));
    }
    let own = found.into_iter().filter(|(_, dialect)| dialect.is_none_or(|d| d == facts.dialect));
    let mut files: Vec<File> = own.map(|(file, _)| file).collect();
    files.sort_by_key(|file| file.number);
    Ok(files)
}

/// A migration by its file's name, and the database that it is for where it says one; None where the
/// name does not end in `.sql`.
fn named(path: PathBuf) -> Result<Option<(File, Option<Dialect>)>> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = match file.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("sql") => stem,
        _ => return Ok(None),
    };
    let (stem, dialect) = match stem.rsplit_once('.') {
        Some((stem, "postgres")) => (stem, Some(Dialect::Postgres)),
        Some((stem, "sqlite")) => (stem, Some(Dialect::Sqlite)),
        _ => (stem, None),
    };
    let parts = stem.split_once('_').filter(|(digits, name)| {
        digits.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() && !name.contains('.')
    });
    match parts.and_then(|(digits, name)| Some((digits.parse().ok()?, name.to_owned()))) {
        Some((number, name)) => Ok(Some((File { number, name, file, path }, dialect))),
        None => Err(Error::new(Kind::InvalidParameter, format!("\"{file}\" is not named as a migration"))
            .hint("name it NNN_name.sql, NNN_name.postgres.sql or NNN_name.sqlite.sql, or give it another ending")),
    }
}

/// Reads a migration.
///
/// Errors: 42809 not a regular file, 54000 more than 16 MiB, 22021 not UTF-8 or with a NUL, 22023 a mark that is none, 58030.
pub(super) fn read(file: &File) -> Result<Script> {
    let fail = |kind, what: &str| Error::new(kind, format!("file \"{}\" {what}", file.path.display()));
    // A FIFO would block the open itself.
    if !fs::metadata(&file.path).map_err(|e| system(&file.path, &e))?.is_file() {
        return Err(fail(Kind::WrongObjectType, "is not a regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(&file.path)
        .and_then(|f| f.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|e| system(&file.path, &e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(fail(Kind::LimitExceeded, "is larger than 16 MiB"));
    }
    let checksum = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let text = String::from_utf8(bytes).map_err(|_| fail(Kind::BadCharacter, "is not UTF-8"))?;
    if text.contains('\0') {
        return Err(fail(Kind::BadCharacter, "holds a NUL character"));
    }
    // No database takes the mark that some editors put first for white space.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let manual = is_manual(&text)
        .map_err(|mark| fail(Kind::InvalidParameter, &format!("has an unknown mark: \"{mark}\"")))
        .map_err(|e| e.hint("there is one: -- cutover: manual"))?;
    Ok(Script { text, checksum, manual })
}

/// Whether a line of the leading comment says `-- cutover: manual`; what it says where that is something else.
fn is_manual(text: &str) -> Result<bool, String> {
    let lines = text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--"));
    let marks = lines.filter_map(|line| line.trim_start_matches('-').trim().strip_prefix(MARK));
    let mut manual = false;
    for mark in marks {
        match mark.trim() {
            "manual" => manual = true,
            other => return Err(other.to_owned()),
        }
    }
    Ok(manual)
}

fn system(path: &Path, error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::UndefinedFile,
        _ => Kind::Io,
    };
    Error::new(kind, format!("cannot read \"{}\"", path.display())).detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(file: &str) -> Result<Option<(i64, String, Option<Dialect>)>, Kind> {
        let found = named(PathBuf::from("/m").join(file)).map_err(|e| e.kind)?;
        Ok(found.map(|(file, dialect)| (file.number, file.name, dialect)))
    }

    #[test]
    fn a_name_says_number_and_database() {
        assert_eq!(number("001_base.sql"), Ok(Some((1, "base".to_owned(), None))));
        let postgres = Some(Dialect::Postgres);
        assert_eq!(number("20_a_b.postgres.sql"), Ok(Some((20, "a_b".to_owned(), postgres))));
        assert_eq!(number("20_a.sqlite.SQL"), Ok(Some((20, "a".to_owned(), Some(Dialect::Sqlite)))));
        assert_eq!(number("README.md"), Ok(None));
        for bad in [
            "base.sql",
            "1-a.sql",
            "_a.sql",
            "1_.sql",
            "1_a.mysql.sql",
            "99999999999999999999_a.sql",
            "+1_a.sql",
        ] {
            assert_eq!(number(bad), Err(Kind::InvalidParameter), "{bad}");
        }
    }

    #[test]
    fn the_leading_comment_may_mark_a_file_as_manual() {
        assert_eq!(is_manual("-- Seeds.\n\n--cutover: manual\nSELECT 1"), Ok(true));
        assert_eq!(is_manual("SELECT 1;\n-- cutover: manual"), Ok(false));
        assert_eq!(is_manual("-- cutover: manaul"), Err("manaul".to_owned()));
    }

    #[test]
    fn a_file_is_read_up_to_its_largest_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("001_a.sql");
        let (file, _) = named(path.clone()).unwrap().unwrap();
        let code = || read(&file).map(|script| script.text.len()).map_err(|e| e.kind);
        assert_eq!(code(), Err(Kind::UndefinedFile));
        fs::write(&path, vec![b' '; 16 << 20]).unwrap();
        assert_eq!(code(), Ok(16 << 20));
        fs::write(&path, vec![b' '; (16 << 20) + 1]).unwrap();
        assert_eq!(code(), Err(Kind::LimitExceeded));
        fs::write(&path, "\u{feff}SELECT 1").unwrap();
        assert_eq!(code(), Ok("SELECT 1".len()));
    }
}
