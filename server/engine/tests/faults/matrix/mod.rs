//! Every fault of the network in every phase of a connection, met by every caller: the sampler, a person's
//! EXPLAIN and an action. Each has its answer in time, no session is left behind, other servers go on, and it
//! heals without a restart. All at the same time, each fault and phase on a server of its own name.

mod backends;
mod callers;
mod network;

use std::time::{Duration, Instant};

use anyhow::Context;
use engine::{Dsn, Engine, Limits, ServerConfig};
use futures::future::try_join_all;
use model::ServerId;
use playground::{FaultPhase, FaultProxy, Server, ServerOptions};

use self::backends::Backends;
use self::callers::{Answer, Caller, SLACK, Said};
use self::network::{FAULTS, Named, PHASES};
use crate::HEALS_WITHIN;
use crate::support::{PATIENCE, Result, is_up, monitored, until, watcher};

/// The database of a person's EXPLAIN, by which its sessions are told from the sampler's.
const PAGES: &str = "pages";
/// Part of an interval by which the readings of another server may come early or late.
const JITTER: f64 = 0.1;
const OTHER: &str = "other";

/// A fault in a phase, on a server of its own name behind a proxy of its own.
struct Place {
    fault: &'static Named,
    phase: FaultPhase,
    /// Its number in the matrix.
    cell: usize,
    proxy: FaultProxy,
}

impl Place {
    fn id(&self) -> ServerId {
        ServerId::new(format!("{} at {:?}", self.fault.name, self.phase))
    }

    fn reader(&self) -> String {
        format!("reader_{}", self.cell)
    }

    fn operator(&self) -> String {
        format!("operator_{}", self.cell)
    }

    fn table(&self) -> String {
        format!("public.t_{}", self.cell)
    }

    fn config(&self) -> Result<ServerConfig> {
        let none = engine::dsn::Environment::empty();
        let dsn = |role: String| Dsn::parse(&self.proxy.dsn_for(&role, "w", "postgres"), &none);
        Ok(ServerConfig {
            id: self.id(),
            dsn: dsn(self.reader())?,
            operate: Some(dsn(self.operator())?),
            labels: vec![],
            cores: None,
        })
    }
}

/// What became of a fault in a phase: what each caller did not keep, and how long it took of its deadline.
struct Outcome {
    cell: usize,
    broken: Vec<(Caller, String)>,
    slowest: f64,
    healed: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_in_every_phase_is_survived_by_every_caller() -> Result {
    let (server, other) = (prepared().await?, monitored(17).await?);
    let mut outcomes = Vec::new();
    // Half of them at a time: more keep a small machine too busy to be on time.
    for phases in PHASES.chunks(2) {
        outcomes.extend(survived(&server, &other, phases).await?);
    }
    outcomes.sort_by_key(|outcome| outcome.cell);
    let jitter = callers::jitter();
    report(&outcomes, jitter);
    let broken: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.broken).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(jitter.is_some_and(|jitter| jitter <= JITTER), "another server's rhythm: {jitter:?}");
    Ok(())
}

/// All faults in these phases, at the same time.
async fn survived(server: &Server, other: &Server, phases: &[FaultPhase]) -> Result<Vec<Outcome>> {
    let mut places = Vec::new();
    for cell in 0..FAULTS.len() * PHASES.len() {
        let (fault, phase) = (&FAULTS[cell / PHASES.len()], PHASES[cell % PHASES.len()]);
        if phases.contains(&phase) {
            let place = Place { fault, phase, cell, proxy: FaultProxy::before(server).await? };
            add_roles(server, &place).await?;
            places.push(place);
        }
    }
    let mut configs = vec![crate::support::config(OTHER, &watcher(other))?];
    for place in &places {
        configs.push(place.config()?);
    }
    let engine = Engine::start(configs, Limits::default());
    for name in places.iter().map(Place::id).chain([ServerId::new(OTHER)]) {
        until(&engine, name.as_str(), PATIENCE, is_up).await?;
    }
    let backends = Backends::watch(server).await?;
    let rhythm = tokio::spawn(callers::rhythm(engine.clone(), OTHER));
    let outcomes = try_join_all(places.iter().map(|place| survive(&engine, &backends, place)));
    let outcomes = outcomes.await?;
    rhythm.abort();
    engine.stop().await;
    Ok(outcomes)
}

