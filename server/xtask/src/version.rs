//! Versions of crates and requirements on them, as Semantic Versioning and Cargo define them (Cargo book,
//! "Specifying Dependencies").

use std::cmp::Ordering;

/// A version; its build metadata is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// How many of the numbers were written.
    written: usize,
    /// Empty for a release.
    pre: Vec<String>,
}

impl Version {
    /// Reads `1.2.3-rc.1+build`; numbers at the end may be missing.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().split('+').next()?;
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let mut found = Self {
            numbers: [0; 3],
            written: 0,
            pre: pre.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        };
        for number in numbers.split('.') {
            *found.numbers.get_mut(found.written)? = number.parse().ok()?;
            found.written += 1;
        }
        Some(found)
    }

    /// The first version that Cargo holds to be incompatible with this one.
    fn next_incompatible(&self) -> Self {
        let numbers = match (self.numbers, self.written) {
            ([major @ (1..), ..], _) | ([major, ..], 1) => [major.saturating_add(1), 0, 0],
            ([_, minor @ (1..), _], _) | ([_, minor, _], 2) => [0, minor.saturating_add(1), 0],
            ([_, _, patch], _) => [0, 0, patch.saturating_add(1)],
        };
        Self { numbers, written: 3, pre: Vec::new() }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let pre = || match (self.pre.as_slice(), other.pre.as_slice()) {
            ([], []) => Ordering::Equal,
            ([], _) => Ordering::Greater,
            (_, []) => Ordering::Less,
            (one, two) => {
                let parts = one.iter().zip(two).map(|(one, two)| compare(one, two));
                let different = parts.into_iter().find(|order| order.is_ne());
                different.unwrap_or(one.len().cmp(&two.len()))
            }
        };
        self.numbers.cmp(&other.numbers).then_with(pre)
    }
}

/// Parts of a pre-release: numbers by their value and before words.
fn compare(one: &str, two: &str) -> Ordering {
    match (one.parse::<u64>(), two.parse::<u64>()) {
        (Ok(one), Ok(two)) => one.cmp(&two),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(two),
    }
}

/// Whether a version is within a requirement such as `>= 1.2, < 2` or `^0.3.4`; None: it cannot be read.
pub fn is_within(version: &Version, requirement: &str) -> Option<bool> {
    let mut all = true;
    for part in requirement.split(',').map(str::trim) {
        let operators = [">=", "<=", ">", "<", "=", "^"];
        let operator = operators.into_iter().find(|operator| part.starts_with(operator));
        let operator = operator.unwrap_or_default();
        let bound = Version::parse(part.strip_prefix(operator)?)?;
        all &= match operator {
            ">=" => *version >= bound,
            "<=" => *version <= bound,
            ">" => *version > bound,
            "<" => *version < bound,
            "=" => {
                let same = version.numbers.iter().zip(&bound.numbers).take(bound.written);
                same.into_iter().all(|(one, two)| one == two) && version.pre == bound.pre
            }
            _ => *version >= bound && *version < bound.next_incompatible(),
        };
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let order = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.10",
            "1.2.0",
        ];
        let read: Vec<Version> = order.iter().filter_map(|text| Version::parse(text)).collect();
        assert!(read.len() == order.len() && read.is_sorted(), "{read:?}");
        assert_eq!(Version::parse("0.9.4+1.2"), Version::parse("0.9.4"));
        for wrong in ["", "1.x", "1.2.3.4", "v1"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn requirements_hold_as_cargo_says() {
        let within = |version: &str, requirement: &str| {
            is_within(&Version::parse(version).unwrap(), requirement).unwrap()
        };
        for (version, requirement) in [
            ("1.6.1", ">= 0.6.14, < 1.0.0"),
            ("0.3.23", ">= 0.3.24"),
            ("1.0.0-rc.1", ">=1.0.0"),
            ("0.4.0", "^0.3.1"),
            ("0.0.4", "^0.0.3"),
            ("2.0.0", "1.2"),
            ("1.2.4", "= 1.2.3"),
            ("1.2.3", "> 1.2.3"),
        ] {
            assert!(!within(version, requirement), "{version} {requirement}");
        }
        for (version, requirement) in [
            ("0.6.14", ">= 0.6.14, < 1.0.0"),
            ("0.3.24", ">= 0.3.24"),
            ("0.3.9", "^0.3.1"),
            ("0.9.9", "^0"),
            ("1.9.0", "1.2"),
            ("1.2.3", "= 1.2"),
            ("1.2.3", "<= 1.2.3"),
            ("1.0.0-rc.1", "< 1.0.0"),
        ] {
            assert!(within(version, requirement), "{version} {requirement}");
        }
        assert_eq!(is_within(&Version::parse("1.0.0").unwrap(), ">= one"), None);
    }
}
