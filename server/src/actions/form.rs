//! The fields of the plain forms: which step, which action, on what. Reads them and takes that step.

use app::ActionStep;
use model::action::{Action, Ask, Target};
use model::{ApiError, ServerId, User};

use super::{ActionRunner, declined};

/// What a form brought.
#[derive(Debug, Default, PartialEq)]
struct Fields {
    confirmed: bool,
    action: Option<Action>,
    targets: Vec<Target>,
    twice: bool,
    token: String,
    reason: String,
}

/// Reads a form's body. A field that is not understood is nothing: what is left is refused.
fn fields(body: &str) -> Fields {
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

/// Takes the step.
pub async fn step(acts: &ActionRunner, who: &User, server: &ServerId, body: &str) -> ActionStep {
    let fields = fields(body);
    let Some(action) = fields.action else {
        return ActionStep::Refused(declined(
            "The form data is invalid; nothing was done.",
            "Reload the page.",
        ));
    };
    let ask = Ask { action, targets: fields.targets, twice: fields.twice };
    let taken: Result<ActionStep, ApiError> = if fields.confirmed {
        acts.act(who, server, ask, &fields.token, &fields.reason).await.map(ActionStep::Done)
    } else {
        acts.preview(who, server, ask).await.map(ActionStep::Preview)
    };
    taken.unwrap_or_else(ActionStep::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_looks_unless_it_says_act() {
        let read = fields("action=terminate&target=640%401&target=x&twice=yes&reason=a+b");
        assert_eq!(read.targets, [Target::Session { pid: 640, backend_start_ms: 1 }]);
        assert!(!read.confirmed && read.twice && read.reason == "a b");
        assert!(fields("step=act").confirmed);
        assert_eq!(fields("action=drop"), Fields::default());
    }
}
