//! `Display` and `FromStr` for enums that have one name per value (`as_str`), as used in URLs, the
//! configuration, the command line and JSON.

/// There is no value of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName;

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is no value of that name")
    }
}

impl std::error::Error for UnknownName {}

/// Implements `Display` by `as_str`, and `FromStr` by `as_str` over `ALL`.
macro_rules! named {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::named::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.into_iter().find(|value| value.as_str() == name);
                found.ok_or($crate::named::UnknownName)
            }
        }
    };
}
pub(crate) use named;
