//! Measures the bloat of one table or index for a person: what can be measured at which price, one measurement at
//! a time, in any database of the server, within a budget of bytes and time, and ended when the page is left.
//!
//! Server functions check the user's permission; what may run is decided here.

mod arithmetic;
pub(crate) mod functions;
pub(crate) mod needs;
mod read;
pub(crate) mod registry;
mod relation;
pub(crate) mod session;

use std::sync::Arc;
use std::time::Instant;

use history::{Entity, Metric, Point, Source};
use model::measure::{Budget, Measured, NotMeasured, Offers, Progress, Request, Target};
use model::{Cause, Permission, Reason, ServerId, User};

use crate::clock::now_ms;
use crate::engine::Engine;
use crate::server::WatchedServer;
use crate::sql::sql;
use read::Reading;
use registry::Run;
use relation::Relation;
use session::Session;

sql! {
    TARGETS = "targets" [14];
    FUNCTIONS = "functions" [14];
    SIZES = "sizes" [14];
    VISIBLE_PAGES = "visible_pages" [14];
    FREE_SPACES = "free_spaces" [14];
    APPROXIMATIONS = "approximations" [14];
    TUPLES = "tuples" [14];
    BTREES = "btrees" [14];
    GINS = "gins" [14];
    HASHES = "hashes" [14];
    HEAP_PAGES = "heap_pages" [14];
    LEAF_PAGES = "leaf_pages" [14];
}

/// What a measurement may cost unless the person says otherwise: a GiB, which a disk gives in seconds.
pub const DEFAULT_BUDGET: Budget = Budget { bytes: 1 << 30, time_ms: 30_000 };
/// The longest a person may ask for, ms: as for EXPLAIN (`docs/limits.md#explain-time-limit`).
pub const LONGEST_MS: u64 = 60_000;
/// The time to look what can be measured, ms.
const LOOK_MS: u64 = 5_000;
/// Where results stand in the history.
const HISTORY_AREA: &str = "tables";
/// Size at the measurement, bytes.
const MEASURED_BYTES: Metric = Metric::gauge("measured_bytes");
/// What a rewrite would have given back, bytes.
const MEASURED_RECLAIMABLE: Metric = Metric::gauge("measured_reclaimable_bytes");
/// Mean length of a live row, bytes.
const MEASURED_ROW: Metric = Metric::gauge("measured_row_bytes");

impl Engine {
    /// What can be measured of a table or index, and what it would read.
    pub async fn measure_offers(
        &self,
        id: &ServerId,
        target: &Target,
    ) -> Result<Offers, NotMeasured> {
        let server = self.measured_server(id)?;
        let (spawner, target) = (Arc::clone(&server), target.clone());
        let looking = spawner.spawn(async move {
            let mut session = Session::open(&server, &target.database, LOOK_MS).await?;
            let relation = Relation::find(&mut session, &target).await?;
            session.close().await;
            Ok(Offers { bytes: relation.bytes(), offers: relation.offers(), target })
        });
        looking.await.unwrap_or_else(|_| Err(broken()))
    }

    /// Measures. Ends within the time limit and a few seconds; when the caller goes away it is aborted.
    pub async fn measure(
        &self,
        id: &ServerId,
        who: &User,
        request: Request,
    ) -> Result<Measured, NotMeasured> {
        let server = self.measured_server(id)?;
        let slot = server.explains.slot_for_person().await.map_err(|_| NotMeasured::Busy)?;
        let run = server.measures.begin(&request, &who.name);
        let _abandoned = Abandoned(Arc::clone(&run));
        let spawner = Arc::clone(&server);
        // Its own task, on the thread of its server.
        let task = spawner.spawn(async move {
            // Dropped last: who gets it next finds no measurement under way.
            let _slot = slot;
            let _entered = Entered(Arc::clone(&server));
            // What is aborted drops its session; the server notices that its client is gone.
            let answer = tokio::select! {
                biased;
                why = run.aborted() => Err(why),
                answer = measured(&server, &run, request) => answer,
            };
            if let Ok(measured) = &answer {
                server.measures.keep(measured);
                record(&server, measured);
            }
            answer
        });
        task.await.unwrap_or_else(|_| Err(broken()))
    }

