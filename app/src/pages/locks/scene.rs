//! Input of the locks page's rendering: the graph, the query parameters, and the permissions of the
//! user.

use model::ServerId;
use model::locks::Graph;

use super::query::LocksQuery;

/// Input of the rendering.
pub struct Scene<'a> {
    /// The server, for links.
    pub server: &'a ServerId,
    /// The query parameters, for links.
    pub query: &'a LocksQuery,
    /// The graph.
    pub graph: &'a Graph,
    /// The selected node.
    pub selected: Option<u32>,
}

/// The permissions of the user.
pub struct Viewer {
    /// Whether they may see the text of statements.
    pub text: bool,
    /// Why the user cannot act on the server; None when they can.
    pub no_actions: Option<String>,
}
