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
