//! The times of a chunk, which all its series share.

use super::ints;
use super::seal::{Effort, seal, unseal};
use super::varint::{Reader, put};
use crate::level::Slot;

/// The most slots of a chunk.
const MOST: usize = 1 << 20;

/// Times, ticks and spans as three columns.
pub(crate) fn encode(slots: &[Slot], effort: Effort) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, slots.len() as u64);
    for of in [|s: &Slot| s.at_ms, |s: &Slot| i64::from(s.ticks), |s: &Slot| s.read_ms] {
        ints::encode(&mut out, &slots.iter().map(of).collect::<Vec<i64>>());
    }
    seal(&out, effort)
}

/// The times again; None if a byte is wrong.
pub(crate) fn decode(sealed: &[u8]) -> Option<Vec<Slot>> {
    let bytes = unseal(sealed)?;
    let mut reader = Reader::new(&bytes);
    let count = reader.count(MOST)?;
    let at = ints::decode(&mut reader, count)?;
    let ticks = ints::decode(&mut reader, count)?;
    let read = ints::decode(&mut reader, count)?;
    let slots = at.into_iter().zip(ticks).zip(read);
    slots
        .map(|((at_ms, ticks), read_ms)| {
            Some(Slot { at_ms, ticks: u32::try_from(ticks).ok()?, read_ms })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_minutes_with_jitter_takes_little() {
        let mut random = fastrand::Rng::with_seed(1);
        let slots: Vec<Slot> = (0..1_440)
            .map(|n| Slot {
                at_ms: 1_780_000_000_000 + n * 60_000 + random.i64(-3..4),
                ticks: 1,
                read_ms: 60_000,
            })
            .collect();
        let sealed = encode(&slots, Effort::Small);
        assert_eq!(decode(&sealed).as_deref(), Some(&slots[..]));
        assert!(sealed.len() < 1_200, "{}", sealed.len());
        assert_eq!(decode(&encode(&[], Effort::Quick)).as_deref(), Some(&[][..]));
    }
}
