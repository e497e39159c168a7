//! `pgdeck demo`: throw-away servers with a misbehaving shop, and their pages.

use engine::dsn::Environment;
use engine::{Dsn, Limits, ServerConfig};
use model::ServerId;
use playground::{Demo, DemoOptions, Trouble};

use super::error::Failure;
use crate::cli;
use crate::config;
use crate::config::{Config, ExplainAnalyze};
use crate::http::server;

/// Runs the demo until asked to end; then no process and no file of it is left.
pub async fn demo(demo: &cli::Demo, env: &Environment) -> Result<(), Failure> {
    if demo.list {
        Trouble::ALL
            .iter()
            .for_each(|trouble| println!("{:22}{}", trouble.name(), trouble.about()));
        return Ok(());
    }
    let told = demo.listen.as_deref().map(|text| config::address("--listen", text)).transpose()?;
    let listen = told.unwrap_or(config::DEFAULT_LISTEN);
    // A taken port is told before a server is started, and the address stays free until then.
    drop(server::listen(listen).await?);
    // One wish to end for all of it: none is lost between starting and serving.
    let mut stop = Box::pin(server::signalled()?);
    let folder =
        tempfile::Builder::new().prefix("pgdeck-demo-").tempdir().map_err(Failure::failed)?;
    let start = Demo::start(wanted(demo), say);
    let mut running = tokio::select! {
        started = start => started.map_err(Failure::failed)?,
        // Dropping a demo half started ends what there is of it.
        () = &mut stop => return Ok(()),
    };
    running.load_and_run(say);
    let outcome = match servers(&running, env) {
        Ok(servers) => {
            let config = Config {
                listen,
                data_dir: folder.path().to_owned(),
                public_url: None,
                metrics_token: None,
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

/// The troubles asked for, or all, less those left out.
fn wanted(demo: &cli::Demo) -> DemoOptions {
    let named = if demo.trouble.is_empty() { Trouble::ALL } else { demo.trouble.as_slice() };
    let troubles = named.iter().copied().filter(|trouble| !demo.without.contains(trouble));
    DemoOptions { major: demo.major, troubles: troubles.collect(), ..DemoOptions::default() }
}

fn say(step: &str) {
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
                id: ServerId::new(name),
            })
        })
        .collect()
}
