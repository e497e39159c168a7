//! The smallest set: of the indexes that are proved one after another is taken away, and stays away where the
//! others win nearly the same. What is left is ordered by what it wins.
//!
//! Only the statements that read an index are planned again without it: the plans of the others stay as they are.

use model::quantity::number;
use model::{Reason, Unit};
use plan::rules::IndexProposal;

use super::proof::{After, LeftOut, Proof, Prover, Tried, made};
use super::subject::{Look, Subject};

/// The share of the whole gain that an index has to add to the others: every write pays for it, and below it lies
/// what old statistics move.
const LEAST_ADDED: f64 = 0.01;
/// The share of the whole gain that may be given up in all.
const MOST_LOST: f64 = 0.05;
/// Below that share it adds nothing that could be told.
const NOTHING: f64 = 0.001;

/// What the indexes save: the share of its cost that each statement saves, on average of its plans, times the time
/// that it took, ms.
pub fn gain(subjects: &[Subject], after: &[After]) -> f64 {
    subjects.iter().zip(after).map(|(subject, after)| saved(subject, after)).sum()
}

/// What one statement saves, ms of its time by the planner's estimate.
pub fn saved(subject: &Subject, after: &After) -> f64 {
    let share = |before: Option<&Look>, after: Option<&Look>| {
        before.zip(after).map(|(before, after)| 1.0 - after.cost / before.cost.max(0.01))
    };
    let shares = [
        share(subject.generic.as_ref().ok(), after.generic.as_ref()),
        share(subject.custom.as_ref().ok(), after.custom.as_ref()),
    ];
    let known: Vec<f64> = shares.into_iter().flatten().collect();
    if known.is_empty() {
        return 0.0;
    }
    subject.statement.total_ms * known.iter().sum::<f64>() / known.len() as f64
}

/// What is lost when these plans take the place of those of the proof, ms.
pub fn loss(subjects: &[Subject], proof: &Proof, again: &[(usize, After)]) -> f64 {
    let of = |(at, after): &(usize, After)| {
        let (subject, before) = (subjects.get(*at)?, proof.after.get(*at)?);
        Some(saved(subject, before) - saved(subject, after))
    };
    again.iter().filter_map(of).sum()
}

