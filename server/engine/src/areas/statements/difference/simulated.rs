//! Ten thousand generated histories of a server against what really ran: no difference is negative, none is
//! above the truth, and one that says it is exact is the truth.

use std::collections::{HashMap, HashSet};

use super::*;

/// A generator of numbers (xorshift64*), so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}

/// A table of entries as `pg_stat_statements` keeps it.
struct Server {
    /// Whether it says since when an entry counts (1.11).
    says_since: bool,
    clock_us: i64,
    started_us: i64,
    reset_us: i64,
    deallocations: i64,
    entries: HashMap<Key, Counters>,
}

impl Server {
    fn new(says_since: bool, clock_us: i64) -> Self {
        Self {
            says_since,
            clock_us,
            started_us: clock_us,
            reset_us: clock_us,
            deallocations: 0,
            entries: HashMap::new(),
        }
    }

    fn run(&mut self, key: Key, ms: f64) {
        let since = self.says_since.then_some(self.clock_us);
        let entry = self.entries.entry(key).or_insert_with(|| Counters {
            since_us: since,
            extremes_since_us: since,
            ..Counters::default()
        });
        let first = entry.sums.is_zero() || entry.max_ms == 0.0;
        entry.min_ms = if first { ms } else { entry.min_ms.min(ms) };
        entry.max_ms = entry.max_ms.max(ms);
        let once =
            [(Measure::Calls, 1.0), (Measure::ExecTime, ms), (Measure::ExecTimeSquares, ms * ms)];
        entry.sums = entry.sums.iter().chain(once).collect();
    }

    fn reset_all(&mut self) {
        self.entries.clear();
        (self.reset_us, self.deallocations) = (self.clock_us, 0);
    }

    fn poll(&self) -> Poll {
        Poll {
            at_ms: self.clock_us / 1_000,
            server_now_us: self.clock_us,
            started_us: self.started_us,
            reset_us: self.reset_us,
            deallocations: (self.deallocations, self.deallocations),
            version: if self.says_since { 11 } else { 9 },
            max_entries: 100,
            entries: self.entries.clone(),
            ..Poll::default()
        }
    }
}

/// What ran since the last reading, and what no reading can know.
#[derive(Default)]
struct Truth {
    calls: HashMap<Key, (f64, f64)>,
    /// Entries that somebody removed by hand.
    reset_by_hand: HashSet<Key>,
}

fn happen(server: &mut Server, truth: &mut Truth, dice: &mut Dice) {
    server.clock_us += 1 + dice.roll(1_000_000) as i64;
    let key = |dice: &mut Dice| Key {
        userid: 10,
        dbid: 5,
        toplevel: dice.roll(8) > 0,
        queryid: dice.roll(5) as i64,
    };
    match dice.roll(40) {
        0 => server.reset_all(),
        1 => {
            // A crash: the postmaster stays, the entries do not.
            server.reset_all();
            server.started_us += i64::from(dice.roll(2) > 0);
        }
        2..=4 => {
            let gone: Vec<Key> =
                server.entries.keys().filter(|_| dice.roll(2) > 0).copied().collect();
            gone.iter().for_each(|key| drop(server.entries.remove(key)));
            server.deallocations += 1;
        }
        5..=6 => {
            let key = key(dice);
            server.entries.remove(&key);
            truth.reset_by_hand.insert(key);
            if server.entries.is_empty() {
                server.reset_all();
            }
        }
        7 if server.says_since => {
            for entry in server.entries.values_mut() {
                (entry.min_ms, entry.max_ms) = (0.0, 0.0);
                entry.extremes_since_us = Some(server.clock_us);
            }
        }
        // A clean restart keeps the entries.
        8 => server.started_us = server.clock_us,
        _ => {
            let (key, ms) = (key(dice), 0.01 * (1 + dice.roll(5_000)) as f64);
            for _ in 0..1 + dice.roll(4) {
                server.run(key, ms);
                let ran = truth.calls.entry(key).or_default();
                *ran = (ran.0 + 1.0, ran.1 + ms);
            }
        }
    }
}

/// Compares one difference with the truth; returns how many entries were exact.
fn compare(tick: &Tick, truth: &Truth, says_since: bool) -> usize {
    let mut exact = 0;
    for moved in &tick.moved {
        let (calls, ms) = truth.calls.get(&moved.key).copied().unwrap_or_default();
        let of = |measure| moved.sums.get(measure);
        let slack = 1e-9 * (1.0 + ms);
        assert!(of(Measure::Calls) <= calls, "more calls than there were: {moved:?}, {calls}");
        assert!(of(Measure::ExecTime) <= ms + slack, "more time than there was: {moved:?}, {ms}");
        assert!(moved.sums.iter().all(|(_, value)| value >= 0.0), "negative: {moved:?}");
        // One that somebody removed by hand and that then grew beyond what it had been shows nothing, nor
        // does one that was not there before.
        if moved.bound == Bound::Exact && !truth.reset_by_hand.contains(&moved.key) {
            assert_eq!(of(Measure::Calls), calls, "exact, and it is not: {moved:?}");
            assert!((of(Measure::ExecTime) - ms).abs() <= slack, "{moved:?}, {ms}");
            exact += 1;
        }
        if says_since && moved.bound == Bound::Exact {
            let whole =
                truth.calls.get(&moved.key).is_some_and(|(ran, _)| *ran == of(Measure::Calls));
            assert!(whole || truth.reset_by_hand.contains(&moved.key));
        }
    }
    let seen: HashSet<Key> = tick.moved.iter().map(|moved| moved.key).collect();
    let unseen = truth.calls.keys().filter(|key| !seen.contains(key)).count();
    let says_so = tick.gap.is_some()
        || tick.integrity.vanished > 0
        || tick.integrity.deallocations > 0
        || truth.calls.keys().all(|key| seen.contains(key) || truth.reset_by_hand.contains(key));
    assert!(unseen == 0 || says_so, "work is missing and nothing says so: {tick:?}");
    exact
}

#[test]
fn no_history_gives_a_number_that_is_not_true() {
    let (mut exact, mut moved, mut gaps) = (0, 0, 0);
    for seed in 1..=10_000_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let says_since = seed % 2 == 0;
        let mut server = Server::new(says_since, 1_000_000_000 + dice.roll(1_000) as i64);
        server.clock_us += 1;
        let mut before = server.poll();
        for _ in 0..6 {
            let mut truth = Truth::default();
            for _ in 0..dice.roll(9) {
                happen(&mut server, &mut truth, &mut dice);
            }
            server.clock_us += 1;
            if dice.roll(50) == 0 {
                // A failover: the address leads to a server whose counters began long ago.
                server = Server::new(says_since, server.clock_us);
                server.reset_us = 1_000_000 + dice.roll(1_000) as i64;
                truth = Truth::default();
                server.run(Key::default(), 1.0);
            }
            let now = server.poll();
            let tick = difference(&before, &now);
            exact += compare(&tick, &truth, says_since);
            moved += tick.moved.len();
            gaps += usize::from(tick.gap.is_some());
            before = now;
        }
    }
    assert!(
        exact * 3 > moved,
        "{exact} of {moved} exact: the histories show little else than loss"
    );
    assert!(gaps > 1_000, "{gaps} gaps: the histories show little of resets");
}
