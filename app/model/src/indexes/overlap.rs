//! Whether one index does the work of another.

use super::Index;

/// Whether two indexes of a table have the same definition but for their names.
pub fn are_equal(one: &Index, other: &Index) -> bool {
    one.amname == other.amname
        && one.keys == other.keys
        && one.included == other.included
        && one.texts.expressions == other.texts.expressions
        && one.texts.predicate == other.texts.predicate
        && one.indisunique == other.indisunique
        && (!one.indisunique || one.indnullsnotdistinct == other.indnullsnotdistinct)
        && !one.indisexclusion
        && !other.indisexclusion
}

/// Whether a B-tree serves every scan that another serves: the other's keys are its first ones, in the same or in
/// the reverse order of all, and it has the same rows and the included columns. A unique index is not replaced:
/// it also keeps duplicates out.
pub fn covers(wide: &Index, narrow: &Index) -> bool {
    let btrees = wide.amname == "btree" && narrow.amname == "btree";
    let rows_differ = wide.texts.predicate != narrow.texts.predicate;
    if !btrees || rows_differ || narrow.indisunique || narrow.indisexclusion || wide.indisexclusion
    {
        return false;
    }
    let first = wide.keys.get(..narrow.keys.len());
    let backwards = || narrow.keys.iter().map(|key| key.backwards());
    let same_keys = first == Some(narrow.keys.as_slice())
        || first.is_some_and(|first| first.iter().copied().eq(backwards()));
    let has_expression = narrow.keys.iter().any(|key| key.attnum == 0);
    let same_expressions = !has_expression || wide.texts.expressions == narrow.texts.expressions;
    let holds = |column: &i16| {
        wide.included.contains(column) || wide.keys.iter().any(|key| key.attnum == *column)
    };
    same_keys && same_expressions && narrow.included.iter().all(holds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indexes::{Key, Texts};
    use crate::rare::Rare;

    fn predicate() -> Rare<Texts> {
        Texts { predicate: Some("p".into()), ..Texts::default() }.into()
    }

    fn expressions(digest: &str) -> Rare<Texts> {
        Texts { expressions: Some(digest.into()), ..Texts::default() }.into()
    }

    fn index(columns: &[(i16, u16)]) -> Index {
        let key = |(attnum, option): &(i16, u16)| Key {
            attnum: *attnum,
            opclass: 1978,
            collation: 0,
            option: *option,
        };
        let keys = columns.iter().map(key).collect();
        Index { amname: "btree".into(), keys, ..Index::default() }
    }

    #[test]
    fn names_do_not_tell_indexes_apart_and_definitions_do() {
        let plain = index(&[(1, 0)]);
        assert!(are_equal(&plain, &Index { relname: "other".into(), ..plain.clone() }));
        let differ = [
            index(&[(1, 1)]),
            index(&[(1, 0), (2, 0)]),
            Index { amname: "hash".into(), ..plain.clone() },
            Index { texts: predicate(), ..plain.clone() },
            Index { texts: expressions("e"), ..plain.clone() },
            Index { included: vec![2], ..plain.clone() },
            Index { indisunique: true, ..plain.clone() },
            Index { indisexclusion: true, ..plain.clone() },
        ];
        for other in differ {
            assert!(!are_equal(&plain, &other), "{other:?}");
        }
        let unique = Index { indisunique: true, ..plain.clone() };
        assert!(!are_equal(&unique, &Index { indnullsnotdistinct: true, ..unique.clone() }));
    }

    #[test]
    fn a_left_prefix_is_covered() {
        let (narrow, wide) = (index(&[(1, 0)]), index(&[(1, 0), (2, 0)]));
        assert!(covers(&wide, &narrow) && !covers(&narrow, &wide));
        assert!(!covers(&index(&[(2, 0), (1, 0)]), &narrow), "not its first column");
        assert!(covers(&wide, &index(&[(1, 3)])), "descending, nulls first: read backwards");
        assert!(!covers(&wide, &index(&[(1, 1)])), "descending, nulls last: another order");
        assert!(!covers(&index(&[(1, 0), (2, 3)]), &index(&[(1, 0), (2, 0)])));
        let unique = Index { indisunique: true, ..narrow.clone() };
        assert!(covers(&unique, &narrow) && !covers(&wide, &unique));
        let with = |included: &[i16]| Index { included: included.to_vec(), ..narrow.clone() };
        assert!(covers(&wide, &with(&[2])) && !covers(&wide, &with(&[3])));
        let partial = |of: &Index| Index { texts: predicate(), ..of.clone() };
        assert!(!covers(&partial(&wide), &narrow) && !covers(&wide, &partial(&narrow)));
        assert!(covers(&partial(&wide), &partial(&narrow)));
        let expression =
            |of: &[(i16, u16)], digest: &str| Index { texts: expressions(digest), ..index(of) };
        assert!(!covers(&expression(&[(0, 0), (2, 0)], "a"), &expression(&[(0, 0)], "b")));
        assert!(covers(&expression(&[(1, 0), (0, 0)], "a"), &narrow));
        let mut pattern = narrow.clone();
        pattern.keys.iter_mut().for_each(|key| key.opclass = 4217);
        assert!(!covers(&wide, &pattern), "text_pattern_ops");
    }
}
