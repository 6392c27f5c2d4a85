//! Writing an archive. Its index comes first and says the size and the hash of what follows: the tables
//! wait in a file without a name until all of them are known.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zstd::stream::write::Encoder;

use super::Pulse;
use super::check::MAX_HEADER;
use super::document::{FORMAT_VERSION, INDEX, Index, TableFile, TableHeader};
use super::entries::MAX_ENTRIES;
use super::name::{Compression, Names};
use super::stream::{beyond, most};
use crate::error::{Error, Kind, Result};
use crate::export::{check_free, folder, hex, persist, system, temporary};
use crate::failpoint;
use crate::source::records;

/// How much is copied between two looks for a cancel.
const CHUNK: usize = 256 * 1024;

/// An archive being written. It appears under its name only when it is finished; dropped before that,
/// it leaves nothing.
#[derive(Debug)]
pub struct ArchiveWriter {
    path: PathBuf,
    overwrite: bool,
    compression: Compression,
    /// The records of all tables, one table after the other.
    spool: BufWriter<File>,
    spooled: u64,
    names: Names,
    tables: Vec<Spooled>,
}

/// What an export says of itself in the index: see the fields of [`Index`].
#[derive(Debug, Clone)]
pub struct Made {
    pub created_at: String,
    pub database_version: String,
    pub migration_package: Option<String>,
}

/// The file of one table, being written. Dropped before it is finished, the archive is without it.
#[derive(Debug)]
pub struct TableWriter<'a> {
    archive: &'a mut ArchiveWriter,
    header: TableHeader,
    start: u64,
}

/// A table that is complete.
#[derive(Debug)]
struct Spooled {
    table: String,
    /// What stands before its records.
    head: String,
    /// Where its records are in the spool.
    start: u64,
    end: u64,
    file: TableFile,
}

/// What follows the records.
const TAIL: &str = "\n]}\n";

impl ArchiveWriter {
    /// Starts an archive, compressed as its name ends: `.tar`, `.tar.gz`, `.tgz`, `.tar.zst`.
    ///
    /// Errors: 22023 for another ending, 58P02 where `path` exists and `overwrite` is false, 58P01
    /// where its folder does not exist, 42809 where `path` is no regular file, 58030.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self> {
        let compression = Compression::of(path).ok_or_else(|| {
            let message = format!("\"{}\" is not the name of an archive", path.display());
            Error::new(Kind::InvalidParameter, message).hint("Let it end in .tar, .tar.gz, .tgz or .tar.zst.")
        })?;
        check_free(path, overwrite)?;
        let spool = tempfile::tempfile_in(folder(path)).map_err(|e| system(path, &e))?;
        Ok(ArchiveWriter {
            path: path.to_path_buf(),
            overwrite,
            compression,
            spool: BufWriter::with_capacity(CHUNK, spool),
            spooled: 0,
            names: Names::new(),
            tables: Vec::new(),
        })
    }

    /// Starts a table's file. `version` and `record_count` of the header are set here.
    ///
    /// Errors: 42710 for a table that is in the archive already, 42701 for two keys of one name (see
    /// [`TableHeader::keys`]), 54000 for more tables than are read.
    pub fn table(&mut self, header: TableHeader) -> Result<TableWriter<'_>> {
        let table = &header.table;
        if self.tables.iter().any(|spooled| spooled.table == *table) {
            return Err(Error::new(
                Kind::DuplicateObject,
                format!("table \"{table}\" is in the backup already"),
            ));
        }
        // A long name is an entry of its own, and so is the index.
        if self.tables.len() * 2 + 3 > MAX_ENTRIES {
            return Err(Error::new(Kind::LimitExceeded, "a backup cannot have so many tables")
                .hint("Name fewer tables, and make several backups."));
        }
        let mut seen = HashSet::new();
        if let Some((key, _)) = header.keys().find(|(key, _)| !seen.insert(key.clone())) {
            let message = format!("two columns of table \"{table}\" would be \"{key}\" in a backup");
            return Err(Error::new(Kind::DuplicateColumn, message).hint("Rename one of them."));
        }
        let start = self.spooled;
        let header = TableHeader { version: FORMAT_VERSION, record_count: 0, ..header };
        Ok(TableWriter { archive: self, header, start })
    }

    fn spool(&mut self, text: &str) -> Result<()> {
        self.spooled = self.spooled.saturating_add(text.len() as u64);
        self.spool.write_all(text.as_bytes()).map_err(|e| system(&self.path, &e))
    }

    /// Writes the archive, makes it durable and gives it its name.
    ///
    /// Errors: 58P02 where a file of that name has come up meanwhile, 54000 for an archive that packs
    /// so well that no reader would take it, 58030.
    pub fn finish(self, made: Made, pulse: Pulse<'_>) -> Result<Index> {
        let ArchiveWriter { path, overwrite, compression, spool, tables, .. } = self;
        let failed = |error: io::Error| Error::within(&error).unwrap_or_else(|| system(&path, &error));
        let spool = spool.into_inner().map_err(|error| failed(error.into_error()))?;
        failpoint::passed("spooled the tables");
        let index = Index {
            format_version: FORMAT_VERSION,
            created_at: made.created_at,
            database_version: made.database_version,
            cutover_version: crate::VERSION.to_owned(),
            migration_package: made.migration_package,
            total_records: tables.iter().map(|table| table.file.record_count).sum(),
            tables: tables.iter().map(|table| table.table.clone()).collect(),
            files: tables
                .iter()
                .map(|table| (table.table.clone(), table.file.clone()))
                .collect::<BTreeMap<_, _>>(),
        };
        let text = serde_json::to_string_pretty(&index).map_err(internal)?;
        let mut tar = tar::Builder::new(Packed::new(temporary(&path)?, compression).map_err(failed)?);
        append(&mut tar, (INDEX, text.len() as u64), &mut text.as_bytes()).map_err(failed)?;
        for table in &tables {
            let records = Section { file: &spool, at: table.start, end: table.end, pulse: &mut *pulse };
            let mut content = table.head.as_bytes().chain(records).chain(TAIL.as_bytes());
            append(&mut tar, (&table.file.file, table.file.bytes), &mut content).map_err(failed)?;
        }
        let (file, unpacked) = tar.into_inner().and_then(Packed::finish).map_err(failed)?;
        let packed = file.as_file().metadata().map_err(failed)?.len();
        if unpacked > most(packed) {
            let called = format!("archive \"{}\"", path.display());
            let fact =
                format!("It packs {unpacked} bytes into {packed}, which no reader takes for a backup.");
            return Err(beyond(&called, fact).hint("Let its name end in .tar, and it is not compressed."));
        }
        persist(file, &path, overwrite)?;
        Ok(index)
    }
}

