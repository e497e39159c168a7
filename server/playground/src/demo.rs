//! The demo: a primary, a standby and PgBouncer, with a web shop whose workload misbehaves.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::secret;
use crate::pooler::{PoolMode, Pooler};
use crate::scene::{Places, Scene};
use crate::server::Server;
use crate::trouble::Trouble;
use crate::trouble::dropped_index::{self, Regressed};
use crate::{Error, ServerOptions, install, schema, workload};

const DATABASE: &str = "shop";
/// Sees everything a monitoring role may see, reads the shop but for its customers, and can change nothing.
pub const OBSERVER: &str = "pgdeck";
/// May cancel, terminate and maintain.
const OPERATOR: &str = "pgdeck_operator";

/// EXPLAIN needs the privileges of the statement: the observer may read the shop except for the customers.
const READABLE: &str =
    "grant select on all tables in schema public to pgdeck; revoke select on customers from pgdeck";

/// Settings of the demo's primary: what a careful administrator would set, scaled to a minute.
const SETTINGS: [(&str, &str); 19] = [
    ("shared_buffers", "192MB"),
    ("max_wal_size", "512MB"),
    ("max_slot_wal_keep_size", "1GB"),
    ("autovacuum_naptime", "15s"),
    ("log_lock_waits", "on"),
    ("log_temp_files", "0"),
    ("log_autovacuum_min_duration", "0"),
    ("log_min_duration_statement", "2s"),
    ("log_min_duration_sample", "0"),
    ("log_statement_sample_rate", "0.05"),
    // Six files in turn: the log of the last hour.
    ("logging_collector", "on"),
    ("log_filename", "demo-%M.log"),
    ("log_rotation_age", "10min"),
    ("log_truncate_on_rotation", "on"),
    ("auto_explain.log_min_duration", "2s"),
    ("track_wal_io_timing", "on"),
    ("max_parallel_workers", "2"),
    ("jit", "off"),
    ("hot_standby_feedback", "off"),
];

/// What a demo consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoOptions {
    /// PostgreSQL's major; the newest that is installed when not given.
    pub major: Option<u16>,
    /// The troubles to run.
    pub troubles: Vec<Trouble>,
    /// Whether to have a standby.
    pub standby: bool,
    /// Whether to have a pooler; left out when PgBouncer is not installed.
    pub pooler: bool,
    /// How many rows the shop has, in per cent: 100 is 600,000 order items.
    pub percent: u32,
    /// Speed of the troubles; 1 is real time.
    pub speed: f64,
    /// Whether the shop is to be watched for a while before its troubles begin: [`Shop::begin_troubles`].
    pub quiet_first: bool,
    /// What a superuser runs in the shop's database once its extensions are there: grants for [`OBSERVER`].
    pub grants: String,
}

impl Default for DemoOptions {
    /// Everything, at full size, in real time.
    fn default() -> DemoOptions {
        DemoOptions {
            major: None,
            troubles: Trouble::ALL.to_vec(),
            standby: true,
            pooler: true,
            percent: 100,
            speed: 1.0,
            quiet_first: false,
            grants: String::new(),
        }
    }
}

/// Progress of loading the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Loading,
    /// Its workload runs, and with it the statement that is slow since this morning, if that is wanted.
    Open(Option<Regressed>),
    Failed,
}

/// How long troubles wait at most to be told that they may begin.
const QUIET: Duration = Duration::from_secs(90);

/// A running demo. Dropping it ends everything and removes all files.
#[derive(Debug)]
pub struct Demo {
    // Fields drop in order: the workload ends before its servers do.
    tasks: JoinSet<()>,
    /// The pooler in front of the primary.
    pub pooler: Option<Pooler>,
    /// The standby that follows the primary.
    pub standby: Option<Server>,
    /// The server with the shop.
    pub primary: Server,
    options: DemoOptions,
    owner: String,
    observer: String,
    operator: String,
    stage: watch::Sender<Stage>,
    troubles_begin: watch::Sender<bool>,
}

