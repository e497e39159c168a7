//! A column of integers: plain, as distances from the least, as deltas or as double deltas, whichever needs
//! the fewest bits; in bytes, from which zstd takes what repeats, or where nothing does in as many bits as the
//! greatest needs.

use super::bits;
use super::varint::{Reader, put, put_signed, unzigzag, zigzag};

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// All values are the same.
    Constant = 0,
    /// Each by itself.
    Plain = 1,
    /// The least, then how far above it each is.
    Offset = 2,
    /// The first, then differences.
    Delta = 3,
    /// The first, then differences of differences.
    DoubleDelta = 4,
}

/// Numbers in bits have this added to their way.
const IN_BITS: u8 = 8;
/// Of fewer numbers it cannot be told how often each byte comes.
const LEAST_FOR_BITS: usize = 16;

/// The ways that write one number for each value.
const WAYS: [Way; 4] = [Way::Plain, Way::Offset, Way::Delta, Way::DoubleDelta];

/// The numbers that a way writes, in turn.
fn written(values: &[i64], way: Way, least: i64) -> Vec<u64> {
    let (mut last, mut slope) = (0_i64, 0_i64);
    let mut delta = |value: &i64| {
        let delta = value.wrapping_sub(last);
        last = *value;
        delta
    };
    match way {
        Way::Plain | Way::Constant => values.iter().map(|value| zigzag(*value)).collect(),
        Way::Offset => values.iter().map(|value| value.wrapping_sub(least) as u64).collect(),
        Way::Delta => values.iter().map(|value| zigzag(delta(value))).collect(),
        Way::DoubleDelta => {
            let bend = |value| {
                let delta = delta(value);
                zigzag(delta.wrapping_sub(std::mem::replace(&mut slope, delta)))
            };
            values.iter().map(bend).collect()
        }
    }
}

/// The way whose numbers have the fewest bits, which is what zstd's entropy coder comes close to.
fn cheapest(values: &[i64], least: i64) -> Way {
    // A difference is worth its two values: beyond a few hundred, a sample of them decides as well.
    let sample = values.get(..values.len().min(256)).unwrap_or(values);
    let (mut last, mut slope) = (0_i64, 0_i64);
    let mut costs = [0; WAYS.len()];
    for value in sample {
        let delta = value.wrapping_sub(last);
        let bend = delta.wrapping_sub(slope);
        (last, slope) = (*value, delta);
        let numbers =
            [zigzag(*value), value.wrapping_sub(least) as u64, zigzag(delta), zigzag(bend)];
        for (cost, number) in costs.iter_mut().zip(numbers) {
            *cost += bits::width(number);
        }
    }
    let cheapest = WAYS.into_iter().zip(costs).min_by_key(|(_, cost)| *cost);
    cheapest.map_or(Way::Plain, |(way, _)| way)
}

/// Appends a column; how many values it has is the caller's to remember.
pub(crate) fn encode(out: &mut Vec<u8>, values: &[i64]) {
    let Some(first) = values.first() else { return };
    if values.iter().all(|value| value == first) {
        out.push(Way::Constant as u8);
        return put_signed(out, *first);
    }
    let least = values.iter().copied().min().unwrap_or(0);
    let way = cheapest(values, least);
    let before = out.len();
    out.push(way as u8);
    if way == Way::Offset {
        put_signed(out, least);
    }
    let numbers = written(values, way, least);
    let (begin, rest) = numbers.split_at(begun(way).min(numbers.len()));
    begin.iter().for_each(|number| put(out, *number));
    let middle = out.len();
    rest.iter().for_each(|number| put(out, *number));
    if rest.len() < LEAST_FOR_BITS {
        return;
    }
    let width = bits::width(rest.iter().copied().max().unwrap_or(0));
    let packed = rest.len() as f64 * f64::from(width);
    if packed < entropy(out.get(middle..).unwrap_or_default()) {
        out.truncate(middle);
        if let Some(tag) = out.get_mut(before) {
            *tag += IN_BITS;
        }
        out.push(width as u8);
        bits::put(out, width, rest);
    }
}

/// Numbers that stand in bytes before those in bits: what differences begin with is long.
const fn begun(way: Way) -> usize {
    match way {
        Way::Delta => 1,
        Way::DoubleDelta => 2,
        Way::Plain | Way::Offset | Way::Constant => 0,
    }
}

/// The bits that bytes come to where each takes as many as its share says; a few bytes show too few of those
/// that there are, which is corrected for (Miller and Madow).
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let (mut bits, mut kinds) = (total * total.log2(), 0.0);
    for count in counts.into_iter().filter(|count| *count > 0) {
        bits -= f64::from(count) * f64::from(count).log2();
        kinds += 1.0;
    }
    bits + (kinds - 1.0) * std::f64::consts::LOG2_E / 2.0
}

