//! Numbers in as many bits each as the greatest needs, one after another.

use super::varint::Reader;

/// Bits that hold every number up to this one.
pub(crate) const fn width(greatest: u64) -> u32 {
    64 - greatest.leading_zeros()
}

/// Bytes that so many numbers of so many bits take; None beyond what there can be.
fn bytes(count: usize, width: u32) -> Option<usize> {
    Some(count.checked_mul(width as usize)?.div_ceil(8))
}

/// Appends numbers of so many bits each, the lowest bit first.
pub(crate) fn put(out: &mut Vec<u8>, width: u32, numbers: &[u64]) {
    let (mut held, mut bits) = (0_u128, 0);
    for number in numbers {
        held |= u128::from(*number) << bits;
        bits += width;
        while bits >= 64 {
            out.extend_from_slice(&(held as u64).to_le_bytes());
            held >>= 64;
            bits -= 64;
        }
    }
    let rest = (held as u64).to_le_bytes();
    out.extend(rest.iter().take(bits.div_ceil(8) as usize));
}

/// Reads so many numbers of so many bits and hands each on; None where bytes are missing.
pub(crate) fn take(
    reader: &mut Reader<'_>,
    count: usize,
    width: u32,
    mut each: impl FnMut(u64),
) -> Option<()> {
    if width > 64 {
        return None;
    }
    let packed = reader.take(bytes(count, width)?)?;
    let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
    let (mut held, mut bits) = (0_u128, 0);
    let mut words = packed.chunks(8).map(|bytes| {
        let mut word = [0; 8];
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(word)
    });
    for _ in 0..count {
        if bits < width {
            held |= u128::from(words.next().unwrap_or(0)) << bits;
            bits += 64;
        }
        each(held as u64 & mask);
        held >>= width;
        bits -= width;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_width_come_back() {
        let mut random = fastrand::Rng::with_seed(13);
        for round in 0..2_000 {
            let bits = round % 65;
            let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
            let numbers: Vec<u64> =
                (0..random.usize(0..70)).map(|_| random.u64(..) & mask).collect();
            let mut out = vec![7];
            put(&mut out, bits, &numbers);
            let mut reader = Reader::new(&out);
            let mut back = Vec::new();
            assert_eq!(reader.byte(), Some(7));
            take(&mut reader, numbers.len(), bits, |number| back.push(number)).unwrap();
            assert_eq!((back, reader.byte()), (numbers, None), "{bits} bits");
        }
    }

    #[test]
    fn missing_bytes_and_impossible_widths_are_none() {
        assert_eq!(take(&mut Reader::new(&[1; 9]), 10, 8, |_| {}), None);
        assert_eq!(take(&mut Reader::new(&[1; 9]), usize::MAX, 64, |_| {}), None);
        assert_eq!(take(&mut Reader::new(&[1; 99]), 1, 65, |_| {}), None);
        assert_eq!((width(0), width(1), width(255), width(u64::MAX)), (0, 1, 8, 64));
    }
}
