//! What line pointers, xmin and xmax of a row version say, in words.

use model::inspect::heap::{Fate, Item, Pointer, Tuple, Writer, Xmax};

/// A line pointer in words.
pub fn pointer(pointer: Pointer) -> &'static str {
    match pointer {
        Pointer::Unused => "unused",
        Pointer::Normal => "normal",
        Pointer::Redirect => "redirect",
        Pointer::Dead => "dead",
    }
}

/// What is to be seen of a row version, in words.
pub fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Live => "live",
        Fate::WriterNotHinted => "written, outcome not hinted",
        Fate::EndNotHinted => "deleted or updated, outcome not hinted",
        Fate::Ended => "deleted or updated",
        Fate::Aborted => "aborted",
    }
}

/// The class of its colour.
pub fn fate_class(fate: Fate) -> &'static str {
    match fate {
        Fate::Live => "row-live",
        Fate::WriterNotHinted => "row-written",
        Fate::EndNotHinted => "row-ending",
        Fate::Ended => "row-ended",
        Fate::Aborted => "row-aborted",
    }
}

/// The class of a line pointer's colour.
pub fn pointer_class(pointer: Pointer) -> &'static str {
    match pointer {
        Pointer::Unused => "lp-unused",
        Pointer::Normal => "lp-normal",
        Pointer::Redirect => "lp-redirect",
        Pointer::Dead => "lp-dead",
    }
}

/// What a line pointer leads to: the state of its row version, or its own.
pub fn state(item: &Item, block: u32) -> String {
    match (item.pointer, item.fate(block)) {
        (Pointer::Redirect, _) => format!("redirect to {}", item.offset),
        (_, Some(seen)) => fate(seen).to_owned(),
        (other, None) => pointer(other).to_owned(),
    }
}

/// Who wrote a version.
pub fn xmin(tuple: &Tuple) -> String {
    let outcome = match tuple.writer() {
        Writer::Frozen => "frozen",
        Writer::Committed => "committed",
        Writer::Aborted => "aborted",
        Writer::NotHinted => "not hinted",
    };
    format!("{} {outcome}", tuple.xmin)
}

/// What xmax of the version at this place means.
pub fn xmax(tuple: &Tuple, block: u32, lp: u16) -> String {
    let who = |is_multixact| {
        if is_multixact { format!("multixact {}", tuple.xmax) } else { tuple.xmax.to_string() }
    };
    match tuple.xmax(block, lp) {
        Xmax::Nothing if tuple.xmax == 0 => "–".to_owned(),
        Xmax::Nothing => format!("{} aborted, or locks no more", tuple.xmax),
        Xmax::Locks { strength, is_multixact } => {
            format!("{} locks {strength}", who(is_multixact))
        }
        Xmax::Ends { is_delete, has_committed, is_multixact } => {
            let what = match is_delete {
                true => "deletes",
                false if tuple.went_to_partition() => "moves to another partition",
                false => "updates",
            };
            let outcome = if has_committed { "committed" } else { "not hinted" };
            format!("{} {what}, {outcome}", who(is_multixact))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locker_is_told_from_a_deleter() {
        let tuple = |infomask, infomask2| Tuple {
            xmin: 700,
            xmax: 9,
            next_lp: 1,
            infomask,
            infomask2,
            ..Tuple::default()
        };
        assert_eq!(xmax(&tuple(0x0500, 0x2000), 0, 1), "9 deletes, committed");
        assert_eq!(xmax(&tuple(0x0100, 0x4000), 0, 2), "9 updates, not hinted");
        assert_eq!(xmax(&tuple(0x1190, 0), 0, 1), "multixact 9 locks FOR KEY SHARE");
        assert_eq!(xmax(&tuple(0x0900, 0), 0, 1), "9 aborted, or locks no more");
        assert_eq!(xmin(&tuple(0x0300, 0)), "700 frozen");
    }
}
