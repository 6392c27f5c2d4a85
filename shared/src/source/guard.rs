//! The limits that a file must keep, checked before a decoder allocates by what the file claims.
//!
//! An allocation that fails aborts the process, and no `catch_unwind` helps, so nothing here may
//! depend on the decoder's own care.

use parquet::basic::Compression;

use super::thrift::{BINARY, Fault, I32, I64, LIST, Reader, STRUCT, TRUE};

const MIB: u64 = 1024 * 1024;
/// The largest footer that is read.
pub(super) const MAX_FOOTER: u64 = 16 * MIB;
/// How deep a schema may nest.
const MAX_SCHEMA_DEPTH: usize = 100;
/// How many columns, counted as leaves, a file may have (as many as a PostgreSQL table).
const MAX_COLUMNS: u64 = 1600;
const MAX_ROW_GROUPS: u64 = 100_000;
/// The largest page, uncompressed.
pub(super) const MAX_PAGE: u64 = 64 * MIB;
/// The most values (nulls included) in a page: their levels are kept in memory.
const MAX_PAGE_VALUES: i64 = 64 * 1024 * 1024;
/// The largest page header; it may carry statistics.
pub(super) const MAX_PAGE_HEADER: usize = 1024 * 1024;
/// The most memory that the pages read at one time may take, over all columns.
pub(super) const MAX_OPEN_PAGES: u64 = 1024 * MIB;
/// How far a compressed page may grow beyond what it claims before that is looked into.
const UNCHECKED_GROWTH: u64 = 256 * MIB;

/// Why a file is refused; the words go into DETAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not valid Parquet (22P04).
    Damaged(String),
    /// It is larger than we allow (54000).
    Limit(String),
    /// It is encrypted (0A000).
    Encrypted,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal::Damaged(match fault {
            Fault::End => "Its metadata ends too early.".to_owned(),
            Fault::Malformed(what) => format!("Its metadata is malformed: {what}."),
        })
    }
}

fn damaged<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Damaged(what.into()))
}

fn limit<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Limit(what.into()))
}

/// Walks a whole footer, so that every count in it is known to be backed by bytes, and checks the
/// schema's depth and width.
pub(super) fn check_footer(bytes: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader::new(bytes);
    let mut last = 0;
    while let Some((id, kind)) = reader.field(&mut last)? {
        match (id, kind) {
            (2, LIST) => check_schema(&mut reader)?,
            (4, LIST) => {
                let (kind, groups) = reader.list()?;
                if groups > MAX_ROW_GROUPS {
                    return limit(format!("It has {groups} row groups; at most {MAX_ROW_GROUPS} are read."));
                }
                for _ in 0..groups {
                    reader.skip(kind)?;
                }
            }
            (8, _) => return Err(Refusal::Encrypted),
            _ => reader.skip(kind)?,
        }
    }
    Ok(())
}

fn check_schema(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let (kind, elements) = reader.list()?;
    if kind != STRUCT {
        return damaged("Its schema is malformed.");
    }
    // How many children are still to come at each level of the tree.
    let mut open: Vec<i64> = Vec::new();
    let mut leaves = 0_u64;
    for element in 0..elements {
        let children = schema_element(reader)?;
        while open.last() == Some(&0) {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            None if element > 0 => return damaged("Its schema has elements outside of the root."),
            None => {}
        }
        if children > 0 || element == 0 {
            open.push(children);
        } else {
            leaves += 1;
        }
        if open.len() > MAX_SCHEMA_DEPTH {
            return limit(format!("Its schema is more than {MAX_SCHEMA_DEPTH} levels deep."));
        }
        if leaves > MAX_COLUMNS {
            return limit(format!("It has more than {MAX_COLUMNS} columns."));
        }
    }
    if open.iter().any(|left| *left != 0) {
        return damaged("Its schema is incomplete.");
    }
    Ok(())
}

/// Reads one element of the schema and returns how many children it claims.
fn schema_element(reader: &mut Reader<'_>) -> Result<i64, Refusal> {
    let mut children = 0;
    let mut last = 0;
    while let Some((id, kind)) = reader.field(&mut last)? {
        match (id, kind) {
            (2, I32) => {
                let width = reader.int()?;
                if width > MAX_PAGE as i64 {
                    return limit(format!(
                        "A column has values of {width} bytes; at most {MAX_PAGE} are read."
                    ));
                }
            }
            (5, I32) => {
                children = reader.int()?;
                if children < 0 {
                    return damaged("Its schema has a negative number of children.");
                }
            }
            _ => reader.skip(kind)?,
        }
    }
    Ok(children)
}

