//! PostgreSQL's numeric, byte by byte: building it directly is ten times as fast as its input
//! function. The layout (utils/adt/numeric.c) has not changed since 9.1, infinities (14) apart: a
//! header of 16 bits (short form) or 32 (long form), then digits to the base 10000 without zeros
//! at either end.

/// Header bits of the short form, the only one built here.
const SHORT: u16 = 0x8000;
const SHORT_NEGATIVE: u16 = 0x2000;
const SHORT_WEIGHT_SIGN: u16 = 0x0040;
const SHORT_WEIGHT: u16 = 0x003F;
/// Both top bits set: NaN or an infinity.
const SPECIAL: u16 = 0xC000;
const NEGATIVE: u16 = 0x4000;

/// The largest display scale that the short form can hold.
pub const MAX_SCALE: u16 = 63;

/// The longest encoding: a header and 38 decimal digits, which touch at most 11 groups of four.
pub const MAX_BYTES: usize = 2 + 2 * 11;

/// Encodes `value / 10^scale`, shown with `display` decimals (at least `scale`, at most
/// [`MAX_SCALE`]), and returns the bytes without the varlena header.
pub fn encode(value: i128, scale: u16, display: u16, out: &mut [u8; MAX_BYTES]) -> &[u8] {
    // From the lowest group up, aligned to the decimal point.
    let mut groups = [0u16; 12];
    let mut count = 0usize;
    let mut rest = value.unsigned_abs();
    let partial = u32::from(scale % 4);
    if partial > 0 && rest > 0 {
        let unit = 10u128.pow(partial);
        groups[0] = (rest % unit) as u16 * 10u16.pow(4 - partial);
        rest /= unit;
        count = 1;
    }
    // 128-bit division is a library call: leave it as soon as the rest fits a machine word.
    while rest > u128::from(u64::MAX) {
        groups[count] = (rest % 10_000) as u16;
        rest /= 10_000;
        count += 1;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        groups[count] = (rest % 10_000) as u16;
        rest /= 10_000;
        count += 1;
    }
    let fraction_groups = scale.div_ceil(4) as i16;
    let weight = if count == 0 { 0 } else { count as i16 - 1 - fraction_groups };
    let zeros = groups[..count].iter().take_while(|group| **group == 0).count();
    let mut header = SHORT | (display << 7) | (weight as u16 & SHORT_WEIGHT);
    if weight < 0 {
        header |= SHORT_WEIGHT_SIGN;
    }
    if value < 0 {
        header |= SHORT_NEGATIVE;
    }
    out[..2].copy_from_slice(&header.to_ne_bytes());
    let mut end = 2;
    for group in groups[zeros..count].iter().rev() {
        out[end..end + 2].copy_from_slice(&group.to_ne_bytes());
        end += 2;
    }
    &out[..end]
}

/// The value times `10^scale`; None for NaN, an infinity, or what does not fit.
pub fn decode(bytes: &[u8], scale: u32) -> Option<i128> {
    let word = |i: usize| Some(u16::from_ne_bytes(bytes.get(i..i + 2)?.try_into().ok()?));
    let header = word(0)?;
    let (negative, weight, start) = if header & SPECIAL == SPECIAL {
        return None;
    } else if header & SHORT != 0 {
        let low = header & SHORT_WEIGHT;
        let weight = if header & SHORT_WEIGHT_SIGN != 0 { low | !SHORT_WEIGHT } else { low };
        (header & SHORT_NEGATIVE != 0, weight as i16, 2)
    } else {
        (header & NEGATIVE != 0, word(2)? as i16, 4)
    };
    let mut groups =
        bytes.get(start..)?.chunks_exact(2).map(|pair| i128::from(u16::from_ne_bytes([pair[0], pair[1]])));
    let count = groups.len() as i32;
    // The power of ten that the lowest group counts, at the scale asked for.
    let exponent = 4 * (i32::from(weight) - (count - 1)) + scale as i32;
    let Some(lowest) = groups.next_back() else { return Some(0) };
    let mut sum: i128 = 0;
    for group in groups {
        sum = sum.checked_mul(10_000)?.checked_add(group)?;
    }
    // The lowest group may reach below the scale: only its leading digits may then be in use.
    let below = (-exponent).max(0) as u32;
    if below >= 4 || lowest % 10i128.pow(below) != 0 {
        return None;
    }
    sum = sum.checked_mul(10i128.pow(4 - below))?.checked_add(lowest / 10i128.pow(below))?;
    sum = sum.checked_mul(10i128.checked_pow(exponent.max(0) as u32)?)?;
    Some(if negative { -sum } else { sum })
}
