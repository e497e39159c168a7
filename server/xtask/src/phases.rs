//! Times the phases of a long task and shows where the time went.

use std::time::Instant;

use crate::command::Result;

/// The phases so far, each with its seconds.
#[derive(Default)]
pub struct Phases(Vec<(String, u64)>);

impl Phases {
    /// Runs a phase and notes its seconds, also when it fails.
    pub fn time<T>(&mut self, name: &str, task: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("=====> {name}");
        let start = Instant::now();
        let done = task();
        self.note(name, start.elapsed().as_secs());
        done
    }

    /// Notes a phase that was timed elsewhere.
    pub fn note(&mut self, name: &str, seconds: u64) {
        eprintln!("=====> {name}: {seconds} s");
        self.0.push((name.to_owned(), seconds));
    }

    /// A line per phase; phases that run at the same time make the total less than their sum.
    pub fn table(&self, total: u64) -> String {
        let rows = self.0.iter().map(|(name, seconds)| (name.as_str(), *seconds));
        rows.chain([("total", total)])
            .map(|(name, seconds)| {
                format!("{name:<40} {:>3} min {:>2} s\n", seconds / 60, seconds % 60)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_fails_is_noted_too() {
        let mut phases = Phases::default();
        phases.note("set-up", 61);
        let failed: Result<()> = phases.time("build", || Err("no".into()));
        assert_eq!(failed, Err("no".to_owned()));
        let table = phases.table(130);
        let rows: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["set-up", "1", "min", "1", "s"]);
        assert_eq!(rows[1], ["build", "0", "min", "0", "s"]);
        assert_eq!(rows[2], ["total", "2", "min", "10", "s"]);
    }
}
