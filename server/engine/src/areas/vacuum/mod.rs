//! Transaction id age of databases (wraparound) and what holds back the xmin horizon, read every half
//! minute.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod burn;
mod metrics;
pub mod past;
mod points;

/// The rules of this area.
pub mod rules {
    pub mod autovacuum_off;
    pub mod xid_wraparound;
    pub mod xmin_horizon;

    use model::vacuum::Vacuum;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Vacuum>, "vacuum": xid_wraparound, autovacuum_off, xmin_horizon
    }
}

use model::server::Facts;
use model::vacuum::{DatabaseAge, Vacuum, XminHolder};
use model::{AreaName, Known, Reason};

use crate::area::{Area, read};
use crate::connection::Observer;
use crate::error::{Error, monitor_grant};
use crate::metrics::Metrics;
use crate::sql::sql;

sql! {
    DATABASE_AGES = "database_ages" [14];
    FREEZE_SETTINGS = "freeze_settings" [14, 19];
    XMIN_HOLDERS = "xmin_holders" [14];
    HIDDEN_BACKENDS = "hidden_backends" [14];
}

/// The vacuum area.
pub struct VacuumArea;

#[derive(sqlx::FromRow)]
struct FreezeSettings {
    freeze_max_age_xids: i64,
    multixact_freeze_max_age_xids: i64,
    autovacuum: bool,
    track_counts: bool,
    failsafe_age: i64,
    multixact_failsafe_age: i64,
    next_xid: i64,
    multixacts: Option<i64>,
    members: Option<i64>,
    members_bytes: Option<i64>,
}

#[derive(Clone, sqlx::FromRow)]
struct HiddenBackends {
    hidden: i64,
    prepared: Option<i64>,
}

impl Area for VacuumArea {
    type Value = Vacuum;
    type State = burn::Readings;
    type History = ();
    const NAME: AreaName = AreaName::Vacuum;
    const EVERY_MS: u32 = 30_000;
    const RULES: &'static [crate::rule::Rule<Vacuum>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut burn::Readings,
        now_ms: i64,
    ) -> Result<Vacuum, Error> {
        let mut sets = read(observer, facts, QUERIES).await?.into_iter();
        let mut next = || sets.next().unwrap_or(Err(Reason::NotYet));
        let query = |query| move |reason| Error::Query { query, reason };
        let ages = next().and_then(|rows| Ok((rows.unread(ages), rows.all::<DatabaseAge>()?)));
        let (ages_unread, databases) = ages.map_err(query("database_ages"))?;
        let settings: FreezeSettings =
            next().and_then(|rows| rows.one()).map_err(query("freeze_settings"))?;
        let burn = state.add(burn::Reading {
            at_ms: now_ms,
            next_xid: settings.next_xid,
            multixacts: settings.multixacts,
        });
        let holders = next().and_then(|rows| Ok((rows.unread(holders), rows.all::<XminHolder>()?)));
        let (xmin_unread, holders) = match holders {
            Ok((unread, holders)) => (unread, Ok(holders)),
            Err(reason) => (Vec::new(), Err(reason)),
        };
        let backends =
            next().and_then(|rows| Ok((rows.missing("prepared"), rows.one::<HiddenBackends>()?)));
        let prepared_transactions = backends.clone().and_then(|(missing, backends)| {
            backends.prepared.ok_or(missing.unwrap_or(Reason::NotYet))
        });
        Ok(Vacuum {
            databases,
            ages_unread,
            xmin_holders: holders.and_then(|rows| all_seen(rows, backends?.1.hidden, facts)),
            xmin_unread,
            prepared_transactions,
            freeze_max_age_xids: settings.freeze_max_age_xids,
            multixact_freeze_max_age_xids: settings.multixact_freeze_max_age_xids,
            autovacuum: settings.autovacuum,
            track_counts: settings.track_counts,
            failsafe_age: settings.failsafe_age,
            multixact_failsafe_age: settings.multixact_failsafe_age,
            multixact_members: settings.members,
            multixact_members_bytes: settings.members_bytes,
            burn,
        })
    }

    fn points(value: &Vacuum) -> Option<Vec<history::Point>> {
        Some(points::points(value))
    }

    fn metrics(value: &Vacuum, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}

/// What the optional parts of `database_ages` tell.
fn ages(part: &str) -> Option<&'static str> {
    match part {
        "xids" => Some("Transaction ID ages"),
        "multixacts" => Some("Multixact ages"),
        _ => None,
    }
}

/// What the optional parts of `xmin_holders` tell.
fn holders(part: &str) -> Option<&'static str> {
    match part {
        "prepared" => Some("Prepared transactions"),
        "slots" => Some("Replication slots"),
        "vacuums" => Some("Sessions that run VACUUM, which hold back nothing"),
        _ => None,
    }
}

/// Who holds back the most is not known while some are hidden.
fn all_seen(holders: Vec<XminHolder>, hidden: i64, facts: &Facts) -> Known<Vec<XminHolder>> {
    if hidden > 0 {
        return Err(Reason::Hidden {
            what: "The xmin of other roles' sessions".into(),
            sql: monitor_grant(facts),
        });
    }
    Ok(holders)
}
