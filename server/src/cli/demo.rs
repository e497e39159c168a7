//! `pgdeck demo`: temporary PostgreSQL servers with a misbehaving workload, and pgdeck watching them.

mod week;

use engine::dsn::Environment;
use engine::{Dsn, Limits, ServerConfig};
use model::ServerId;
use playground::{Demo, DemoOptions, OBSERVER, Shop, Trouble};

use super::error::Failure;
use crate::cli;
use crate::config;
use crate::config::{AuditPlaces, Config, ExplainAnalyze, HistoryPlace};
use crate::http::server;

/// The limit by which a change is told after two windows of this length, seconds.
const IMPATIENT: (&str, &str) = ("statements/regression", "window_s");
const WINDOW_S: f64 = 20.0;

/// Runs the demo until SIGINT or SIGTERM, then removes all its processes and files.
pub async fn demo(demo: &cli::Demo, env: &Environment) -> Result<(), Failure> {
    if demo.list {
        Trouble::ALL
            .iter()
            .for_each(|trouble| println!("{:22}{}", trouble.name(), trouble.about()));
        return Ok(());
    }
    let listen = demo.listen.as_deref().map(|text| config::address("--listen", text));
    let listen = listen.transpose()?.unwrap_or(config::DEFAULT_LISTEN);
    // Fails early when the port is in use, before any server is started.
    drop(server::bind(listen).await?);
    // One signal handler for start-up and serving, so that no signal is lost between them.
    let mut stop = Box::pin(server::shutdown_signal(None)?);
    let folder =
        tempfile::Builder::new().prefix("pgdeck-demo-").tempdir().map_err(Failure::failed)?;
    let start = Demo::start(options(demo), print_step);
    let mut running = tokio::select! {
        started = start => started.map_err(Failure::failed)?,
        // Dropping a partly started demo stops its servers.
        () = &mut stop => return Ok(()),
    };
    running.load_and_run(print_step);
    let shop = demo.has_past().then(|| running.shop());
    let outcome = match servers(&running, env).and_then(|servers| Ok((servers, limits()?))) {
        Ok((servers, limits)) => {
            let config = Config {
                listen,
                data_dir: folder.path().to_owned(),
                history: Some(HistoryPlace::File(folder.path().join(config::HISTORY_FILE))),
                public_url: None,
                metrics_token: None,
                mark_token: None,
                explain_analyze: ExplainAnalyze::default(),
                servers,
                limits,
                // Both folders are gone with the demo.
                audit: AuditPlaces {
                    anchor: Some(folder.path().join("anchor")),
                    ..AuditPlaces::default()
                },
                description: Vec::new(),
                warnings: Vec::new(),
            };
            serve(config, shop, stop).await
        }
        Err(failure) => Err(failure),
    };
    running.stop().await;
    outcome
}

/// Serves, and meanwhile makes up the past, if there is to be one.
async fn serve(
    config: Config,
    shop: Option<Shop>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let server = server::start(config, None).await?;
    server.say_where();
    let engine = server.engine().clone();
    let past = shop.map(|shop| tokio::spawn(week::make(engine, shop, print_step)));
    let served = server.run(stop).await;
    if let Some(past) = past {
        past.abort();
    }
    served
}

/// Those of a careful administrator, but for the patience: a demo is watched for minutes.
fn limits() -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let (rule, limit) = IMPATIENT;
    engine::rules::set_limit(&mut limits, rule, limit, WINDOW_S).map_err(Failure::failed)?;
    Ok(limits)
}

/// The requested troubles, or all, minus the excluded ones.
fn options(demo: &cli::Demo) -> DemoOptions {
    let named = if demo.trouble.is_empty() { Trouble::ALL } else { demo.trouble.as_slice() };
    let troubles = named.iter().copied().filter(|trouble| !demo.without.contains(trouble));
    DemoOptions {
        major: demo.major,
        troubles: troubles.collect(),
        quiet_first: demo.has_past(),
        // So that the page inspector has something to show, for a role that is no superuser.
        grants: engine::inspect::create_functions("public", OBSERVER),
        ..DemoOptions::default()
    }
}

fn print_step(step: &str) {
    eprintln!("pgdeck demo: {step}");
}

fn servers(demo: &Demo, env: &Environment) -> Result<Vec<ServerConfig>, Failure> {
    let read = |text: &str| Dsn::parse(text, env).map_err(Failure::failed);
    let operate = demo.operate_dsns();
    demo.dsns()
        .into_iter()
        .map(|(name, dsn)| {
            let operate = operate.iter().find(|(named, _)| *named == name);
            Ok(ServerConfig {
                dsn: read(&dsn)?,
                operate: operate.map(|(_, dsn)| read(dsn)).transpose()?,
                labels: vec![("demo".into(), "yes".into())],
                cores: None,
                id: ServerId::new(name),
            })
        })
        .collect()
}
