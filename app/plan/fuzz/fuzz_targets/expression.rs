//! Fuzz target `expression`: the reader of conditions. What it prints as SQL it reads again.
#![no_main]

use plan::expression::read;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some(expression) = read(text) else { return };
    let root = expression.root();
    for id in expression.below(root) {
        assert!(expression.part(expression.bare(id)).is_some());
        let _ = (expression.columns(id), expression.sql(id, true));
    }
    let _ = (expression.conjuncts(), expression.disjuncts());
    if let Some(sql) = expression.sql(root, false) {
        assert!(read(&sql).is_some(), "{sql}");
    }
});
