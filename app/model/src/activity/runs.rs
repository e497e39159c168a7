//! Runs of statements as samples of sessions see them: met at some age, and later seen to have ended.

/// What one sample adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// Statement and age, ms, of the runs that no sample has met before.
    pub met: Vec<(i64, f64)>,
    /// For how many samples a run counts that was met: more than one after missed samples.
    pub weight: f64,
    /// Statement and duration, ms, of runs that have ended since the sample before. Where the session has begun
    /// another statement since, the duration is the middle of what it may have been.
    pub ended: Vec<(i64, f64)>,
}
