//! What the drawings of the locks page are made from: the graph, the request, and the user who looks.

use model::ServerId;
use model::locks::Graph;

use super::query::Ask;

/// What drawing and list are made of.
pub struct Scene<'a> {
    /// The server, for links.
    pub server: &'a ServerId,
    /// What is asked for, for links.
    pub ask: &'a Ask,
    /// The graph.
    pub graph: &'a Graph,
    /// The chosen node.
    pub selected: Option<u32>,
}

/// What the reader may see and do.
pub struct Viewer {
    /// The text of statements.
    pub text: bool,
    /// Why they can do nothing to the server; None when they can.
    pub no_actions: Option<String>,
}
