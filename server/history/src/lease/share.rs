//! Who should record which server: as many for each process, and no more changes of hands than that takes.
//! Every process computes it from the same tables. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// A server: its cluster and its name. Without names: retention.
pub(crate) type ServerKey = (String, String);

/// What is known of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The process whose lease is in force.
    pub(crate) holder: Option<String>,
    /// Live processes that read the server.
    pub(crate) watchers: BTreeSet<String>,
}

/// The process that should hold each lease. One that nobody reads any more stays where it is.
pub(crate) fn assign(claims: &BTreeMap<ServerKey, Claim>) -> BTreeMap<&ServerKey, Option<&str>> {
    let watched = || claims.values().filter(|claim| !claim.watchers.is_empty());
    let processes: BTreeSet<&String> = watched().flat_map(|claim| &claim.watchers).collect();
    let most = watched().count().div_ceil(processes.len().max(1));
    let mut loads: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (key, claim) in claims {
        let holder = claim.holder.as_deref();
        let stays = match holder {
            Some(_) if claim.watchers.is_empty() => true,
            Some(holder) => {
                claim.watchers.contains(holder) && loads.get(holder).is_none_or(|load| *load < most)
            }
            None => false,
        };
        if let Some(holder) = holder.filter(|_| stays) {
            if !claim.watchers.is_empty() {
                *loads.entry(holder).or_default() += 1;
            }
            found.insert(key, Some(holder));
        }
    }
    for (key, claim) in claims {
        if found.contains_key(key) {
            continue;
        }
        let load = |process: &&String| loads.get(process.as_str()).copied().unwrap_or(0);
        let least = claim.watchers.iter().min_by_key(load).map(String::as_str);
        if let Some(process) = least {
            *loads.entry(process).or_default() += 1;
        }
        found.insert(key, least);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ServerKey {
        ("7".to_owned(), name.to_owned())
    }

    fn claim(holder: Option<&str>, watchers: &[&str]) -> Claim {
        let watchers = watchers.iter().map(|&name| name.to_owned()).collect();
        Claim { holder: holder.map(str::to_owned), watchers }
    }

    fn counts(claims: &BTreeMap<ServerKey, Claim>) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for process in assign(claims).into_values().flatten() {
            *counts.entry(process.to_owned()).or_default() += 1;
        }
        counts
    }

    #[test]
    fn servers_are_divided_evenly_and_stay_where_they_are() {
        let mut claims: BTreeMap<_, _> =
            (0..7).map(|n| (key(&n.to_string()), claim(Some("a"), &["a", "b"]))).collect();
        assert_eq!(counts(&claims), BTreeMap::from([("a".to_owned(), 4), ("b".to_owned(), 3)]));
        let first: BTreeMap<ServerKey, String> = assign(&claims)
            .into_iter()
            .filter_map(|(key, to)| Some((key.clone(), to?.to_owned())))
            .collect();
        for (key, to) in &first {
            claims.get_mut(key).unwrap().holder = Some(to.clone());
        }
        assert!(
            assign(&claims).into_iter().all(|(key, to)| to == first.get(key).map(String::as_str))
        );
        // One dies: the other has them all, and keeps those that it had.
        for claim in claims.values_mut() {
            claim.watchers.remove("a");
            claim.holder = claim.holder.take().filter(|holder| holder == "b");
        }
        assert_eq!(counts(&claims), BTreeMap::from([("b".to_owned(), 7)]));
    }

    #[test]
    fn only_those_that_read_a_server_record_it() {
        let claims = BTreeMap::from([
            (key("1"), claim(None, &["a"])),
            (key("2"), claim(None, &["a"])),
            (key("3"), claim(None, &["a"])),
            (key("4"), claim(Some("b"), &[])),
            (key("5"), claim(None, &[])),
            (key("6"), claim(Some("b"), &["a", "c"])),
        ]);
        let found = assign(&claims);
        let of = |name: &str| found.get(&key(name)).copied().flatten();
        assert_eq!((of("1"), of("2"), of("3")), (Some("a"), Some("a"), Some("a")));
        assert_eq!((of("4"), of("5"), of("6")), (Some("b"), None, Some("c")));
    }
}
