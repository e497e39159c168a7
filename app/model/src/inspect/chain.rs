//! HOT chains of a page: row versions that one index entry leads to (`src/backend/access/heap/README.HOT`).

use super::heap::{Item, Pointer, Tuple};
use super::infomask::XMAX_IS_MULTI;

/// A chain: line pointers from the one that index entries point to, to the newest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The line pointers in their order.
    pub items: Vec<u16>,
}

/// The chains of a block, those of two line pointers and more.
pub fn chains(items: &[Item], block: u32) -> Vec<Chain> {
    let roots = items.iter().filter(|item| is_root(item));
    let chains = roots.map(|root| chain(items, block, root));
    chains.filter(|chain| chain.items.len() > 1).collect()
}

/// Whether index entries point to it and more than itself lies behind.
fn is_root(item: &Item) -> bool {
    match (item.pointer, &item.tuple) {
        (Pointer::Redirect, _) => true,
        (Pointer::Normal, Some(tuple)) => tuple.is_hot_updated() && !tuple.is_heap_only(),
        _ => false,
    }
}

fn chain(items: &[Item], block: u32, root: &Item) -> Chain {
    let mut found = vec![root.lp];
    let (mut at, mut before) = (root, root.tuple.as_ref());
    // A page that is torn or hostile may point in a circle: no line pointer is had twice.
    while let Some(next) = next(items, block, at)
        && !found.contains(&next.lp)
        && next.tuple.as_ref().is_some_and(|tuple| follows(before, tuple))
    {
        found.push(next.lp);
        before = next.tuple.as_ref();
        at = next;
    }
    Chain { items: found }
}

/// The line pointer behind another.
fn next<'a>(items: &'a [Item], block: u32, at: &Item) -> Option<&'a Item> {
    let lp = match (at.pointer, &at.tuple) {
        (Pointer::Redirect, _) => u16::try_from(at.offset).ok()?,
        (Pointer::Normal, Some(tuple)) if tuple.is_hot_updated() && tuple.next_block == block => {
            tuple.next_lp
        }
        _ => return None,
    };
    items.iter().find(|item| item.lp == lp)
}

/// Whether a version is the next one: heap-only, and written by whom the one before was ended by
/// (`heap_hot_search_buffer`). Of a multixact the page does not tell who updated.
fn follows(before: Option<&Tuple>, tuple: &Tuple) -> bool {
    let is_written = before
        .is_none_or(|before| before.infomask & XMAX_IS_MULTI != 0 || before.xmax == tuple.xmin);
    tuple.is_heap_only() && is_written
}

#[cfg(test)]
mod tests {
    use super::super::infomask::{HEAP_ONLY, HOT_UPDATED, XMIN_COMMITTED};
    use super::*;

    fn version(lp: u16, (xmin, xmax): (u32, u32), next_lp: u16, infomask2: u16) -> Item {
        let tuple =
            Tuple { xmin, xmax, next_lp, infomask: XMIN_COMMITTED, infomask2, ..Tuple::default() };
        Item { lp, pointer: Pointer::Normal, offset: 8_000, length: 40, tuple: Some(tuple) }
    }

    fn redirect(lp: u16, to: u32) -> Item {
        Item { lp, pointer: Pointer::Redirect, offset: to, length: 0, tuple: None }
    }

    fn found(items: &[Item]) -> Vec<Vec<u16>> {
        chains(items, 0).into_iter().map(|chain| chain.items).collect()
    }

    #[test]
    fn a_chain_runs_from_its_root_to_the_newest_version() {
        let items = [
            version(1, (10, 11), 2, HOT_UPDATED),
            version(2, (11, 12), 4, HOT_UPDATED | HEAP_ONLY),
            version(3, (10, 0), 3, 0),
            version(4, (12, 0), 4, HEAP_ONLY),
        ];
        assert_eq!(found(&items), [vec![1, 2, 4]]);
        let pruned = [redirect(1, 4), version(4, (12, 0), 4, HEAP_ONLY)];
        assert_eq!(found(&pruned), [vec![1, 4]]);
    }

    #[test]
    fn what_took_the_place_of_a_removed_version_is_no_part_of_the_chain() {
        let items = [version(1, (10, 11), 2, HOT_UPDATED), version(2, (15, 0), 2, HEAP_ONLY)];
        assert!(found(&items).is_empty());
        let items = [version(1, (10, 11), 2, HOT_UPDATED), version(2, (11, 0), 2, 0)];
        assert!(found(&items).is_empty(), "an index points to it");
    }

    #[test]
    fn a_circle_ends() {
        let items = [
            version(1, (10, 10), 2, HOT_UPDATED),
            version(2, (10, 10), 2, HOT_UPDATED | HEAP_ONLY),
            redirect(3, 3),
        ];
        assert_eq!(found(&items), [vec![1, 2]]);
    }
}
