//! A small reader of Thrift's compact protocol, for looking at a file's claims before a decoder
//! believes them. It allocates nothing, and skips what it does not know without recursion.

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// They end too early.
    End,
    /// They are no Thrift.
    Malformed(&'static str),
}

pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
const BYTE: u8 = 3;
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
const DOUBLE: u8 = 7;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// How deep containers may nest in what is skipped.
const MAX_DEPTH: usize = 32;

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What is still to be skipped at one level.
#[derive(Clone, Copy)]
enum Pending {
    Fields,
    Items { kinds: [u8; 2], next: usize, left: u64 },
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.at).ok_or(Fault::End)?;
        self.at += 1;
        Ok(byte)
    }

    fn advance(&mut self, count: u64) -> Result<(), Fault> {
        let count = usize::try_from(count).map_err(|_| Fault::End)?;
        if count > self.remaining() {
            return Err(Fault::End);
        }
        self.at += count;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::Malformed("a number has more than 64 bits"))
    }

    /// A signed integer of 16, 32 or 64 bits.
    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        let raw = self.varint()?;
        let magnitude = i64::try_from(raw >> 1).map_err(|_| Fault::Malformed("a number is too large"))?;
        Ok(if raw & 1 == 0 { magnitude } else { !magnitude })
    }

    /// The number and type of a struct's next field; None at its end. `last` holds the number of
    /// the field before, 0 at first.
    pub(super) fn field(&mut self, last: &mut i64) -> Result<Option<(i64, u8)>, Fault> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let id = match head >> 4 {
            0 => self.int()?,
            delta => last.saturating_add(i64::from(delta)),
        };
        if !(0..=i64::from(i16::MAX)).contains(&id) {
            return Err(Fault::Malformed("a field has an impossible number"));
        }
        *last = id;
        Ok(Some((id, head & 0x0f)))
    }

    /// The type and the number of a list's elements. Every element takes at least one byte.
    pub(super) fn list(&mut self) -> Result<(u8, u64), Fault> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        if count > self.remaining() as u64 {
            return Err(Fault::End);
        }
        Ok((head & 0x0f, count))
    }

    /// Skips one value of type `kind` that is a struct's field.
    pub(super) fn skip(&mut self, kind: u8) -> Result<(), Fault> {
        if matches!(kind, TRUE | FALSE) {
            return Ok(()); // the type is the value
        }
        let mut stack = [Pending::Fields; MAX_DEPTH];
        let mut depth = 0;
        let mut next = Some(kind);
        loop {
            if let Some(kind) = next.take()
                && let Some(inner) = self.enter(kind)?
            {
                *stack.get_mut(depth).ok_or(Fault::Malformed("values are nested too deep"))? = inner;
                depth += 1;
            }
            let Some(top) = depth.checked_sub(1).and_then(|top| stack.get_mut(top)) else {
                return Ok(());
            };
            match top {
                Pending::Fields => match self.field(&mut 0)? {
                    None => depth -= 1,
                    Some((_, TRUE | FALSE)) => {}
                    Some((_, kind)) => next = Some(kind),
                },
                Pending::Items { left: 0, .. } => depth -= 1,
                Pending::Items { kinds, next: which, left } => {
                    next = Some(if *which == 0 { kinds[0] } else { kinds[1] });
                    *which ^= 1;
                    *left -= 1;
                }
            }
        }
    }

    /// Skips a plain value, or steps into a container.
    fn enter(&mut self, kind: u8) -> Result<Option<Pending>, Fault> {
        match kind {
            TRUE | FALSE | BYTE => self.advance(1)?,
            4..=6 => {
                self.varint()?;
            }
            DOUBLE => self.advance(8)?,
            UUID => self.advance(16)?,
            BINARY => {
                let length = self.varint()?;
                self.advance(length)?;
            }
            STRUCT => return Ok(Some(Pending::Fields)),
            LIST | SET => {
                let (kind, left) = self.list()?;
                return Ok(Some(Pending::Items { kinds: [kind, kind], next: 0, left }));
            }
            MAP => {
                let pairs = self.varint()?;
                if pairs > 0 {
                    let kinds = self.byte()?;
                    let left = pairs.checked_mul(2).ok_or(Fault::End)?;
                    return Ok(Some(Pending::Items { kinds: [kinds >> 4, kinds & 0x0f], next: 0, left }));
                }
            }
            _ => return Err(Fault::Malformed("a value has an unknown type")),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(kind: u8, bytes: &[u8]) -> Result<usize, Fault> {
        let mut reader = Reader::new(bytes);
        reader.skip(kind).map(|()| reader.position())
    }

    #[test]
    fn skipping_is_bounded() {
        assert_eq!(skip(STRUCT, &[0x15, 2, 0x18, 1, b'x', 0x11, 0]), Ok(7));
        assert_eq!(skip(LIST, &[0x35, 1, 2, 3]), Ok(4));
        assert_eq!(skip(LIST, &[0xf5, 0xff, 0xff, 0xff, 0x7f]), Err(Fault::End));
        assert_eq!(skip(BINARY, &[0xff, 0xff, 0xff, 0xff, 0x7f]), Err(Fault::End));
        assert_eq!(skip(MAP, &[0xff, 0xff, 0xff, 0x7f, 0x55, 1]), Err(Fault::End));
        assert_eq!(skip(STRUCT, &[0x1c; 20]), Err(Fault::End));
        assert!(matches!(skip(STRUCT, &[0x1c; 2000]), Err(Fault::Malformed(_))));
        assert!(matches!(skip(LIST, &[0x19; 2000]), Err(Fault::Malformed(_))));
        assert!(matches!(skip(I64, &[0xff; 20]), Err(Fault::Malformed(_))));
        assert!(matches!(skip(14, &[0; 20]), Err(Fault::Malformed(_))));
    }
}
