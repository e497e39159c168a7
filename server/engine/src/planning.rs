//! What areas hand each other about plans of statements, and what they may ask for. How a plan is had is the
//! affair of `explain`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use model::explain::{Explained, LoggedPlan, NotExplained};

/// The most plans that people had and nobody has taken yet.
const MOST_HAD: usize = 20;
/// The most plans of the server's log that nobody has taken yet.
const MOST_LOGGED: usize = 60;
/// The longest text with values that is kept, bytes.
const LONGEST_RAN: usize = 16 << 10;

/// A plan that a person had of a statement.
#[derive(Clone, Debug)]
pub struct Had {
    /// The plan, its statement and database.
    pub explained: Explained,
    /// Whether values were given for its parameters.
    pub with_values: bool,
}

/// What waits until it is taken; of too much the newest.
#[derive(Debug)]
pub struct Waiting<T> {
    all: Mutex<VecDeque<T>>,
    most: usize,
}

impl<T> Waiting<T> {
    fn of(most: usize) -> Self {
        Self { all: Mutex::default(), most }
    }

    /// Adds one.
    pub fn put(&self, one: T) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.truncate(self.most.saturating_sub(1));
        all.push_front(one);
    }

    /// Takes all of them, oldest first.
    pub fn take(&self) -> Vec<T> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).drain(..).rev().collect()
    }
}

/// A statement as a session ran it, with its values: in memory only.
#[derive(Clone, PartialEq, Eq)]
pub struct Ran {
    /// The text. Hostile.
    pub text: String,
    /// When the session was looked at, ms since the epoch.
    pub at_ms: i64,
}

/// A statement and the name of its database.
pub type Place = (i64, String);

/// The newest text with values of each statement that one is wanted of.
#[derive(Default)]
pub struct AllRan(Mutex<HashMap<Place, Option<Ran>>>);

impl AllRan {
    /// Texts of these are wanted, and of no others.
    pub fn want(&self, places: HashSet<Place>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|place, _| places.contains(place));
        for place in places {
            all.entry(place).or_default();
        }
    }

    /// Keeps the texts of those that are wanted.
    pub fn put<'a>(&self, ran: impl Iterator<Item = (i64, &'a str, &'a str)>, at_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return;
        }
        let ids: HashSet<i64> = all.keys().map(|(id, _)| *id).collect();
        for (id, database, text) in
            ran.filter(|(id, _, text)| ids.contains(id) && text.len() <= LONGEST_RAN)
        {
            if let Some(kept) = all.get_mut(&(id, database.to_owned())) {
                *kept = Some(Ran { text: text.to_owned(), at_ms });
            }
        }
    }

    /// The newest text of one.
    pub fn get(&self, place: &Place) -> Option<Ran> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned().flatten()
    }
}

/// What areas hand each other.
pub struct Handover {
    /// Plans that people had.
    pub had: Waiting<Had>,
    /// Plans that auto_explain wrote into the server's log.
    pub logged: Waiting<LoggedPlan>,
    /// Statements as sessions ran them.
    pub ran: AllRan,
}

impl Default for Handover {
    fn default() -> Self {
        Self {
            had: Waiting::of(MOST_HAD),
            logged: Waiting::of(MOST_LOGGED),
            ran: AllRan::default(),
        }
    }
}

/// For which values a statement is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// For none: the plan that fits any.
    Any,
    /// For the most common ones of the columns that its parameters are compared with.
    Common,
    /// For those in its text.
    OfText,
}

/// Plans statements on one server.
pub trait Planning: Send + Sync {
    /// What areas hand each other about plans of this server.
    fn handover(&self) -> &Handover;

    /// Plans a statement in the database of that name; it is not executed.
    fn plan<'a>(
        &'a self,
        statement: &'a str,
        database: &'a str,
        values: Values,
    ) -> BoxFuture<'a, Result<Explained, NotExplained>>;
}

/// A planner that several tasks share.
pub type Planner = std::sync::Arc<dyn Planning>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_are_wanted_are_kept_and_the_newest_stays() {
        let all = AllRan::default();
        let place = |id: i64| (id, "shop".to_owned());
        let put = |id, text, at_ms| all.put([(id, "shop", text)].into_iter(), at_ms);
        put(1, "select 1", 5);
        assert!(all.get(&place(1)).is_none());
        all.want([place(1), place(2)].into());
        let long = "x".repeat(LONGEST_RAN + 1);
        for (id, text, at_ms) in
            [(1, "select 1", 6), (1, "select 2", 7), (2, &long, 8), (3, "x", 9)]
        {
            put(id, text, at_ms);
        }
        all.put([(1, "other", "select 3")].into_iter(), 9);
        let ran = all.get(&place(1)).map(|ran| (ran.text, ran.at_ms));
        assert_eq!(ran, Some(("select 2".into(), 7)));
        assert!(all.get(&place(2)).is_none() && all.get(&place(3)).is_none());
        all.want([place(2)].into());
        assert!(all.get(&place(1)).is_none());
    }

    #[test]
    fn of_too_much_the_newest_stays() {
        let waiting = Waiting::of(3);
        (1..=5).for_each(|n| waiting.put(n));
        assert_eq!(waiting.take(), [3, 4, 5]);
        assert!(waiting.take().is_empty());
    }
}
