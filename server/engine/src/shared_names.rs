//! Names that very many rows have: each is kept once.

use std::collections::HashSet;
use std::sync::Arc;

/// The names met so far.
#[derive(Debug, Default)]
pub struct SharedNames(HashSet<Arc<str>>);

impl SharedNames {
    /// Puts the one met first in the place of an equal one.
    pub fn share(&mut self, name: &mut Arc<str>) {
        match self.0.get(name) {
            Some(known) => *name = Arc::clone(known),
            None => drop(self.0.insert(Arc::clone(name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_kept_once() {
        let mut all: Vec<Arc<str>> = ["a", "b", "a"].map(Arc::from).into();
        let mut names = SharedNames::default();
        all.iter_mut().for_each(|name| names.share(name));
        assert!(Arc::ptr_eq(&all[0], &all[2]) && !Arc::ptr_eq(&all[0], &all[1]));
        assert_eq!(&*all[2], "a");
    }
}
