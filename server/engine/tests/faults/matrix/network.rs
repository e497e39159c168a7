//! The faults and the phases, and what whoever meets one has to be told.

use std::time::Duration;

use model::{Cause, Reason};
use playground::{Fault, FaultPhase};

use super::callers::Said;

pub const PHASES: [FaultPhase; 4] =
    [FaultPhase::Connect, FaultPhase::Startup, FaultPhase::Query, FaultPhase::Fetch];

/// Bytes after which the connection stalls or is cut: in the middle of a message.
fn some(phase: FaultPhase) -> usize {
    if phase == FaultPhase::Connect { 0 } else { 7 }
}

/// A fault with its name, and what an answer under it may be.
pub struct Named {
    pub name: &'static str,
    pub fault: fn(FaultPhase) -> Fault,
    told: Told,
}

/// What a caller has to be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// That nobody listens, or that the connection broke.
    Broke,
    /// That no answer came in time.
    Late,
    /// What it asked for.
    Answered,
    /// What it asked for, or, where that is too much for the line, that it did not come in time.
    AnsweredOrLate,
}

const fn named(name: &'static str, told: Told, fault: fn(FaultPhase) -> Fault) -> Named {
    Named { name, fault, told }
}

pub const FAULTS: [Named; 12] = [
    named("down", Told::Broke, |_| Fault::Down),
    named("refuse", Told::Broke, |_| Fault::Refuse),
    named("SYN black hole", Told::Late, |_| Fault::Unreachable),
    named("stall after N bytes", Told::Late, |phase| Fault::StallAfter(some(phase))),
    named("timeout = 0", Told::Late, |_| Fault::Discard),
    named("reset", Told::Broke, |_| Fault::ResetAfter(0)),
    named("slow close", Told::Broke, |_| Fault::SlowClose(Duration::from_secs(1))),
    named("5 s latency", Told::Late, |_| Fault::Latency(Duration::from_secs(5))),
    named("jitter", Told::Answered, |_| Fault::Jitter(Duration::from_millis(150))),
    named("1 KB/s", Told::AnsweredOrLate, |_| Fault::BytesPerSecond(1_024)),
    named("1-byte slices", Told::Answered, |_| Fault::Slices),
    named("cut in mid-row", Told::Broke, |phase| Fault::CutAfter(some(phase))),
];

impl Named {
    /// Whether answers come, only late.
    pub fn is_slow(&self) -> bool {
        matches!(self.told, Told::Answered | Told::AnsweredOrLate)
    }

    /// Whether this tells what has happened.
    pub fn is_told_by(&self, said: &Said) -> bool {
        match said {
            Said::Answered => matches!(self.told, Told::Answered | Told::AnsweredOrLate),
            Said::Late => matches!(self.told, Told::Late | Told::AnsweredOrLate),
            Said::Unknown(Reason::Unreachable { cause, message, remedy }) => {
                let fits = match cause {
                    Cause::Network => self.told == Told::Broke,
                    Cause::TimedOut => matches!(self.told, Told::Late | Told::AnsweredOrLate),
                    _ => false,
                };
                fits && !message.is_empty() && !remedy.is_empty()
            }
            Said::Unknown(_) | Said::Other(_) => false,
        }
    }
}
