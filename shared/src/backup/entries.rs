//! The entries of a tar, one after the other. Nothing is taken on trust: of the crate `tar` only the
//! fields of a header are used, since its reader forgives what a backup never holds.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Arc;

use tar::{EntryType, Header, PaxExtensions};

use super::Pulse;
use super::stream::{Stream, beyond, invalid};
use crate::error::{Error, Kind, Result};
use crate::source::records::unreadable;

/// A tar consists of blocks of this size.
const BLOCK: u64 = 512;
/// The most entries of an archive, those that only say something of others included.
pub(super) const MAX_ENTRIES: usize = 10_000;
/// The most bytes of an entry that says something of the next.
const MAX_EXTENSION: u64 = 64 * 1024;
/// How much is left out at a time.
const CHUNK: usize = 64 * 1024;

/// A regular file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    pub size: u64,
    /// Where its content begins in the unpacked archive.
    pub offset: u64,
}

/// Whether the walk goes on behind an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Stop,
}

/// The content of an entry, which it may not end before.
pub(super) struct Content<'a> {
    stream: &'a mut Stream,
    left: u64,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = Read::take(&mut *self.stream, self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(invalid(self.stream.called(), "It ends within an entry.").into_io());
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// What looks at an entry.
type Visit<'v> = dyn FnMut(&Entry, &mut Content<'_>, Pulse<'_>) -> Result<Then> + 'v;

/// Hands every regular file to `visit`, which reads of it what it wants.
///
/// Errors: 22P04 for a tar that is damaged or incomplete, for a name that leads elsewhere or is there
/// twice, in other case too, and for anything behind its end; 42809 for anything but files and
/// folders; 54000 for too many entries; 22021 for a name that is not UTF-8.
pub(super) fn walk(stream: &mut Stream, pulse: Pulse<'_>, visit: &mut Visit<'_>) -> Result<()> {
    let called = Arc::clone(stream.called());
    let (mut seen, mut count) = (HashSet::new(), 0_usize);
    let mut next = Extension::default();
    while let Some(header) = header(stream)? {
        count += 1;
        if count > MAX_ENTRIES {
            return Err(beyond(&called, format!("It has more than {MAX_ENTRIES} entries.")));
        }
        let size = header.entry_size().map_err(|_| damaged(&called))?;
        if is_extension(header.entry_type()) {
            next.read(&header, size, stream)?;
        } else {
            let Extension { name, size: wanted, .. } = std::mem::take(&mut next);
            let size = wanted.unwrap_or(size);
            let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
            let name = String::from_utf8(name).map_err(|_| {
                Error::new(Kind::BadCharacter, format!("{called} has a name that is not UTF-8"))
            })?;
            let folder = is_folder(&called, &name, header.entry_type())?;
            let name = if folder { name.strip_suffix('/').unwrap_or(&name).to_owned() } else { name };
            check_name(&called, &name)?;
            if !seen.insert(name.to_lowercase()) {
                return Err(invalid(&called, format!("Entry \"{name}\" is there twice, in any case.")));
            }
            if folder && size > 0 {
                return Err(invalid(&called, format!("Folder \"{name}\" has content.")));
            }
            let entry = Entry { name, size, offset: stream.position() };
            let mut content = Content { stream, left: size };
            if !folder && visit(&entry, &mut content, pulse)? == Then::Stop {
                return Ok(());
            }
            pass_over(&mut content, &called, pulse)?;
            padding(stream, size)?;
        }
        pulse()?;
    }
    if next.is_some() {
        return Err(invalid(&called, "It ends with the name of an entry that is missing."));
    }
    rest_is_empty(stream, pulse)
}

/// The next header; None at the end of the archive.
fn header(stream: &mut Stream) -> Result<Option<Header>> {
    let mut header = Header::new_old();
    block(stream, header.as_mut_bytes())?;
    let bytes = header.as_bytes();
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    // The checksum's own field counts as blanks.
    let field = 148..156;
    let sum = bytes.iter().enumerate();
    let sum: u32 = sum.map(|(at, byte)| if field.contains(&at) { 32 } else { u32::from(*byte) }).sum();
    match header.cksum() {
        Ok(said) if said == sum => Ok(Some(header)),
        _ => Err(damaged(stream.called())),
    }
}

fn damaged(called: &str) -> Error {
    invalid(called, "The header of an entry is damaged, or it is no tar at all.")
}

/// Reads all of a block.
fn block(stream: &mut Stream, block: &mut [u8]) -> Result<()> {
    stream.read_exact(block).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid(stream.called(), "It ends too early."),
        _ => unreadable(stream.called(), &error),
    })
}

