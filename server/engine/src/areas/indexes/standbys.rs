//! What watched standbys say of indexes that their primary does not scan: they scan by themselves.

use std::collections::HashSet;
use std::sync::Arc;

use model::indexes::{DatabaseIndexes, Index, Indexes, ProblemKind};
use model::ranking::ranked;
use model::{Finding, Latest, Object, ServerId};

use super::IndexesArea;
use super::rules::unused_index::{Others, judged};
use super::rules::{Place, RULES};
use crate::engine::Engine;

/// The rule whose verdict depends on standbys.
const UNUSED: &str = "indexes/unused_index";

impl Engine {
    /// Takes back what a watched standby of this primary scans, and judges the rest with what all of them count.
    pub(crate) fn ask_standbys(&self, id: &ServerId, findings: &mut Vec<Finding>) {
        let is_unused = |finding: &Finding| finding.rule == UNUSED;
        if !findings.iter().any(|one| is_unused(one) || one.same_root.iter().any(is_unused)) {
            return;
        }
        let standbys = self.standbys_of(id);
        let own = self.newest::<IndexesArea>(id);
        let Some(own) = own.as_ref().and_then(|latest| latest.value()) else { return };
        if standbys.is_empty() {
            return;
        }
        let asked = Asked { engine: self, own, standbys: &standbys };
        let places = asked.places(findings);
        let verdict = |finding: &Finding| {
            let place = places.iter().find(|place| place.object() == finding.object)?;
            Some(asked.judge(place))
        };
        let renew = |finding: &mut Finding| match verdict(finding) {
            Some(Some(judged)) => {
                let same_root = std::mem::take(&mut finding.same_root);
                *finding = Finding { same_root, ..judged };
                true
            }
            Some(None) => false,
            None => true,
        };
        let mut freed = Vec::new();
        findings.retain_mut(|finding| {
            finding.same_root.retain_mut(|one| !is_unused(one) || renew(one));
            let stays = !is_unused(finding) || renew(finding);
            if !stays {
                freed.append(&mut finding.same_root);
            }
            stays
        });
        findings.append(&mut freed);
        *findings = ranked(std::mem::take(findings));
    }

    /// The newest readings of the watched servers of the same cluster, each server once.
    pub(super) fn standbys_of(&self, id: &ServerId) -> Vec<(ServerId, Arc<Latest<Indexes>>)> {
        let of = |id: &ServerId| self.server(id).and_then(|server| server.facts());
        let Some(own) = of(id).filter(|facts| facts.system_identifier.is_some()) else {
            return Vec::new();
        };
        let mut seen = HashSet::from([own.started_ms]);
        let others = self.all_servers();
        let standbys = others.iter().filter_map(|server| {
            let facts = server.facts()?;
            let same = facts.system_identifier == own.system_identifier && facts.in_recovery;
            // One server may be watched twice, directly and through a pooler.
            (same && seen.insert(facts.started_ms)).then_some(())?;
            Some((server.id.clone(), self.newest::<IndexesArea>(&server.id)?))
        });
        standbys.collect()
    }
}

struct Asked<'a> {
    engine: &'a Engine,
    own: &'a Indexes,
    standbys: &'a [(ServerId, Arc<Latest<Indexes>>)],
}

impl<'a> Asked<'a> {
    /// The indexes that findings are about.
    fn places(&self, findings: &[Finding]) -> Vec<Place<'a>> {
        let all = findings.iter().flat_map(|one| std::iter::once(one).chain(&one.same_root));
        let objects: HashSet<&Object> =
            all.filter(|one| one.rule == UNUSED).map(|one| &one.object).collect();
        let databases = self.own.databases.iter();
        let known = databases.filter_map(|one| Some((one.datname.as_str(), one.known()?)));
        let unused = known.flat_map(|of: (&str, &DatabaseIndexes)| {
            let problems = of.1.problems.iter().filter(|one| one.kind == ProblemKind::Unused);
            problems.filter_map(move |one| Place::find(of, one.indrelid, one.oid))
        });
        unused.filter(|place| objects.contains(&place.object())).collect()
    }

    /// The verdict on an index; None where a standby scans it.
    fn judge(&self, place: &Place<'_>) -> Option<Finding> {
        let mut others = Others::default();
        for (id, latest) in self.standbys {
            let there = latest.value().and_then(|indexes| {
                let mut databases = indexes.databases.iter();
                let there = databases.find(|one| one.datname == place.datname)?;
                there.known()
            });
            let Some(there) = there.filter(|there| there.track_counts) else { continue };
            let Some(index) = there.index(place.index.indrelid, place.index.oid) else { continue };
            if is_scanned(index) {
                return None;
            }
            if let Some(ms) = there.counted_for_ms(index) {
                others.counted_for_ms.push((id.to_string(), ms));
            }
        }
        let rule = RULES.iter().find(|rule| rule.id == UNUSED)?;
        Some(model::rule::run(rule, &self.engine.limits(), |_, in_force| {
            judged(place, &others, in_force)
        }))
    }
}

fn is_scanned(index: &Index) -> bool {
    index.idx_scan > 0 || index.last_idx_scan_ms.is_some()
}
