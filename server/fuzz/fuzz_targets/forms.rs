//! Fuzz target `forms`: bodies of posted forms.
#![no_main]

#[path = "../../src/actions/fields.rs"]
mod fields;
#[path = "../../src/http/form_types.rs"]
mod form_types;
#[path = "../checks/forms.rs"]
mod forms;
#[path = "../../../app/src/pages/plan/explain/request.rs"]
#[allow(dead_code, unexpected_cfgs)]
mod request;

/// What is posted; compiled from its sources, for the whole server takes longer to compile than all else.
mod posted {
    pub use super::fields::decode;
    pub use super::form_types::{Mark, SignInForm, safe_redirect};
    pub use super::request::ExplainRequest;
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    forms::check(bytes);
});
