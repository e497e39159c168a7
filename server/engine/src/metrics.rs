//! Prometheus text format: metrics of the watched servers from the newest readings in memory, under the
//! names that people's alert rules already use (those of postgres_exporter where it has one).
//!
//! What is not known is left out, and so is a stale reading: an alert on absence is right, a zero is not.

use std::fmt::Write as _;

/// Metrics in the order of their first sample, each with its samples together as the format asks.
#[derive(Default)]
pub struct Metrics(Vec<(&'static str, &'static str, &'static str, String)>);

impl Metrics {
    /// Adds a sample; names and label values are escaped.
    pub fn add(&mut self, (name, kind, help): Name, labels: &[(&str, &str)], value: f64) {
        let at = self.0.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
            self.0.push((name, kind, help, String::new()));
            self.0.len() - 1
        });
        let Some((.., samples)) = self.0.get_mut(at) else { return };
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Writing to a string cannot fail.
        let _ = writeln!(samples, "{name}{labels} {value}");
    }

    /// The text, each metric described once before its samples.
    pub fn finish(self) -> String {
        let mut text = String::new();
        for (name, kind, help, samples) in self.0 {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}");
        }
        text
    }
}

/// Name, type and help of a metric.
pub type Name = (&'static str, &'static str, &'static str);

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        let age = ("pgdeck_database_xid_age", "gauge", "Age.");
        let mut text = Metrics::default();
        text.add(age, &[("datname", "a\"b\\c\nd")], 3.0);
        let text = text.finish();
        assert!(
            text.ends_with("pgdeck_database_xid_age{datname=\"a\\\"b\\\\c\\nd\"} 3\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
    }
}
