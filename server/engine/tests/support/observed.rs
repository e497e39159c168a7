//! A connection for readings at will, without a sampler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::{Dsn, capability};
use model::Reason;
use model::server::Facts;

use super::{PATIENCE, Result};

/// The connection, and what the server is.
pub struct Observed {
    pub observer: Observer,
    pub facts: Facts,
    pub overhead: Arc<Overhead>,
    dsn: String,
}

impl Observed {
    pub async fn open(dsn: &str) -> Result<Self> {
        let parsed = Dsn::parse(dsn, &Environment::empty())?;
        let failed = |reason: Reason| anyhow::anyhow!("{}", reason.message());
        let (budget, overhead) = (Budget::default(), Arc::new(Overhead::default()));
        let mut observer =
            Observer::open(&parsed, &budget, Arc::clone(&overhead)).await.map_err(failed)?;
        let facts = capability::read(&mut observer).await.and_then(|facts| facts);
        Ok(Self { observer, facts: facts.map_err(failed)?, overhead, dsn: dsn.to_owned() })
    }

    /// Connects anew, as the sampler does when a server was away.
    pub async fn reconnect(&mut self) -> Result {
        let started = Instant::now();
        loop {
            match Self::open(&self.dsn).await {
                Ok(connected) => {
                    *self = connected;
                    return Ok(());
                }
                Err(error) => anyhow::ensure!(started.elapsed() < PATIENCE, "{error:#}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The same name leads to another server.
    pub async fn redirect(&mut self, dsn: &str) -> Result {
        dsn.clone_into(&mut self.dsn);
        self.reconnect().await
    }
}
