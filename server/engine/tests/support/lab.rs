//! The advice lab: a real statement is judged, what the judge proposes is done, and the statement runs again.

#![allow(dead_code, reason = "each user uses its part")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine::dsn::Environment;
use engine::{Dsn, Engine, ServerConfig};
use model::server::ConnectionState;
use model::{ServerId, Severity};
use plan::rules::{Judged, Limits, judge, judge_with};
use playground::lab::Scenario;
use playground::{Server, ServerOptions};
use sqlx::PgConnection;

use super::cost::{Cost, cost, explained, run};

const NAME: &str = "lab";
/// What others may lose: the share, and blocks below which a share says nothing.
const WORSE: f64 = 0.1;
const FEW_BLOCKS: f64 = 10.0;

/// A server with the engine that reads its catalog.
pub struct Lab {
    server: Server,
    engine: Engine,
    /// How often a statement runs before its fastest run counts.
    runs: usize,
    /// Whether only blocks count: the same on every machine, under any load.
    by_blocks: bool,
}

/// What came of one scenario.
pub struct Verdict {
    pub scenario: Scenario,
    /// The plan that was judged with the catalog.
    pub plan: String,
    /// The first finding of a bare paste and with the catalog.
    pub first: [Option<String>; 2],
    /// Findings above information.
    pub loud: Vec<String>,
    /// What was offered, each once, and what came of it.
    pub trials: Vec<Trial>,
    /// The statement written as the words say.
    pub rewritten: Option<Trial>,
    /// What it cost before.
    pub before: Cost,
}

/// A proposal that was carried out.
pub struct Trial {
    pub sql: String,
    /// The share of the time that it promised to save.
    pub promised: f64,
    pub before: Cost,
    /// The cost afterwards, or why it could not be done.
    pub after: Result<Cost, String>,
    /// The statement of the workload that got worse by the largest share, and that share; reads only.
    pub worst: (String, f64),
    /// Blocks of the workload's writes before and after.
    pub writes: (f64, f64),
    by_blocks: bool,
}

impl Trial {
    /// By what share the cost fell, as the promise counts: by time, or by blocks where they fell more.
    pub fn fell(&self) -> f64 {
        let Ok(after) = &self.after else { return 0.0 };
        let by = |before: f64, after: f64| if before > 0.0 { 1.0 - after / before } else { 0.0 };
        let blocks = by(self.before.blocks, after.blocks);
        if self.by_blocks { blocks } else { blocks.max(by(self.before.ms, after.ms)) }
    }

    pub fn is_sound(&self) -> bool {
        self.after.is_ok() && self.fell() >= self.promised / 2.0
    }

    pub fn is_harmful(&self) -> bool {
        self.worst.1 > WORSE
    }
}

impl Verdict {
    /// Whether the cause came first, of a bare paste and with the catalog; of a healthy plan, whether
    /// nothing is said aloud.
    pub fn is_right(&self) -> [bool; 2] {
        let expected = |first: &String| self.scenario.causes.contains(first);
        self.first.each_ref().map(|first| match first {
            _ if self.scenario.causes.is_empty() => self.loud.is_empty(),
            first => first.as_ref().is_some_and(expected),
        })
    }

    /// Whether what has to be offered is.
    pub fn is_offered(&self) -> bool {
        match self.scenario.offers.as_deref() {
            None => true,
            Some("nothing") => self.trials.is_empty(),
            Some(sql) => self.trials.iter().any(|trial| trial.sql == sql),
        }
    }
}

