//! `pgdeck demo`: temporary PostgreSQL servers with a misbehaving workload, and pgdeck watching them.

use engine::dsn::Environment;
use engine::{Dsn, Limits, ServerConfig};
use model::ServerId;
use playground::{Demo, DemoOptions, Trouble};

use super::error::Failure;
use crate::cli;
use crate::config;
use crate::config::{Config, ExplainAnalyze, HistoryPlace};
use crate::http::server;

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
    let mut stop = Box::pin(server::shutdown_signal()?);
    let folder =
        tempfile::Builder::new().prefix("pgdeck-demo-").tempdir().map_err(Failure::failed)?;
    let start = Demo::start(options(demo), print_step);
    let mut running = tokio::select! {
        started = start => started.map_err(Failure::failed)?,
        // Dropping a partly started demo stops its servers.
        () = &mut stop => return Ok(()),
    };
    running.load_and_run(print_step);
    let outcome = match servers(&running, env) {
        Ok(servers) => {
            let config = Config {
                listen,
                data_dir: folder.path().to_owned(),
                history: Some(HistoryPlace::File(folder.path().join(config::HISTORY_FILE))),
                public_url: None,
                metrics_token: None,
                mark_token: None,
                explain_analyze: ExplainAnalyze::default(),
                servers,
                limits: Limits::default(),
            };
            server::serve(config, None, stop).await
        }
        Err(failure) => Err(failure),
    };
    running.stop().await;
    outcome
}

/// The requested troubles, or all, minus the excluded ones.
fn options(demo: &cli::Demo) -> DemoOptions {
    let named = if demo.trouble.is_empty() { Trouble::ALL } else { demo.trouble.as_slice() };
    let troubles = named.iter().copied().filter(|trouble| !demo.without.contains(trouble));
    DemoOptions { major: demo.major, troubles: troubles.collect(), ..DemoOptions::default() }
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
