//! A pgdeck inside the test: the real router, state and database, watching a server that does not answer.

use engine::dsn::Environment;
use model::{Role, ServerId, User};
use server::auth::{password, users};
use server::cli::{Place, Serve};
use server::http::server::{Started, start};
use server::{config, database};
use tokio::sync::oneshot;

use crate::client::Http;

/// Nothing listens on port 1.
const NOBODY: &str = "postgres://reader:hunter2@127.0.0.1:1/shop";
/// The password of all users.
pub const PASSWORD: &str = "correct horse battery";

/// A running pgdeck; it ends with the value.
pub struct InProcess {
    http: Http,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl InProcess {
    /// Starts one with these users: name, roles, and the servers they may see (none: all).
    pub async fn start(people: &[(&str, &[Role], &[&str])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let pool = database::open(&data_dir).await.unwrap();
        for (name, roles, servers) in people {
            let user = User {
                name: (*name).to_owned(),
                roles: roles.to_vec(),
                servers: servers.iter().map(|server| ServerId::new(*server)).collect(),
            };
            users::add(&pool, &user, &password::hash(PASSWORD).unwrap()).await.unwrap();
        }
        pool.close().await;
        let serve = Serve {
            dsns: vec![NOBODY.to_owned()],
            place: Place { config: None, data_dir: Some(data_dir) },
            listen: Some("127.0.0.1:0".to_owned()),
            recording: None,
        };
        let environment = Environment { vars: Default::default(), ..Environment::of_process() };
        let config = config::config(&serve, &environment).unwrap();
        let started: Started = start(config, None).await.unwrap();
        let http = Http::new(started.link());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(started.run(async move {
            // An error means the test is over, which ends it as well.
            let _ = stopped.await;
        }));
        Self { http, _stop: stop, _folder: folder }
    }
}

impl std::ops::Deref for InProcess {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}
