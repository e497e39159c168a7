//! Records the EXPLAIN fixtures of `app/plan` from throw-away PostgreSQL servers:
//! `cargo run -p playground --example record_plans -- FOLDER MAJOR [PART…]`.
//!
//! Parts are `statements`, `frames`, `log`, `rules`, `causes`, `diff`, `catalog` (all of them where none is
//! named), `io` (from PostgreSQL 19) and `jit`, which needs a server built with LLVM (`PGDECK_POSTGRES_15=/usr/lib/postgresql/15/bin`).
//! Writes below FOLDER in the layout of `app/plan/fixtures` and deletes nothing: compare what was
//! recorded with what is committed, then copy what is wanted. The fixtures of `rules` and `diff` are
//! those of PostgreSQL 18. Statements and tables are in `app/plan/record`.

mod catalog;
mod causes;
mod diff;
mod log;
mod pairs;
mod rules;
mod session;
mod statements;

use std::path::PathBuf;

use session::Result;

/// What is recorded when no part is named.
const PARTS: [&str; 7] = ["statements", "frames", "log", "rules", "causes", "diff", "catalog"];

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(major)) = (arguments.next(), arguments.next()) else {
        return Err("usage: record_plans FOLDER MAJOR [PART…]".into());
    };
    let (folder, major) = (PathBuf::from(folder), major.parse::<u16>()?);
    let mut parts: Vec<String> = arguments.collect();
    if parts.is_empty() {
        parts = PARTS.map(str::to_owned).to_vec();
    }
    for part in parts {
        match part.as_str() {
            "statements" => statements::record(&folder, major).await?,
            "frames" => statements::record_frames(&folder, major).await?,
            "log" => log::record(&folder, major).await?,
            "rules" => rules::record(&folder, major).await?,
            "causes" => causes::record(&folder, major).await?,
            "io" => causes::record_io(&folder, major).await?,
            "diff" => diff::record(&folder, major).await?,
            "catalog" => catalog::record(&folder, major).await?,
            "jit" => rules::record_jit(&folder, major).await?,
            other => return Err(format!("{other}: no part of the fixtures").into()),
        }
        eprintln!("{part} of PostgreSQL {major} recorded");
    }
    Ok(())
}
