//! "Plan it now": plans of the statement at once, never executed, with a record in the audit log.

use leptos::prelude::*;
use model::statements::plans::{PlannedNow, SeenPlans};
use model::{ApiError, ServerId};

use crate::routes::access;

access! { "/api/statement_plan" OnServer(Explain) }

/// Plans a statement in a database at once, and gives the plans that are known of it then.
#[server(prefix = "/api", endpoint = "statement_plan", input = model::wire::Json, output = model::wire::Json)]
pub async fn plan_statement(
    server: ServerId,
    queryid: String,
    database: String,
) -> Result<(PlannedNow, SeenPlans), ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::Explain, Some(&server))?;
    let explainer = crate::Explainer::of_request()?;
    super::planner::plan_and_read(&explainer, &user, &server, (&queryid, &database)).await
}

/// The database that a submitted form names.
#[cfg(feature = "hydrate")]
pub fn chosen(event: &leptos::ev::SubmitEvent) -> String {
    use wasm_bindgen::JsCast;
    let target =
        event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    let fields = target.and_then(|form| web_sys::FormData::new_with_form(&form).ok());
    fields.and_then(|fields| fields.get("database").as_string()).unwrap_or_default()
}
