//! The fields of an action's form. Pure.

use model::action::{Action, Target};

/// The decoded form.
#[derive(Debug, Default, PartialEq)]
pub struct Fields {
    /// Whether it is to be done; otherwise it is previewed.
    pub confirmed: bool,
    /// What.
    pub action: Option<Action>,
    /// To what.
    pub targets: Vec<Target>,
    /// Whether it is asked a second time.
    pub twice: bool,
    /// The token of the preview.
    pub token: String,
    /// Why, in the words of the person.
    pub reason: String,
}

/// Decodes a form's body. Invalid fields are dropped; an incomplete form is refused later.
pub fn decode(body: &str) -> Fields {
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
