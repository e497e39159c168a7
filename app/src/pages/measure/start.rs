//! What the page starts from, and what comes of a measurement.

use model::measure::{Budget, Measured, NotMeasured, Offers, Progress, Target};
use serde::{Deserialize, Serialize};

/// What came of a measurement.
pub type Outcome = Result<Measured, NotMeasured>;

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureStart {
    /// The table or index in the address; the database is that of the connection where none is named.
    pub target: Target,
    /// What can be measured; None where the address names nothing.
    pub offers: Option<Result<Offers, NotMeasured>>,
    /// The newest result since pgdeck's start.
    pub newest: Option<Measured>,
    /// What came of a submitted form.
    pub sent: Option<Outcome>,
    /// The budget unless the person lowers it.
    pub budget: Budget,
    /// The measurement under way on this server.
    pub running: Option<Progress>,
}
