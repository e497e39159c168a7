//! Form posts of actions without JavaScript: decodes the fields, then previews or executes.

use app::ActionStep;
use model::action::Ask;
use model::{ApiError, ServerId, User};

use super::fields::decode;
use super::{ActionRunner, declined};

/// Previews, or executes what was confirmed.
pub async fn step(runner: &ActionRunner, user: &User, server: &ServerId, body: &str) -> ActionStep {
    let fields = decode(body);
    let Some(action) = fields.action else {
        return ActionStep::Refused(declined(
            "The form data is invalid; nothing was done.",
            "Reload the page.",
        ));
    };
    let ask = Ask { action, targets: fields.targets, twice: fields.twice };
    let outcome: Result<ActionStep, ApiError> = if fields.confirmed {
        runner.execute(user, server, ask, &fields.token, &fields.reason).await.map(ActionStep::Done)
    } else {
        runner.preview(user, server, ask).await.map(ActionStep::Preview)
    };
    outcome.unwrap_or_else(ActionStep::Refused)
}
