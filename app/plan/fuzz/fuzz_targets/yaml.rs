//! Fuzz target `yaml`: pastes of FORMAT YAML.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|paste: &str| common::read(paste, plan::Format::Yaml));
