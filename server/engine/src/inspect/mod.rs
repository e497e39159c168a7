//! One page of a table or B-tree for a person, through pageinspect: headers only, never a value of a row or key.
//! One block at a time, in a session of its own, behind nobody's lock.
//!
//! Server functions check the user's permission.

mod access;
mod read;
mod relation;
mod toast;

use std::sync::Arc;

use model::inspect::{Asked, Inspected, NotInspected};
use model::{Cause, Reason, ServerId};

pub use access::create_functions;

use crate::engine::Engine;
use crate::measure::session::Session;
use crate::server::WatchedServer;
use crate::sql::sql;
use read::Reading;
use relation::Relation;

sql! {
    RELATIONS = "inspected_relations" [14];
    HEAP_PAGES = "heap_pages" [14];
    BTREE_PAGES = "btree_pages" [14];
    BTREE_METAS = "btree_metas" [14];
    GRANTED_FUNCTIONS = "granted_functions" [14];
    GRANTED_HEAP_PAGES = "granted_heap_pages" [14];
    GRANTED_BTREE_PAGES = "granted_btree_pages" [14];
    GRANTED_BTREE_METAS = "granted_btree_metas" [14];
    VISIBILITIES = "visibilities" [14];
    FREE_SPACES = "block_free_spaces" [14];
    COLUMNS = "toastable_columns" [14];
}

/// The time to look at a page, ms.
const LOOK_MS: u64 = 5_000;
/// The schema where a name without one is looked for.
const DEFAULT_SCHEMA: &str = "public";

impl Engine {
    /// A page of a table or B-tree.
    pub async fn inspect(
        &self,
        id: &ServerId,
        mut asked: Asked,
    ) -> (Asked, Result<Inspected, NotInspected>) {
        let Some(server) = self.server(id) else {
            return (asked, Err(no_server()));
        };
        if asked.database.is_empty() {
            asked.database = server.facts().map(|facts| facts.database).unwrap_or_default();
        }
        if asked.schema.is_empty() {
            asked.schema = DEFAULT_SCHEMA.into();
        }
        let (spawner, asking) = (Arc::clone(&server), asked.clone());
        // Its own task, on the thread of its server.
        let looking = spawner.spawn(async move { inspected(&server, asking).await });
        let found = looking.await.unwrap_or_else(|_| Err(broken()));
        (asked, found)
    }
}

async fn inspected(server: &WatchedServer, asked: Asked) -> Result<Inspected, NotInspected> {
    let mut session = Session::open(server, &asked.database, LOOK_MS).await?;
    let relation = Relation::find(&mut session, &asked).await?;
    if u64::from(asked.block) >= relation.blocks {
        return Err(NotInspected::NoBlock { blocks: relation.blocks });
    }
    let reading = Reading { session: &mut session, relation: &relation, asked: &asked };
    let (header, content) = reading.read().await?;
    session.close().await;
    Ok(Inspected { asked, blocks: relation.blocks, header, content })
}

fn no_server() -> NotInspected {
    NotInspected::Unknown(Reason::Unreachable {
        cause: Cause::Configuration,
        message: "There is no server with that name.".into(),
        remedy: "Choose one from the fleet page.".into(),
    })
}

fn broken() -> NotInspected {
    tracing::error!("looking at a page broke");
    Reason::Broken { what: "Looking at the page".into() }.into()
}
