//! What a value is of: source, entity, metric; and the point that carries it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is read in one go: an area of a server. The history follows the cluster, not the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The cluster's system identifier, as text.
    pub cluster: String,
    /// The server's name in pgdeck.
    pub server: String,
    /// The area's name.
    pub area: String,
}

impl Source {
    /// The source of these three names.
    pub fn new(
        cluster: impl Into<String>,
        server: impl Into<String>,
        area: impl Into<String>,
    ) -> Self {
        Self { cluster: cluster.into(), server: server.into(), area: area.into() }
    }
}

/// A labelled thing of a source: a statement of a database, a wait event. Its key is the JSON of its labels
/// in the order of their names; the key of the server itself is empty. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity(Arc<str>);

impl Entity {
    /// The server itself.
    pub fn server() -> Self {
        Self::default()
    }

    /// The thing with these labels; without labels it is the server itself.
    pub fn of<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let labels: BTreeMap<&str, &str> = labels.into_iter().collect();
        if labels.is_empty() {
            return Self::server();
        }
        Self(serde_json::to_string(&labels).unwrap_or_default().into())
    }

    /// The thing with this key, as it was read from the store.
    pub(crate) fn from_key(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    /// Canonical JSON of the labels.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// The labels by name.
    pub fn labels(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// One label.
    pub fn label(&self, name: &str) -> Option<String> {
        self.labels().remove(name)
    }
}

/// What a metric's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The state at the tick.
    Gauge,
    /// What was added since the tick before: never negative. Sums over a window are exact.
    Increment,
}

impl Kind {
    /// The word in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Increment => "increment",
        }
    }

    /// The kind that a word of the store names.
    pub(crate) fn from_word(word: &str) -> Self {
        if word == "increment" { Self::Increment } else { Self::Gauge }
    }
}

/// What is measured, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Metric {
    /// Its name, the unit at its end: `total_exec_time_ms`.
    pub name: &'static str,
    /// Gauge or increment.
    pub kind: Kind,
}

impl Metric {
    /// A state.
    pub const fn gauge(name: &'static str) -> Self {
        Self { name, kind: Kind::Gauge }
    }

    /// A difference between two ticks.
    pub const fn increment(name: &'static str) -> Self {
        Self { name, kind: Kind::Increment }
    }
}

/// One value of one tick. What did not move is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Of what.
    pub entity: Entity,
    /// What was measured.
    pub metric: Metric,
    /// Its value. Values that are not finite, and negative increments, are refused and counted.
    pub value: f64,
}

impl Point {
    /// A value of a thing.
    pub fn new(entity: &Entity, metric: Metric, value: f64) -> Self {
        Self { entity: entity.clone(), metric, value }
    }

    /// Whether it says something that can be summed.
    pub(crate) fn is_sound(&self) -> bool {
        self.value.is_finite() && (self.metric.kind == Kind::Gauge || self.value >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_depend_on_the_order_of_labels() {
        let one = Entity::of([("queryid", "-7"), ("database", "sh\"op")]);
        assert_eq!(one, Entity::of([("database", "sh\"op"), ("queryid", "-7")]));
        assert_eq!(one.key(), r#"{"database":"sh\"op","queryid":"-7"}"#);
        assert_eq!(one.label("database").as_deref(), Some("sh\"op"));
        assert_eq!(Entity::of([]), Entity::server());
        assert!(Entity::server().labels().is_empty());
    }

    #[test]
    fn what_cannot_be_summed_is_refused() {
        let calls = Metric::increment("calls");
        assert!(Point::new(&Entity::server(), calls, 0.0).is_sound());
        assert!(!Point::new(&Entity::server(), calls, -1.0).is_sound());
        assert!(Point::new(&Entity::server(), Metric::gauge("offset"), -1.0).is_sound());
        assert!(!Point::new(&Entity::server(), Metric::gauge("offset"), f64::NAN).is_sound());
    }
}
