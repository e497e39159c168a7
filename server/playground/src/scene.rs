//! Environment of workload and troubles: connections by application name, and a clock that can run faster.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;

use crate::Error;
use crate::client::{self, connect_as};

/// The servers of a demo as its workload sees them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Scene(Arc<Places>);

#[derive(Debug)]
pub(crate) struct Places {
    /// The shop's database, as its owner.
    pub shop: String,
    /// The same through the pooler.
    pub pooler: Option<String>,
    /// The standby, as superuser.
    pub standby: Option<String>,
    /// Speed; 1 is real time. Tests cannot wait minutes.
    pub speed: f64,
}

impl Scene {
    pub fn new(places: Places) -> Scene {
        Scene(Arc::new(places))
    }

    /// A connection to the shop under this application name.
    pub async fn shop(&self, application: &str) -> Result<PgConnection, Error> {
        connect_as(&self.0.shop, application).await
    }

    /// A connection through the pooler, when there is one.
    pub async fn pooled(&self, application: &str) -> Result<Option<PgConnection>, Error> {
        match &self.0.pooler {
            Some(dsn) => connect_as(dsn, application).await.map(Some),
            None => Ok(None),
        }
    }

    /// A superuser's connection to the standby, when there is one.
    pub async fn standby(&self, application: &str) -> Result<Option<PgConnection>, Error> {
        match &self.0.standby {
            Some(dsn) => connect_as(dsn, application).await.map(Some),
            None => Ok(None),
        }
    }

    /// Waits that many seconds at the speed of the demo.
    pub async fn wait(&self, seconds: f64) {
        tokio::time::sleep(Duration::from_secs_f64(seconds / self.0.speed.max(0.01))).await;
    }

    /// Waits between steps of the workload, whose rate does not depend on the speed.
    pub async fn pause(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// Runs a task for ever: after an error (its backend was terminated, the server restarted) it starts again.
pub(crate) async fn repeat<F>(scene: &Scene, name: &str, part: impl Fn(Scene) -> F)
where
    F: Future<Output = Result<(), Error>>,
{
    loop {
        if let Err(error) = part(scene.clone()).await {
            tracing::debug!(part = name, %error, "a part of the demo begins anew");
        }
        scene.pause(1000).await;
    }
}

/// Runs statements with the simple protocol.
pub(crate) async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), Error> {
    client::run(connection, sql).await
}

/// Runs a statement with one parameter through the extended protocol, as drivers do, and reads all rows.
pub(crate) async fn ask(
    connection: &mut PgConnection,
    sql: &'static str,
    parameter: i64,
) -> Result<usize, Error> {
    let rows =
        sqlx::query(sql).bind(parameter).fetch_all(connection).await.map_err(Error::sql(sql))?;
    Ok(rows.len())
}
