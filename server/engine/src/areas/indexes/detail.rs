//! One index from the newest reading in memory, with what watched standbys say of it.

use std::sync::Arc;

use model::indexes::detail::{Detail, IndexName, Other, Overlap, ScansOn};
use model::indexes::overlap::{are_equal, covers};
use model::indexes::{DatabaseIndexes, Index, Indexes, Owner};
use model::{Known, Latest, Reason, ServerId};

use super::IndexesArea;
use super::changes::changes;
use super::listing::{Beside, Match, considered, last_scan, row};
use super::rules::Place;
use super::rules::hot_prevented_by_index::prevented;
use crate::engine::Engine;

/// The most foreign keys that are named.
const MOST_KEYS: usize = 50;

/// The index of that name, or why it is not known; None: there is no such server.
pub fn answer(engine: &Engine, id: &ServerId, name: &IndexName) -> Option<Known<Detail>> {
    let standbys = engine.standbys_of(id).into_iter();
    let standbys = standbys.map(|(id, latest)| (id.to_string(), latest)).collect();
    let beside = Beside::new(engine.findings(id).0, standbys);
    let latest = engine
        .latest_as::<IndexesArea, _>(id, |indexes| detail(indexes, name, &beside, id.as_str()))?;
    let why = latest.failure.map_or(Reason::NotYet, |failure| failure.reason);
    Some(latest.reading.map_or(Err(why), |reading| reading.value))
}

fn detail(indexes: &Indexes, name: &IndexName, beside: &Beside, server: &str) -> Known<Detail> {
    let nothing = |message: &str| Reason::Nothing { message: message.to_owned() };
    let database = indexes.databases.iter().find(|one| one.datname == name.database);
    let database = database
        .ok_or_else(|| nothing("There is no database of this name that may be connected to."))?;
    let read = database.value.as_deref().map_err(Clone::clone)?;
    let (owner, index) = find(read, name).ok_or_else(|| {
        nothing("No index of this name was there when its database was last read.")
    })?;
    let datname = database.datname.as_str();
    let found = Match::of(datname, read, owner, index);
    let place = Place { datname, database: read, owner, index };
    let siblings = read.of_table(owner.oid);
    let keys = read.foreign_keys.iter();
    let named = |key: &model::indexes::ForeignKey| key.conname.clone();
    let own = read.keys_of(owner.oid).iter().filter(|key| key.is_supported_by(index));
    let of_others = keys.filter(|key| key.conindid == index.oid);
    let above = index.parent.and_then(|oid| read.indexes.iter().find(|one| one.oid == oid));
    let part_of = above.and_then(|above| {
        Some((read.owner(above.indrelid)?.nspname.to_string(), above.relname.clone()))
    });
    let referenced_by: Vec<String> = of_others.map(named).take(MOST_KEYS).collect();
    Ok(Detail {
        row: row::row(&found, beside),
        at_ms: database.at_ms,
        major: read.major,
        entries: index.reltuples,
        idx_tup_read: index.idx_tup_read,
        idx_tup_fetch: index.idx_tup_fetch,
        idx_blks_read: index.idx_blks_read,
        idx_blks_hit: index.idx_blks_hit,
        n_tup_ins: owner.n_tup_ins,
        n_tup_upd: owner.n_tup_upd,
        n_tup_hot_upd: owner.n_tup_hot_upd,
        kept_from_hot: prevented(owner).map(|updates| updates as i64),
        siblings: siblings.iter().filter(|one| !one.not_ready).count(),
        supports: own.map(named).take(MOST_KEYS).collect(),
        part_of,
        parts: read.indexes.iter().filter(|one| one.parent == Some(index.oid)).count(),
        others: siblings.iter().filter_map(|other| other_of(read, index, other)).collect(),
        scans_on: scans_on((server, &found), beside),
        considered: considered(indexes, beside),
        changes: changes(&place, &referenced_by),
        referenced_by,
    })
}

fn find<'a>(read: &'a DatabaseIndexes, name: &IndexName) -> Option<(&'a Owner, &'a Index)> {
    let named = read.indexes.iter().filter(|index| index.relname == name.name);
    let mut owned = named.filter_map(|index| Some((read.owner(index.indrelid)?, index.as_ref())));
    owned.find(|(owner, _)| *owner.nspname == *name.schema)
}

/// What another index of the table is to this one; None where each serves scans that the other does not.
fn other_of(read: &DatabaseIndexes, index: &Index, other: &Index) -> Option<Other> {
    let overlap = match () {
        () if other.oid == index.oid || !other.works() || !index.works() => None,
        () if are_equal(index, other) => Some(Overlap::Same),
        () if covers(other, index) => Some(Overlap::CoveredBy),
        () if covers(index, other) => Some(Overlap::Covers),
        () => None,
    }?;
    Some(Other {
        relname: other.relname.clone(),
        overlap,
        scans: read.track_counts.then_some(other.idx_scan),
        bytes: read.size_bytes(other),
    })
}

/// What this server and each watched standby count. Of a standby that was not read it says so: None.
fn scans_on((server, found): (&str, &Match<'_>), beside: &Beside) -> Vec<ScansOn> {
    let own = counted(server, found.database.in_recovery, Some((found.database, found.index)));
    let standbys = beside.standbys.iter().map(|(name, latest)| {
        let there = on_standby(latest, found);
        counted(name, true, there)
    });
    std::iter::once(own).chain(standbys).collect()
}

fn on_standby<'a>(
    latest: &'a Arc<Latest<Indexes>>,
    found: &Match<'_>,
) -> Option<(&'a DatabaseIndexes, &'a Index)> {
    let databases = &latest.value()?.databases;
    let there = databases.iter().find(|one| one.datname == found.datname)?.known()?;
    Some((there, there.index(found.index.indrelid, found.index.oid)?))
}

fn counted(server: &str, is_standby: bool, there: Option<(&DatabaseIndexes, &Index)>) -> ScansOn {
    ScansOn {
        server: server.to_owned(),
        is_standby,
        scans: there.and_then(|(read, index)| read.track_counts.then_some(index.idx_scan)),
        counted_since_ms: there.and_then(|(read, index)| read.counted_since_ms(index)),
        last_scan: there.map(|(read, index)| last_scan(read, index)).unwrap_or_default(),
        stats_reset_ms: there.and_then(|(_, index)| index.stats_reset_ms),
    }
}
