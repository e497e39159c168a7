//! The HTTP server (axum) of `pgdeck serve`: start, graceful shutdown, signal handling.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::middleware::from_fn;
use engine::Engine;
use history::History;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::connections::{Peer, under_way};
use super::door::Door;
use super::origins::Origins;
use super::routes::router;
use super::ssr;
use super::state::{AppState, Tokens};
use crate::actions::ActionRunner;
use crate::audit::Audit;
use crate::auth::one_time_link::{LIFETIME_AT_START, SignInLinks};
use crate::auth::{Auth, sessions, users};
use crate::cli::Serve;
use crate::cli::error::Failure;
use crate::config::{Config, ExplainAnalyze, HistoryPlace};
use crate::control::Control;
use crate::database;
use crate::lock::{self, Lock};
use crate::recording::Shown;
use crate::reload::{Terminal, reload_when_asked};

/// Timeout of graceful shutdown for open requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A write beyond the limit of a file's size (signal(7)). Heard, it fails as on a full disk; unheard it would end
/// the process.
#[cfg(unix)]
const SIGXFSZ: tokio::signal::unix::SignalKind = tokio::signal::unix::SignalKind::from_raw(25);

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

/// Watches the servers of `config`, or shows `recording`, until a signal ends it. The configuration is read again
/// on SIGHUP.
pub async fn serve(
    config: Config,
    recording: Option<Shown>,
    command_line: &Serve,
) -> Result<(), Failure> {
    #[cfg(unix)]
    let _heard = tokio::signal::unix::signal(SIGXFSZ).map_err(Failure::failed)?;
    let asked = Arc::new(Notify::new());
    let stop = shutdown_signal(Some(Arc::clone(&asked)))?;
    let mut server = start(config, recording).await?;
    server.reloads = Some((command_line.clone(), asked));
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
    /// The configuration in force, as lines without secrets.
    configured: Vec<String>,
    /// With what command line the configuration is read again, and when.
    reloads: Option<(Serve, Arc<Notify>)>,
    /// The copy of a recording that is shown; removed with this.
    _copy: Option<TempDir>,
    /// Of the data directory, and of a history elsewhere.
    _locks: (Option<Lock>, Option<Lock>),
}

/// Binds the address, opens the database and starts the samplers.
pub async fn start(config: Config, recording: Option<Shown>) -> Result<HttpServer, Failure> {
    let listener = bind(config.listen).await?;
    ssr::start_threads();
    let pool = database::open(&config.data_dir).await?;
    // A recording is only looked at, beside whoever serves the same users.
    let lock = recording.is_none().then(|| lock_data_dir(&config.data_dir)).transpose()?;
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
    let (engine, copy, history_lock) = match recording {
        Some(shown) => (shown.engine, shown.copy, None),
        None => {
            let past = past(config.history, &config.data_dir).await;
            let (past, lock) = past.unzip();
            (Engine::start_with(config.servers, config.limits, past), None, lock.flatten())
        }
    };
    if config.explain_analyze == ExplainAnalyze::AllowSuperuser {
        engine.allow_superuser_explain();
    }
    let configured = config.description;
    let audit = Audit::open(&config.data_dir, &config.audit).await?;
    if let Err(error) = audit.record_configuration(&configured, "at start").await {
        tracing::error!(%error, "the configuration could not be recorded in the audit log");
    }
    let actions = ActionRunner::new(engine.clone(), audit)
        .map_err(|error| Failure::failed(format!("{error:#}")))?;
    let tokens = Tokens { metrics: config.metrics_token, mark: config.mark_token };
    let state = AppState::new(engine, auth, actions, origins, tokens);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let control = Control::bind(&config.data_dir, listen, by_link);
    let _locks = (lock, history_lock);
    Ok(HttpServer {
        state,
        listener,
        token,
        control,
        configured,
        reloads: None,
        _copy: copy,
        _locks,
    })
}

fn lock_data_dir(data_dir: &Path) -> Result<Lock, Failure> {
    lock::lock(&data_dir.join(lock::FILE)).map_err(|held| {
        Failure::failed(format!(
            "{} serves the data directory {}; stop it, or name another directory with --data-dir.",
            held.who(),
            data_dir.display()
        ))
    })
}

/// Opens the history store, with a lock of its own where it lies outside the data directory. Without it the
/// console goes on, and says so in its log.
async fn past(place: Option<HistoryPlace>, data_dir: &Path) -> Option<(History, Option<Lock>)> {
    let settings = history::Settings::default();
    let mut locked = None;
    let opened = match place? {
        HistoryPlace::File(path) => {
            if path.parent() != Some(data_dir) {
                match lock::lock(&lock::beside(&path)) {
                    Ok(lock) => locked = Some(lock),
                    Err(held) => {
                        let (who, path) = (held.who(), path.display());
                        tracing::error!("no history is kept: {who} records in {path}");
                        return None;
                    }
                }
            }
            History::open(&path, settings).await
        }
        HistoryPlace::Shared(address) => History::connect(&address, settings).await,
    };
    match opened {
        Ok(past) => Some((past, locked)),
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
        let reloads = self.reloads.map(|(command_line, asked)| {
            let state = self.state.clone();
            tokio::spawn(reload_when_asked(state, command_line, self.configured, asked))
        });
        let served = serve_until(self.state, self.listener, stop).await;
        for task in [control, reloads].into_iter().flatten() {
            task.abort();
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
    let servers = state.0.engine.servers().len();
    let server =
        axum::serve(Door::new(listener, servers), app).with_graceful_shutdown(async move {
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

/// Resolves on SIGINT or SIGTERM, and on SIGHUP, which a closed terminal sends; with `reload`, any other SIGHUP asks
/// for that instead. The signal handlers are installed when this returns.
pub fn shutdown_signal(
    reload: Option<Arc<Notify>>,
) -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(Failure::failed)?;
        let terminal = Terminal::at_start();
        Ok(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => return,
                    _ = terminate.recv() => return,
                    _ = hang_up.recv() => {}
                }
                match &reload {
                    Some(reload) if !terminal.is_closed() => reload.notify_one(),
                    _ => return,
                }
            }
        })
    }
    #[cfg(not(unix))]
    let _ = reload;
    #[cfg(not(unix))]
    Ok(async {
        // Without a handler the default action of Ctrl-C ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
