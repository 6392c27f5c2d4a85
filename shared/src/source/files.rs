//! Which files a source names.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// What a relative path is relative to when the plan has no root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    /// The working directory of the process (SQLite).
    WorkingDirectory,
    /// Nothing: an absolute path is required (PostgreSQL).
    Refused,
}

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    Json,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Parquet => "Parquet",
            Format::Json => "JSON",
        }
    }

    /// How the names of such files end.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Format::Parquet => &["parquet"],
            Format::Json => &["json", "jsonl", "ndjson"],
        }
    }
}

/// The files that `spec` names: a file, a folder (all files in it whose names end as those of
/// `format` do) or a glob, sorted.
///
/// Errors: 22023 for a relative path where none is allowed, for one that leaves `root` and for a
/// malformed glob; 58P01 where nothing is found; 42809 for anything but regular files, symbolic
/// links included; 58030 where the operating system fails.
pub fn resolve(spec: &str, root: Option<&Path>, base: Relative, format: Format) -> Result<Vec<PathBuf>> {
    if spec.is_empty() || spec.contains('\0') {
        return Err(Error::new(
            Kind::InvalidParameter,
            "the path of a file is empty or holds a NUL character",
        ));
    }
    let path = place(spec, root, base)?;
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_dir() => folder(&path, format),
        Ok(meta) => {
            require_regular(&path, &meta)?;
            Ok(vec![path])
        }
        Err(error) if missing(&error) && is_glob(spec) => matches(&path, root),
        Err(error) if missing(&error) => {
            Err(Error::new(Kind::UndefinedFile, format!("file \"{}\" does not exist", path.display())))
        }
        Err(error) => Err(system(&path, &error)),
    }
}

/// The path that `spec` means, before anything is looked up.
fn place(spec: &str, root: Option<&Path>, base: Relative) -> Result<PathBuf> {
    let path = Path::new(spec);
    if let Some(root) = root {
        if path.is_relative() && leaves(path) {
            return Err(Error::new(
                Kind::InvalidParameter,
                format!("path \"{spec}\" leaves its root folder"),
            )
            .detail(format!("The root is \"{}\".", root.display()))
            .hint("Use a path inside the root, or an absolute path."));
        }
        return Ok(root.join(path));
    }
    if path.is_relative() && base == Relative::Refused {
        return Err(Error::new(Kind::InvalidParameter, format!("path \"{spec}\" is relative"))
            .hint("Use an absolute path, or name a root folder."));
    }
    Ok(path.to_path_buf())
}

/// Whether a relative path climbs above where it starts.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_usize;
    for part in path.components() {
        match part {
            Component::ParentDir => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return true,
            },
            Component::Normal(_) => depth += 1,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    false
}

fn is_glob(spec: &str) -> bool {
    spec.contains(['*', '?', '['])
}

/// The files of a folder, not of folders within it.
fn folder(path: &Path, format: Format) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| system(path, &e))? {
        let file = entry.map_err(|e| system(path, &e))?.path();
        if !file.extension().is_some_and(|e| format.endings().iter().any(|ending| e == *ending)) {
            continue;
        }
        let meta = fs::symlink_metadata(&file).map_err(|e| system(&file, &e))?;
        if !meta.is_dir() {
            require_regular(&file, &meta)?;
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::new(
            Kind::UndefinedFile,
            format!("folder \"{}\" holds no {} file", path.display(), format.name()),
        )
        .hint(format!(
            "Only files that end in .{} count, and only those directly in the folder.",
            format.endings().join(", .")
        )));
    }
    files.sort();
    Ok(files)
}

/// The regular files that a glob matches; folders among the matches do not count.
fn matches(path: &Path, root: Option<&Path>) -> Result<Vec<PathBuf>> {
    let pattern = match (root, path.to_str()) {
        // The root itself is a plain path, whatever characters it holds.
        (Some(root), Some(_)) => match path.strip_prefix(root).ok().and_then(Path::to_str) {
            Some(rest) => format!("{}/{rest}", glob::Pattern::escape(&root.to_string_lossy())),
            None => path.to_string_lossy().into_owned(),
        },
        (None, Some(pattern)) => pattern.to_owned(),
        (_, None) => return Err(Error::new(Kind::InvalidParameter, "the path of a file is not UTF-8")),
    };
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&pattern, options).map_err(|e| {
        Error::new(Kind::InvalidParameter, format!("\"{pattern}\" is not a valid glob")).detail(format!(
            "{} at character {}.",
            e.msg,
            e.pos + 1
        ))
    })?;
    let mut files = Vec::new();
    for file in found {
        let file = file.map_err(|e| system(e.path(), e.error()))?;
        let meta = fs::symlink_metadata(&file).map_err(|e| system(&file, &e))?;
        if !meta.is_dir() {
            require_regular(&file, &meta)?;
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::new(Kind::UndefinedFile, format!("no file matches \"{pattern}\"")));
    }
    files.sort();
    Ok(files)
}

/// What tells whether a file is still the one that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    pub(crate) size: u64,
    modified: (i64, i64),
}

impl Identity {
    pub(crate) fn of(meta: &Metadata) -> Self {
        Identity {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }
}

/// Opens a regular file and nothing else. What was looked at and what was opened are compared, so
/// that a link put in between does not pass. Errors: 58P01, 42809, 55000, 58030.
pub(crate) fn open(path: &Path) -> Result<(File, Identity)> {
    let seen = fs::symlink_metadata(path).map_err(|e| system(path, &e))?;
    require_regular(path, &seen)?;
    let file = File::open(path).map_err(|e| system(path, &e))?;
    let opened = file.metadata().map_err(|e| system(path, &e))?;
    require_regular(path, &opened)?;
    if (seen.dev(), seen.ino()) != (opened.dev(), opened.ino()) {
        return Err(changed(path));
    }
    Ok((file, Identity::of(&opened)))
}

/// Fails with 55000 where a file is not the one first looked at.
pub(crate) fn require_same(path: &Path, was: Identity, is: Identity) -> Result<()> {
    if was == is { Ok(()) } else { Err(changed(path)) }
}

/// The error for a file that is not the one it was (55000).
pub(super) fn changed(path: &Path) -> Error {
    Error::new(Kind::NotInState, format!("file \"{}\" changed while it was read", path.display()))
        .hint("Write the file under another name and rename it when it is complete.")
}

fn require_regular(path: &Path, meta: &Metadata) -> Result<()> {
    let kind = meta.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(Error::new(Kind::WrongObjectType, format!("\"{}\" is not a regular file", path.display()))
        .detail(format!("It is {what}.")))
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// An error of the operating system about `path`: 58P01 where there is none, else 58030.
pub(crate) fn system(path: &Path, error: &io::Error) -> Error {
    let kind = if missing(error) { Kind::UndefinedFile } else { Kind::Io };
    Error::new(kind, format!("file \"{}\" cannot be opened or read", path.display()))
        .detail(format!("{error}."))
}
