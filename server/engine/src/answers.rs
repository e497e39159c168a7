//! Answers to questions about the newest reading, kept until there is another: many people look at the same page.

use std::sync::{Mutex, PoisonError};

/// The most answers; a page of fifty rows takes some ten kilobytes.
const MOST_ANSWERS: usize = 32;

/// Questions with their answers, the newest last.
pub struct Answers<Q, A>(Mutex<Kept<Q, A>>);

struct Kept<Q, A> {
    /// When what they are about was read, ms since the epoch.
    at_ms: i64,
    answers: Vec<(Q, A)>,
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Mutex::new(Kept { at_ms: 0, answers: Vec::new() }))
    }
}

impl<Q: PartialEq, A: Clone> Answers<Q, A> {
    /// The answer by the reading of that moment, if the same was asked for before.
    pub fn get(&self, at_ms: i64, question: &Q) -> Option<A> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_reading = kept.answers.iter().filter(|_| kept.at_ms == at_ms);
        of_reading.find(|(known, _)| known == question).map(|(_, answer)| answer.clone())
    }

    /// Keeps one, in the place of the oldest, and of those by an older reading.
    pub fn put(&self, at_ms: i64, question: Q, answer: A) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.at_ms != at_ms {
            *kept = Kept { at_ms, answers: Vec::new() };
        }
        if kept.answers.len() >= MOST_ANSWERS {
            kept.answers.remove(0);
        }
        kept.answers.push((question, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_there_is_another_reading_and_few_are_kept() {
        let answers = Answers::default();
        answers.put(1, "a", 10);
        assert_eq!(
            (answers.get(1, &"a"), answers.get(1, &"b"), answers.get(2, &"a")),
            (Some(10), None, None)
        );
        answers.put(2, "b", 20);
        assert_eq!((answers.get(2, &"a"), answers.get(2, &"b")), (None, Some(20)));
        let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let of_many = Answers::default();
        many.iter().for_each(|question| of_many.put(1, question.as_str(), 0));
        let kept = many.iter().filter(|question| of_many.get(1, &question.as_str()).is_some());
        assert_eq!(kept.count(), MOST_ANSWERS);
    }
}
