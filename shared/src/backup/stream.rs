//! The bytes of an archive, unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder;

use crate::error::{Error, Kind, Result};
use crate::source::files::{self, Identity, require_same};
use crate::source::records::unreadable;

/// How much is read of a file at a time.
const CHUNK: usize = 256 * 1024;
/// The most memory that a zstd decoder takes for its window, as a power of two: what RFC 8878 asks every
/// decoder to support, and no level below 20 asks for more.
const ZSTD_WINDOW: u32 = 23;
/// The most bytes that one byte of a file may unpack to, and how many may come in any case.
const MAX_RATIO: u64 = 200;
const FREE_BYTES: u64 = 1024 * 1024;

/// How compressed files begin that are no gzip and no zstd.
const OTHERS: [(&[u8], &str); 5] = [
    (b"\xFD7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4D\x18", "LZ4"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
];

/// An open archive, read forwards.
pub(super) struct Stream {
    /// How messages call it: `archive "backup.tar"`.
    called: Arc<str>,
    path: Arc<Path>,
    identity: Identity,
    /// The same open file, for its state.
    file: File,
    bytes: Bytes,
    position: u64,
    /// The most bytes that it may unpack to.
    most: u64,
}

enum Bytes {
    Plain(BufReader<File>),
    Packed(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("path", &self.path).field("position", &self.position).finish()
    }
}

impl Stream {
    /// Opens an archive. With `expected`, it must still be that file.
    ///
    /// Errors: 58P01, 42809 for anything but a regular file, 55000, 58030; 0A000 for a compression that
    /// is not known.
    pub fn open(path: Arc<Path>, expected: Option<Identity>) -> Result<Stream> {
        let (mut file, identity) = files::open(&path)?;
        if let Some(expected) = expected {
            require_same(&path, expected, identity)?;
        }
        let failed = |error: io::Error| files::system(&path, &error);
        let mut start = Vec::new();
        Read::take(&mut file, 6).read_to_end(&mut start).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let called: Arc<str> = format!("archive \"{}\"", path.display()).into();
        if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Err(Error::new(Kind::NotSupported, format!("{called} is compressed by {name}"))
                .hint("An archive is a tar, plain or compressed by gzip or zstd."));
        }
        let input = BufReader::with_capacity(CHUNK, file.try_clone().map_err(failed)?);
        let bytes = if start.starts_with(b"\x1F\x8B") {
            Bytes::Packed(Box::new(MultiGzDecoder::new(input)))
        } else if start.starts_with(b"\x28\xB5\x2F\xFD") {
            let mut decoder = Decoder::with_buffer(input).map_err(failed)?;
            decoder.window_log_max(ZSTD_WINDOW).map_err(failed)?;
            Bytes::Packed(Box::new(decoder))
        } else {
            Bytes::Plain(input)
        };
        let most = most(identity.size);
        Ok(Stream { called, path, identity, file, bytes, position: 0, most })
    }

    pub fn called(&self) -> &Arc<str> {
        &self.called
    }

    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How many unpacked bytes were read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Reads on from another place, where it can: a compressed one only forwards.
    ///
    /// Errors: 22P04 where it ends before, and those of reading.
    pub fn skip_to(&mut self, position: u64) -> Result<bool> {
        let called = Arc::clone(&self.called);
        if let Bytes::Plain(file) = &mut self.bytes {
            file.seek(SeekFrom::Start(position)).map_err(|e| files::system(&self.path, &e))?;
            self.position = position;
            return Ok(true);
        }
        let Some(between) = position.checked_sub(self.position) else { return Ok(false) };
        let read = io::copy(&mut Read::take(&mut *self, between), &mut io::sink());
        if read.map_err(|e| unreadable(&called, &e))? < between {
            return Err(invalid(&called, "It ends too early."));
        }
        Ok(true)
    }

    /// Fails with 55000 where the file is not what it was when it was opened.
    pub fn check_unchanged(&self) -> Result<()> {
        let meta = self.file.metadata().map_err(|e| files::system(&self.path, &e))?;
        require_same(&self.path, self.identity, Identity::of(&meta))
    }

    /// What a reader says, as ours.
    fn refused(&self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::Interrupted || error.raw_os_error().is_some() {
            return error;
        }
        let text = error.to_string();
        if text.contains("too much memory") {
            return beyond(&self.called, "Its compression needs a window of more than 8 MiB.").into_io();
        }
        invalid(&self.called, format!("It cannot be unpacked: {text}.")).into_io()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.bytes {
            Bytes::Plain(file) => file.read(buffer),
            Bytes::Packed(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|error| self.refused(error))?;
        self.position = self.position.saturating_add(read as u64);
        if self.position > self.most {
            let fact = format!("It unpacks to more than {MAX_RATIO} times its size.");
            return Err(beyond(&self.called, fact).into_io());
        }
        Ok(read)
    }
}

/// The most bytes that an archive of this size may unpack to.
pub(super) fn most(packed: u64) -> u64 {
    packed.saturating_mul(MAX_RATIO).max(FREE_BYTES)
}

/// The error for an archive that is damaged, or not what it says (22P04).
pub(super) fn invalid(called: &str, fact: impl Into<String>) -> Error {
    Error::new(Kind::BadFile, format!("{called} is not a valid backup")).detail(fact)
}

/// The error for an archive that is too much for us (54000).
pub(super) fn beyond(called: &str, fact: impl Into<String>) -> Error {
    Error::new(Kind::LimitExceeded, format!("{called} exceeds a limit")).detail(fact)
}