/// What the footer claims about one column chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) uncompressed: u64,
    pub(super) values: i64,
    pub(super) codec: Compression,
}

/// What the header of one page claims.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Page {
    /// The length of the header itself, in bytes.
    pub(super) header: u64,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    pub(super) dictionary: bool,
    /// Each value may repeat the start of the one before (DELTA_BYTE_ARRAY).
    pub(super) prefixed: bool,
    /// Levels that a V2 page stores uncompressed before its values, in bytes.
    pub(super) levels: u64,
    /// A V2 page may store its values uncompressed.
    pub(super) plain: bool,
    values: u64,
}

/// Reads the header of a page that starts at `bytes` and checks it against its chunk. None where
/// the header goes on beyond `bytes`.
pub(super) fn check_page(bytes: &[u8], at: u64, chunk: &Chunk) -> Result<Option<Page>, Refusal> {
    match page(bytes, chunk) {
        Err(PageFault::Thrift(Fault::End)) => Ok(None),
        Err(PageFault::Thrift(fault)) => Err(fault.into()),
        Err(PageFault::Refused(refusal)) => Err(refusal),
        Ok(page) => {
            let end = at.checked_add(page.header).and_then(|data| data.checked_add(page.compressed));
            match end {
                Some(end) if end <= chunk.end => Ok(Some(page)),
                _ => damaged("A page reaches beyond its column."),
            }
        }
    }
}

enum PageFault {
    Thrift(Fault),
    Refused(Refusal),
}

impl From<Fault> for PageFault {
    fn from(fault: Fault) -> Self {
        PageFault::Thrift(fault)
    }
}

impl From<Refusal> for PageFault {
    fn from(refusal: Refusal) -> Self {
        PageFault::Refused(refusal)
    }
}

fn page(bytes: &[u8], chunk: &Chunk) -> Result<Page, PageFault> {
    let mut reader = Reader::new(bytes);
    let (mut uncompressed, mut compressed) = (-1, -1);
    let mut page = Page::default();
    let mut last = 0;
    while let Some((id, kind)) = reader.field(&mut last)? {
        match (id, kind) {
            (2, I32) => uncompressed = reader.int()?,
            (3, I32) => compressed = reader.int()?,
            (5, STRUCT) => data_page(&mut reader, chunk, &mut page, 2, false)?,
            (7, STRUCT) => {
                page.dictionary = true;
                data_page(&mut reader, chunk, &mut page, 2, false)?;
            }
            (8, STRUCT) => data_page(&mut reader, chunk, &mut page, 4, true)?,
            _ => reader.skip(kind)?,
        }
    }
    page.header = reader.position() as u64;
    let (Ok(compressed), Ok(uncompressed)) = (u64::try_from(compressed), u64::try_from(uncompressed)) else {
        return Err(Refusal::Damaged("A page has a negative size.".to_owned()).into());
    };
    let most = MAX_PAGE.min(chunk.uncompressed);
    if uncompressed > most {
        let what = format!("A page claims {uncompressed} bytes uncompressed; at most {most} are read.");
        return Err(Refusal::Limit(what).into());
    }
    if compressed > MAX_PAGE + MIB {
        return Err(
            Refusal::Limit(format!("A page has {compressed} bytes; at most {MAX_PAGE} are read.")).into()
        );
    }
    if page.levels > uncompressed || page.levels > compressed {
        return Err(Refusal::Damaged("A page has levels that are longer than the page.".to_owned()).into());
    }
    if page.dictionary && page.values > uncompressed {
        return Err(Refusal::Damaged("A dictionary claims more values than it has bytes.".to_owned()).into());
    }
    page.compressed = compressed;
    page.uncompressed = uncompressed;
    Ok(page)
}

