//! Maps by id. Ids count up from one and nobody chooses them, so a multiplication is hash enough: a ranking of
//! 100,000 statements looks up some of them a million times.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by id.
pub(crate) type IdMap<V> = HashMap<i64, V, BuildHasherDefault<IdHasher>>;

/// The hash of one number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write_i64(&mut self, id: i64) {
        // The product's high bits depend on all of the id's, but a table takes its place from the low ones.
        let product = (id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_i64((self.0 << 8 | u64::from(*byte)) as i64);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_spread_over_the_table() {
        let series = (0..4_096).flat_map(|entity| [entity, entity | 7 << 40, entity | 9 << 40]);
        let hash = |id: i64| {
            let mut hasher = IdHasher::default();
            hasher.write_i64(id);
            hasher.finish()
        };
        let hashes: Vec<u64> = series.map(hash).collect();
        let distinct = |of: fn(u64) -> u64| {
            hashes.iter().map(|hash| of(*hash)).collect::<std::collections::HashSet<u64>>().len()
        };
        assert_eq!(distinct(|hash| hash), hashes.len());
        assert!(distinct(|hash| hash & 0xfff) > 3_000, "a table's place");
        assert_eq!(distinct(|hash| hash >> 57), 128, "a table's tag");
    }
}
