//! What the parts of a page show of how PostgreSQL stores rows: short texts with this page's own numbers.

use leptos::prelude::*;
use model::Unit;
use model::inspect::btree::{BtreePage, Kind};
use model::inspect::heap::{Fate, HeapPage, Pointer};
use model::inspect::{Header, Inspected, chunk_bytes};

use crate::ui::format;

/// A text that opens on request.
pub fn details(title: &'static str, text: String) -> AnyView {
    view! {
        <details class="page-note">
            <summary>{title}</summary>
            <p>{format::unbroken(&text)}</p>
        </details>
    }
    .into_any()
}

fn bytes(bytes: u32) -> String {
    format::number(f64::from(bytes), Unit::Bytes)
}

fn versions(page: &HeapPage) -> usize {
    page.items.iter().filter(|item| item.tuple.is_some()).count()
}

/// Pages, line pointers, ctid (manual: *Database Page Layout*).
pub fn storage(inspected: &Inspected, page: &HeapPage) -> String {
    let (header, asked) = (&inspected.header, &inspected.asked);
    format!(
        "A table is a heap: pages of {} in no order, in files of 1 GiB. A page has a header, line pointers of 4 B that grow from it, and row versions that grow from the end; this one has {} and {} free between. A row's address, its ctid, is the block and the line pointer, such as ({},1): the row can move within the page, and only its line pointer changes. An UPDATE writes the row to another address, so a ctid is no key. Indexes hold such addresses; PostgreSQL reads and writes whole pages.",
        bytes(header.page_bytes),
        format::plural(page.items.len() as i64, "line pointer", "line pointers"),
        bytes(header.free_bytes()),
        asked.block
    )
}

/// Snapshots, xmin and xmax (manual: *Concurrency Control*).
pub fn mvcc(page: &HeapPage, block: u32) -> String {
    format!(
        "A version has the transaction that wrote it (xmin) and the one that deleted, updated or locked it (xmax). A snapshot sees it if xmin committed before the snapshot and xmax did not, or only locks. UPDATE marks the old version and writes a new one; so readers and writers do not wait for each other, and dead versions stay until no snapshot needs them. Of {} here {} are live and {} were deleted or updated. Whoever first needs to know how a transaction ended looks it up (pg_xact) and leaves a hint bit, so reading may write.",
        format::plural(versions(page) as i64, "version", "versions"),
        page.fares(block, Fate::Live),
        page.fares(block, Fate::Ended)
    )
}

/// Freezing (manual: *Preventing Transaction ID Wraparound Failures*).
pub fn wraparound(page: &HeapPage) -> String {
    format!(
        "Transaction IDs have 32 bits and are compared in a circle: about two billion are older than any, two billion newer. Before a version's xmin comes around, VACUUM freezes it: a frozen version is visible to everybody, whatever its xmin, which stays readable here. {} of {} on this page are frozen. Where that is not done in time, PostgreSQL takes no new transactions rather than lose rows; an old snapshot holds it back.",
        page.frozen(),
        format::plural(versions(page) as i64, "version", "versions")
    )
}

/// Heap-only tuples (manual: *Heap-Only Tuples*).
pub fn hot(chains: usize) -> String {
    format!(
        "An UPDATE that changes no indexed column, and finds room on the page, writes a version that no index points to: index entries lead to the first line pointer, and the chain from there. Since 16, columns that only a BRIN index has do not count. No index grows, and any reader may prune the page: the versions in the middle go, and the first line pointer becomes a redirect. This page has {}; a lower fillfactor leaves room for more.",
        format::plural(chains as i64, "such chain", "such chains")
    )
}

