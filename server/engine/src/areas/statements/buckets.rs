//! Which entries changed since the reading before: the server gives a digest of each bucket of entries, and the
//! entries of those buckets whose digest is another one are read. A bucket follows from the queryid.

/// Buckets of few entries.
const FEW: usize = 4_096;
/// Buckets of many.
const MANY: usize = 32_768;
/// What is many.
const MANY_ENTRIES: usize = 20_000;

/// The digests of a reading, each of the keys and counters of the entries in its bucket; zero for an empty one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digests(Box<[i64]>);

/// The mask that makes a bucket of a queryid, where there may be so many entries.
pub fn mask(most: usize) -> u16 {
    let buckets = if most > MANY_ENTRIES { MANY } else { FEW };
    u16::try_from(buckets - 1).unwrap_or(u16::MAX)
}

impl Digests {
    /// Those of the server's list `bucket digest,…`; None if it is none.
    pub fn parse(list: &str, mask: u16) -> Option<Self> {
        let mut digests = vec![0; usize::from(mask) + 1];
        for one in list.split(',').filter(|one| !one.is_empty()) {
            let (bucket, digest) = one.split_once(' ')?;
            *digests.get_mut(bucket.parse::<usize>().ok()?)? = digest.parse().ok()?;
        }
        Some(Self(digests.into()))
    }

    /// The buckets that are not as they were; all of them where these cannot be compared.
    pub fn changed(&self, before: Option<&Self>) -> Chosen {
        let before = before.filter(|before| before.0.len() == self.0.len());
        let mut bits = vec![0; self.0.len().div_ceil(8)];
        let changed =
            |at: usize, digest: &i64| before.is_none_or(|before| before.0.get(at) != Some(digest));
        for (at, digest) in self.0.iter().enumerate() {
            if let Some(byte) = bits.get_mut(at / 8).filter(|_| changed(at, digest)) {
                *byte |= 1 << (at % 8);
            }
        }
        Chosen(bits)
    }
}

/// Buckets, as bits in the order of `get_bit(bytea, …)`.
#[derive(Debug)]
pub struct Chosen(Vec<u8>);

impl Chosen {
    /// The bits.
    pub fn bits(&self) -> &[u8] {
        &self.0
    }

    /// Whether the bucket of this queryid is one of them.
    pub fn has(&self, queryid: i64) -> bool {
        let mask = 8 * self.0.len() as i64 - 1;
        let bucket = usize::try_from(queryid & mask).unwrap_or_default();
        self.0.get(bucket / 8).is_some_and(|byte| byte >> (bucket % 8) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_buckets_that_are_not_as_they_were_are_read() {
        let mask = mask(5_000);
        let of = |list| Digests::parse(list, mask).unwrap();
        let before = of("0 5,1 -7,4095 9");
        let now = of("0 5,1 -8,7 3");
        let chosen = now.changed(Some(&before));
        // Another digest, one that appeared, one that is gone.
        for (queryid, is_chosen) in
            [(0, false), (4_096, false), (1, true), (7, true), (-1, true), (-4_096, false)]
        {
            assert_eq!(chosen.has(queryid), is_chosen, "{queryid}");
        }
        assert_eq!(chosen.bits().len(), 512);
        assert_eq!((chosen.bits()[0], chosen.bits()[511]), (0b1000_0010, 0b1000_0000));
        // Nothing to compare with, or buckets of another size: all.
        for before in [None, Some(&Digests::default())] {
            let all = now.changed(before);
            assert!(all.has(0) && all.has(i64::MAX) && all.has(i64::MIN), "{before:?}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_not_read() {
        for list in ["x", "0", "0 x", "4096 1", "-1 1", "0 1,,", "0 9223372036854775808"] {
            let read = Digests::parse(list, mask(0));
            assert_eq!(read.is_some(), list == "0 1,,", "{list}");
        }
        assert_eq!(Digests::parse("", mask(99_000)).unwrap().0.len(), MANY);
    }
}
