//! Fuzz target `rows`: what a server sends, in any pieces, and records of numbers.
#![no_main]

#[path = "../checks/rows.rs"]
mod rows;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    rows::check(bytes);
});