/// Starts a server whose plans are the same every time: no autovacuum, no workers, no JIT.
pub async fn start(major: u16, runs: usize, by_blocks: bool) -> Result<Lab> {
    let server = ServerOptions::new(major)
        .setting("autovacuum", "off")
        .setting("max_parallel_workers_per_gather", "0")
        .setting("jit", "off")
        .start()
        .await?;
    for extension in ["pg_trgm", "btree_gin", "postgres_fdw"] {
        server.exec(&format!("create extension {extension}")).await?;
    }
    let config = ServerConfig {
        id: ServerId::new(NAME),
        dsn: Dsn::parse(&server.dsn(), &Environment::empty())?,
        operate: None,
        labels: vec![],
        cores: None,
    };
    let engine = Engine::start(vec![config], engine::Limits::default());
    let lab = Lab { server, engine, runs, by_blocks };
    for _ in 0..1200 {
        let states = lab.engine.servers();
        if states.iter().any(|one| one.link == ConnectionState::Up) {
            return Ok(lab);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("PostgreSQL {major} is not watched")
}

impl Lab {
    pub async fn stop(self) {
        self.engine.stop().await;
        self.server.stop().await;
    }

    /// Judges a scenario and carries out what is proposed.
    pub async fn run(&self, scenario: &Scenario) -> Result<Verdict> {
        self.try_run(scenario).await.with_context(|| scenario.name.clone())
    }

    async fn try_run(&self, scenario: &Scenario) -> Result<Verdict> {
        let mut session = self.build(scenario).await?;
        let (before, workload) = self.costs(&mut session, scenario, &scenario.statement).await?;
        let (plan, with_catalog) = self.judged(&mut session, scenario, true).await?;
        let (_, bare) = self.judged(&mut session, scenario, false).await?;
        let first = [&bare, &with_catalog].map(|found| found.first().map(rule));
        let loud = bare.iter().chain(&with_catalog);
        let loud = loud.filter(|one| one.finding.severity > Severity::Info).map(rule).collect();
        let mut offered: Vec<(String, f64)> = vec![];
        for one in bare.iter().chain(&with_catalog) {
            let Some(sql) = one.finding.remedy.sql.as_ref() else { continue };
            let sql = sql.replace(" lab.", " ");
            if !offered.iter().any(|(known, _)| *known == sql) {
                let whole = before.ms.max(one.saves_ms.unwrap_or(0.0)).max(0.001);
                offered.push((sql, one.saves_ms.unwrap_or(0.0) / whole));
            }
        }
        let mut trials = vec![];
        for (sql, promised) in offered {
            if !trials.is_empty() {
                session = self.build(scenario).await?;
                self.costs(&mut session, scenario, &scenario.statement).await?;
            }
            let done = self.done(&mut session, scenario, &sql).await;
            trials.push(self.trial(sql, promised, before, &workload, done));
        }
        let mut rewritten = None;
        if let Some(statement) = &scenario.rewritten {
            session = self.build(scenario).await?;
            let promised = with_catalog.first().and_then(|one| one.saves_ms).unwrap_or(0.0);
            let promised = (promised / before.ms.max(0.001)).min(1.0);
            let done = self.costs(&mut session, scenario, statement).await;
            let done = done.map_err(|error| format!("{error:#}"));
            rewritten = Some(self.trial(statement.clone(), promised, before, &workload, done));
        }
        let scenario = scenario.clone();
        Ok(Verdict { scenario, plan, first, loud, trials, rewritten, before })
    }

    fn trial(
        &self,
        sql: String,
        promised: f64,
        before: Cost,
        workload: &[(String, Cost)],
        done: Result<(Cost, Vec<(String, Cost)>), String>,
    ) -> Trial {
        let mut worst = (String::new(), 0.0);
        let mut writes = (0.0, 0.0);
        let after = done.map(|(after, all)| {
            for ((statement, before), (_, after)) in workload.iter().zip(&all) {
                if is_write(statement) {
                    writes = (writes.0 + before.blocks, writes.1 + after.blocks);
                    continue;
                }
                let more = after.blocks - before.blocks;
                let share = more / before.blocks.max(1.0);
                if more > FEW_BLOCKS && share > worst.1 {
                    worst = (statement.clone(), share);
                }
            }
            after
        });
        Trial { sql, promised, before, after, worst, writes, by_blocks: self.by_blocks }
    }

    /// Carries a proposal out and runs everything again.
    async fn done(
        &self,
        session: &mut PgConnection,
        scenario: &Scenario,
        sql: &str,
    ) -> Result<(Cost, Vec<(String, Cost)>), String> {
        let done = async {
            let local = sql.starts_with("set local ");
            if local {
                run(session, "begin").await?;
            }
            for statement in sql.split_inclusive(';') {
                run(session, statement).await?;
            }
            if sql.starts_with("alter system ") {
                run(session, "select pg_reload_conf()").await?;
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            let costs = self.costs(session, scenario, &scenario.statement).await?;
            if local {
                run(session, "rollback").await?;
            }
            Ok::<_, anyhow::Error>(costs)
        };
        let costs = done.await.map_err(|error| format!("{error:#}"));
        if sql.starts_with("alter system ") {
            let undone = async {
                run(session, "alter system reset all").await?;
                run(session, "select pg_reload_conf()").await
            };
            undone.await.map_err(|error| format!("{error:#}"))?;
        }
        costs
    }

    /// A session in a new schema with the scenario's data.
    async fn build(&self, scenario: &Scenario) -> Result<PgConnection> {
        let mut session = self.server.connect().await?;
        for statement in [
            "set client_min_messages = warning",
            "drop schema if exists lab cascade",
            "create schema lab",
            "set search_path = lab, public",
        ] {
            run(&mut session, statement).await?;
        }
        for statement in &scenario.setup {
            run(&mut session, statement).await?;
        }
        Ok(session)
    }

    /// What the statement and the workload cost.
    async fn costs(
        &self,
        session: &mut PgConnection,
        scenario: &Scenario,
        statement: &str,
    ) -> Result<(Cost, Vec<(String, Cost)>)> {
        let own = cost(session, statement, self.runs).await?;
        let mut others = vec![];
        for other in &scenario.workload {
            others.push((other.clone(), cost(session, other, 1).await?));
        }
        Ok((own, others))
    }

    /// The findings on the statement's plan, as a bare paste or with the catalog.
    async fn judged(
        &self,
        session: &mut PgConnection,
        scenario: &Scenario,
        with_catalog: bool,
    ) -> Result<(String, Vec<Judged>)> {
        let options = if with_catalog { ", verbose, settings" } else { "" };
        let text = explained(session, &scenario.statement, options).await?;
        let parsed = plan::parse(&text)?;
        ensure!(parsed.not_understood.is_empty(), "{:?}", parsed.not_understood);
        let plan = parsed.plans.first().context("no plan")?;
        let derived = plan::derive(plan);
        let limits = scenario
            .limits
            .iter()
            .map(|(rule, limit, value)| ((format!("plan/{rule}"), limit.clone()), *value));
        let limits = Limits::from_iter(limits);
        if !with_catalog {
            let found = judge(plan, &derived, &limits).0;
            return Ok((text, found));
        }
        let named = plan
            .nodes
            .iter()
            .filter_map(|node| Some((node.schema.clone(), node.relation.clone()?)));
        let mut named: Vec<_> = named.collect();
        named.dedup();
        let read = self.engine.plan_catalog(&ServerId::new(NAME), None, &named).await;
        let (catalog, unknown) = read.map_err(|why| anyhow::anyhow!("{why:?}"))?.for_rules();
        ensure!(unknown.is_empty(), "{unknown:?}");
        let found = judge_with(plan, &derived, &limits, Some(&catalog)).0;
        Ok((text, found))
    }
}

fn rule(one: &Judged) -> String {
    one.finding.rule.trim_start_matches("plan/").to_owned()
}

fn is_write(statement: &str) -> bool {
    ["insert", "update", "delete", "merge"].iter().any(|word| statement.starts_with(word))
}
