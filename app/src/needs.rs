//! What each page and server function asks of its visitor. The functions ask by themselves; this is
//! what a test holds them to.

use model::Right;

/// What a door asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Open to everybody.
    Nothing,
    /// Decides for itself: a token, or a request from this machine.
    Own,
    /// A right, on no server in particular.
    Right(Right),
    /// A right on the server it names.
    OnServer(Right),
}

impl Needs {
    /// The words in the list of doors.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Own => "own",
            Self::Right(Right::See) => "see",
            Self::Right(Right::Audit) => "audit",
            Self::Right(Right::Explain) => "explain",
            Self::Right(_) => "right",
            Self::OnServer(Right::See) => "see on server",
            Self::OnServer(Right::Act) => "act on server",
            Self::OnServer(Right::Explain) => "explain on server",
            Self::OnServer(_) => "right on server",
        }
    }
}

const SEE: Needs = Needs::Right(Right::See);
const SEE_SERVER: Needs = Needs::OnServer(Right::See);
const EXPLAIN: Needs = Needs::OnServer(Right::Explain);

/// The pages, as the router names them.
pub const PAGES: [(&str, Needs); 12] = [
    ("/", SEE),
    ("/s/:server", SEE_SERVER),
    ("/s/:server/activity", SEE_SERVER),
    ("/s/:server/locks", SEE_SERVER),
    ("/s/:server/replication", SEE_SERVER),
    // Shows only what a request brought to it; the request asks for the right.
    ("/s/:server/act", SEE),
    ("/plan", SEE),
    ("/rules", SEE),
    ("/words", SEE),
    ("/audit", Needs::Right(Right::Audit)),
    ("/about", SEE),
    ("/sign-in", Needs::Nothing),
];

/// The server functions.
pub const FUNCTIONS: [(&str, Needs); 19] = [
    ("/api/navigation", SEE),
    ("/api/sign_in_info", Needs::Nothing),
    ("/api/overview", SEE_SERVER),
    ("/api/findings", SEE_SERVER),
    ("/api/charts", SEE_SERVER),
    ("/api/activity", SEE_SERVER),
    ("/api/locks", SEE_SERVER),
    ("/api/replication", SEE_SERVER),
    ("/api/topology", SEE_SERVER),
    ("/api/rules", SEE),
    ("/api/about", SEE),
    ("/api/explain_servers", Needs::Right(Right::Explain)),
    ("/api/explain_preview", EXPLAIN),
    ("/api/explain_run", EXPLAIN),
    ("/api/explain_cancel", EXPLAIN),
    ("/api/explain_catalog", EXPLAIN),
    ("/api/act_preview", Needs::OnServer(Right::Act)),
    ("/api/act", Needs::OnServer(Right::Act)),
    ("/api/audit", Needs::Right(Right::Audit)),
];
