//! Fuzz target `guard`: statements for the guard of EXPLAIN, compared with the tree of the parser.
#![no_main]

#[path = "../checks/guard.rs"]
mod guard;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    guard::check(bytes);
});