/// The part of a page header that depends on the kind of page. `encoding` is that field's number.
fn data_page(
    reader: &mut Reader<'_>,
    chunk: &Chunk,
    page: &mut Page,
    encoding: i64,
    v2: bool,
) -> Result<(), PageFault> {
    let mut last = 0;
    while let Some((id, kind)) = reader.field(&mut last)? {
        match (id, kind) {
            (1, I32) => {
                let values = reader.int()?;
                let most = if page.dictionary { MAX_PAGE_VALUES } else { chunk.values };
                if values < 0 || values > most {
                    let what = format!("A page claims {values} values, its column has {most}.");
                    return Err(Refusal::Damaged(what).into());
                }
                page.values = values.unsigned_abs();
                if values > MAX_PAGE_VALUES {
                    let what = format!("A page has {values} values; at most {MAX_PAGE_VALUES} are read.");
                    return Err(Refusal::Limit(what).into());
                }
            }
            (id, I32) if id == encoding => page.prefixed = reader.int()? == 7,
            (5 | 6, I32) if v2 => {
                let bytes = u64::try_from(reader.int()?)
                    .map_err(|_| Refusal::Damaged("A page has a negative size.".to_owned()))?;
                page.levels = page.levels.saturating_add(bytes);
            }
            (7, kind) if v2 && kind != BINARY && kind != I64 => {
                page.plain = kind != TRUE;
                reader.skip(kind)?;
            }
            _ => reader.skip(kind)?,
        }
    }
    Ok(())
}

/// Whether the compressed bytes of a page must be measured before they are decompressed, because
/// their codec takes no limit and could make more than we allow of them.
pub(super) fn must_measure(codec: Compression, compressed: u64) -> bool {
    let ratio = match codec {
        Compression::GZIP(_) => 1032,
        Compression::LZ4 => 255,
        Compression::BROTLI(_) => return true,
        _ => return false,
    };
    compressed.saturating_mul(ratio) > UNCHECKED_GROWTH
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: Chunk =
        Chunk { start: 0, end: 1000, uncompressed: 5000, values: 100, codec: Compression::UNCOMPRESSED };

    /// A data page's header with these sizes and this many values, all below 64 (zigzag, one byte)
    /// or given as raw varints.
    fn header(uncompressed: &[u8], compressed: &[u8], values: &[u8]) -> Vec<u8> {
        [&[0x15, 0, 0x15], uncompressed, &[0x15], compressed, &[0x2c, 0x15], values, &[0, 0]].concat()
    }

    #[test]
    fn pages_keep_their_limits() {
        let check = |bytes: &[u8]| check_page(bytes, 0, &CHUNK);
        let page = check(&header(&[20], &[20], &[10])).unwrap().unwrap();
        assert_eq!((page.uncompressed, page.compressed, page.header), (10, 10, 11));
        assert!(check(&header(&[20], &[20], &[10])[..8]).unwrap().is_none());
        // More than the column, more than any page may have, and negative.
        assert!(matches!(check(&header(&[0xfe, 0xff, 1], &[20], &[10])), Err(Refusal::Limit(_))));
        assert!(matches!(
            check(&header(&[0xfe, 0xff, 0xff, 0xff, 0xf], &[20], &[10])),
            Err(Refusal::Limit(_))
        ));
        assert!(matches!(check(&header(&[19], &[20], &[10])), Err(Refusal::Damaged(_))));
        assert!(matches!(check(&header(&[20], &[19], &[10])), Err(Refusal::Damaged(_))));
        // Beyond the column's end, and more values than the column.
        assert!(matches!(check(&header(&[20], &[0xd0, 0xf], &[10])), Err(Refusal::Damaged(_))));
        assert!(matches!(check(&header(&[20], &[20], &[0xd0, 0xf])), Err(Refusal::Damaged(_))));
    }

    #[test]
    fn schemas_keep_their_limits() {
        // A footer whose schema is a chain of groups with one child each.
        let chain = |groups: usize| {
            let list = [0x29, 0xfc, u8::try_from(groups + 1).unwrap()];
            let group = [0x48, 1, b'g', 0x15, 2, 0];
            [&list[..], &group.repeat(groups), &[0x48, 1, b'a', 0], &[0]].concat()
        };
        assert_eq!(check_footer(&chain(50)), Ok(()));
        assert!(matches!(check_footer(&chain(101)), Err(Refusal::Limit(_))));
        let mut cut = chain(50);
        cut.truncate(100);
        assert!(matches!(check_footer(&cut), Err(Refusal::Damaged(_))));
        assert_eq!(check_footer(&[0x8c, 0, 0]), Err(Refusal::Encrypted));
    }
}
