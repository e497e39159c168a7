//! The proof: the wanted indexes are made hypothetically, and every statement is planned again. An index that
//! the planner does not take is dropped.

use std::time::Instant;

use model::{Known, Reason};

use super::merge::Wanted;
use super::subject::{Look, Subject, nothing};
use crate::explain::serial::SerialPlanner;

/// The share of its cost that one statement has to save by an index, so that it is suggested: below it lies
/// what old statistics move.
const LEAST_GAIN: f64 = 0.1;
/// The share of a table that an index may read where nothing proves that the planner takes it
/// (`max_used_percent` of the plan's rules).
const MOST_SHARE: f64 = 0.1;
/// How often what nobody needs is taken away and all is planned again: what stays may then be taken instead.
const ROUNDS: usize = 3;

/// A wanted index and what came of it.
pub struct Tried {
    /// The index.
    pub wanted: Wanted,
    /// The name of its hypothetical index; or why there was none.
    pub name: Known<String>,
}

/// The plans of a statement with all that is suggested.
#[derive(Default)]
pub struct After {
    /// For any value.
    pub generic: Option<Look>,
    /// For common values.
    pub custom: Option<Look>,
}

/// What was proved.
pub struct Proof {
    /// The version of hypopg; or why nothing was proved.
    pub hypopg: Known<String>,
    /// What stays.
    pub wanted: Vec<Tried>,
    /// The plans of the statements, in their order.
    pub after: Vec<After>,
}

/// Proves what is wanted. Errors: the session ended.
pub async fn prove(
    planner: &mut SerialPlanner,
    subjects: &[Subject],
    wanted: Vec<Wanted>,
    deadline: Instant,
) -> Result<Proof, Reason> {
    let hypopg = planner.hypopg().await;
    let mut proof = Proof { hypopg, wanted: vec![], after: vec![] };
    let unproved = proof.hypopg.as_ref().err().cloned().unwrap_or(Reason::NotYet);
    let tried = |wanted| Tried { wanted, name: Err(unproved.clone()) };
    proof.wanted = wanted.into_iter().map(tried).collect();
    if proof.hypopg.is_ok() {
        for _ in 0..ROUNDS {
            proof.create(planner).await?;
            let (after, in_time) = replan(planner, subjects, deadline).await?;
            proof.after = after;
            if !in_time {
                proof.doubt_unseen(subjects);
                break;
            }
            let before = proof.wanted.len();
            proof.drop_useless(subjects);
            if proof.wanted.len() == before {
                break;
            }
        }
    }
    // What is not proved has to be likely.
    let is_likely = |one: &Tried| one.wanted.share.is_some_and(|share| share <= MOST_SHARE);
    proof.wanted.retain(|one| one.name.is_ok() || is_likely(one));
    Ok(proof)
}

impl Proof {
    /// Makes all that is wanted hypothetically, and nothing else.
    async fn create(&mut self, planner: &mut SerialPlanner) -> Result<(), Reason> {
        planner.reset().await?;
        for one in &mut self.wanted {
            one.name = match one.wanted.index.method {
                // README of HypoPG, "Limitations": other access methods are not supported.
                Some(method @ ("gin" | "gist" | "spgist")) => Err(nothing(&format!(
                    "Not proved: hypopg makes no {} indexes.",
                    method.to_uppercase()
                ))),
                _ => planner.create(&one.wanted.plain_sql()).await?.map(|made| made.name),
            };
        }
        Ok(())
    }

    /// Takes away what no statement gets cheaper by.
    fn drop_useless(&mut self, subjects: &[Subject]) {
        let after = &self.after;
        self.wanted
            .retain(|one| one.name.as_ref().map_or(true, |name| is_of_use(name, subjects, after)));
    }

    /// When the time was up: that no plan was seen to take an index says nothing of it.
    fn doubt_unseen(&mut self, subjects: &[Subject]) {
        for one in &mut self.wanted {
            if let Ok(name) = &one.name
                && !is_of_use(name, subjects, &self.after)
            {
                one.name = Err(nothing("Not proved: the time was up."));
            }
        }
    }
}

