//! How many bytes one person, and one address, is sent within a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::rate_limit::network;

/// The most bytes of a person in a minute (`docs/limits.md#connections-of-clients`).
const MOST_OF_A_PERSON: u64 = 1 << 30;
/// The most bytes of an address, from which several may look.
const MOST_OF_AN_ADDRESS: u64 = 4 << 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Meters kept in memory; those at rest are dropped beyond.
const MAX_METERS: usize = 10_000;

/// What was sent to whom.
pub struct Traffic {
    most_of_a_person: u64,
    most_of_an_address: u64,
    meters: Mutex<HashMap<String, Arc<Meter>>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self::with(MOST_OF_A_PERSON, MOST_OF_AN_ADDRESS)
    }
}

impl Traffic {
    /// With other limits.
    pub fn with(most_of_a_person: u64, most_of_an_address: u64) -> Self {
        Self { most_of_a_person, most_of_an_address, meters: Mutex::default() }
    }

    /// Those that a request counts on. Loopback is no address of its own: behind a reverse proxy everybody comes
    /// from there.
    pub fn meters(&self, person: Option<&str>, address: IpAddr) -> Vec<Arc<Meter>> {
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        if meters.len() >= MAX_METERS {
            let now = Instant::now();
            meters.retain(|_, meter| Arc::strong_count(meter) > 1 || meter.sent(now) > 0);
        }
        let mut one = |key: String, most| {
            Arc::clone(meters.entry(key).or_insert_with(|| Arc::new(Meter::new(most))))
        };
        let person = person.map(|name| one(format!("person {name}"), self.most_of_a_person));
        let address = (!address.is_loopback())
            .then(|| one(format!("address {}", network(address)), self.most_of_an_address));
        person.into_iter().chain(address).collect()
    }
}

/// Bytes within the present minute.
pub struct Meter {
    most: u64,
    /// When the minute began, and what was sent since.
    sent: Mutex<(Instant, u64)>,
}

impl Meter {
    fn new(most: u64) -> Self {
        Self { most, sent: Mutex::new((Instant::now(), 0)) }
    }

    fn sent(&self, now: Instant) -> u64 {
        self.add(0, now)
    }

    /// Adds bytes; what was sent in this minute then.
    pub fn add(&self, bytes: u64, now: Instant) -> u64 {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(sent.0) >= WINDOW {
            *sent = (now, 0);
        }
        sent.1 = sent.1.saturating_add(bytes);
        sent.1
    }

    /// Whether there is nothing left of this minute.
    pub fn is_spent(&self, now: Instant) -> bool {
        self.sent(now) >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_an_address_have_a_meter_each_and_a_minute_passes() {
        let traffic = Traffic::with(10, 25);
        let now = Instant::now();
        let far = IpAddr::from([192, 0, 2, 1]);
        for (person, sent) in [("ann", 10), ("bob", 5)] {
            for meter in traffic.meters(Some(person), far) {
                meter.add(sent, now);
            }
        }
        let spent = |person, address, at| {
            traffic.meters(person, address).iter().any(|meter| meter.is_spent(at))
        };
        assert!(spent(Some("ann"), far, now) && spent(Some("ann"), [127, 0, 0, 1].into(), now));
        assert!(!spent(Some("bob"), far, now) && !spent(None, far, now));
        traffic.meters(None, far)[0].add(10, now);
        assert!(spent(Some("bob"), far, now) && spent(None, far, now), "25 from one address");
        assert!(traffic.meters(None, [127, 0, 0, 1].into()).is_empty());
        assert!(!spent(Some("ann"), far, now + 2 * WINDOW));
    }

    #[test]
    fn meters_at_rest_make_room() {
        let traffic = Traffic::with(10, 10);
        for person in 0..MAX_METERS + 5 {
            traffic.meters(Some(&person.to_string()), [127, 0, 0, 1].into());
        }
        assert!(traffic.meters.lock().unwrap().len() <= 6);
    }
}
