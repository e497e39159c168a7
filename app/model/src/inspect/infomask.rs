//! The flags in the header of a row version, in the names of `src/include/access/htup_details.h`, as
//! `heap_tuple_infomask_flags` of pageinspect tells them.

/// Some value lies in the TOAST table.
pub const HAS_EXTERNAL: u16 = 0x0004;
/// xmax locks for KEY SHARE.
pub const XMAX_KEYSHR_LOCK: u16 = 0x0010;
/// xmax locks exclusively, its strength in `KEYS_UPDATED`.
pub const XMAX_EXCL_LOCK: u16 = 0x0040;
/// xmax locks for SHARE: both bits.
pub const XMAX_SHR_LOCK: u16 = XMAX_KEYSHR_LOCK | XMAX_EXCL_LOCK;
/// xmax only locks.
pub const XMAX_LOCK_ONLY: u16 = 0x0080;
/// xmin has committed.
pub const XMIN_COMMITTED: u16 = 0x0100;
/// xmin has aborted.
pub const XMIN_INVALID: u16 = 0x0200;
/// Visible to all, whatever xmin is: both bits.
pub const XMIN_FROZEN: u16 = XMIN_COMMITTED | XMIN_INVALID;
/// xmax has committed.
pub const XMAX_COMMITTED: u16 = 0x0400;
/// xmax has aborted, or there is none.
pub const XMAX_INVALID: u16 = 0x0800;
/// xmax is a multixact: several lockers, of whom one may have updated or deleted.
pub const XMAX_IS_MULTI: u16 = 0x1000;
/// Of `infomask2`: a column of a key was changed, or the row deleted, or it is locked FOR UPDATE.
pub const KEYS_UPDATED: u16 = 0x2000;
/// Of `infomask2`: the next version is heap-only and on this page.
pub const HOT_UPDATED: u16 = 0x4000;
/// Of `infomask2`: no index points to this version.
pub const HEAP_ONLY: u16 = 0x8000;
/// Of `infomask2`: the number of columns.
pub const NATTS_MASK: u16 = 0x07ff;

/// Bits of `infomask` and their names.
const FLAGS: [(u16, &str); 16] = [
    (0x0001, "HEAP_HASNULL"),
    (0x0002, "HEAP_HASVARWIDTH"),
    (HAS_EXTERNAL, "HEAP_HASEXTERNAL"),
    (0x0008, "HEAP_HASOID_OLD"),
    (XMAX_KEYSHR_LOCK, "HEAP_XMAX_KEYSHR_LOCK"),
    (0x0020, "HEAP_COMBOCID"),
    (XMAX_EXCL_LOCK, "HEAP_XMAX_EXCL_LOCK"),
    (XMAX_LOCK_ONLY, "HEAP_XMAX_LOCK_ONLY"),
    (XMIN_COMMITTED, "HEAP_XMIN_COMMITTED"),
    (XMIN_INVALID, "HEAP_XMIN_INVALID"),
    (XMAX_COMMITTED, "HEAP_XMAX_COMMITTED"),
    (XMAX_INVALID, "HEAP_XMAX_INVALID"),
    (XMAX_IS_MULTI, "HEAP_XMAX_IS_MULTI"),
    (0x2000, "HEAP_UPDATED"),
    (0x4000, "HEAP_MOVED_OFF"),
    (0x8000, "HEAP_MOVED_IN"),
];

/// Bits of `infomask2` and their names.
const FLAGS_2: [(u16, &str); 3] = [
    (KEYS_UPDATED, "HEAP_KEYS_UPDATED"),
    (HOT_UPDATED, "HEAP_HOT_UPDATED"),
    (HEAP_ONLY, "HEAP_ONLY_TUPLE"),
];

/// Bits of `infomask` that mean something else together.
const COMBINED: [(u16, &str); 3] = [
    (XMAX_SHR_LOCK, "HEAP_XMAX_SHR_LOCK"),
    (XMIN_FROZEN, "HEAP_XMIN_FROZEN"),
    (0xc000, "HEAP_MOVED"),
];

/// The names of all bits that are set, one by one.
pub fn raw(infomask: u16, infomask2: u16) -> Vec<&'static str> {
    let first = FLAGS.iter().filter(|(bit, _)| infomask & bit != 0);
    let second = FLAGS_2.iter().filter(|(bit, _)| infomask2 & bit != 0);
    first.chain(second).map(|(_, name)| *name).collect()
}

/// The names of what bits mean together.
pub fn combined(infomask: u16) -> Vec<&'static str> {
    let set = COMBINED.iter().filter(|(bits, _)| infomask & bits == *bits);
    set.map(|(_, name)| *name).collect()
}

/// The names to read: combined ones in place of the bits that they consist of.
pub fn names(infomask: u16, infomask2: u16) -> Vec<&'static str> {
    let together = COMBINED.iter().filter(|(bits, _)| infomask & bits == *bits);
    let taken = together.fold(0, |taken, (bits, _)| taken | bits);
    let mut names = raw(infomask & !taken, infomask2);
    names.extend(combined(infomask));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_row_is_called_frozen_and_not_aborted() {
        assert_eq!(names(0x0b02, 3), ["HEAP_HASVARWIDTH", "HEAP_XMAX_INVALID", "HEAP_XMIN_FROZEN"]);
        assert_eq!(
            names(0x0100, 0xc001),
            ["HEAP_XMIN_COMMITTED", "HEAP_HOT_UPDATED", "HEAP_ONLY_TUPLE"]
        );
    }

    #[test]
    fn a_share_lock_is_no_exclusive_one() {
        assert_eq!(names(0x00d0, 0), ["HEAP_XMAX_LOCK_ONLY", "HEAP_XMAX_SHR_LOCK"]);
        assert_eq!(
            raw(0x00d0, 0),
            ["HEAP_XMAX_KEYSHR_LOCK", "HEAP_XMAX_EXCL_LOCK", "HEAP_XMAX_LOCK_ONLY"]
        );
    }
}
