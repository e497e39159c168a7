//! Pages that PostgreSQL 18.4 wrote for 300,000 rows, fresh.

use bloat::{Alignment, Btree, Column, ColumnNumbers, Statistics, Storage};

use crate::make::*;

#[test]
fn heaps_of_fixed_length() {
    let columns = vec![boolean(1), bigint(2), boolean(3), int(4)];
    assert_eq!(heap_pages(300_000, columns), 1_911);
    let small = column(2, 2, Alignment::Short);
    assert_eq!(heap_pages(30_000, vec![int(1), small]), 133);
}

#[test]
fn the_fillfactor_of_a_heap_stays_free() {
    let mut table = table(300_000, PAGES);
    table.fillfactor = Some(70);
    assert_eq!(left(&heap(&shape(vec![int(1), int(2)]), &table)), 1_899);
}

/// The server wrote 2,500: nulls alternated row by row.
#[test]
fn a_null_in_the_ninth_column_makes_the_header_longer() {
    let eight: Vec<Column> = (1..=8).map(int).collect();
    let ninth = || nullable(int(9), 0.5);
    assert_eq!(heap_pages(300_000, [eight.clone(), vec![ninth()]].concat()), 2_509);
    // Up to eight columns, the bitmap has its place in the header's padding.
    let seven: Vec<Column> = (1..=7).map(int).collect();
    let nulls_are_free = heap_pages(300_000, [seven.clone(), vec![nullable(int(8), 1.0)]].concat());
    assert_eq!(nulls_are_free, heap_pages(300_000, seven));
}

#[test]
fn a_table_without_columns_has_291_rows_a_page() {
    assert_eq!(heap_pages(291_000, Vec::new()), 1_000);
}

#[test]
fn trees_without_repeated_keys() {
    let unique = Btree { is_unique: true, ..btree(&[&int(1)]) };
    assert_eq!(tree_pages(&int(1), unique), 825);
    assert_eq!(tree_pages(&bigint(1), btree(&[&bigint(1)])), 825);
    let uuid = column(1, 16, Alignment::Char);
    assert_eq!(tree_pages(&uuid, btree(&[&uuid])), 1_158);
    let pair = tree(300_000, vec![int(1), int(2)], btree(&[&int(1), &int(2)]), PAGES);
    assert_eq!(left(&pair), 825);
}

#[test]
fn the_fillfactor_of_a_tree() {
    let at = |fillfactor| Btree { fillfactor: Some(fillfactor), ..btree(&[&int(1)]) };
    assert_eq!(tree_pages(&int(1), at(50)), 1_494);
    assert_eq!(tree_pages(&int(1), at(100)), 744);
}

/// `n_distinct` values, of which the common ones have these shares.
fn repeated(n_distinct: f64, frequencies: Vec<f64>) -> Column {
    let numbers = ColumnNumbers { null_frac: 0.0, avg_width: 4.0, n_distinct, frequencies };
    Column { statistics: Statistics::Known(numbers), ..int(1) }
}

/// The server wrote 257 for one value and 254 for a thousand.
#[test]
fn repeated_keys_are_stored_once() {
    let one = repeated(1.0, vec![1.0]);
    assert_eq!(tree_pages(&one, btree(&[&one])), 255);
    let two = Column { statistics: repeated(2.0, vec![0.5, 0.5]).statistics, ..boolean(1) };
    assert_eq!(tree_pages(&two, btree(&[&two])), 255);
    let thousand = repeated(1_000.0, Vec::new());
    assert_eq!(tree_pages(&thousand, btree(&[&thousand])), 254);
    let packed = Btree { fillfactor: Some(100), ..btree(&[&thousand]) };
    assert_eq!(tree_pages(&thousand, packed), 254);
}

#[test]
fn what_prevents_deduplication() {
    let thousand = repeated(1_000.0, Vec::new());
    let off = Btree { deduplicate_items: Some(false), ..btree(&[&thousand]) };
    assert_eq!(tree_pages(&thousand, off), 825);
    // numeric, float, jsonb, arrays, interval: equal keys need not be the same bytes.
    let unequal = Btree { is_equal_image: false, ..btree(&[&thousand]) };
    assert_eq!(tree_pages(&thousand, unequal), 825);
    let include = Btree { key_columns: 1, ..btree(&[&thousand, &int(2)]) };
    assert_eq!(left(&tree(300_000, vec![thousand, int(2)], include, PAGES)), 825);
}

/// The server wrote 314.
#[test]
fn nulls_are_one_key() {
    let nulls = nullable(int(1), 0.9);
    assert_eq!(tree_pages(&nulls, btree(&[&nulls])), 314);
}

/// The server wrote 2,165: 33 bytes each, which the mean alone does not tell.
#[test]
fn a_text_key_has_a_band() {
    let md5 = text(1, 33.0);
    let estimate = tree(300_000, vec![md5.clone()], btree(&[&md5]), PAGES);
    assert_eq!(left(&estimate), 2_036);
    assert_eq!(band(&estimate), (2_001, 2_189));
}

#[test]
fn a_char_of_a_known_number_of_characters_is_exact() {
    let char_32 = Column { characters: Some(32), is_padded: true, ..text(1, 33.0) };
    let estimate = tree(300_000, vec![char_32.clone()], btree(&[&char_32]), PAGES);
    assert_eq!(left(&estimate), 2_165);
    let rows = heap(&shape(vec![char_32.clone()]), &table(300_000, PAGES));
    assert_eq!(left(&rows), 2_500, "24 + 33, aligned, and a line pointer: 120 to a page");
    let wide = Column { characters: Some(200), is_padded: true, ..text(1, 204.0) };
    assert!(
        heap(&shape(vec![wide]), &table(1_000, PAGES))
            .reasons
            .iter()
            .all(|r| r.cause == bloat::Cause::Rows)
    );
    // Characters of several bytes: the mean is not what the declaration says.
    let umlauts = Column { characters: Some(32), is_padded: true, ..text(1, 37.0) };
    let estimate = tree(300_000, vec![umlauts.clone()], btree(&[&umlauts]), PAGES);
    assert!(estimate.reasons.iter().any(|reason| reason.cause == bloat::Cause::WidthTruncated));
}

#[test]
fn a_plain_varlena_keeps_its_long_header_and_is_aligned() {
    let plain = Column { storage: Storage::Plain, ..text(2, 9.0) };
    let packed = text(2, 9.0);
    let of = |column: Column| heap_pages(300_000, vec![boolean(1), column]);
    assert!(of(plain) > of(packed));
}
