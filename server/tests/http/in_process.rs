//! A pgdeck in the test process: the real router, state and database, watching a server that is down.

use engine::Engine;
use engine::dsn::Environment;
use model::{Role, ServerId, User};
use server::auth::{password, users};
use server::cli::{Place, Serve};
use server::http::server::{HttpServer, start};
use server::{config, database};
use tokio::sync::oneshot;

use crate::client::{Http, PASSWORD, UNREACHABLE};

fn path(path: &std::path::Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A running pgdeck; dropping it starts its graceful shutdown.
pub struct InProcess {
    http: Http,
    engine: Engine,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl InProcess {
    /// Starts one with these users: name, roles, and the servers they may see (none: all).
    pub async fn start(accounts: &[(&str, &[Role], &[&str])]) -> Self {
        Self::watching(&[UNREACHABLE.to_owned()], accounts).await
    }

    /// Starts one that watches these servers.
    pub async fn watching(dsns: &[String], accounts: &[(&str, &[Role], &[&str])]) -> Self {
        Self::watching_in(tempfile::tempdir().unwrap(), dsns, accounts).await
    }

    /// The same with its data in this folder, below `data`.
    pub async fn watching_in(
        folder: tempfile::TempDir,
        dsns: &[String],
        accounts: &[(&str, &[Role], &[&str])],
    ) -> Self {
        let data_dir = folder.path().join("data");
        let pool = database::open(&data_dir).await.unwrap();
        for (name, roles, servers) in accounts {
            let user = User {
                name: (*name).to_owned(),
                roles: roles.to_vec(),
                servers: servers.iter().map(|server| ServerId::new(*server)).collect(),
            };
            users::add(&pool, &user, &password::hash(PASSWORD).unwrap()).await.unwrap();
        }
        pool.close().await;
        let serve = Serve {
            dsns: dsns.to_vec(),
            place: Place { config: None, data_dir: Some(data_dir) },
            listen: Some("127.0.0.1:0".to_owned()),
            recording: None,
        };
        // Tests leave nothing in anybody's home.
        let vars = [("PGDECK_AUDIT_ANCHOR".to_owned(), path(&folder.path().join("anchor")))];
        let environment = Environment { vars: vars.into(), ..Environment::of_process() };
        let config = config::load(&serve, &environment).unwrap();
        let server: HttpServer = start(config, None).await.unwrap();
        let http = Http::new(server.link());
        let engine = server.engine().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async move {
            // An error means that the sender was dropped: shutdown, too.
            let _ = stopped.await;
        }));
        Self { http, engine, _stop: stop, _folder: folder }
    }

    /// Asks for new readings of what is read seldom.
    pub fn refresh(&self, server: &str) {
        self.engine.refresh(&ServerId::new(server));
    }
}

impl std::ops::Deref for InProcess {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}
