//! A value that is the default of its type for most of very many: only where it is not it takes room.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type with a default that lives for ever.
pub trait HasDefault: Default + PartialEq + 'static {
    /// It.
    fn of_default() -> &'static Self;
}

/// A value that is rarely another than the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rare<T>(Option<Box<T>>);

impl<T: HasDefault> Rare<T> {
    /// Changes it in place.
    pub fn change(&mut self, by: impl FnOnce(&mut T)) {
        let mut value = self.0.take().map(|kept| *kept).unwrap_or_default();
        by(&mut value);
        *self = value.into();
    }
}

impl<T: HasDefault> From<T> for Rare<T> {
    fn from(value: T) -> Self {
        Self((value != *T::of_default()).then(|| Box::new(value)))
    }
}

impl<T: HasDefault> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::of_default())
    }
}

impl<T: HasDefault + Serialize> Serialize for Rare<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: HasDefault + Deserialize<'de>> Deserialize<'de> for Rare<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Maintenance;

    #[test]
    fn the_default_takes_no_room_and_reads_like_any_other_value() {
        let mut rare = Rare::from(Maintenance::default());
        assert!(rare.0.is_none() && rare.vacuum_count == 0);
        rare.change(|maintenance| maintenance.vacuum_count += 2);
        assert!(rare.0.is_some() && rare.vacuum_count == 2);
        let text = serde_json::to_string(&rare).unwrap_or_default();
        assert_eq!(text, r#"{"vacuum_count":2}"#);
        assert_eq!(serde_json::from_str::<Rare<Maintenance>>(&text).ok(), Some(rare.clone()));
        rare.change(|maintenance| maintenance.vacuum_count = 0);
        assert_eq!(rare, Rare::default());
    }
}
