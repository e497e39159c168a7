//! The HTTP server (axum) of `pgdeck serve`: start, graceful shutdown, signal handling.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::middleware::from_fn;
use engine::Engine;
use history::History;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::connections::{Peer, under_way};
use super::door::Door;
use super::origins::Origins;
use super::routes::router;
use super::state::AppState;
use crate::actions::ActionRunner;
use crate::audit::Audit;
use crate::auth::one_time_link::{LIFETIME_AT_START, SignInLinks};
use crate::auth::{Auth, sessions, users};
use crate::cli::error::Failure;
use crate::config::{Config, ExplainAnalyze, HistoryPlace};
use crate::control::Control;
use crate::database;
use crate::recording::Shown;

/// Timeout of graceful shutdown for open requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Binds the address; done before anything else starts, so that a port in use fails early.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program is already listening there".into(),
            _ => error.to_string(),
        };
        Failure::failed(format!(
            "pgdeck cannot listen on {address}: {why}; choose another address with --listen."
        ))
    })
}

/// Watches the servers of `config`, or shows `recording`, until `stop` resolves.
pub async fn serve(
    config: Config,
    recording: Option<Shown>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let server = start(config, recording).await?;
    server.say_where();
    server.run(stop).await
}

/// A server that is bound to its address but does not accept requests yet.
pub struct HttpServer {
    state: AppState,
    listener: TcpListener,
    /// The token of the one-time sign-in link, where one is allowed.
    token: Option<String>,
    /// Where `pgdeck login-link` asks; None where no such socket can be made.
    control: Option<Control>,
    /// The copy of a recording that is shown; removed with this.
    _copy: Option<TempDir>,
}

/// Binds the address, opens the database and starts the samplers.
pub async fn start(config: Config, recording: Option<Shown>) -> Result<HttpServer, Failure> {
    let listener = bind(config.listen).await?;
    let pool = database::open(&config.data_dir).await?;
    let users = users::any(&pool).await.map_err(Failure::failed)?;
    let local = config.listen.ip().is_loopback();
    if !local && !users {
        return Err(Failure::usage(format!(
            "pgdeck does not listen on {} without users; add one with pgdeck user add NAME --role admin --role analyst --data-dir {}.",
            config.listen,
            config.data_dir.display()
        )));
    }
    let listen = listener.local_addr().map_err(Failure::failed)?;
    let origins = Origins::new(listen, config.public_url);
    // Behind a reverse proxy every client looks local: then only users may sign in.
    let by_link = local && !(users && origins.is_public());
    if !by_link {
        sessions::delete_local(&pool).await.map_err(Failure::failed)?;
    }
    let links = SignInLinks::default();
    let token = by_link.then(|| links.issue(None, LIFETIME_AT_START)).transpose();
    let token = token.map_err(Failure::failed)?;
    let auth =
        Auth::new(pool, links).await.map_err(|error| Failure::failed(format!("{error:#}")))?;
    let (engine, copy) = match recording {
        Some(shown) => (shown.engine, shown.copy),
        None => {
            let past = past(config.history).await;
            (Engine::start_with(config.servers, config.limits, past), None)
        }
    };
    if config.explain_analyze == ExplainAnalyze::AllowSuperuser {
        engine.allow_superuser_explain();
    }
    let audit = Audit::open(&config.data_dir, &config.audit).await?;
    if let Err(error) = audit.record_configuration(&config.description).await {
        tracing::error!(%error, "the configuration could not be recorded in the audit log");
    }
    let actions = ActionRunner::new(engine.clone(), audit)
        .map_err(|error| Failure::failed(format!("{error:#}")))?;
    let tokens = (config.metrics_token, config.mark_token);
    let state = AppState::new(engine, auth, actions, origins, tokens);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let control = Control::bind(&config.data_dir, listen, by_link);
    Ok(HttpServer { state, listener, token, control, _copy: copy })
}

/// Opens the history store. Without it the console goes on, and says so in its log.
async fn past(place: Option<HistoryPlace>) -> Option<History> {
    let settings = history::Settings::default();
    let opened = match place? {
        HistoryPlace::File(path) => History::open(&path, settings).await,
        HistoryPlace::Shared(address) => History::connect(&address, settings).await,
    };
    match opened {
        Ok(past) => Some(past),
        Err(error) => {
            tracing::error!(%error, "no history is kept");
            None
        }
    }
}

impl HttpServer {
    /// The address to open: the one-time sign-in link, or the plain address when users sign in by name.
    pub fn link(&self) -> String {
        let origins = &self.state.0.origins;
        match &self.token {
            Some(token) => origins.sign_in_link(token),
            None => format!("{}/", origins.url()),
        }
    }

    /// Prints where to open it.
    pub fn say_where(&self) {
        println!("Open {}", self.link());
    }

    /// What it watches.
    pub fn engine(&self) -> &Engine {
        &self.state.0.engine
    }

    /// Serves until `stop` resolves; then graceful shutdown: streams, requests, samplers, in that order.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Failure> {
        let control = self.control.map(|control| tokio::spawn(control.serve(self.state.clone())));
        let served = serve_until(self.state, self.listener, stop).await;
        if let Some(control) = control {
            control.abort();
        }
        served
    }
}

async fn serve_until(
    state: AppState,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    // An error means it is initialised already.
    let _ = any_spawner::Executor::init_tokio();
    let app = router(state.clone()).layer(from_fn(under_way));
    let app = app.into_make_service_with_connect_info::<Peer>();
    let closing = state.clone();
    let server = axum::serve(Door::new(listener), app).with_graceful_shutdown(async move {
        stop.await;
        closing.0.stopping.send_replace(true);
    });
    state.0.ready.store(true, Ordering::Relaxed);
    let mut stopping = state.0.stopping.subscribe();
    let overdue = async {
        // An error means the state is dropped: shutdown, too.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        ended = server => ended.map_err(Failure::failed)?,
        () = overdue => tracing::warn!("requests took too long to end; they are cut off"),
    }
    state.0.engine.stop().await;
    state.0.actions.audit().close().await;
    state.0.auth.close().await;
    Ok(())
}

/// Resolves on SIGINT, SIGTERM or SIGHUP, which a closed terminal sends. The signal handlers are installed when this returns.
pub fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(Failure::failed)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hang_up.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without a handler the default action of Ctrl-C ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
