//! Fuzz target `xml`: pastes of FORMAT XML.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|paste: &str| common::read(paste, plan::Format::Xml));
