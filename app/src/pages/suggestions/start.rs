//! What the page starts from, and what comes of its two forms.

use model::Known;
use model::explain::NotExplained;
use model::suggestions::{Suggestions, WorkloadFacts};
use model::what_if::{Asked, WhatIf};
use serde::{Deserialize, Serialize};

/// What came of looking for indexes.
pub type Found = Result<Suggestions, NotExplained>;
/// What came of trying changes.
pub type Tried = Result<WhatIf, NotExplained>;

/// What came of a form that was sent without JavaScript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sent {
    /// Indexes were looked for.
    Found(Found),
    /// Changes were tried: what was asked, and what came of it.
    Tried(Asked, Tried),
}

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuggestionsStart {
    /// The statements of the window, or why they are not known.
    pub workload: Known<WorkloadFacts>,
    /// Why nothing can be planned, as far as that is known without asking the server.
    pub refusal: Option<String>,
    /// What came of a submitted form.
    pub sent: Option<Sent>,
}