/// A server with room for all of them; SCRAM in earnest, but for the number of its rounds.
async fn prepared() -> Result<Server> {
    let server = ServerOptions::new(17)
        .setting("max_connections", "400")
        .setting("scram_iterations", "1")
        .start()
        .await?;
    server.exec(&format!("create database {PAGES}")).await?;
    Ok(server)
}

async fn add_roles(server: &Server, place: &Place) -> Result {
    let (reader, operator, table) = (place.reader(), place.operator(), place.table());
    server
        .exec(&format!(
            "create role {reader} login password 'w' in role pg_monitor;
             create role {operator} login password 'w' in role pg_monitor;
             create table {table} (a int); alter table {table} owner to {operator}"
        ))
        .await
        .with_context(|| table)
}

/// The fault begins, all callers meet it, it is lifted, and all of them are served.
async fn survive(engine: &Engine, backends: &Backends, place: &Place) -> Result<Outcome> {
    callers::alone(engine, place).await?;
    // An action that is under way when a query of it meets the fault.
    let under_way = callers::begin_action(engine, place).await?;
    let set = Instant::now();
    place.proxy.set_from(place.phase, (place.fault.fault)(place.phase)).await;
    let (sampler, page, action) = tokio::join!(
        callers::sampler(engine, place),
        callers::page(engine, place),
        callers::action(engine, place, under_way),
    );
    let answers = [(Caller::Sampler, sampler), (Caller::Page, page), (Caller::Action, action)];
    let lifted = Instant::now();
    place.proxy.set(playground::Fault::Pass);
    let healed = callers::heals(engine, place).await;
    let mut broken = Vec::new();
    let mut slowest = 0.0_f64;
    for (caller, answer) in answers {
        let deadline = caller.deadline(place);
        slowest = slowest.max(answer.took.as_secs_f64() / deadline.as_secs_f64());
        broken.extend(wrong(place, &answer, deadline).map(|why| (caller, why)));
    }
    for (caller, took) in healed {
        if took.is_none_or(|took| took > HEALS_WITHIN) {
            broken.push((caller, format!("{}: not healed: {took:?}", place.id())));
        }
    }
    for (caller, why) in backends.left(place, (set, lifted)).await {
        broken.push((caller, format!("{}: {why}", place.id())));
    }
    let healed = healed.iter().filter_map(|(_, took)| *took).max().unwrap_or_default();
    Ok(Outcome { cell: place.cell, broken, slowest, healed })
}

/// What is wrong with an answer: it came late, or does not say what happened.
fn wrong(place: &Place, answer: &Answer, deadline: Duration) -> Option<String> {
    let (id, Answer { took, said }) = (place.id(), answer);
    if *took > deadline + SLACK {
        return Some(format!("{id}: {took:?} of {deadline:?}: {said:?}"));
    }
    match said {
        Said::Other(what) => Some(format!("{id}: {what}")),
        said => (!place.fault.is_told_by(said)).then(|| format!("{id}: {said:?}")),
    }
}

/// Prints the matrix.
fn report(outcomes: &[Outcome], jitter: Option<f64>) {
    let of = Caller::ALL.len();
    println!(
        "{:22}{}",
        "fault",
        PHASES.map(|phase| format!("{:>10}", format!("{phase:?}"))).concat()
    );
    let mut survived = 0;
    for (fault, row) in FAULTS.iter().zip(outcomes.chunks(PHASES.len())) {
        print!("{:22}", fault.name);
        for outcome in row {
            let lost = |caller: &&Caller| outcome.broken.iter().any(|(who, _)| who == *caller);
            let kept = of - Caller::ALL.iter().filter(lost).count();
            survived += kept;
            print!("{:>10}", format!("{kept} of {of}"));
        }
        println!();
    }
    let slowest = outcomes.iter().map(|outcome| outcome.slowest).fold(0.0, f64::max);
    let healed = outcomes.iter().map(|outcome| outcome.healed).max().unwrap_or_default();
    println!(
        "{survived} of {} survive: the slowest answer after {:.0} % of its deadline, healed within {:.1} s, \
         another server's interval off by {:.1} %",
        outcomes.len() * of,
        slowest * 100.0,
        healed.as_secs_f64(),
        jitter.unwrap_or(f64::NAN) * 100.0
    );
}