/// The shop of a demo, while it is loaded and afterwards.
#[derive(Debug)]
pub struct Shop {
    stage: watch::Receiver<Stage>,
    begin: watch::Sender<bool>,
}

impl Shop {
    /// Waits until the data is loaded and the workload begins; gives the statement that is slow since this
    /// morning, where the demo has that trouble. Errors when loading failed.
    pub async fn opened(&mut self) -> Result<Option<Regressed>, Error> {
        match self.stage.wait_for(|stage| *stage != Stage::Loading).await.as_deref() {
            Ok(Stage::Open(regressed)) => Ok(regressed.clone()),
            _ => Err(Error::Unknown(
                "the demo's shop could not be loaded; its log says why".to_owned(),
            )),
        }
    }

    /// Lets the troubles begin that wait for it.
    pub fn begin_troubles(&self) {
        self.begin.send_replace(true);
    }
}

impl Demo {
    /// Starts the servers, still without data; they accept connections when this returns. `progress` is
    /// called for each step. Errors when PostgreSQL is not installed or does not start.
    pub async fn start(options: DemoOptions, progress: impl Fn(&str)) -> Result<Demo, Error> {
        let major = match options.major {
            Some(major) => major,
            None => install::newest()?.major,
        };
        progress(&format!("starting PostgreSQL {major}"));
        let mut settings = ServerOptions::new(major).setting("cluster_name", "primary");
        for (name, value) in SETTINGS {
            settings = settings.setting(name, value);
        }
        let format = if major >= 15 { "jsonlog" } else { "csvlog" };
        settings = settings.setting("log_destination", format);
        let primary = settings.start().await?;
        let (owner, observer, operator) = (secret()?, secret()?, secret()?);
        set_up(&primary, &owner, &observer, &operator).await?;
        if !options.grants.is_empty() {
            crate::client::exec_at(&primary.dsn_to(DATABASE), &options.grants).await?;
        }
        let standby = if options.standby {
            progress("starting a standby");
            Some(primary.standby("standby").await?)
        } else {
            None
        };
        let pooler = if options.pooler && Pooler::installed() {
            progress("starting PgBouncer");
            Some(Pooler::start(&primary, PoolMode::Transaction).await?)
        } else {
            None
        };
        let (stage, _) = watch::channel(Stage::Loading);
        let (troubles_begin, _) = watch::channel(!options.quiet_first);
        Ok(Demo {
            tasks: JoinSet::new(),
            pooler,
            standby,
            primary,
            options,
            owner,
            observer,
            operator,
            stage,
            troubles_begin,
        })
    }

    /// Loads the shop, then starts workload and troubles, all in the background. `progress` is called
    /// for each step.
    pub fn load_and_run(&mut self, progress: impl Fn(&str) + Send + Sync + 'static) {
        let shop = self.primary.dsn_for("shop", &self.owner, DATABASE);
        let scene = Scene::new(Places {
            shop: shop.clone(),
            pooler: self
                .pooler
                .as_ref()
                .map(|pooler| pooler.dsn_for("shop", &self.owner, DATABASE)),
            standby: self.standby.as_ref().map(Server::dsn),
            speed: self.options.speed,
        });
        let (percent, troubles, stage) =
            (self.options.percent, self.options.troubles.clone(), self.stage.clone());
        let mut begin = self.troubles_begin.subscribe();
        self.tasks.spawn(async move {
            let (early, later): (Vec<Trouble>, Vec<Trouble>) =
                troubles.into_iter().partition(|trouble| *trouble == Trouble::DroppedIndex);
            let loaded = async {
                schema::load(&shop, percent, &progress).await?;
                crate::client::exec_at(&shop, READABLE).await?;
                match early.is_empty() {
                    true => Ok(None),
                    false => dropped_index::set_up(&shop, DATABASE).await.map(Some),
                }
            };
            match loaded.await {
                Ok(regressed) => {
                    progress("the shop is open");
                    stage.send_replace(Stage::Open(regressed));
                }
                Err(error) => {
                    tracing::error!(%error, "the demo's shop could not be loaded");
                    stage.send_replace(Stage::Failed);
                    return;
                }
            }
            let run = |troubles: Vec<Trouble>| {
                let scene = scene.clone();
                let all = troubles.into_iter().map(move |trouble| trouble.run(scene.clone()));
                futures::future::join_all(all)
            };
            let later = async {
                // Nobody who was to tell them has come: they begin by themselves.
                let _ = tokio::time::timeout(QUIET, begin.wait_for(|begin| *begin)).await;
                run(later).await
            };
            futures::join!(workload::run(scene.clone()), run(early), later);
        });
    }

