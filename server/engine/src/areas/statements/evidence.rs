//! What the rules of this area have in common: how long they look, and their numbers.

use model::statements::{Statements, Window};
use model::{Evidence, Known, Reason, Unit};

/// The window, once it covers that many seconds.
pub fn watched_for(statements: &Statements, seconds: f64) -> Known<&Window> {
    let window = statements.window()?;
    if (window.covered_ms as f64) < 1_000.0 * seconds {
        return Err(Reason::NeedsReadings { for_s: seconds as u32 });
    }
    Ok(window)
}

/// A number of a finding.
pub fn number(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}
