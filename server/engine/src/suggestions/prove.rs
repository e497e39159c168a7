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
            proof.replan(planner, subjects, deadline).await?;
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
                _ => planner.create(&one.wanted.plain_sql()).await?,
            };
        }
        Ok(())
    }

    /// Plans all statements again. What the time does not suffice for stays unknown.
    async fn replan(
        &mut self,
        planner: &mut SerialPlanner,
        subjects: &[Subject],
        deadline: Instant,
    ) -> Result<(), Reason> {
        self.after.clear();
        for subject in subjects {
            let mut after = After::default();
            if Instant::now() < deadline {
                if subject.generic.is_ok() {
                    after.generic = subject.planned(planner, None).await?.ok();
                }
                if let (Ok(values), Ok(_)) = (&subject.values, &subject.custom) {
                    after.custom = subject.planned(planner, Some(values.clone())).await?.ok();
                }
            }
            self.after.push(after);
        }
        Ok(())
    }

    /// Takes away what no statement gets cheaper by.
    fn drop_useless(&mut self, subjects: &[Subject]) {
        let after = &self.after;
        self.wanted.retain(|one| {
            let Ok(name) = &one.name else { return true };
            let gains = |(subject, after): (&Subject, &After)| {
                let pairs = [(&subject.generic, &after.generic), (&subject.custom, &after.custom)];
                pairs.into_iter().any(|(before, after)| {
                    let (Ok(before), Some(after)) = (before, after) else { return false };
                    after.reads(name) && after.cost <= before.cost * (1.0 - LEAST_GAIN)
                })
            };
            subjects.iter().zip(after).any(gains)
        });
    }
}
