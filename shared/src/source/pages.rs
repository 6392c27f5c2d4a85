//! The pages of one row group, checked before and while they are decoded.

use std::sync::Arc;

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Type as Physical};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::delta;
use super::guard::{self, Chunk, Refusal};
use super::input::{ChunkInput, Input};

/// The usual number of rows in a batch.
const BATCH_ROWS: u64 = 8192;
/// The size of a batch of rows of average width, in bytes.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;
/// The size of a batch whose rows are all as wide as the widest could be, in bytes.
const WORST_BATCH_BYTES: u64 = 64 * 1024 * 1024;

/// One row group of a file.
pub(super) struct RowGroup {
    input: Arc<Input>,
    meta: Arc<ParquetMetaData>,
    index: usize,
}

impl RowGroup {
    pub(super) fn new(input: Arc<Input>, meta: Arc<ParquetMetaData>, index: usize) -> Self {
        RowGroup { input, meta, index }
    }

    fn group(&self) -> &RowGroupMetaData {
        self.meta.row_group(self.index)
    }

    fn pages(&self, column: usize) -> Result<Pages, Refused> {
        let meta =
            self.group().columns().get(column).ok_or_else(|| damaged("A row group lacks a column."))?;
        let chunk = chunk(meta, self.input.size)?;
        let rows = usize::try_from(self.group().num_rows())
            .map_err(|_| damaged("A row group has a negative number of rows."))?;
        let input = ChunkInput::new(Arc::clone(&self.input), chunk);
        let reader =
            SerializedPageReader::new(Arc::new(input), meta, rows, None).map_err(Refused::Decoder)?;
        let descriptor = meta.column_descr();
        Ok(Pages { reader, max_def: descriptor.max_def_level(), max_rep: descriptor.max_rep_level() })
    }

    /// Walks the page headers of these columns (leaves), checks them, and says how many rows a
    /// batch may have.
    pub(super) fn check(&self, columns: impl Iterator<Item = usize>) -> Result<usize, Refused> {
        let rows = self.group().num_rows();
        let (mut open, mut average, mut worst) = (0_u64, 0_u64, 0_u64);
        for column in columns {
            let meta =
                self.group().columns().get(column).ok_or_else(|| damaged("A row group lacks a column."))?;
            let chunk = chunk(meta, self.input.size)?;
            let descriptor = meta.column_descr();
            if descriptor.max_rep_level() == 0 && meta.num_values() != rows {
                let what =
                    format!("A column has {} values in a row group of {rows} rows.", meta.num_values());
                return Err(damaged(&what));
            }
            let sizes = self.walk(&chunk)?;
            open = open.saturating_add(sizes.page).saturating_add(sizes.dictionary);
            average = average.saturating_add(chunk.uncompressed);
            worst = worst.saturating_add(match meta.column_type() {
                Physical::BYTE_ARRAY if sizes.prefixed => sizes.page,
                Physical::BYTE_ARRAY if sizes.dictionary > WORST_BATCH_BYTES / BATCH_ROWS => {
                    self.longest_entry(column)?
                }
                Physical::BYTE_ARRAY => sizes.dictionary,
                Physical::FIXED_LEN_BYTE_ARRAY => u64::try_from(descriptor.type_length()).unwrap_or(0),
                _ => 8,
            });
        }
        if open > guard::MAX_OPEN_PAGES {
            return Err(Refused::By(Refusal::Limit(format!(
                "Its columns have pages of {open} bytes together; at most {} are read.",
                guard::MAX_OPEN_PAGES
            ))));
        }
        let average = average / u64::try_from(rows).unwrap_or(1).max(1);
        let rows = (BATCH_BYTES / average.max(1)).min(WORST_BATCH_BYTES / worst.max(1)).clamp(1, BATCH_ROWS);
        Ok(usize::try_from(rows).unwrap_or(1))
    }

    fn walk(&self, chunk: &Chunk) -> Result<Sizes, Refused> {
        let mut sizes = Sizes::default();
        let mut at = chunk.start;
        while at < chunk.end {
            let (_, page) = self.input.page(at, chunk).map_err(|e| Refused::Decoder(e.into()))?;
            if page.dictionary {
                sizes.dictionary = sizes.dictionary.max(page.uncompressed);
            } else {
                sizes.page = sizes.page.max(page.uncompressed);
                sizes.prefixed |= page.prefixed;
            }
            at = at.saturating_add(page.header).saturating_add(page.compressed);
        }
        Ok(sizes)
    }

    /// The length of the longest entry of a column's dictionary, in bytes: it may be repeated in
    /// every row.
    fn longest_entry(&self, column: usize) -> Result<u64, Refused> {
        let page = self.pages(column)?.get_next_page().map_err(Refused::Decoder)?;
        let Some(Page::DictionaryPage { buf, .. }) = page else {
            return Ok(0);
        };
        let (mut rest, mut longest) = (buf.as_ref(), 0);
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = u32::from_le_bytes(*length);
            longest = longest.max(length);
            rest = usize::try_from(length).ok().and_then(|length| after.get(length..)).unwrap_or_default();
        }
        Ok(u64::from(longest))
    }
}

/// What the pages of one column chunk take in memory, in bytes.
#[derive(Default)]
struct Sizes {
    dictionary: u64,
    page: u64,
    prefixed: bool,
}

/// Why a row group cannot be read.
pub(super) enum Refused {
    By(Refusal),
    Decoder(ParquetError),
}

fn damaged(what: &str) -> Refused {
    Refused::By(Refusal::Damaged(what.to_owned()))
}

/// The place of a column chunk, which must be within the file.
fn chunk(meta: &ColumnChunkMetaData, size: u64) -> Result<Chunk, Refused> {
    if meta.file_path().is_some() {
        return Err(damaged("A column is stored in another file."));
    }
    let start = meta.dictionary_page_offset().unwrap_or_else(|| meta.data_page_offset());
    let numbers = (
        u64::try_from(start),
        u64::try_from(meta.compressed_size()),
        u64::try_from(meta.uncompressed_size()),
    );
    let (Ok(start), Ok(length), Ok(uncompressed)) = numbers else {
        return Err(damaged("A column has a negative size or place."));
    };
    match start.checked_add(length) {
        Some(end) if end <= size => {
            Ok(Chunk { start, end, uncompressed, values: meta.num_values(), codec: codec(meta) })
        }
        _ => Err(damaged("A column reaches beyond the end of the file.")),
    }
}

fn codec(meta: &ColumnChunkMetaData) -> Compression {
    meta.compression()
}

impl RowGroups for RowGroup {
    fn num_rows(&self) -> usize {
        usize::try_from(self.group().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let pages = self.pages(column).map_err(|refused| match refused {
            Refused::By(refusal) => ParquetError::General(format!("{refusal:?}")),
            Refused::Decoder(error) => error,
        })?;
        Ok(Box::new(OneChunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.group()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.meta
    }
}

/// The one column chunk of a row group.
struct OneChunk(Option<Pages>);

impl Iterator for OneChunk {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for OneChunk {}

/// The pages of a column chunk.
struct Pages {
    reader: SerializedPageReader<ChunkInput>,
    max_def: i16,
    max_rep: i16,
}

impl Iterator for Pages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let page = self.reader.get_next_page()?;
        if let Some(page) = &page {
            delta::check(page, self.max_def, self.max_rep)
                .map_err(|what| ParquetError::General(what.to_owned()))?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.reader.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.reader.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> ParquetResult<bool> {
        self.reader.at_record_boundary()
    }
}
