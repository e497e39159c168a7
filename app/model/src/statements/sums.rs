//! Sums of what entries did. Zeros take no room, for most entries use a third of the columns.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::measure::Measure;

/// A value for each measure; what is zero is not kept. In JSON a map of names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    which: u64,
    values: Box<[f64]>,
}

impl Sums {
    /// These values, in the order of `Measure::ALL`. What is no number or below zero counts as zero.
    pub fn of(values: &[f64; Measure::COUNT]) -> Self {
        let kept = || values.iter().enumerate().filter(|(_, v)| v.is_finite() && **v > 0.0);
        Self {
            which: kept().fold(0, |which, (at, _)| which | 1 << at),
            values: kept().map(|(_, value)| *value).collect(),
        }
    }

    /// One value.
    pub fn get(&self, measure: Measure) -> f64 {
        if self.which & measure.bit() == 0 {
            return 0.0;
        }
        let before = (self.which & (measure.bit() - 1)).count_ones() as usize;
        self.values.get(before).copied().unwrap_or_default()
    }

    /// Blocks of shared buffers that were touched, found there or read.
    pub fn shared_blocks(&self) -> f64 {
        self.get(Measure::SharedHit) + self.get(Measure::SharedRead)
    }

    /// What is not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, f64)> + '_ {
        let kept = Measure::ALL.into_iter().filter(|measure| self.which & measure.bit() != 0);
        kept.zip(self.values.iter().copied())
    }

    /// Whether all of it is zero.
    pub fn is_zero(&self) -> bool {
        self.which == 0
    }

    /// All values, zeros included.
    pub fn dense(&self) -> [f64; Measure::COUNT] {
        let mut all = [0.0; Measure::COUNT];
        for (measure, value) in self.iter() {
            if let Some(place) = all.get_mut(measure as usize) {
                *place = value;
            }
        }
        all
    }

    /// All of it, so many times.
    pub fn scaled(&self, by: f64) -> Self {
        self.iter().map(|(measure, value)| (measure, value * by)).collect()
    }

    /// A value per call; None without a call.
    pub fn per_call(&self, value: f64) -> Option<f64> {
        let calls = self.get(Measure::Calls);
        (calls > 0.0).then(|| value / calls)
    }

    /// Mean execution time, ms; None without a call.
    pub fn mean_ms(&self) -> Option<f64> {
        self.per_call(self.get(Measure::ExecTime))
    }

    /// Standard deviation of execution times, ms; None without a call. Floating-point cancellation can
    /// leave it a little below zero: that is zero.
    pub fn stddev_ms(&self) -> Option<f64> {
        let mean = self.mean_ms()?;
        let squares = self.get(Measure::ExecTimeSquares) / self.get(Measure::Calls);
        Some((squares - mean * mean).max(0.0).sqrt())
    }

    /// Standard error of the mean execution time, ms; None without a call.
    pub fn standard_error_ms(&self) -> Option<f64> {
        Some(self.stddev_ms()? / self.get(Measure::Calls).sqrt())
    }
}

impl FromIterator<(Measure, f64)> for Sums {
    fn from_iter<I: IntoIterator<Item = (Measure, f64)>>(values: I) -> Self {
        let mut all = [0.0; Measure::COUNT];
        for (measure, value) in values {
            if let Some(place) = all.get_mut(measure as usize) {
                *place += value;
            }
        }
        Self::of(&all)
    }
}

impl<'a> std::iter::Sum<&'a Sums> for Sums {
    fn sum<I: Iterator<Item = &'a Sums>>(all: I) -> Self {
        all.flat_map(Sums::iter).collect()
    }
}

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.values.len()))?;
        for (measure, value) in self.iter() {
            map.serialize_entry(measure.as_str(), &value)?;
        }
        map.end()
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Sums;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of measures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sums, A::Error> {
        let mut values = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, f64>()? {
            // A measure of a later version of pgdeck is left out.
            values.extend(name.parse::<Measure>().map(|measure| (measure, value)));
        }
        Ok(values.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Sums {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_take_no_room_and_nothing_else_is_lost() {
        let of = [
            (Measure::Calls, 4.0),
            (Measure::CustomPlans, 3.0),
            (Measure::WalBytes, f64::NAN),
            (Measure::Rows, -1.0),
        ];
        let sums: Sums = of.into_iter().collect();
        assert_eq!(sums.values.len(), 2);
        assert_eq!(sums.get(Measure::CustomPlans), 3.0);
        assert_eq!(sums.get(Measure::Rows), 0.0);
        let json = serde_json::to_string(&sums).unwrap();
        assert_eq!(json, r#"{"calls":4.0,"custom_plan_calls":3.0}"#);
        assert_eq!(serde_json::from_str::<Sums>(&json).unwrap(), sums);
        assert_eq!([&sums, &sums].into_iter().sum::<Sums>().get(Measure::Calls), 8.0);
        assert!(serde_json::from_str::<Sums>(r#"{"of 2030":1}"#).unwrap().is_zero());
    }

    #[test]
    fn the_standard_deviation_comes_from_the_sum_of_squares() {
        let of =
            [(Measure::Calls, 2.0), (Measure::ExecTime, 6.0), (Measure::ExecTimeSquares, 20.0)];
        // 2 ms and 4 ms.
        let sums: Sums = of.into_iter().collect();
        assert_eq!((sums.mean_ms(), sums.stddev_ms()), (Some(3.0), Some(1.0)));
        assert_eq!(Sums::default().mean_ms(), None);
    }
}
