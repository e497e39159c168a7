//! Fuzz target `dsn`: connection strings with their environment, service file and password file.
#![no_main]

#[path = "../checks/dsn.rs"]
mod dsn;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    dsn::check(bytes);
});
