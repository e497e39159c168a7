//! Fuzz target `text`: pastes of FORMAT TEXT.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|paste: &str| common::read(paste, plan::Format::Text));
