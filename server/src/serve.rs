//! `pgdeck serve`: the routes, the layers around them, and the life of the process.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::needs::Needs::{Nothing, OnServer, Own, Right};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use engine::{Engine, Recording};
use model::Right::{Act, Audit, See};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::acts::Acts;
use crate::audit;
use crate::config::{Config, ExplainAnalyze};
use crate::doors::{Door, Doors};
use crate::exit::Failure;
use crate::login::link::Link;
use crate::login::{Login, database, routes, sessions, users};
use crate::origin::Origins;
use crate::site::Site;
use crate::{answer, assets, gate, headers, live, metrics, origin, pages};

/// The largest request body, bytes: forms and server functions are small.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
/// How long requests under way may take when pgdeck ends.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// All routes with the layers around them; the outermost layer is named last.
pub fn router(site: Site) -> Router {
    routes()
        .0
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(site.clone(), gate::open))
        .layer(from_fn_with_state(site.clone(), origin::guard))
        .layer(CatchPanicLayer::custom(|_| {
            answer::broken(&anyhow::anyhow!("a request panicked; the message is above"))
        }))
        .layer(from_fn_with_state(site.clone(), headers::set))
        .with_state(site)
}

/// The routes and what each needs.
pub fn routes() -> (Router<Site>, Vec<Door>) {
    // Streams are exempt (bytes shared by all viewers), and files compress themselves.
    let worth = SizeAbove::new(1_024)
        .and(NotForContentType::new("text/event-stream"))
        .and(NotForContentType::new("application/wasm"))
        .and(NotForContentType::new("application/octet-stream"))
        .and(NotForContentType::new("font/"));
    let file = [("GET", Nothing)];
    let files = Doors::new()
        .open("/pkg/{*path}", &file, get(assets::file))
        .open("/fonts/{*path}", &file, get(assets::file))
        .open("/favicon.svg", &file, get(assets::file))
        .open("/favicon.ico", &file, get(assets::file));
    let told = Doors::new()
        // What a server function needs stands with the functions.
        .open("/api/{*name}", &[], any(pages::function))
        .open("/metrics", &[("GET", Own)], get(metrics::metrics))
        .open("/plan", &[("GET", Right(See)), ("POST", Right(See))], plan_form())
        .open("/s/{server}/act", &[("POST", OnServer(Act))], get(pages::page).post(pages::act))
        .open("/audit.csv", &[("GET", Right(Audit))], get(pages::audit_csv))
        .map(|router| {
            let compressed = CompressionLayer::new().br(true).gzip(true).compress_when(worth);
            router.fallback(pages::page).layer(compressed)
        });
    Doors::new()
        .open(
            "/login",
            &[("GET", Nothing), ("POST", Nothing)],
            get(routes::by_link).post(routes::by_password),
        )
        .open("/logout", &[("POST", Right(See))], post(routes::out))
        .open("/live", &[("GET", OnServer(See))], get(live::live))
        .open("/healthz", &[("GET", Nothing)], get(|| async { "alive\n" }))
        .open("/readyz", &[("GET", Nothing)], get(ready))
        .with(files)
        .with(told)
        .into_parts()
}

fn plan_form() -> MethodRouter<Site> {
    get(pages::page).post(pages::plan).layer(DefaultBodyLimit::max(pages::MAX_PLAN_FORM_BYTES))
}

async fn ready(State(site): State<Site>) -> Response {
    if site.0.ready.load(Ordering::Relaxed) {
        "ready\n".into_response()
    } else {
        answer::refusal(StatusCode::SERVICE_UNAVAILABLE, "pgdeck is starting.")
    }
}

/// Takes the address before anything else is started, so that a taken port costs nothing.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there already".into(),
            _ => error.to_string(),
        };
        Failure::failed(format!(
            "pgdeck cannot listen on {address}: {why}; choose another address with --listen."
        ))
    })
}

/// Watches the servers of `config`, or shows `recording`, until `stop` is done.
pub async fn serve(
    config: Config,
    recording: Option<&Path>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let recording = recording.map(read_recording).transpose()?;
    let listener = listen(config.listen).await?;
    let pool = database::open(&config.data_dir).await?;
    let users = users::any(&pool).await.map_err(Failure::failed)?;
    let local = config.listen.ip().is_loopback();
    if !local && !users {
        return Err(Failure::usage(format!(
            "pgdeck does not listen on {} while nobody has to sign in; add a user with pgdeck user add NAME --role admin --role analyst --data-dir {}.",
            config.listen,
            config.data_dir.display()
        )));
    }
    let origins = Origins::new(listener.local_addr().map_err(Failure::failed)?, config.public_url);
    // Behind a proxy everybody looks local: then only users may come in.
    let by_link = local && !(users && origins.is_public());
    let (link, token) = match by_link.then(Link::new).transpose().map_err(Failure::failed)? {
        Some((link, token)) => (Some(link), Some(token)),
        None => {
            sessions::end_local(&pool).await.map_err(Failure::failed)?;
            (None, None)
        }
    };
    let login =
        Login::new(pool, link).await.map_err(|error| Failure::failed(format!("{error:#}")))?;
    let engine = match recording {
        Some(recording) => Engine::recorded(recording),
        None => Engine::start(config.servers, config.limits),
    };
    if config.explain_analyze == ExplainAnalyze::AllowSuperuser {
        engine.allow_superuser_analyze();
    }
    let audit = audit::Audit::open(&config.data_dir).await?;
    let acts =
        Acts::new(engine.clone(), audit).map_err(|error| Failure::failed(format!("{error:#}")))?;
    let site = Site::new(engine, login, acts, origins, config.metrics_token);
    run(site, listener, token, stop).await
}

/// Serves until `stop` is done, then ends streams, requests and samplers, in that order.
async fn run(
    site: Site,
    listener: TcpListener,
    token: Option<String>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    // An error means it was done before, which is as well.
    let _ = any_spawner::Executor::init_tokio();
    let app = router(site.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let ending = site.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        ending.0.stopping.send_replace(true);
    });
    site.0.ready.store(true, Ordering::Relaxed);
    let url = site.0.origins.url();
    match token {
        Some(token) => println!("Open {url}/login?token={token}"),
        None => println!("Open {url}/"),
    }
    let mut stopping = site.0.stopping.subscribe();
    let overdue = async {
        // An error means the site is gone, which ends us as well.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        ended = server => ended.map_err(Failure::failed)?,
        () = overdue => tracing::warn!("requests took too long to end; they are cut off"),
    }
    site.0.engine.stop().await;
    site.0.acts.audit().close().await;
    site.0.login.close().await;
    Ok(())
}

/// A future that is done when the process is asked to end. The handlers are in place when this returns.
pub fn signalled() -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
        Ok(async move {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without a handler there is nothing to wait for: the process ends by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

fn read_recording(path: &Path) -> Result<Recording, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("the recording {} cannot be read: {error}.", path.display()))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!(
            "the recording {} is not one that this version of pgdeck record wrote: {error}.",
            path.display()
        ))
    })
}