impl TableWriter<'_> {
    /// Adds a record: the text of a JSON object with the header's keys. Errors: 54000 for one beyond
    /// what is read (16 MiB, 128 levels), 58030.
    pub fn record(&mut self, json: &str) -> Result<()> {
        let called = format!("the backup of table \"{}\"", self.header.table);
        records::check(&called, json, self.header.record_count)?;
        self.archive.spool(if self.header.record_count == 0 { "\n" } else { ",\n" })?;
        self.archive.spool(json)?;
        self.header.record_count = self.header.record_count.saturating_add(1);
        Ok(())
    }

    /// Ends the table's file. Errors: 54000 for a header beyond what is read (1 MiB), 58030.
    pub fn finish(self, pulse: Pulse<'_>) -> Result<TableFile> {
        let TableWriter { archive, header, start } = self;
        let mut head = serde_json::to_string(&header).map_err(internal)?;
        head.truncate(head.len().saturating_sub(1));
        head.push_str(",\"records\":[");
        if head.len() > MAX_HEADER {
            let message = format!("table \"{}\" has too many columns for a backup", header.table);
            return Err(Error::new(Kind::LimitExceeded, message));
        }
        let failed =
            |error: io::Error| Error::within(&error).unwrap_or_else(|| system(&archive.path, &error));
        archive.spool.flush().map_err(failed)?;
        let end = archive.spooled;
        let records = Section { file: archive.spool.get_ref(), at: start, end, pulse };
        let mut hash = Sha256::new();
        let mut content = head.as_bytes().chain(records).chain(TAIL.as_bytes());
        let bytes = io::copy(&mut content, &mut hash).map_err(failed)?;
        let file = TableFile {
            file: archive.names.take(&header.table),
            sha256: hex(hash),
            bytes,
            record_count: header.record_count,
        };
        archive.tables.push(Spooled { table: header.table, head, start, end, file: file.clone() });
        Ok(file)
    }
}

fn internal(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, error.to_string())
}

/// A part of the spool, with a look for a cancel at every read.
struct Section<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    pulse: Pulse<'a>,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.pulse)().map_err(Error::into_io)?;
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self.file.read_at(buffer.get_mut(..wanted).unwrap_or_default(), self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

/// A file that is packed on its way.
struct Packed {
    packer: Packer,
    /// How many bytes came.
    unpacked: u64,
}

enum Packer {
    None(BufWriter<NamedTempFile>),
    Gzip(GzEncoder<BufWriter<NamedTempFile>>),
    Zstd(Encoder<'static, BufWriter<NamedTempFile>>),
}

impl Packed {
    fn new(file: NamedTempFile, compression: Compression) -> io::Result<Packed> {
        let file = BufWriter::with_capacity(CHUNK, file);
        let packer = match compression {
            Compression::None => Packer::None(file),
            Compression::Gzip => Packer::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Compression::Zstd => {
                let mut encoder = Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
        };
        Ok(Packed { packer, unpacked: 0 })
    }

    /// The file, and how many bytes it unpacks to.
    fn finish(self) -> io::Result<(NamedTempFile, u64)> {
        let file = match self.packer {
            Packer::None(file) => file,
            Packer::Gzip(encoder) => encoder.finish()?,
            Packer::Zstd(encoder) => encoder.finish()?,
        };
        Ok((file.into_inner().map_err(io::IntoInnerError::into_error)?, self.unpacked))
    }
}

/// Adds a file that only its owner may read, and that has no owner.
fn append(
    tar: &mut tar::Builder<Packed>,
    (name, size): (&str, u64),
    content: &mut dyn Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()));
    tar.append_data(&mut header, name, content)
}

impl Write for Packed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = match &mut self.packer {
            Packer::None(file) => file.write(buffer),
            Packer::Gzip(encoder) => encoder.write(buffer),
            Packer::Zstd(encoder) => encoder.write(buffer),
        }?;
        self.unpacked = self.unpacked.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.packer {
            Packer::None(file) => file.flush(),
            Packer::Gzip(encoder) => encoder.flush(),
            Packer::Zstd(encoder) => encoder.flush(),
        }
    }
}
