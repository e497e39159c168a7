//! A column of integers: plain, as distances from the least, as deltas or as double deltas, whichever needs
//! the fewest bits.

use super::varint::{Reader, put, put_signed, zigzag};

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

/// The ways that write one number for each value.
const WAYS: [Way; 4] = [Way::Plain, Way::Offset, Way::Delta, Way::DoubleDelta];

/// The numbers that a way writes, in turn.
fn written(values: &[i64], way: Way) -> impl Iterator<Item = u64> {
    let least = if way == Way::Offset { values.iter().copied().min().unwrap_or(0) } else { 0 };
    let (mut last, mut slope) = (0_i64, 0_i64);
    values.iter().map(move |value| match way {
        Way::Offset => value.wrapping_sub(least) as u64,
        Way::Delta | Way::DoubleDelta => {
            let delta = value.wrapping_sub(last);
            let bend = delta.wrapping_sub(slope);
            last = *value;
            slope = if way == Way::DoubleDelta { delta } else { 0 };
            zigzag(bend)
        }
        Way::Plain | Way::Constant => zigzag(*value),
    })
}

/// What the numbers of a way cost: their bits, which is what zstd's entropy coder comes close to.
fn cost(values: &[i64], way: Way) -> u64 {
    // A difference is worth its two values: beyond a few hundred, a sample of them decides as well.
    let sample = values.get(..values.len().min(256)).unwrap_or(values);
    written(sample, way).map(|number| u64::from(64 - number.leading_zeros())).sum()
}

/// Appends a column; how many values it has is the caller's to remember.
pub(crate) fn encode(out: &mut Vec<u8>, values: &[i64]) {
    let Some(first) = values.first() else { return };
    if values.iter().all(|value| value == first) {
        out.push(Way::Constant as u8);
        return put_signed(out, *first);
    }
    let way = WAYS.into_iter().min_by_key(|way| cost(values, *way)).unwrap_or(Way::Plain);
    out.push(way as u8);
    if way == Way::Offset {
        put_signed(out, values.iter().copied().min().unwrap_or(0));
    }
    for number in written(values, way) {
        put(out, number);
    }
}

/// Reads a column of so many values.
pub(crate) fn decode(reader: &mut Reader<'_>, count: usize) -> Option<Vec<i64>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let way = reader.byte()?;
    let mut values = Vec::with_capacity(count);
    match way {
        0 => {
            let value = reader.signed()?;
            values.resize(count, value);
        }
        1 => {
            for _ in 0..count {
                values.push(reader.signed()?);
            }
        }
        2 => {
            let least = reader.signed()?;
            for _ in 0..count {
                values.push(least.wrapping_add(reader.varint()? as i64));
            }
        }
        3 | 4 => {
            let (mut last, mut slope) = (0_i64, 0_i64);
            for _ in 0..count {
                let delta = reader.signed()?.wrapping_add(slope);
                last = last.wrapping_add(delta);
                slope = if way == 4 { delta } else { 0 };
                values.push(last);
            }
        }
        _ => return None,
    }
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
}
