//! Connections to watched servers: the only module that opens one.
//!
//! The `Observer` samples, `OnDemand` serves one request of a person, the `Operator` acts. Every await
//! has a deadline; after it the socket is dropped, never parked in a task. Never more than the permit.

mod answer;
pub mod batch;
pub mod budget;
mod many;
mod observer;
pub mod on_demand;
pub mod operator;
pub(crate) mod relay;
mod room;
mod sign_in;

use std::time::Duration;

use model::{Cause, Reason};
use sqlx::postgres::PgConnectOptions;

use self::answer::{Stop, awaited};
use self::budget::CONNECT_TIMEOUT;
use self::relay::{Ending, RelayedConnection};
use self::sign_in::{SignIn, is_refusal, is_refusal_of_pooler};
use crate::dsn::Dsn;
use crate::error::connect_reason;
use crate::overhead::Overhead;

pub use answer::Rows;
pub use batch::STATEMENT_TIMEOUT_MS;
pub use budget::Budget;
pub use many::{Around, Many};
pub use observer::Observer;
pub use sign_in::forget_refusals;

async fn connect(
    dsn: &Dsn,
    options: PgConnectOptions,
    overhead: &Overhead,
) -> Result<RelayedConnection, Reason> {
    let sign_in = SignIn::of(dsn);
    let _turn = sign_in.begin().await?;
    overhead.connect();
    let (address, ending) = (&dsn.address(), Ending::default());
    let opening = RelayedConnection::open(dsn, options, ending.clone());
    match awaited(CONNECT_TIMEOUT, address, &ending, opening).await {
        Ok(connection) => {
            sign_in.accepted();
            Ok(connection)
        }
        Err(Stop::Refused(error)) => {
            let is_refusal = is_refusal(&*error);
            let reason = connect_reason(&sqlx::Error::Database(error), address);
            if is_refusal {
                sign_in.refused(reason.clone());
            }
            Err(reason)
        }
        Err(Stop::Lost(reason)) => {
            if is_refusal_of_pooler(&reason) {
                sign_in.refused(reason.clone());
            }
            Err(reason)
        }
        Err(Stop::Late(_)) => Err(Reason::Unreachable {
            cause: Cause::TimedOut,
            message: format!("{address} did not answer within {} s.", CONNECT_TIMEOUT.as_secs()),
            remedy:
                "Check that no firewall drops the connection and that the server is not frozen."
                    .into(),
        }),
    }
}

fn no_answer_within(limit: Duration) -> Reason {
    Reason::Unreachable {
        cause: Cause::TimedOut,
        message: format!(
            "The server accepted the connection but did not answer within {} s.",
            limit.as_secs()
        ),
        remedy: "Check the server's load and the network; pgdeck has dropped the connection and reconnects automatically.".into(),
    }
}

/// Whether a pooler takes no start-up options.
fn refuses_options(reason: &Reason) -> bool {
    matches!(reason, Reason::Unreachable { cause: Cause::StartupOptions, .. })
}

/// A timeout as `show` prints it: in the largest unit that divides it.
fn shown_ms(ms: u64) -> String {
    match ms {
        ms if ms.is_multiple_of(60_000) => format!("{}min", ms / 60_000),
        ms if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_compared_as_show_prints_it() {
        assert_eq!([250, 2_000, 90_000, 120_000].map(shown_ms), ["250ms", "2s", "90s", "2min"]);
    }
}