/// Plans all statements again, with the hypothetical indexes that there are; and whether the time sufficed.
pub async fn replan(
    planner: &mut SerialPlanner,
    subjects: &[Subject],
    deadline: Instant,
) -> Result<(Vec<After>, bool), Reason> {
    let mut all = vec![];
    let mut in_time = true;
    for subject in subjects {
        let mut after = After::default();
        in_time &= Instant::now() < deadline;
        if in_time {
            if subject.generic.is_ok() {
                after.generic = subject.planned(planner, None).await?.ok();
            }
            if let (Ok(values), Ok(_)) = (&subject.values, &subject.custom) {
                after.custom = subject.planned(planner, Some(values.clone())).await?.ok();
            }
        }
        all.push(after);
    }
    Ok((all, in_time))
}

/// Whether a statement gets cheaper by an index.
fn is_of_use(name: &str, subjects: &[Subject], after: &[After]) -> bool {
    let gains = |(subject, after): (&Subject, &After)| {
        let pairs = [(&subject.generic, &after.generic), (&subject.custom, &after.custom)];
        pairs.into_iter().any(|(before, after)| {
            let (Ok(before), Some(after)) = (before, after) else { return false };
            after.reads(name) && after.cost <= before.cost * (1.0 - LEAST_GAIN)
        })
    };
    subjects.iter().zip(after).any(gains)
}

#[cfg(test)]
mod tests {
    use model::suggestions::Weighted;
    use plan::rules::{Candidate, IndexProposal, Table};

    use super::super::merge::merged;
    use super::*;

    const BEFORE: &str = "Seq Scan on t  (cost=0.00..200.00 rows=3 width=8)\n  Filter: (a = $1)";
    const AFTER: &str = "Index Scan using <7>btree_t_a on t  (cost=0.29..8.00 rows=3 width=8)\n  Index Cond: (a = $1)";

    /// A statement, an index that it asks for, and its plan with it.
    fn proof(after: Option<&str>) -> (Vec<Subject>, Proof) {
        let text = "select 1 from t where a = $1".to_owned();
        let mut subjects = Subject::read_all(vec![Weighted { queryid: 1, text, total_ms: 1.0 }]);
        for subject in &mut subjects {
            subject.generic = Look::read(BEFORE);
        }
        let index = IndexProposal {
            table: Table { schema: None, name: "t".into() },
            method: None,
            keys: vec![],
            include: vec![],
            predicate: None,
            partitioned: false,
        };
        let wanted = merged([(0, Candidate { index, equal: 0, share: None })].into_iter());
        let tried = |wanted| Tried { wanted, name: Ok("<7>btree_t_a".into()) };
        let generic = after.and_then(|text| Look::read(text).ok());
        let proof = Proof {
            hypopg: Ok("1.3.1".into()),
            wanted: wanted.into_iter().map(tried).collect(),
            after: vec![After { generic, custom: None }],
        };
        (subjects, proof)
    }

    #[test]
    fn what_the_planner_takes_stays_and_what_it_leaves_goes() {
        let (subjects, mut taken) = proof(Some(AFTER));
        taken.drop_useless(&subjects);
        assert_eq!(taken.wanted.len(), 1);
        let (subjects, mut left) = proof(Some(BEFORE));
        left.drop_useless(&subjects);
        assert!(left.wanted.is_empty());
    }

    #[test]
    fn what_was_not_planned_in_time_is_not_called_useless() {
        let (subjects, mut unseen) = proof(None);
        unseen.doubt_unseen(&subjects);
        let why = unseen.wanted.first().and_then(|one| one.name.clone().err());
        assert!(why.is_some_and(|why| why.message().contains("the time was up")));
        let (subjects, mut taken) = proof(Some(AFTER));
        taken.doubt_unseen(&subjects);
        assert!(taken.wanted.iter().all(|one| one.name.is_ok()));
    }
}
