//! Back-off after a refused sign-in: two tries a minute for each server, role and password, however many loops
//! and people ask, so that no account is locked because of us. Whoever comes earlier gets the last refusal.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{Cause, Reason};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::budget::CONNECT_TIMEOUT;
use crate::dsn::Dsn;

/// From a refusal to the next try (`docs/limits.md#connections`).
const PAUSE: Duration = Duration::from_secs(30);

/// By what a server checks: entries of the configuration may lead to the same one.
static ALL: LazyLock<Mutex<HashMap<u64, Arc<SignIn>>>> = LazyLock::new(Mutex::default);

/// The sign-ins with the same credentials on the same server.
#[derive(Debug)]
pub(super) struct SignIn {
    /// One at a time, so that the others hear of a refusal.
    turn: Semaphore,
    /// The last one, if it was refused.
    refused: Mutex<Option<(Instant, Reason)>>,
}

impl SignIn {
    /// Those of a DSN, whichever its database.
    pub fn of(dsn: &Dsn) -> Arc<Self> {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Self { turn: Semaphore::new(1), refused: Mutex::default() });
        Arc::clone(all.entry(dsn.credentials()).or_insert_with(new))
    }

    /// Waits until it may be tried, and holds off others for as long as the answer is kept.
    ///
    /// Errors: it was refused a moment ago, with what was said then.
    pub async fn begin(&self) -> Result<Option<SemaphorePermit<'_>>, Reason> {
        // Where nobody answers, nobody is refused either: then all may try at once.
        let turn = timeout(CONNECT_TIMEOUT, self.turn.acquire()).await.ok().and_then(Result::ok);
        match &*self.last() {
            Some((at, reason)) if at.elapsed() < PAUSE => Err(reason.clone()),
            _ => Ok(turn),
        }
    }

    /// The server let us in.
    pub fn accepted(&self) {
        *self.last() = None;
    }

    /// The server refused us.
    pub fn refused(&self, reason: Reason) {
        *self.last() = Some((Instant::now(), reason));
    }

    fn last(&self) -> MutexGuard<'_, Option<(Instant, Reason)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets all refusals: somebody says that things have changed.
pub fn forget_refusals() {
    ALL.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Whether the server has checked who we are and was not content. Without a line in pg_hba.conf it checks
/// nothing; behind 28000 may be LDAP or PAM, whose accounts lock themselves.
pub(super) fn is_refusal(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    let details = error.try_downcast_ref::<PgDatabaseError>();
    let routine = details.and_then(PgDatabaseError::routine);
    code == "28P01" || code == "28000" && routine.is_none_or(|routine| routine == "auth_failed")
}

/// The same of a pooler that ends the connection with a code for everything.
pub(super) fn is_refusal_of_pooler(reason: &Reason) -> bool {
    let Reason::Unreachable { cause: Cause::Refused { sqlstate }, message, .. } = reason else {
        return false;
    };
    sqlstate == "08P01" && message.contains("authentication failed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsn::Environment;

    fn sign_in(dsn: &str) -> Arc<SignIn> {
        SignIn::of(&Dsn::parse(dsn, &Environment::empty()).unwrap())
    }

    #[tokio::test]
    async fn a_refused_password_is_tried_again_after_the_pause_and_another_at_once() {
        let wrong = sign_in("postgres://me:wrong@h/a");
        assert!(wrong.begin().await.is_ok());
        wrong.refused(Reason::NotYet);
        let elsewhere = sign_in("postgres://me:wrong@h/b");
        assert_eq!(elsewhere.begin().await.unwrap_err(), Reason::NotYet, "for all its databases");
        for other in
            ["postgres://me:right@h/a", "postgres://you:wrong@h/a", "postgres://me:wrong@i/a"]
        {
            assert!(sign_in(other).begin().await.is_ok(), "{other}");
        }
        *wrong.last() = Some((Instant::now() - PAUSE, Reason::NotYet));
        assert!(wrong.begin().await.is_ok());
        wrong.refused(Reason::NotYet);
        forget_refusals();
        assert!(sign_in("postgres://me:wrong@h/a").begin().await.is_ok());
    }

    #[tokio::test]
    async fn one_tries_and_the_others_hear_of_the_refusal() {
        let one = sign_in("postgres://me:new@h/a");
        let first = one.begin().await.unwrap();
        let refuse = async {
            tokio::task::yield_now().await;
            one.refused(Reason::NotYet);
            drop(first);
        };
        let (second, third, ()) = tokio::join!(one.begin(), one.begin(), refuse);
        assert!(second.is_err() && third.is_err(), "they got the answer of the first");
        one.accepted();
        assert!(one.begin().await.is_ok());
    }
}
