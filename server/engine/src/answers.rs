//! Answers to questions about the newest reading, kept until there is another: many people look at the same page.

use std::sync::{Arc, Mutex, PoisonError};

/// The most answers; a page of fifty rows takes some ten kilobytes.
const MOST_ANSWERS: usize = 32;

/// Questions with their answers, the newest last, and what is prepared of the reading for all of them.
pub struct Answers<Q, A, P>(Mutex<Kept<Q, A, P>>);

struct Kept<Q, A, P> {
    /// When what they are about was read, ms since the epoch.
    at_ms: i64,
    answers: Vec<(Q, A)>,
    prepared: Option<Arc<P>>,
}

impl<Q, A, P> Kept<Q, A, P> {
    /// Nothing of an older reading stays.
    fn of(&mut self, at_ms: i64) -> &mut Self {
        if self.at_ms != at_ms {
            *self = Self { at_ms, answers: Vec::new(), prepared: None };
        }
        self
    }
}

impl<Q, A, P> Default for Answers<Q, A, P> {
    fn default() -> Self {
        Self(Mutex::new(Kept { at_ms: 0, answers: Vec::new(), prepared: None }))
    }
}

impl<Q: PartialEq, A: Clone, P> Answers<Q, A, P> {
    /// The answer by the reading of that moment, if the same was asked for before.
    pub fn get(&self, at_ms: i64, question: &Q) -> Option<A> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.of(at_ms).answers.iter().find(|(known, _)| known == question);
        found.map(|(_, answer)| answer.clone())
    }

    /// Keeps one, in the place of the oldest.
    pub fn put(&self, at_ms: i64, question: Q, answer: A) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = &mut kept.of(at_ms).answers;
        if answers.len() >= MOST_ANSWERS {
            answers.remove(0);
        }
        answers.push((question, answer));
    }

    /// What is prepared of the reading of that moment, made now if it is not there yet.
    pub fn prepared(&self, at_ms: i64, make: impl FnOnce() -> P) -> Arc<P> {
        let there = || {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.of(at_ms).prepared.clone()
        };
        if let Some(prepared) = there() {
            return prepared;
        }
        // Nobody else waits meanwhile.
        let made = Arc::new(make());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.of(at_ms).prepared.insert(made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_there_is_another_reading_and_few_are_kept() {
        let answers: Answers<_, _, ()> = Answers::default();
        answers.put(1, "a", 10);
        assert_eq!((answers.get(1, &"a"), answers.get(1, &"b")), (Some(10), None));
        answers.put(2, "b", 20);
        assert_eq!((answers.get(2, &"a"), answers.get(2, &"b")), (None, Some(20)));
        let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let of_many: Answers<_, _, ()> = Answers::default();
        many.iter().for_each(|question| of_many.put(1, question.as_str(), 0));
        let kept = many.iter().filter(|question| of_many.get(1, &question.as_str()).is_some());
        assert_eq!(kept.count(), MOST_ANSWERS);
    }

    #[test]
    fn what_is_prepared_is_made_once_for_each_reading() {
        let answers: Answers<(), (), i32> = Answers::default();
        let made = [(1, 10), (1, 11), (2, 12)].map(|(at, n)| *answers.prepared(at, || n));
        assert_eq!(made, [10, 10, 12]);
    }
}
