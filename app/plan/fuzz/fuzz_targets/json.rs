//! Fuzz target `json`: pastes of FORMAT JSON.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|paste: &str| common::read(paste, plan::Format::Json));
