//! Numbers and texts that are kept for a while: in memory while they are few, then in a temporary file
//! that has no name.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::error::{Error, Kind, Result};

/// How many bytes stay in memory.
const IN_MEMORY: usize = 1 << 20;
/// How many bytes are written at a time.
const CHUNK: usize = 128 * 1024;

/// What is being kept.
#[derive(Debug)]
pub(super) struct Tape {
    file: SpooledTempFile,
    /// What is not in the file yet.
    buffer: Vec<u8>,
}

impl Tape {
    pub fn new() -> Tape {
        Tape { file: SpooledTempFile::new(IN_MEMORY), buffer: Vec::new() }
    }

    pub fn short(&mut self, n: u32) {
        self.buffer.extend(n.to_le_bytes());
    }

    pub fn long(&mut self, n: u64) {
        self.buffer.extend(n.to_le_bytes());
    }

    /// A count or a place. Errors: 54000.
    pub fn number(&mut self, n: usize) -> Result<()> {
        let n = u32::try_from(n)
            .map_err(|_| Error::new(Kind::LimitExceeded, "documents have too many values"))?;
        self.short(n);
        Ok(())
    }

    pub fn text(&mut self, text: &str) -> Result<()> {
        self.number(text.len())?;
        self.buffer.extend(text.as_bytes());
        Ok(())
    }

    /// Writes what has gathered, where it is much.
    pub fn flush_full(&mut self) -> Result<()> {
        if self.buffer.len() > CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.file.write_all(&self.buffer).map_err(|e| lost(&e))?;
        self.buffer.clear();
        Ok(())
    }

    /// Ends the writing, and goes back to the beginning.
    pub fn play(mut self) -> Result<Played> {
        self.flush()?;
        let mut played = Played { file: BufReader::new(self.file) };
        played.rewind()?;
        Ok(played)
    }
}

/// What was kept, in the same order.
#[derive(Debug)]
pub(super) struct Played {
    file: BufReader<SpooledTempFile>,
}

impl Played {
    /// Back to the beginning.
    pub fn rewind(&mut self) -> Result<()> {
        self.file.seek(SeekFrom::Start(0)).map(drop).map_err(|e| lost(&e))
    }

    pub fn short(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub fn long(&mut self) -> io::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    pub fn number(&mut self) -> io::Result<usize> {
        usize::try_from(self.short()?).map_err(io::Error::other)
    }

    pub fn text(&mut self) -> io::Result<String> {
        let length = self.number()?;
        let mut text = String::with_capacity(length);
        Read::take(&mut self.file, length as u64).read_to_string(&mut text)?;
        Ok(text)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The error for what could not be kept (58030).
pub(super) fn lost(error: &io::Error) -> Error {
    Error::new(Kind::Io, "what was read of documents cannot be kept in a temporary file")
        .detail(format!("{error}."))
}
