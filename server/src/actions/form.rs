//! Form posts of actions without JavaScript: decodes the fields, then previews or executes.

use app::ActionStep;
use model::action::{Action, Ask, Target};
use model::{ApiError, ServerId, User};

use super::{ActionRunner, declined};

/// The decoded form.
#[derive(Debug, Default, PartialEq)]
struct Fields {
    confirmed: bool,
    action: Option<Action>,
    targets: Vec<Target>,
    twice: bool,
    token: String,
    reason: String,
}

/// Decodes a form's body. Invalid fields are dropped; an incomplete form is refused later.
fn decode(body: &str) -> Fields {
    let mut fields = Fields::default();
    for (key, value) in url::form_urlencoded::parse(body.as_bytes()) {
        match key.as_ref() {
            "step" => fields.confirmed = value == "act",
            "action" => fields.action = value.parse().ok(),
            "target" => fields.targets.extend(Target::from_field(&value)),
            "table" => fields.targets.push(Target::Table { name: value.trim().to_owned() }),
            "twice" => fields.twice = value == "yes",
            "token" => fields.token = value.into_owned(),
            "reason" => fields.reason = value.into_owned(),
            _ => {}
        }
    }
    fields
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_previews_unless_its_step_is_act() {
        let read = decode("action=terminate&target=640%401&target=x&twice=yes&reason=a+b");
        assert_eq!(read.targets, [Target::Session { pid: 640, backend_start_ms: 1 }]);
        assert!(!read.confirmed && read.twice && read.reason == "a b");
        assert!(decode("step=act").confirmed);
        assert_eq!(decode("action=drop"), Fields::default());
    }
}
