//! What is proved by hypothetical indexes: the indexes that were made, and the plans of the statements with them.

use std::time::Instant;

use model::{Known, Reason};
use plan::rules::IndexProposal;

use super::merge::Wanted;
use super::subject::{Look, Subject, nothing};
use crate::explain::serial::SerialPlanner;

/// A hypothetical index.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its OID.
    pub oid: u32,
    /// All names that it had: made again, it gets another one.
    pub names: Vec<String>,
}

/// A wanted index and what came of it.
pub struct Tried {
    /// The index.
    pub wanted: Wanted,
    /// Its hypothetical index; or why there was none.
    pub made: Known<Made>,
    /// The gain that is lost without it, as [`smallest::gain`] counts; None where that was not tried.
    pub loss: Option<f64>,
    /// The share of the whole gain that it and those before it win, percent.
    pub wins_percent: Option<f64>,
    /// When it stops paying, where its form has such a limit.
    pub note: Option<String>,
}

impl Tried {
    /// An index of which nothing more is known.
    pub fn new(wanted: Wanted, made: Known<Made>) -> Self {
        Self { wanted, made, loss: None, wins_percent: None, note: None }
    }

    /// Whether a plan reads it.
    pub fn is_read_by(&self, look: &Look) -> bool {
        self.made.as_ref().is_ok_and(|made| made.names.iter().any(|name| look.reads(name)))
    }

    /// Whether a plan of the statement reads it.
    pub fn serves(&self, after: &After) -> bool {
        after.looks().any(|look| self.is_read_by(look))
    }

    /// The OID of its hypothetical index.
    pub fn oid(&self) -> Option<u32> {
        self.made.as_ref().ok().map(|made| made.oid)
    }
}

/// The plans of a statement with all that is suggested.
#[derive(Clone, Default)]
pub struct After {
    /// For any value.
    pub generic: Option<Look>,
    /// For common values.
    pub custom: Option<Look>,
}

impl After {
    /// Those that there are.
    pub fn looks(&self) -> impl Iterator<Item = &Look> {
        self.generic.iter().chain(&self.custom)
    }

    /// Plans a statement with the hypothetical indexes that there are. Errors: the session ended.
    pub async fn of(planner: &mut SerialPlanner, subject: &Subject) -> Result<Self, Reason> {
        let mut after = Self::default();
        if subject.generic.is_ok() {
            after.generic = subject.planned(planner, None).await?.ok();
        }
        if let (Ok(values), Ok(_)) = (&subject.values, &subject.custom) {
            after.custom = subject.planned(planner, Some(values.clone())).await?.ok();
        }
        Ok(after)
    }
}

/// An index that is left out, and why.
pub struct LeftOut {
    /// The index.
    pub index: IndexProposal,
    /// Why, in sentences.
    pub why: String,
}

/// What was proved.
pub struct Proof {
    /// The version of hypopg; or why nothing was proved.
    pub hypopg: Known<String>,
    /// What stays; those that win most first.
    pub wanted: Vec<Tried>,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
    /// The plans of the statements, in their order.
    pub after: Vec<After>,
    /// Whether the time sufficed to find out what can be left out.
    pub is_smallest: bool,
}

/// Where statements are planned again, and until when.
pub struct Prover<'a> {
    /// The session.
    pub planner: &'a mut SerialPlanner,
    /// The statements.
    pub subjects: &'a [Subject],
    /// When to stop.
    pub deadline: Instant,
}

impl Prover<'_> {
    /// The plans of these statements with the hypothetical indexes that there are; None when the time is up.
    pub async fn planned_again(
        &mut self,
        places: &[usize],
    ) -> Result<Option<Vec<(usize, After)>>, Reason> {
        let mut found = vec![];
        for at in places {
            if Instant::now() >= self.deadline {
                return Ok(None);
            }
            let Some(subject) = self.subjects.get(*at) else { continue };
            found.push((*at, After::of(self.planner, subject).await?));
        }
        Ok(Some(found))
    }
}

impl Proof {
    /// Makes all that is wanted hypothetically, and nothing else.
    pub async fn create(&mut self, planner: &mut SerialPlanner) -> Result<(), Reason> {
        planner.reset().await?;
        for one in &mut self.wanted {
            one.made = made(planner, &one.wanted.index).await?;
        }
        Ok(())
    }

    /// The place of the index with this OID.
    pub fn place(&self, oid: u32) -> Option<usize> {
        self.wanted.iter().position(|one| one.oid() == Some(oid))
    }

    /// The places of the statements that read an index.
    pub fn readers(&self, tried: &Tried) -> Vec<usize> {
        let all = self.after.iter().enumerate();
        all.filter(|(_, after)| tried.serves(after)).map(|(at, _)| at).collect()
    }

    /// Takes these plans for those of their statements.
    pub fn accept(&mut self, again: Vec<(usize, After)>) {
        for (at, after) in again {
            if let Some(known) = self.after.get_mut(at) {
                *known = after;
            }
        }
    }
}

/// Makes an index hypothetically; or why there is none. Errors: the outer one ends the session.
pub async fn made(
    planner: &mut SerialPlanner,
    index: &IndexProposal,
) -> Result<Known<Made>, Reason> {
    Ok(match index.method {
        // README of HypoPG, "Limitations": other access methods are not supported.
        Some(method @ ("gin" | "gist" | "spgist")) => {
            Err(nothing(&format!("hypopg makes no {} indexes.", method.to_uppercase())))
        }
        _ => {
            let found = planner.create(&plain_sql(index)).await?;
            found.map(|index| Made { oid: index.oid, names: vec![index.name] })
        }
    })
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
        in_time &= Instant::now() < deadline;
        all.push(if in_time { After::of(planner, subject).await? } else { After::default() });
    }
    Ok((all, in_time))
}

/// The statement without a name and without CONCURRENTLY, as hypopg takes it.
fn plain_sql(index: &IndexProposal) -> String {
    let index = IndexProposal { partitioned: true, ..index.clone() };
    index.to_string().trim_end_matches(';').to_owned()
}
