//! Reads the shapes of all tables as a superuser.

use std::collections::BTreeMap;
use std::sync::Arc;

use bloat::Shape;
use engine::bloat::{MOST_TABLES, read_shapes, read_sources};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::{Dsn, capability};
use playground::Server;

use crate::server::{Captured, Result};

/// The shapes of all tables as a superuser reads them.
pub async fn shapes(
    server: &Server,
    captured: &BTreeMap<u32, Captured>,
) -> Result<BTreeMap<u32, Shape>> {
    let dsn = Dsn::parse(&server.dsn(), &Environment::empty())?;
    let lost = |reason: model::Reason| anyhow::anyhow!("{}", reason.message());
    let overhead = Arc::new(Overhead::default());
    let mut observer = Observer::open(&dsn, &Budget::default(), overhead).await.map_err(lost)?;
    let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
    let sources = read_sources(&mut observer, &facts).await?;
    let oids: Vec<u32> = captured.keys().copied().collect();
    let mut shapes = BTreeMap::new();
    for some in oids.chunks(MOST_TABLES) {
        shapes.extend(read_shapes(&mut observer, &facts, &sources, some).await?);
    }
    Ok(shapes)
}
