//! Test harness for lock waits: a server, the area's reading of it as the sampler reads, and named
//! sessions that hold and wait.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::area::Area;
use engine::areas::locks::{LocksArea, State};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::{Dsn, capability, now_ms};
use model::locks::{Graph, Locks, ObjectKind};
use model::server::Facts;
use sqlx::PgConnection;

pub type Result<T = ()> = anyhow::Result<T>;

/// How long a state may take to come about on a busy machine.
pub const WITHIN: Duration = Duration::from_secs(60);

pub struct Look {
    pub server: playground::Server,
    /// Sessions come through the socket: a password costs more than all the rest here.
    pub socket: String,
    observer: Observer,
    facts: Facts,
    state: State,
    oracle: PgConnection,
    names: Vec<(i32, String)>,
}

/// A session of a scenario.
pub struct Session {
    pub pid: i32,
    connection: PgConnection,
}

impl Session {
    /// Runs statements that do not wait.
    pub async fn run(&mut self, sql: &str) -> Result {
        let safe = sqlx::AssertSqlSafe(sql.to_owned());
        let ran = sqlx::raw_sql(safe).execute(&mut self.connection);
        tokio::time::timeout(WITHIN, ran).await.map_err(|_| anyhow::anyhow!("{sql} waits"))??;
        Ok(())
    }

    /// Runs statements whose end is not waited for.
    pub fn start(mut self, sql: &str) -> tokio::task::JoinHandle<Result> {
        let safe = sqlx::AssertSqlSafe(sql.to_owned());
        tokio::spawn(async move {
            sqlx::raw_sql(safe).execute(&mut self.connection).await?;
            // The session and its locks stay until the scenario is over.
            std::future::pending().await
        })
    }
}

impl Look {
    pub async fn at(server: playground::Server) -> Result<Look> {
        let dsn = Dsn::parse(&server.dsn(), &Environment::empty())?;
        let failed = |reason: model::Reason| anyhow::anyhow!(reason.message());
        let overhead = Arc::new(Overhead::default());
        let mut observer =
            Observer::open(&dsn, &Budget::default(), overhead).await.map_err(failed)?;
        let facts = capability::read(&mut observer).await.and_then(|f| f).map_err(failed)?;
        let socket = format!(
            "postgres://postgres@localhost:{}/postgres?host={}",
            server.port(),
            server.socket_dir()
        );
        let oracle = playground::connect(&socket).await?;
        let (state, names) = (State::default(), vec![]);
        Ok(Look { server, socket, observer, facts, state, oracle, names })
    }

    /// One tick of a state that has seen nothing yet, so that everything is read.
    pub async fn first_tick(&mut self) -> Result<Locks> {
        self.state = State::default();
        self.tick().await
    }

    pub fn major(&self) -> u16 {
        self.facts.major
    }

    /// A session under a name for edges.
    pub async fn session(&mut self, name: &str) -> Result<Session> {
        let mut connection = playground::connect(&self.socket).await?;
        let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
        self.names.push((pid, name.to_owned()));
        Ok(Session { pid, connection })
    }

    /// A session that begins a transaction with these statements.
    pub async fn holds(&mut self, name: &str, sql: &str) -> Result<Session> {
        let mut session = self.session(name).await?;
        session.run(&format!("begin; {sql}")).await?;
        Ok(session)
    }

    /// A session that begins a transaction, runs the statements and is to wait; returns once the
    /// server shows it waiting for a lock.
    pub async fn waits(&mut self, name: &str, sql: &str) -> Result<i32> {
        let session = self.session(name).await?;
        let pid = session.pid;
        session.start(&format!("begin; {sql}"));
        self.shown_waiting(pid).await?;
        Ok(pid)
    }

    pub async fn is_waiting(&mut self, pid: i32) -> Result<bool> {
        let sql = "select exists (select from pg_locks where pid = $1 and not granted and waitstart is not null)";
        Ok(sqlx::query_scalar::<_, bool>(sql).bind(pid).fetch_one(&mut self.oracle).await?)
    }

