//! A column of floats: as integers or decimals where that is exact, otherwise XOR with the one before, in
//! planes of bytes, which is Gorilla's idea in a form that suits zstd.

use super::ints;
use super::varint::Reader;

/// The powers of ten that a decimal may be scaled by; nanoseconds of a millisecond are six.
const SCALES: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
/// The tag of a column that is not made of decimals.
const XOR: u8 = 7;
/// Integers beyond this are not exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Adding and taking away this rounds a float to an integer, without a call of the mathematical library.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
/// Integers up to this are rounded so.
const ROUNDED: f64 = 2_251_799_813_685_248.0;

/// The value as an integer at this scale, where reading it back gives the same bits.
fn scaled(value: f64, scale: f64) -> Option<i64> {
    let product = value * scale;
    let integer = match product.abs() < ROUNDED {
        true => (product + ROUNDING) - ROUNDING,
        false => product.round(),
    };
    let back = if scale == 1.0 { integer } else { integer / scale };
    let exact = integer.abs() < EXACT && back.to_bits() == value.to_bits();
    exact.then_some(integer as i64)
}

/// All values as integers at the smallest scale that holds them exactly.
fn decimals(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let (mut power, mut scale) = (0, 1.0);
    let mut integers = Vec::with_capacity(values.len());
    let mut place = 0;
    // The scale grows with the values that need it; those before are then computed anew.
    while let Some(value) = values.get(place) {
        match scaled(*value, scale) {
            Some(integer) => {
                integers.push(integer);
                place += 1;
            }
            None => {
                power += 1;
                scale = *SCALES.get(power)?;
                if place > 0 {
                    place = 0;
                    integers.clear();
                }
            }
        }
    }
    Some((power as u8, integers))
}

/// Appends a column; how many values it has is the caller's to remember.
pub(crate) fn encode(out: &mut Vec<u8>, values: &[f64]) {
    if values.is_empty() {
        return;
    }
    if let Some((power, integers)) = decimals(values) {
        out.push(power);
        return ints::encode(out, &integers);
    }
    out.push(XOR);
    let mut last = 0_u64;
    let mixed: Vec<u64> = values
        .iter()
        .map(|value| {
            let mixed = value.to_bits() ^ last;
            last = value.to_bits();
            mixed
        })
        .collect();
    for plane in (0..8).rev() {
        out.extend(mixed.iter().map(|bits| (bits >> (8 * plane)) as u8));
    }
}

/// Reads a column of one value, which is what most of a flush is made of.
pub(crate) fn decode_one(reader: &mut Reader<'_>) -> Option<f64> {
    let mut ahead = *reader;
    let scale = SCALES.get(usize::from(ahead.byte()?));
    match scale.zip(ints::constant(&mut ahead)) {
        Some((scale, integer)) => {
            *reader = ahead;
            Some(integer as f64 / scale)
        }
        None => decode(reader, 1)?.pop(),
    }
}

/// Reads a column of so many values.
pub(crate) fn decode(reader: &mut Reader<'_>, count: usize) -> Option<Vec<f64>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let tag = reader.byte()?;
    if let Some(scale) = SCALES.get(usize::from(tag)) {
        let integers = ints::decode(reader, count)?;
        return Some(integers.into_iter().map(|integer| integer as f64 / scale).collect());
    }
    if tag != XOR {
        return None;
    }
    let planes = reader.take(count.checked_mul(8)?)?;
    let mut mixed = vec![0_u64; count];
    for plane in planes.chunks_exact(count) {
        for (bits, byte) in mixed.iter_mut().zip(plane) {
            *bits = (*bits << 8) | u64::from(*byte);
        }
    }
    let mut last = 0;
    Some(
        mixed
            .into_iter()
            .map(|bits| {
                last ^= bits;
                f64::from_bits(last)
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(values: &[f64]) -> usize {
        let mut out = Vec::new();
        encode(&mut out, values);
        let back = decode(&mut Reader::new(&out), values.len()).unwrap();
        if let [one] = values {
            let alone = decode_one(&mut Reader::new(&out)).unwrap();
            assert_eq!(alone.to_bits(), one.to_bits());
        }
        let same = back.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same && back.len() == values.len(), "{values:?} {back:?}");
        out.len()
    }

    #[test]
    fn any_floats_come_back_bit_by_bit() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..3_000 {
            let length = random.usize(0..30);
            let kind = random.u8(0..4);
            let value = |random: &mut fastrand::Rng| match kind {
                0 => f64::from_bits(random.u64(..)),
                1 => random.i32(..) as f64 / 1_000.0,
                2 => random.f64() * 1e9,
                _ => random.u32(0..9).into(),
            };
            bytes(&(0..length).map(|_| value(&mut random)).collect::<Vec<f64>>());
        }
        bytes(&[0.0, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX]);
        bytes(&[1.0, 0.1 + 0.2, 9e15, 1e300]);
    }

    #[test]
    fn decimals_are_kept_as_integers() {
        let values: Vec<f64> = (0..100).map(|n| f64::from(n) / 100.0).collect();
        assert!(bytes(&values) < 104);
    }
}