/// Reads what fills the last block of an entry.
fn padding(stream: &mut Stream, size: u64) -> Result<()> {
    let mut filling = [0; BLOCK as usize];
    let length = (BLOCK - size % BLOCK) % BLOCK;
    block(stream, filling.get_mut(..length as usize).unwrap_or_default())
}

fn pass_over(content: &mut Content<'_>, called: &str, pulse: Pulse<'_>) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    while content.read(&mut buffer).map_err(|error| unreadable(called, &error))? > 0 {
        pulse()?;
    }
    Ok(())
}

/// Behind the first empty block there must be a second, and then nothing but zeros.
fn rest_is_empty(stream: &mut Stream, pulse: Pulse<'_>) -> Result<()> {
    let called = Arc::clone(stream.called());
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        pulse()?;
        let read = stream.read(&mut buffer).map_err(|error| unreadable(&called, &error))?;
        if buffer.iter().take(read).any(|byte| *byte != 0) {
            return Err(invalid(&called, "Something follows its end."));
        }
        total += read as u64;
        if read == 0 {
            break;
        }
    }
    if total < BLOCK {
        return Err(invalid(&called, "It ends too early."));
    }
    Ok(())
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname() || kind.is_pax_local_extensions() || kind.is_pax_global_extensions()
}

/// Whether an entry is a folder and not a file. Errors: 42809 where it is neither.
fn is_folder(called: &str, name: &str, kind: EntryType) -> Result<bool> {
    let what = match kind {
        EntryType::Regular => return Ok(false),
        EntryType::Directory => return Ok(true),
        EntryType::Symlink => "a symbolic link",
        EntryType::Link | EntryType::GNULongLink => "a link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a named pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "of a kind that no backup has",
    };
    Err(irregular(called, format!("Entry \"{}\" is {what}.", name.escape_debug())))
}

fn irregular(called: &str, fact: impl Into<String>) -> Error {
    Error::new(Kind::WrongObjectType, format!("{called} holds something that is not a regular file"))
        .detail(fact)
}

/// Errors: 22P04 for a name that is not plainly one within the archive.
fn check_name(called: &str, name: &str) -> Result<()> {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    if name.contains(|c: char| c == '\\' || c.is_control()) || !name.split('/').all(plain) {
        return Err(invalid(called, format!("Entry \"{}\" is not named plainly.", name.escape_debug())));
    }
    Ok(())
}

/// What the entries before an entry say of it.
#[derive(Debug, Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    /// They were there.
    long_name: bool,
    pax: bool,
}

impl Extension {
    fn is_some(&self) -> bool {
        self.long_name || self.pax
    }

    /// Takes in an entry that says something of the next, or of all; of all it may say neither
    /// name nor size.
    fn read(&mut self, header: &Header, size: u64, stream: &mut Stream) -> Result<()> {
        let called = Arc::clone(stream.called());
        if size > MAX_EXTENSION {
            return Err(beyond(&called, "The name or the attributes of an entry have more than 64 KiB."));
        }
        let mut bytes = vec![0; size as usize];
        block(stream, &mut bytes)?;
        padding(stream, size)?;
        let kind = header.entry_type();
        let (seen, (name, size)) = if kind.is_gnu_longname() {
            let name = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
            (&mut self.long_name, (Some(name.to_vec()), None))
        } else {
            (&mut self.pax, attributes(&called, &bytes)?)
        };
        if kind.is_pax_global_extensions() {
            return match (name, size) {
                (None, None) => Ok(()),
                _ => Err(invalid(&called, "It names all of its entries alike.")),
            };
        }
        if std::mem::replace(seen, true) || (self.name.is_some() && name.is_some()) {
            return Err(invalid(&called, "An entry is named twice."));
        }
        self.name = name.or(self.name.take());
        self.size = size.or(self.size);
        Ok(())
    }
}

/// The name and the size in the attributes of an entry; the others do not matter.
/// Errors: 42809 where they make a link or a sparse file of it.
fn attributes(called: &str, bytes: &[u8]) -> Result<(Option<Vec<u8>>, Option<u64>)> {
    let unreadable = || invalid(called, "The attributes of an entry are damaged.");
    let (mut name, mut size) = (None, None);
    for attribute in PaxExtensions::new(bytes) {
        let attribute = attribute.map_err(|_| unreadable())?;
        let twice = match attribute.key_bytes() {
            b"path" => name.replace(attribute.value_bytes().to_vec()).is_some(),
            b"size" => {
                let text = attribute.value().ok().and_then(|text| text.parse().ok());
                size.replace(text.ok_or_else(unreadable)?).is_some()
            }
            b"linkpath" => return Err(irregular(called, "An entry is a link.")),
            key if key.starts_with(b"GNU.sparse.") => {
                return Err(irregular(called, "An entry is a sparse file."));
            }
            _ => false,
        };
        if twice {
            return Err(unreadable());
        }
    }
    Ok((name, size))
}
