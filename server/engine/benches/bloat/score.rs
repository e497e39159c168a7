//! How near an estimate comes to what a rewrite gives back, over many relations.

use crate::judged::Judged;

/// From this share on a query says that a relation is bloated; below the other it is not.
const BLOATED: f64 = 20.0;
const SOUND: f64 = 10.0;

/// How near one of them came.
#[derive(Debug, Default)]
pub struct Score {
    pub relations: usize,
    /// Relations without a point.
    pub silent: usize,
    /// Errors in percentage points of the size, ascending.
    errors: Vec<f64>,
    /// Said to be bloated, and are not.
    pub falsely: usize,
    /// Are bloated, and nothing was said.
    pub missed: usize,
}

impl Score {
    /// Of all relations that are judged, by what is said of each.
    pub fn new<'a>(
        judged: impl Iterator<Item = &'a Judged>,
        says: impl Fn(&Judged) -> Option<f64>,
    ) -> Self {
        let mut score = Self::default();
        for one in judged.filter(|one| one.is_judged()) {
            score.relations += 1;
            let truth = one.share(one.truth as f64);
            let said = says(one).map(|bytes| one.share(bytes));
            score.missed += usize::from(truth >= BLOATED && said.is_none_or(|said| said < SOUND));
            let Some(said) = said else {
                score.silent += 1;
                continue;
            };
            score.falsely += usize::from(said >= BLOATED && truth < SOUND);
            score.errors.push((said - truth).abs());
        }
        score.errors.sort_by(f64::total_cmp);
        score
    }

    pub fn error(&self, quantile: f64) -> f64 {
        quantile_of(&self.errors, quantile)
    }
}

/// A quantile of ascending numbers.
pub fn quantile_of(ascending: &[f64], quantile: f64) -> f64 {
    let at = ((ascending.len() as f64 * quantile) as usize).min(ascending.len().saturating_sub(1));
    ascending.get(at).copied().unwrap_or(f64::NAN)
}

/// How many bands hold the truth, of how many, and half of their width in percentage points, ascending.
pub fn coverage<'a>(judged: impl Iterator<Item = &'a Judged>) -> (usize, usize, Vec<f64>) {
    let (mut held, mut all, mut halves) = (0, 0, Vec::new());
    for one in judged.filter(|one| one.is_judged()) {
        let Some(ours) = &one.ours else { continue };
        all += 1;
        held += usize::from(one.holds() == Some(true));
        halves.push(one.share((ours.high - ours.low) as f64) / 2.0);
    }
    halves.sort_by(f64::total_cmp);
    (held, all, halves)
}
