//! The largest bodies of forms.

use app::MAX_SENT_BYTES;

/// Body limit of the form of `/plan`, bytes: two plans, and form encoding triples most characters of JSON.
pub const MAX_PLAN_FORM_BYTES: usize = 6 * MAX_SENT_BYTES;

/// Body limit of what people who are not signed in send, bytes: a name, a password and an address.
pub const MAX_SIGN_IN_BYTES: usize = 4 * 1024;
/// What a plan that is longer is answered.
pub const TOO_LONG: &str = "Without JavaScript a plan of up to 2 MiB can be sent; with JavaScript, or with pgdeck plan on the command line, there is no such limit.";
