//! One open file, read by position. Every page header passes [`guard::check_page`] on its way to
//! the decoder, so the decoder never sees one that breaks a limit, even if the file changes.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::guard::{self, Chunk, Page, Refusal};

/// How much is read at first for a page header.
const HEADER_READ: usize = 4096;

/// A file's bytes.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) file: File,
    pub(super) size: u64,
    /// Why a read was refused: the decoder only passes on that it was.
    refusal: Mutex<Option<Refusal>>,
}

impl Input {
    pub(super) fn new(file: File, size: u64) -> Self {
        Input { file, size, refusal: Mutex::new(None) }
    }

    /// Reads exactly `length` bytes. The caller has bounded `length`.
    pub(super) fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }

    /// Why the last read was refused, if it was.
    pub(super) fn take_refusal(&self) -> Option<Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn refuse(&self, refusal: Refusal) -> io::Error {
        let text = format!("{refusal:?}");
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        io::Error::other(text)
    }

    /// The bytes of the page header at `at` and what it claims.
    pub(super) fn page(&self, at: u64, chunk: &Chunk) -> io::Result<(Vec<u8>, Page)> {
        let most = usize::try_from(chunk.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut length = HEADER_READ.min(most);
        loop {
            let bytes = self.read(at, length)?;
            match guard::check_page(&bytes, at, chunk) {
                Ok(Some(page)) => return Ok((bytes, page)),
                Ok(None) if length >= most => {
                    return Err(self.refuse(Refusal::Damaged("A page header ends too early.".to_owned())));
                }
                Ok(None) if length >= guard::MAX_PAGE_HEADER => {
                    return Err(self.refuse(Refusal::Limit(format!(
                        "A page header has more than {} bytes.",
                        guard::MAX_PAGE_HEADER
                    ))));
                }
                Ok(None) => length = length.saturating_mul(16).min(most).min(guard::MAX_PAGE_HEADER),
                Err(refusal) => return Err(self.refuse(refusal)),
            }
        }
    }
}

/// The part of a file that holds one column chunk.
#[derive(Debug, Clone)]
pub(super) struct ChunkInput {
    input: Arc<Input>,
    chunk: Chunk,
    /// The page whose header was read last.
    page: Arc<Mutex<Page>>,
}

impl ChunkInput {
    pub(super) fn new(input: Arc<Input>, chunk: Chunk) -> Self {
        ChunkInput { input, chunk, page: Arc::default() }
    }
}

impl Length for ChunkInput {
    fn len(&self) -> u64 {
        self.input.size
    }
}

impl ChunkReader for ChunkInput {
    type T = HeaderRead;

    /// The decoder uses this for page headers and nothing else, and not always reads.
    fn get_read(&self, start: u64) -> Result<HeaderRead, ParquetError> {
        Ok(HeaderRead { chunk: self.clone(), start, bytes: None, at: 0 })
    }

    /// The decoder uses this for the bytes of the page whose header it has just read.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let page = *self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let end = start.checked_add(length as u64);
        if start < self.chunk.start
            || end.is_none_or(|end| end > self.chunk.end)
            || length as u64 > page.compressed
        {
            return Err(ParquetError::EOF("a page reaches beyond its column".to_owned()));
        }
        let bytes = self.input.read(start, length)?;
        if !page.plain && guard::must_measure(self.chunk.codec, page.compressed) {
            let levels = usize::try_from(page.levels).unwrap_or(usize::MAX);
            let most = page.uncompressed.saturating_sub(page.levels);
            if grows_beyond(self.chunk.codec, bytes.get(levels..).unwrap_or_default(), most) {
                let what =
                    format!("A page decompresses to more than the {} bytes it claims.", page.uncompressed);
                return Err(self.input.refuse(Refusal::Limit(what)).into());
            }
        }
        Ok(Bytes::from(bytes))
    }
}

/// Decompresses to nowhere, up to one byte past `most`.
fn grows_beyond(codec: Compression, bytes: &[u8], most: u64) -> bool {
    fn count(reader: impl Read, most: u64) -> u64 {
        let mut reader = reader.take(most.saturating_add(1));
        let mut buffer = [0; 16 * 1024];
        let mut total = 0_u64;
        // Damage is the decoder's to report.
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            total = total.saturating_add(read as u64);
        }
        total
    }
    most < match codec {
        Compression::GZIP(_) => count(flate2::read::MultiGzDecoder::new(bytes), most),
        Compression::BROTLI(_) => count(brotli::Decompressor::new(bytes, 16 * 1024), most),
        Compression::LZ4 => count(lz4_flex::frame::FrameDecoder::new(bytes), most),
        _ => 0,
    }
}

/// The bytes of one page header, read and checked when the first of them is asked for.
#[derive(Debug)]
pub(super) struct HeaderRead {
    chunk: ChunkInput,
    start: u64,
    bytes: Option<Vec<u8>>,
    at: usize,
}

impl Read for HeaderRead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = match &mut self.bytes {
            Some(bytes) => bytes,
            none => {
                let (mut bytes, page) = self.chunk.input.page(self.start, &self.chunk.chunk)?;
                bytes.truncate(usize::try_from(page.header).unwrap_or(0));
                *self.chunk.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
                none.insert(bytes)
            }
        };
        let rest = bytes.get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        let (Some(from), Some(to)) = (rest.get(..count), out.get_mut(..count)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn bombs_are_measured() {
        let zeros = vec![0; 1_000_000];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&zeros).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&zeros).unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 20);
        brotli.write_all(&zeros).unwrap();
        for (codec, bytes) in [
            (Compression::GZIP(Default::default()), gzip.finish().unwrap()),
            (Compression::LZ4, lz4.finish().unwrap()),
            (Compression::BROTLI(Default::default()), brotli.into_inner()),
        ] {
            assert!(bytes.len() < 100_000);
            assert!(!grows_beyond(codec, &bytes, 1_000_000), "{codec:?}");
            assert!(grows_beyond(codec, &bytes, 999_999), "{codec:?}");
            assert!(!grows_beyond(codec, b"no such format", 10), "{codec:?}");
        }
    }
}