    pub async fn shown_waiting(&mut self, pid: i32) -> Result {
        let started = Instant::now();
        while !self.is_waiting(pid).await? {
            let name = self.names.iter().find(|(of, _)| *of == pid).map(|(_, name)| name);
            anyhow::ensure!(started.elapsed() < WITHIN, "{name:?} (pid {pid}) does not wait");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// One tick of the area, as the sampler runs it.
    pub async fn tick(&mut self) -> Result<Locks> {
        let (observer, state) = (&mut self.observer, &mut self.state);
        Ok(LocksArea::collect(observer, &self.facts, state, now_ms()).await?)
    }

    /// The graph once as many wait as are expected. Every waiter is compared with the oracle.
    pub async fn graph(&mut self, waiting: usize) -> Result<Graph> {
        let started = Instant::now();
        loop {
            let locks = self.tick().await?;
            match locks.graph {
                Ok(graph) if graph.waiting() == waiting && named(&graph) => {
                    self.compare(&graph).await?;
                    return Ok(graph);
                }
                other => anyhow::ensure!(started.elapsed() < WITHIN, "{other:#?}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn compare(&mut self, graph: &Graph) -> Result {
        let blocking = graph.blocking();
        for (node, index) in graph.nodes.iter().zip(0_u32..) {
            let startup = node.session.as_ref().is_some_and(|session| session.is_startup());
            // pg_blocking_pids knows nothing of the startup process: it is no backend.
            let (Some(pid), false) = (node.pid, startup) else { continue };
            let expected: Vec<i32> = sqlx::query_scalar("select unnest(pg_blocking_pids($1))")
                .bind(pid)
                .fetch_all(&mut self.oracle)
                .await?;
            let ours = blocking.blockers(index).into_iter();
            let ours = ours.filter_map(|edge| Some(graph.node(edge.blocker)?.pid.unwrap_or(0)));
            let (ours, expected): (BTreeSet<i32>, BTreeSet<i32>) =
                (ours.collect(), expected.into_iter().collect());
            anyhow::ensure!(ours == expected, "{pid}: {ours:?}, oracle {expected:?} in {graph:#?}");
        }
        Ok(())
    }

    fn name(&self, graph: &Graph, node: u32) -> String {
        let Some(node) = graph.node(node) else { return "?".into() };
        let named = self.names.iter().find(|(pid, _)| Some(*pid) == node.pid);
        named.map_or_else(|| node.words(), |(_, name)| name.clone())
    }

    /// Every exact edge: `waiter ROW SHARE hard on orders: blocker ACCESS EXCLUSIVE`.
    pub fn edges(&self, graph: &Graph) -> BTreeSet<String> {
        let blocking = graph.blocking();
        let edges = (0..graph.nodes.len() as u32).flat_map(|node| blocking.blockers(node));
        edges
            .map(|edge| {
                let queue = graph.queues.get(edge.queue as usize);
                format!(
                    "{} {} {} on {}: {} {}",
                    self.name(graph, edge.waiter),
                    edge.wants.words(),
                    format!("{:?}", edge.kind).to_lowercase(),
                    queue.map(words).unwrap_or_default(),
                    self.name(graph, edge.blocker),
                    edge.has.words(),
                )
            })
            .collect()
    }

    /// The names of the roots, those that hold up most first.
    pub fn roots(&self, graph: &Graph) -> Vec<String> {
        graph.roots.iter().map(|root| self.name(graph, root.node)).collect()
    }

    /// Takes away what a failed scenario left: its sessions and its prepared transactions.
    pub async fn recover(&mut self) -> Result {
        self.reset().await?;
        let gids: Vec<String> = sqlx::query_scalar("select gid from pg_prepared_xacts")
            .fetch_all(&mut self.oracle)
            .await?;
        for gid in gids {
            let quoted = gid.replace('\'', "''");
            self.server.exec(&format!("rollback prepared '{quoted}'")).await?;
        }
        Ok(())
    }

    /// Ends every session of the scenario.
    pub async fn reset(&mut self) -> Result {
        self.names.clear();
        let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where application_name = 'playground' and pid <> pg_backend_pid()";
        let started = Instant::now();
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut self.oracle).await? > 0 {
            anyhow::ensure!(started.elapsed() < WITHIN, "sessions do not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// Whether every relation has its name: one that joins later gets it at the next tick.
fn named(graph: &Graph) -> bool {
    let mut objects = graph.queues.iter().map(|queue| &queue.object);
    objects.all(|object| {
        let has_name = object.relation.is_some() || object.kind == ObjectKind::Object;
        !has_name || object.name.is_some()
    })
}

/// The object without numbers that differ from run to run.
fn words(queue: &model::locks::Queue) -> String {
    use model::locks::ObjectKind::{Object, Spectoken, Transactionid, Virtualxid};
    match queue.object.kind {
        Transactionid => "transaction".into(),
        Virtualxid => "virtual transaction".into(),
        Spectoken => "speculative token".into(),
        Object => queue.object.words().replace(|c: char| c.is_ascii_digit(), ""),
        _ => queue.object.words(),
    }
}

/// A set of edges to compare with.
pub fn expected(edges: &[&str]) -> BTreeSet<String> {
    edges.iter().map(|edge| (*edge).to_owned()).collect()
}
