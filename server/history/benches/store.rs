//! What the history store costs, against SQLite with a row per sample.

fn main() {}
