//! Fuzz target `redaction`: statements with a secret in them, of which nothing may be shown.
#![no_main]

#[path = "../checks/redaction.rs"]
mod redaction;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    redaction::check(bytes);
});