/// Takes away what adds too little; and whether the time sufficed. Errors: the session ended.
pub async fn reduce(prover: &mut Prover<'_>, proof: &mut Proof) -> Result<bool, Reason> {
    let whole = gain(prover.subjects, &proof.after);
    let mut lost = 0.0;
    for oid in least_first(prover.subjects, proof) {
        let Some(at) = proof.place(oid) else { continue };
        let Some(tried) = proof.wanted.get(at) else { continue };
        let readers = proof.readers(tried);
        prover.planner.forget(oid).await?;
        let again = prover.planned_again(&readers).await?;
        let without = again.as_ref().map(|again| loss(prover.subjects, proof, again));
        match (again, without) {
            (Some(again), Some(without)) if is_needless(without, lost, whole) => {
                lost += without.max(0.0);
                let tried = proof.wanted.remove(at);
                let why = why(without / whole, &read_instead(proof, &again));
                proof.left_out.push(LeftOut { index: tried.wanted.index, why });
                proof.accept(again);
            }
            (_, without) => {
                let Some(tried) = proof.wanted.get_mut(at) else { continue };
                tried.loss = without;
                make_again(prover, tried).await?;
                if without.is_none() {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Makes an index again that was taken away for a trial. Errors: the session ended.
pub async fn make_again(prover: &mut Prover<'_>, tried: &mut Tried) -> Result<(), Reason> {
    let before = tried.made.as_ref().map(|made| made.names.clone()).unwrap_or_default();
    tried.made = made(prover.planner, &tried.wanted.index).await?.map(|mut made| {
        made.names.extend(before);
        made
    });
    Ok(())
}

/// Orders what is left, those that win most first, and says how much each wins with those before it; and whether
/// the time sufficed. Afterwards there are no hypothetical indexes. Errors: the session ended.
pub async fn rank(prover: &mut Prover<'_>, proof: &mut Proof) -> Result<bool, Reason> {
    let most = |one: &Tried| one.loss.unwrap_or(f64::NEG_INFINITY);
    proof.wanted.sort_by(|one, two| most(two).total_cmp(&most(one)));
    let whole = gain(prover.subjects, &proof.after);
    let with_all = proof.after.clone();
    let mut shares = vec![];
    for at in (0..proof.wanted.len()).rev() {
        shares.push(100.0 * gain(prover.subjects, &proof.after) / whole);
        let Some((tried, oid)) = proof.wanted.get(at).and_then(|one| Some((one, one.oid()?)))
        else {
            continue;
        };
        let readers = proof.readers(tried);
        prover.planner.forget(oid).await?;
        let Some(again) = prover.planned_again(&readers).await? else {
            proof.after = with_all;
            return Ok(false);
        };
        proof.accept(again);
    }
    proof.after = with_all;
    for (tried, share) in proof.wanted.iter_mut().zip(shares.into_iter().rev()) {
        tried.wins_percent = tried.made.is_ok().then_some(share).filter(|share| share.is_finite());
    }
    Ok(true)
}

/// The indexes in the order in which they are taken away: first those whose statements gain least.
fn least_first(subjects: &[Subject], proof: &Proof) -> Vec<u32> {
    let of = |tried: &Tried| {
        let readers = proof.readers(tried).into_iter();
        let all = readers.filter_map(|at| Some(saved(subjects.get(at)?, proof.after.get(at)?)));
        Some((tried.oid()?, all.sum::<f64>()))
    };
    let mut all: Vec<(u32, f64)> = proof.wanted.iter().filter_map(of).collect();
    all.sort_by(|one, two| one.1.total_cmp(&two.1));
    all.into_iter().map(|(oid, _)| oid).collect()
}

/// Whether an index can be left out without which so much is lost, when so much is lost already.
fn is_needless(without: f64, lost: f64, whole: f64) -> bool {
    without < LEAST_ADDED * whole && lost + without.max(0.0) <= MOST_LOST * whole
}

/// The indexes that its statements read without it.
fn read_instead(proof: &Proof, again: &[(usize, After)]) -> Vec<String> {
    let is_read = |one: &&Tried| again.iter().any(|(_, after)| one.serves(after));
    proof.wanted.iter().filter(is_read).map(|one| place(&one.wanted.index)).collect()
}

/// Table and columns of an index.
fn place(index: &IndexProposal) -> String {
    let text = index.to_string();
    let (_, place) = text.split_once(" on ").unwrap_or(("", &text));
    place.trim_end_matches(';').to_owned()
}

fn why(share: f64, instead: &[String]) -> String {
    let adds = match share < NOTHING {
        true => "Once the others are there it adds nothing".to_owned(),
        false => format!(
            "Once the others are there it adds only {} of what all win",
            number(100.0 * share, Unit::Percent)
        ),
    };
    match instead {
        [] => format!("{adds}, and each write would pay for it."),
        [one] => format!("{adds}: its statements then read the one on {one}."),
        several => {
            format!("{adds}: its statements then read those on {}.", several.join(" and on "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{AFTER, BEFORE, proof};
    use super::*;

    #[test]
    fn a_statement_saves_its_share_of_its_time() {
        let (subjects, proof) = proof(Some(AFTER));
        let all = gain(&subjects, &proof.after);
        assert!((all - 0.96).abs() < 1e-9, "{all}");
        let generic = Look::read(BEFORE).ok();
        let again = vec![(0, After { generic, custom: None })];
        assert!((loss(&subjects, &proof, &again) - all).abs() < 1e-9);
        assert_eq!(saved(&subjects[0], &After::default()), 0.0);
    }

    #[test]
    fn what_adds_a_hundredth_stays_and_what_is_given_up_is_bounded() {
        assert!(is_needless(0.5, 0.0, 100.0));
        assert!(!is_needless(1.5, 0.0, 100.0));
        assert!(is_needless(-3.0, 4.9, 100.0), "it even gets cheaper");
        assert!(!is_needless(0.5, 4.9, 100.0));
    }

    #[test]
    fn what_is_left_out_says_why() {
        assert_eq!(
            why(0.0, &["t (a, b)".into()]),
            "Once the others are there it adds nothing: its statements then read the one on t (a, b)."
        );
        let little = why(0.005, &[]);
        assert!(little.contains("only 0.5") && little.contains("each write"), "{little}");
    }
}