/// Reads a column of which all values are the same; None for another one.
pub(crate) fn constant(reader: &mut Reader<'_>) -> Option<i64> {
    if reader.byte()? == Way::Constant as u8 { reader.signed() } else { None }
}

/// Reads a column of so many values.
pub(crate) fn decode(reader: &mut Reader<'_>, count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let tag = reader.byte()?;
    let way = WAYS.into_iter().find(|way| *way as u8 == tag % IN_BITS);
    let Some(way) = way.filter(|_| tag < 2 * IN_BITS) else {
        let value = if tag == Way::Constant as u8 { reader.signed()? } else { return None };
        return Some(vec![value; count]);
    };
    let least = if way == Way::Offset { reader.signed()? } else { 0 };
    let mut values = Vec::with_capacity(count);
    let (mut last, mut slope) = (0_i64, 0_i64);
    let mut take = |number: u64| {
        let value = match way {
            Way::Offset => least.wrapping_add(number as i64),
            Way::Delta | Way::DoubleDelta => {
                let delta = unzigzag(number).wrapping_add(slope);
                slope = if way == Way::DoubleDelta { delta } else { 0 };
                last.wrapping_add(delta)
            }
            Way::Plain | Way::Constant => unzigzag(number),
        };
        last = value;
        values.push(value);
    };
    if tag < IN_BITS {
        for _ in 0..count {
            take(reader.varint()?);
        }
        return Some(values);
    }
    let begun = begun(way).min(count);
    for _ in 0..begun {
        take(reader.varint()?);
    }
    let width = u32::from(reader.byte()?);
    bits::take(reader, count - begun, width, take)?;
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(values: &[i64]) -> usize {
        let mut out = Vec::new();
        encode(&mut out, values);
        let mut reader = Reader::new(&out);
        assert_eq!(decode(&mut reader, values.len()).as_deref(), Some(values));
        assert_eq!(reader.byte(), None, "nothing is left");
        out.len()
    }

    #[test]
    fn any_integers_come_back() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..3_000 {
            let length = random.usize(0..40);
            let bits = random.u32(0..64);
            let values: Vec<i64> = (0..length).map(|_| random.i64(..) >> bits).collect();
            round_trip(&values);
        }
        round_trip(&[i64::MIN, i64::MAX, 0, i64::MIN, i64::MIN, i64::MAX]);
    }

    #[test]
    fn the_cheapest_way_is_taken() {
        let steady: Vec<i64> = (0..1_000).map(|n| 1_700_000_000_000 + n * 60_000).collect();
        assert!(round_trip(&steady) < 1_015, "a byte each");
        assert!(round_trip(&[5; 1_000]) < 5);
        let level: Vec<i64> = (0..1_000).map(|n| 1_000_000 + n * 7 % 60).collect();
        assert!(round_trip(&level) < 1_015);
    }

    #[test]
    fn what_does_not_repeat_is_written_in_bits() {
        let mut random = fastrand::Rng::with_seed(17);
        let mut column = |bits: u32, of: fn(i64, i64) -> i64| {
            let mut last = 5_000;
            let next = |_| {
                last = of(last, random.i64(0..1 << bits));
                last
            };
            round_trip(&(0..1_000).map(next).collect::<Vec<i64>>())
        };
        assert!(column(11, |_, new| 70_000 + new) < 11_000 / 8 + 10, "above the least");
        assert!(column(11, |last, new| last + new - 1_024) < 11_000 / 8 + 10, "differences");
        let mostly_zero: Vec<i64> = (0..1_000).map(|n| if n % 50 == 0 { n } else { 7 }).collect();
        assert!(round_trip(&mostly_zero) >= 1_000, "zstd does better with bytes");
    }

    /// Columns as they were written before there were bits.
    #[test]
    fn columns_of_old_stores_are_read() {
        let old: [(&[u8], &[i64]); 5] = [
            (&[0, 9], &[-5, -5, -5]),
            (&[1, 9, 2, 0x80, 2], &[-5, 1, 128]),
            (&[2, 200, 1, 0, 7, 3], &[100, 107, 103]),
            (&[3, 200, 1, 4, 3], &[100, 102, 100]),
            (&[4, 200, 1, 0, 1], &[100, 200, 299]),
        ];
        for (bytes, values) in old {
            assert_eq!(decode(&mut Reader::new(bytes), 3).as_deref(), Some(values), "{bytes:?}");
        }
        for unknown in [5, 8, 13, 16, 255] {
            assert_eq!(decode(&mut Reader::new(&[unknown, 1, 1, 1, 1, 1]), 3), None);
        }
    }
}
