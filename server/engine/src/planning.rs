//! What an area may ask for beside its readings: plans of statements. How they are had is the affair of
//! `explain`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use model::explain::{Explained, NotExplained};

/// The most plans that people had and nobody has taken yet.
const MOST_HAD: usize = 20;

/// A plan that a person had of a statement.
#[derive(Clone, Debug)]
pub struct Had {
    /// The plan, its statement and database.
    pub explained: Explained,
    /// Whether values were given for its parameters.
    pub with_values: bool,
}

/// Plans that people had, until they are taken.
#[derive(Debug, Default)]
pub struct AllHad(Mutex<VecDeque<Had>>);

impl AllHad {
    /// Keeps a plan; of many the newest.
    pub fn put(&self, had: Had) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.truncate(MOST_HAD - 1);
        all.push_front(had);
    }

    /// Takes all of them, oldest first.
    pub fn take(&self) -> Vec<Had> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).rev().collect()
    }
}

/// For which values a statement is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// For none: the plan that fits any.
    Any,
    /// For the most common ones of the columns that its parameters are compared with.
    Common,
}

/// Plans statements on one server.
pub trait Planning: Send + Sync {
    /// The plans that people had since the last call, oldest first.
    fn take_had(&self) -> Vec<Had>;

    /// Plans a statement in the database of that name; it is not executed.
    fn plan<'a>(
        &'a self,
        statement: &'a str,
        database: &'a str,
        values: Values,
    ) -> BoxFuture<'a, Result<Explained, NotExplained>>;
}

/// A planner that several tasks share.
pub type Planner = Arc<dyn Planning>;
