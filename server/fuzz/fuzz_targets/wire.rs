//! Fuzz target `wire`: texts for the reader of server functions, compared with serde_json.
#![no_main]

#[path = "../checks/wire.rs"]
mod wire;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    wire::check(bytes);
});
