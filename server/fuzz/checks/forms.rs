//! What must hold of the bodies of posted forms: whatever they are, a value or an error, and what was written
//! as a form is read back.

use axum::body::Body;
use axum::extract::{Form, FromRequest, Request};
use futures::FutureExt;
use model::action::Target;
use model::measure::Budget;
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use super::posted::{ExplainRequest, Mark, SignInForm, decode, safe_redirect};

/// Whether the body is read as a form.
pub fn check(body: &[u8]) -> bool {
    let mark: Option<Mark> = form(body);
    let signed_in: Option<SignInForm> = form(body);
    if let Some(form) = &signed_in {
        let next = safe_redirect(form.next.as_deref());
        assert!(next.starts_with('/') && !next.starts_with("//"), "{next}");
        assert!(next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{next}");
    }
    if let Ok(text) = std::str::from_utf8(body) {
        is_action_read_back(text);
    }
    let Some(pairs) = form::<Vec<(String, String)>>(body) else {
        assert!(mark.is_none() && signed_in.is_none(), "what is no form has no fields");
        return false;
    };
    let again = form::<Vec<(String, String)>>(written(&pairs).as_bytes());
    assert_eq!(again.as_ref(), Some(&pairs));

    let request = ExplainRequest::from_pairs(&pairs);
    assert!(!request.statement.contains('\r'), "browsers send other ends of lines");
    let sent = written(&request.pairs());
    let read: Vec<_> = form(sent.as_bytes()).expect("what was written is a form");
    assert_eq!(ExplainRequest::from_pairs(&read), request, "{sent}");

    let value = |at: usize| pairs.get(at).map(|(_, value)| value.clone()).unwrap_or_default();
    let fields = [("name", value(0)), ("password", value(1)), ("next", value(2))]
        .map(|(name, value)| (name.to_owned(), value));
    let read: SignInForm = form(written(&fields).as_bytes()).expect("it is that form");
    assert_eq!((read.name, read.password, read.next), (value(0), value(1), Some(value(2))));

    let fields =
        [("title", value(0)), ("server", value(1))].map(|(name, value)| (name.to_owned(), value));
    let read: Mark = form(written(&fields).as_bytes()).expect("it is that form");
    assert_eq!((read.title, read.server), (value(0), value(1)));

    let default = Budget { bytes: 1, time_ms: 1 };
    let budget = Budget::from_fields(&value(0), &value(1), default);
    assert!(
        budget == default
            || value(0).contains(char::is_numeric)
            || value(1).contains(char::is_numeric)
    );
    true
}

/// What a handler is given of a body; None where axum refuses it.
fn form<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let request = Request::builder()
        .method("POST")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_vec()))
        .expect("a request");
    // All of the body is there: nothing is waited for.
    let form = Form::from_request(request, &()).now_or_never().expect("it is read at once");
    form.ok().map(|Form(value)| value)
}

fn written(pairs: &[(String, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// What a form of an action says, written as our pages do and read again.
fn is_action_read_back(body: &str) {
    let fields = decode(body);
    let mut form = Serializer::new(String::new());
    form.append_pair("step", if fields.confirmed { "act" } else { "preview" });
    if let Some(action) = fields.action {
        form.append_pair("action", action.as_str());
    }
    for target in &fields.targets {
        assert_eq!(Target::from_field(&target.field()).as_ref(), Some(target));
        form.append_pair("target", &target.field());
    }
    form.append_pair("twice", if fields.twice { "yes" } else { "" });
    form.append_pair("token", &fields.token).append_pair("reason", &fields.reason);
    assert_eq!(decode(&form.finish()), fields, "{body}");
}
