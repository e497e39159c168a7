//! The proof: the wanted indexes are made hypothetically, all at once, and every statement is planned again. An
//! index that the planner does not take is left out, and so is one that adds nothing to the others.

use model::Reason;

use super::merge::Wanted;
use super::proof::{After, LeftOut, Proof, Prover, Tried, replan};
use super::subject::{Subject, nothing};
use super::tables::Tables;
use super::{smallest, variants};

/// The share of its cost that one statement has to save by an index, so that it is suggested: below it lies
/// what old statistics move.
const LEAST_GAIN: f64 = 0.1;
/// The share of a table that an index may read where nothing proves that the planner takes it
/// (`max_used_percent` of the plan's rules).
const MOST_SHARE: f64 = 0.1;
/// How often what nobody needs is taken away and all is planned again: what stays may then be taken instead.
const ROUNDS: usize = 3;
const NOT_TAKEN: &str =
    "With it the planner takes another way, or no statement gets a tenth cheaper.";

/// Proves what is wanted. Errors: the session ended.
pub async fn prove(
    mut prover: Prover<'_>,
    wanted: Vec<Wanted>,
    tables: &Tables<'_>,
) -> Result<Proof, Reason> {
    let hypopg = prover.planner.hypopg().await;
    let unproved = hypopg.as_ref().err().cloned().unwrap_or(Reason::NotYet);
    let tried = |wanted| Tried::new(wanted, Err(unproved.clone()));
    let wanted: Vec<Tried> = wanted.into_iter().map(tried).collect();
    let mut proof = Proof { hypopg, wanted, left_out: vec![], after: vec![], is_smallest: false };
    if proof.hypopg.is_ok() && proof.take_what_is_of_use(&mut prover).await? {
        let in_time = smallest::reduce(&mut prover, &mut proof).await?;
        proof.is_smallest = in_time
            && variants::exchange(&mut prover, &mut proof, tables).await?
            && smallest::rank(&mut prover, &mut proof).await?;
    }
    // What is not proved has to be likely.
    let is_likely = |one: &Tried| one.wanted.share.is_some_and(|share| share <= MOST_SHARE);
    proof.wanted.retain(|one| one.made.is_ok() || is_likely(one));
    Ok(proof)
}

impl Proof {
    /// Makes all that is wanted hypothetically and keeps what the planner takes; and whether the time sufficed.
    async fn take_what_is_of_use(&mut self, prover: &mut Prover<'_>) -> Result<bool, Reason> {
        let mut in_time = true;
        for round in 0..=ROUNDS {
            self.create(prover.planner).await?;
            (self.after, in_time) =
                replan(prover.planner, prover.subjects, prover.deadline).await?;
            if !in_time {
                self.doubt_unseen(prover.subjects);
            }
            if !in_time || round == ROUNDS {
                break;
            }
            let before = self.wanted.len();
            self.drop_useless(prover.subjects);
            if self.wanted.len() == before {
                break;
            }
        }
        Ok(in_time)
    }

    /// Takes away what no statement gets cheaper by.
    fn drop_useless(&mut self, subjects: &[Subject]) {
        let after = &self.after;
        let is_useful = |one: &Tried| one.made.is_err() || is_of_use(one, subjects, after);
        let useless = self.wanted.extract_if(.., |one| !is_useful(one));
        let why = || NOT_TAKEN.to_owned();
        let useless: Vec<LeftOut> =
            useless.map(|one| LeftOut { index: one.wanted.index, why: why() }).collect();
        self.left_out.extend(useless);
    }

    /// When the time was up: that no plan was seen to take an index says nothing of it.
    fn doubt_unseen(&mut self, subjects: &[Subject]) {
        let after = &self.after;
        for one in &mut self.wanted {
            if one.made.is_ok() && !is_of_use(one, subjects, after) {
                one.made = Err(nothing("It was not tried again: the time was up."));
            }
        }
    }
}

/// Whether a statement gets cheaper by an index.
fn is_of_use(tried: &Tried, subjects: &[Subject], after: &[After]) -> bool {
    let gains = |(subject, after): (&Subject, &After)| {
        let pairs = [(&subject.generic, &after.generic), (&subject.custom, &after.custom)];
        pairs.into_iter().any(|(before, after)| {
            let (Ok(before), Some(after)) = (before, after) else { return false };
            tried.is_read_by(after) && after.cost <= before.cost * (1.0 - LEAST_GAIN)
        })
    };
    subjects.iter().zip(after).any(gains)
}

#[cfg(test)]
mod tests {
    use super::super::example::{AFTER, BEFORE, proof};

    #[test]
    fn what_the_planner_takes_stays_and_what_it_leaves_goes() {
        let (subjects, mut taken) = proof(Some(AFTER));
        taken.drop_useless(&subjects);
        assert_eq!(taken.wanted.len(), 1);
        let (subjects, mut left) = proof(Some(BEFORE));
        left.drop_useless(&subjects);
        assert!(left.wanted.is_empty());
        assert_eq!(left.left_out.len(), 1);
    }

    #[test]
    fn what_was_not_planned_in_time_is_not_called_useless() {
        let (subjects, mut unseen) = proof(None);
        unseen.doubt_unseen(&subjects);
        let why = unseen.wanted.first().and_then(|one| one.made.clone().err());
        assert!(why.is_some_and(|why| why.message().contains("the time was up")));
        let (subjects, mut taken) = proof(Some(AFTER));
        taken.doubt_unseen(&subjects);
        assert!(taken.wanted.iter().all(|one| one.made.is_ok()));
    }
}
