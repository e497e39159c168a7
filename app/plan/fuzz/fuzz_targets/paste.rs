//! Fuzz target `paste`: any bytes, as a browser hands them over, and every plan in them.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let paste = String::from_utf8_lossy(bytes);
    let Ok(parsed) = plan::parse(&paste) else { return };
    for notice in &parsed.notices {
        assert!(notice.line > 0 && notice.text.ends_with('.'), "{notice:?}");
    }
    parsed.plans.iter().for_each(common::all);
});
