//! Looks for a text in names, without regard to case: of a hundred thousand, while somebody waits.

use memchr::memmem::Finder;

/// Stands behind each form of a name; no name of PostgreSQL has it.
const END: char = '\0';

/// The names of what was read, in lower case and one behind another: a search goes through them without a look at
/// anything else.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    /// Where the forms of each end.
    ends: Vec<usize>,
}

impl Names {
    /// One more, of which there are several forms; the parts of each are joined by dots.
    pub fn add(&mut self, forms: &[&[&str]]) {
        for form in forms {
            for (place, part) in form.iter().enumerate() {
                if place > 0 {
                    self.text.push('.');
                }
                let from = self.text.len();
                self.text.push_str(part);
                if part.is_ascii() {
                    self.text[from..].make_ascii_lowercase();
                } else {
                    self.text.truncate(from);
                    self.text.push_str(&part.to_lowercase());
                }
            }
            self.text.push(END);
        }
        self.ends.push(self.text.len());
    }

    /// Which of them hold a text as a person typed it, in the order in which they were added.
    pub fn places(&self, wanted: &str) -> Vec<usize> {
        let mut places = Vec::new();
        if wanted.contains(END) {
            return places;
        }
        let finder = Finder::new(wanted.to_lowercase().as_bytes()).into_owned();
        let (text, mut from) = (self.text.as_bytes(), 0);
        while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
            let place = self.ends.partition_point(|end| *end <= from + at);
            let Some(end) = self.ends.get(place) else { break };
            places.push(place);
            from = *end;
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_dots_stand_between_names() {
        let mut names = Names::default();
        names.add(&[&["s", "<Ünï>"]]);
        names.add(&[&["xa", "B", "i"], &["xa", "i"]]);
        names.add(&[]);
        names.add(&[&["s", "b"]]);
        let found = |wanted: &str| names.places(wanted);
        assert_eq!((found("ÜNÏ"), found("A.b"), found("XA.I")), (vec![0], vec![1], vec![1]));
        assert_eq!((found("s."), found("b"), found("")), (vec![0, 3], vec![1, 3], vec![0, 1, 3]));
        let none = ["ab", "b.xa", ">\0x", "\0", "i.s"];
        assert!(none.into_iter().all(|wanted| found(wanted).is_empty()));
    }
}
