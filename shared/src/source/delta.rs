//! The headers of delta-encoded pages. The decoder allocates by the counts in them, which lie
//! within the page's data, where a check of the page header does not see them.

use parquet::basic::Encoding;
use parquet::column::page::Page;

/// The largest block that is read, in values; writers use 128 to 1024.
const MAX_BLOCK: u64 = 1024 * 1024;

/// Checks a decompressed page of a column with these maximal levels. Fails with what is wrong.
pub(super) fn check(page: &Page, max_def: i16, max_rep: i16) -> Result<(), &'static str> {
    let (bytes, values, encoding) = match page {
        Page::DataPage { buf, num_values, encoding, .. } if is_delta(*encoding) => {
            let mut rest = buf.as_ref();
            for _ in [max_def, max_rep].iter().filter(|level| **level > 0) {
                let (length, after) = rest.split_first_chunk().ok_or("a page ends within its levels")?;
                let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
                rest = after.get(length..).ok_or("a page ends within its levels")?;
            }
            (rest, *num_values, *encoding)
        }
        Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. }
            if is_delta(*encoding) =>
        {
            let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            let levels = usize::try_from(levels).unwrap_or(usize::MAX);
            (buf.get(levels..).ok_or("a page ends within its levels")?, *num_values, *encoding)
        }
        _ => return Ok(()),
    };
    let mut block = Cursor { bytes };
    let count = block.run(u64::from(values), encoding == Encoding::DELTA_BYTE_ARRAY)?;
    if encoding == Encoding::DELTA_BYTE_ARRAY && block.run(count, false)? != count {
        return Err("a delta-encoded page has unequal counts");
    }
    Ok(())
}

fn is_delta(encoding: Encoding) -> bool {
    matches!(
        encoding,
        Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
    )
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> Result<u8, &'static str> {
        let (first, rest) = self.bytes.split_first().ok_or("a delta-encoded page ends too early")?;
        self.bytes = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a delta-encoded page has a number of more than 64 bits")
    }

    /// Reads the header of a run of delta-packed integers, and goes to the run's end if asked.
    /// Returns how many integers it has.
    fn run(&mut self, most: u64, to_end: bool) -> Result<u64, &'static str> {
        let (block, minis, count) = (self.varint()?, self.varint()?, self.varint()?);
        self.varint()?; // the first value
        if block == 0 || block > MAX_BLOCK || minis == 0 || minis > block {
            return Err("a delta-encoded page has an impossible block size");
        }
        if count > most {
            return Err("a delta-encoded page has more values than the page");
        }
        let per_mini = block / minis;
        let mut left = if to_end { count.saturating_sub(1) } else { 0 };
        while left > 0 {
            self.varint()?; // the smallest delta
            let mut bits = 0_u64;
            for _ in 0..minis {
                let width = u64::from(self.byte()?);
                if left > 0 {
                    bits += width * per_mini;
                    left = left.saturating_sub(per_mini);
                }
            }
            let bytes = usize::try_from(bits / 8).unwrap_or(usize::MAX);
            self.bytes = self.bytes.get(bytes..).ok_or("a delta-encoded page ends too early")?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn page(encoding: Encoding, bytes: &[u8]) -> Page {
        Page::DataPage {
            buf: Bytes::copy_from_slice(bytes),
            num_values: 3,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    #[test]
    fn counts_are_bounded_by_the_page() {
        // Blocks of 128 values in 4 parts; the count; the first value.
        let run = |count: &[u8]| [&[0x80, 1, 4][..], count, &[0]].concat();
        let length = |bytes: &[u8]| check(&page(Encoding::DELTA_LENGTH_BYTE_ARRAY, bytes), 0, 0);
        assert_eq!(length(&run(&[3])), Ok(()));
        assert!(length(&run(&[4])).is_err());
        assert!(length(&run(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])).is_err());
        assert!(length(&[0x80]).is_err());
        assert!(length(&[0, 4, 3, 0]).is_err());
        // Two runs of one value each need no blocks; the second count must be the first.
        let both = |first: &[u8], second: &[u8]| {
            check(&page(Encoding::DELTA_BYTE_ARRAY, &[run(first), run(second)].concat()), 0, 0)
        };
        assert_eq!(both(&[1], &[1]), Ok(()));
        assert!(both(&[1], &[2]).is_err());
        assert!(both(&[1], &[0xff, 0xff, 0xff, 0xff, 0x7f]).is_err());
        // Levels come before the values.
        let levels = [&2_u32.to_le_bytes()[..], &[6, 1], &run(&[9])].concat();
        assert!(check(&page(Encoding::DELTA_LENGTH_BYTE_ARRAY, &levels), 1, 0).is_err());
        assert!(check(&page(Encoding::DELTA_LENGTH_BYTE_ARRAY, &[0xff; 4]), 1, 0).is_err());
        assert_eq!(check(&page(Encoding::PLAIN, &[]), 1, 0), Ok(()));
    }
}
