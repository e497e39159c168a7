//! The repository's conventions. A convention without a test is a wish; each message says the remedy.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod circles;
mod documents;
mod files;
mod interface;
mod seals;
mod sources;
mod sql;