/// VACUUM, line pointers and the visibility map (manual: *Routine Vacuuming*).
pub fn vacuum(page: &HeapPage) -> String {
    format!(
        "VACUUM removes versions that no snapshot can need, then the index entries that point to them, and only then makes their line pointers unused, for new rows. Until then such a line pointer is dead: {} here; unused are {}, redirects {}. It sets the bits of the visibility map, which let index-only scans and the next VACUUM pass the page over, and notes free space in the free space map, which is a guess between two runs. Autovacuum does this once enough rows have changed; without it dead versions pile up and IDs run out.",
        page.count(Pointer::Dead),
        page.count(Pointer::Unused),
        page.count(Pointer::Redirect)
    )
}

/// Dead and free space (manual: *Recovering Disk Space*).
pub fn bloat(inspected: &Inspected, page: &HeapPage) -> String {
    let (header, block) = (&inspected.header, inspected.asked.block);
    let ended = page
        .items
        .iter()
        .filter(|item| matches!(item.fate(block), Some(Fate::Ended | Fate::Aborted)));
    let dead: u32 = ended.map(|item| item.length).fold(0, u32::saturating_add);
    let percent = |part: u32| {
        let share = 100.0 * f64::from(part) / f64::from(header.page_bytes.max(1));
        format::number(share, Unit::Percent)
    };
    format!(
        "{} of this page is free and {} holds versions that are deleted, updated or aborted. VACUUM turns the second into the first, which new rows fill; it gives back only empty pages at the end of the file. One page proves no bloat: that is space which stays free because VACUUM came late, or something held it back. VACUUM FULL rewrites the table under ACCESS EXCLUSIVE; pg_repack, and for indexes REINDEX CONCURRENTLY, work beside writers.",
        percent(header.free_bytes()),
        percent(dead)
    )
}

/// LSN and recovery (manual: *Write-Ahead Logging*).
pub fn wal(header: &Header) -> String {
    format!(
        "{} is where the WAL record of the page's last logged change ends. The page may go to disk only after WAL up to there has; so a commit need only flush WAL, and checkpoints write pages later. After a crash, recovery repeats records that are newer than the page's LSN. The first change after a checkpoint logs the whole page (full_page_writes), because a crash can tear it. Standbys and point-in-time recovery repeat the same records.",
        header.lsn
    )
}

/// TOAST (manual: *TOAST*).
pub fn toast(page_bytes: u32) -> String {
    format!(
        "A row cannot span pages. When it is longer than about a quarter of one, PostgreSQL compresses its longest values and, where that is not enough, moves them to the TOAST table in chunks of up to {}, leaving a pointer of 18 B. Storage decides: extended does both, external only moves, main moves last, plain neither. An UPDATE that leaves such a value as it is writes no new chunks; one that changes it writes all of them, and VACUUM has to clean the TOAST table by itself. Who does not select the column does not read it.",
        bytes(chunk_bytes(page_bytes))
    )
}

/// Searching a B-tree (manual: *B-Tree Indexes*).
pub fn tree() -> String {
    "A search reads the metapage (kept in memory), goes from the root down by the last downlink whose key is not greater, and ends on a leaf: as many pages as there are levels. Neighbours are linked both ways, so a range is read from leaf to leaf without going up. Where a page was split meanwhile, the high key tells that the search must go right.".to_owned()
}

/// Entries of a B-tree page (manual: *B-Tree Indexes*, Deduplication and Bottom-up Index Deletion).
pub fn entries(page: &BtreePage) -> String {
    if !page.is_leaf() {
        return format!(
            "On this level entries are downlinks: the lowest key of a page below and its block, here {}. Keys are shortened to what tells two pages apart. The high key, which the last page of a level does not have, bounds the page's keys.",
            page.count(Kind::Downlink)
        );
    }
    format!(
        "An entry of a leaf is a key with the address of a row; equal keys are merged into a posting list (since 13), here {} for {} rows. Every version that is not heap-only has an entry, so the index does not know which version is visible. A scan that finds a row dead to everybody marks its entry, and a page that fills up drops marked entries before it splits; pages are not merged again, only empty ones are reused.",
        format::plural(page.count(Kind::Posting) as i64, "posting list", "posting lists"),
        format::grouped(page.rows() as f64)
    )
}
