//! Indexes that several statements ask for, merged: one that begins as another does serves both. Pure.

use std::collections::BTreeSet;

use plan::rules::{Candidate, IndexKey, IndexProposal};

/// An index that statements ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The index, its keys in an order that serves all of them.
    pub index: IndexProposal,
    /// Its keys again: the order within a group is free, that of the groups is not.
    groups: Vec<Vec<IndexKey>>,
    /// The places of the statements.
    pub statements: BTreeSet<usize>,
    /// The least estimated share of the table that a statement reads by it; None where it is not known.
    pub share: Option<f64>,
}

impl Wanted {
    fn new(statement: usize, candidate: Candidate) -> Self {
        let Candidate { index, equal, share } = candidate;
        let (equal, rest) = index.keys.split_at_checked(equal).unwrap_or((&index.keys, &[]));
        let mut rest = rest.to_vec();
        // An index is read from either end: of one key behind those that are equal the direction is free.
        if let [only] = rest.as_mut_slice()
            && only.options == "desc"
        {
            only.options.clear();
        }
        let groups = std::iter::once(equal.to_vec()).filter(|group| !group.is_empty());
        let groups: Vec<Vec<IndexKey>> =
            groups.chain(rest.into_iter().map(|key| vec![key])).collect();
        let index = IndexProposal { keys: groups.concat(), ..index };
        Self { groups, index, statements: BTreeSet::from([statement]), share }
    }

    /// Both as one index, if there is one that serves both.
    fn with(&self, other: &Self) -> Option<Self> {
        let same = self.index.table == other.index.table
            && self.index.method == other.index.method
            && self.index.predicate == other.index.predicate
            && self.index.include == other.index.include;
        let groups = same.then(|| joined(&self.groups, &other.groups)).flatten()?;
        let index = IndexProposal { keys: groups.concat(), ..self.index.clone() };
        let statements = self.statements.union(&other.statements).copied().collect();
        let share = match (self.share, other.share) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Some(Self { index, groups, statements, share })
    }
}

/// The groups of keys that begin as both do; None where one contradicts the other.
fn joined(one: &[Vec<IndexKey>], two: &[Vec<IndexKey>]) -> Option<Vec<Vec<IndexKey>>> {
    let (mut one, mut two) = (one.to_vec(), two.to_vec());
    let mut found = vec![];
    one.reverse();
    two.reverse();
    while !one.is_empty() && !two.is_empty() {
        let (Some(mut left), Some(mut right)) = (one.pop(), two.pop()) else { break };
        let common: Vec<IndexKey> =
            left.iter().filter(|key| right.contains(key)).cloned().collect();
        if common.len() < left.len() && common.len() < right.len() {
            return None;
        }
        left.retain(|key| !common.contains(key));
        right.retain(|key| !common.contains(key));
        found.push(common);
        one.extend(Some(left).filter(|rest| !rest.is_empty()));
        two.extend(Some(right).filter(|rest| !rest.is_empty()));
    }
    let rest = one.into_iter().rev().chain(two.into_iter().rev());
    Some(found.into_iter().chain(rest).collect())
}

/// Merges what the statements ask for, each with its place; the longest lists first, so that each list finds
/// the one that it is the beginning of.
pub fn merged(all: impl Iterator<Item = (usize, Candidate)>) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = all.map(|(at, candidate)| Wanted::new(at, candidate)).collect();
    all.sort_by_key(|wanted| std::cmp::Reverse(wanted.index.keys.len()));
    let mut found: Vec<Wanted> = vec![];
    for wanted in all {
        let both =
            found.iter().enumerate().find_map(|(at, known)| Some((at, known.with(&wanted)?)));
        match both {
            Some((at, both)) => {
                if let Some(known) = found.get_mut(at) {
                    *known = both;
                }
            }
            None => found.push(wanted),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use plan::rules::Table;

    use super::*;

    fn candidate(table: &str, equal: &[&str], rest: &[&str]) -> Candidate {
        let key = |key: &&str| IndexKey { key: (*key).to_owned(), options: String::new() };
        let index = IndexProposal {
            table: Table { schema: None, name: table.into() },
            method: None,
            keys: equal.iter().chain(rest).map(key).collect(),
            include: vec![],
            predicate: None,
            partitioned: false,
        };
        Candidate { index, equal: equal.len(), share: Some(0.1) }
    }

    fn merge(all: &[Candidate]) -> Vec<(String, usize)> {
        let all = all.iter().cloned().enumerate();
        let one = |wanted: Wanted| (wanted.index.to_string(), wanted.statements.len());
        merged(all).into_iter().map(one).collect()
    }

    fn on(table: &str, keys: &str) -> String {
        format!("create index concurrently on {table} ({keys});")
    }

    #[test]
    fn a_list_that_begins_another_is_the_same_index() {
        let t = |equal: &[&str], rest: &[&str]| candidate("t", equal, rest);
        let two = |one, two| merge(&[one, two]);
        for (one, other, expected) in [
            (t(&["a"], &[]), t(&["b", "a"], &[]), "a, b"),
            (t(&["b", "a"], &["c"]), t(&["a"], &[]), "a, b, c"),
            (t(&[], &["c"]), t(&["c", "a"], &[]), "c, a"),
            (t(&["a"], &["c"]), t(&["a", "c", "d"], &[]), "a, c, d"),
            (t(&["a"], &["c"]), t(&["a"], &["c", "d"]), "a, c, d"),
        ] {
            assert_eq!(two(one.clone(), other.clone()), [(on("t", expected), 2)]);
            assert_eq!(two(other, one), [(on("t", expected), 2)]);
        }
    }

    #[test]
    fn an_index_is_read_from_either_end() {
        let mut newest = candidate("t", &["a"], &["c"]);
        newest.index.keys[1].options = "desc".into();
        let merged = merge(&[newest.clone(), candidate("t", &["a"], &["c"])]);
        assert_eq!(merged, [(on("t", "a, c"), 2)]);
        newest.index.keys.push(IndexKey { key: "d".into(), options: String::new() });
        let apart = merge(&[newest, candidate("t", &["a"], &["c"])]);
        assert_eq!(apart.len(), 2, "of two keys the directions belong together");
    }

    #[test]
    fn what_contradicts_each_other_stays_apart() {
        let t = |equal: &[&str], rest: &[&str]| candidate("t", equal, rest);
        for (one, other) in [
            (t(&["a"], &[]), t(&["b"], &[])),
            (t(&["a"], &["c"]), t(&["a"], &["d"])),
            (t(&[], &["c", "a"]), t(&["a"], &["c"])),
            (t(&["a"], &[]), candidate("u", &["a"], &[])),
        ] {
            assert_eq!(merge(&[one, other]).len(), 2);
        }
        let mut partial = t(&["a"], &[]);
        partial.index.predicate = Some("(b is null)".into());
        assert_eq!(merge(&[partial, t(&["a"], &[])]).len(), 2);
    }
}
