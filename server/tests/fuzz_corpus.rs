//! Replays the fuzz corpora of `server/fuzz`: each input holds what the fuzz targets assert.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../fuzz/checks/dsn.rs"]
mod dsn;
#[path = "../fuzz/checks/forms.rs"]
mod forms;
#[path = "../fuzz/checks/guard.rs"]
mod guard;
#[path = "../../app/plan/tests/common/packed.rs"]
mod packed;
#[path = "../fuzz/checks/redaction.rs"]
mod redaction;
#[path = "../fuzz/checks/rows.rs"]
mod rows;
#[path = "../fuzz/checks/wire.rs"]
mod wire;

/// What is posted, for the target `forms`.
mod posted {
    pub use app::ExplainRequest;
    pub use server::actions::fields::decode;
    pub use server::http::form_types::{Mark, SignInForm, safe_redirect};
}

/// The largest packed corpus, bytes.
const MOST_BYTES: usize = 300_000;
/// As much as the fuzz targets have: texts nest deeply.
const STACK_BYTES: usize = 256 << 20;

/// Checks every input of a target; at least so many are there, and so many of them are accepted: a check that
/// refuses everything would prove nothing.
#[track_caller]
fn replay(target: &str, check: fn(&[u8]) -> bool, (least, accepted): (usize, usize)) {
    let bytes = std::fs::read(packed::path(target)).unwrap();
    assert!(bytes.len() <= MOST_BYTES, "{target}: {} bytes", bytes.len());
    let inputs = packed::unpack(&bytes).unwrap();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let all = inputs.len();
    let run = thread.spawn(move || inputs.values().filter(|input| check(input)).count()).unwrap();
    let passed = run.join().unwrap();
    assert!(all >= least && passed >= accepted, "{target}: {all} inputs, {passed} accepted");
}

#[test]
fn the_json_reader_reads_as_serde_json_does() {
    replay("wire", wire::check, (1_000, 50));
}

#[test]
fn connection_strings_are_read_alike_in_every_syntax() {
    replay("dsn", dsn::check, (1_000, 50));
}

#[test]
fn what_the_guard_lets_through_is_safe_by_the_tree() {
    replay("guard", guard::check, (300, 30));
}

#[test]
fn no_secret_is_shown_whatever_stands_beside_it() {
    replay("redaction", redaction::check, (500, 100));
}

#[test]
fn messages_are_judged_alike_however_they_are_cut() {
    replay("rows", rows::check, (500, 5));
}

#[test]
fn forms_are_read_or_refused() {
    replay("forms", forms::check, (5, 4));
}