    /// The measurement under way on a server.
    pub fn measuring(&self, id: &ServerId) -> Option<Progress> {
        Some(self.server(id)?.measures.running()?.progress())
    }

    /// Ends the measurement under way: its starter may, and an administrator. False: there is none, or it is
    /// another's.
    pub fn abort_measurement(&self, id: &ServerId, who: &User) -> bool {
        let run = self.server(id).and_then(|server| server.measures.running());
        let run = run.filter(|run| run.who() == who.name || who.may(Permission::Administer));
        run.inspect(|run| run.abort(&who.name)).is_some()
    }

    /// The newest result of a relation since pgdeck's start.
    pub fn measured(&self, id: &ServerId, target: &Target) -> Option<Measured> {
        self.server(id)?.measures.newest(target)
    }

    fn measured_server(&self, id: &ServerId) -> Result<Arc<WatchedServer>, NotMeasured> {
        self.server(id).ok_or_else(|| {
            NotMeasured::Unknown(Reason::Unreachable {
                cause: Cause::Configuration,
                message: "There is no server with that name.".into(),
                remedy: "Choose one from the fleet page.".into(),
            })
        })
    }
}

async fn measured(
    server: &WatchedServer,
    run: &Run,
    request: Request,
) -> Result<Measured, NotMeasured> {
    let (budget, method) = (request.budget, request.method);
    let time_ms = budget.time_ms.clamp(1, LONGEST_MS);
    let mut session = Session::open(server, &request.target.database, time_ms).await?;
    let relation = Relation::find(&mut session, &request.target).await?;
    let offers = relation.offers();
    let offer = offers.into_iter().find(|offer| offer.method == method);
    let reads = offer.ok_or(NotMeasured::Unfit)?.reads?;
    if reads > budget.bytes {
        return Err(NotMeasured::OverBudget { reads, budget: budget.bytes });
    }
    let started = Instant::now();
    let reading = Reading { session: &mut session, relation: &relation, method, run };
    let found = reading.read().await?;
    session.close().await;
    Ok(Measured {
        request,
        at_ms: now_ms(),
        took_ms: started.elapsed().as_secs_f64() * 1_000.0,
        bytes: found.bytes,
        sampled_blocks: found.sampled_blocks,
        reclaimable_bytes: found.reclaimable_bytes,
        row_bytes: found.row_bytes,
        live_rows: found.live_rows,
    })
}

/// Hands a result to the history store, which never waits.
fn record(server: &WatchedServer, measured: &Measured) {
    let (Some(recorder), Some(facts)) = (&server.recorder, server.facts()) else { return };
    let target = &measured.request.target;
    let name = format!("{}.{}", target.schema, target.relation);
    let entity = Entity::of([("database", target.database.as_str()), ("relation", name.as_str())]);
    let mut points = vec![Point::new(&entity, MEASURED_BYTES, measured.bytes as f64)];
    if let Ok(given) = measured.reclaimable_bytes {
        points.push(Point::new(&entity, MEASURED_RECLAIMABLE, given as f64));
    }
    points.extend(measured.row_bytes.map(|bytes| Point::new(&entity, MEASURED_ROW, bytes)));
    let cluster = facts.system_identifier.as_deref().unwrap_or_default();
    let source = Source::new(cluster, server.id.as_str(), HISTORY_AREA);
    // It is not read at an interval.
    recorder.append(&source, measured.at_ms, 0, points);
}

fn broken() -> NotMeasured {
    tracing::error!("a measurement broke");
    Reason::Broken { what: "The measurement".into() }.into()
}

/// A measurement that is entered as under way, and taken out however it ends.
struct Entered(Arc<WatchedServer>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.measures.end();
    }
}

/// Aborts a measurement whose caller went away before it ended.
struct Abandoned(Arc<Run>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        // Of one that has ended nobody waits for it any more.
        self.0.abort("pgdeck, because the page was closed");
    }
}