    /// What tells when the shop is open, for a task of its own.
    pub fn shop(&self) -> Shop {
        Shop { stage: self.stage.subscribe(), begin: self.troubles_begin.clone() }
    }

    /// Waits until the data is loaded and the workload begins. Errors when loading failed.
    pub async fn opened(&self) -> Result<(), Error> {
        self.shop().opened().await.map(drop)
    }

    /// Name and DSN of each server for a monitoring role that holds `pg_monitor` and, so that EXPLAIN can
    /// be tried, SELECT on the shop's tables but `customers`.
    pub fn dsns(&self) -> Vec<(String, String)> {
        let mut all = self.servers(OBSERVER, &self.observer);
        let pooler =
            self.pooler.as_ref().map(|pooler| pooler.dsn_for(OBSERVER, &self.observer, DATABASE));
        all.extend(pooler.map(|dsn| ("pooler".to_owned(), dsn)));
        all
    }

    /// Name and DSN of each server for a role that may cancel, terminate and (from 17 on) maintain.
    pub fn operate_dsns(&self) -> Vec<(String, String)> {
        self.servers(OPERATOR, &self.operator)
    }

    fn servers(&self, role: &str, password: &str) -> Vec<(String, String)> {
        let primary = ("primary".to_owned(), self.primary.dsn_for(role, password, DATABASE));
        let standby =
            self.standby.as_ref().map(|standby| standby.dsn_for(role, password, DATABASE));
        [Some(primary), standby.map(|dsn| ("standby".to_owned(), dsn))]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Ends the workload, stops every server and removes all files.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        if let Some(pooler) = self.pooler.take() {
            pooler.stop().await;
        }
        if let Some(standby) = self.standby.take() {
            standby.stop().await;
        }
        self.primary.stop().await;
    }
}

/// Creates roles, database and extensions; the generated passwords contain no quotes.
async fn set_up(
    primary: &Server,
    owner: &str,
    observer: &str,
    operator: &str,
) -> Result<(), Error> {
    let maintain = if primary.major() >= 17 { ", pg_maintain" } else { "" };
    primary
        .exec(&format!(
            "create role shop login password '{owner}';
             create role {OBSERVER} login password '{observer}' in role pg_monitor;
             create role {OPERATOR} login password '{operator}' in role pg_monitor, pg_signal_backend{maintain}"
        ))
        .await?;
    primary.exec(&format!("create database {DATABASE} owner shop")).await?;
    // Up to PostgreSQL 14 PUBLIC may create tables. Privileges on functions are of one database.
    let sql = format!(
        "create extension pg_stat_statements; create extension pgstattuple;
         create extension pageinspect; create extension pg_visibility;
         grant execute on function pg_current_logfile(), pg_current_logfile(text), pg_read_binary_file(text, bigint, bigint, boolean) to {OBSERVER};
         revoke create on schema public from public; grant all on schema public to shop"
    );
    crate::client::exec_at(&primary.dsn_to(DATABASE), &sql).await
}
