//! Pairs of plans with a change between them: a defect and its repair, or before and after.

use std::path::Path;

use playground::Server;

use crate::session::{Result, explain, rows, write};

/// What is explained twice.
pub struct Pair {
    /// The folder of the fixture.
    pub name: &'static str,
    /// Statements run before the first plan.
    pub prepare: &'static [&'static str],
    /// Options of EXPLAIN.
    pub options: &'static str,
    /// Settings and statement of the first plan.
    pub first: (&'static str, &'static str),
    /// Statements run between the plans.
    pub change: &'static [&'static str],
    /// Settings and statement of the second plan.
    pub second: (&'static str, &'static str),
}

/// One statement, planned anew after a change or under other settings.
pub const fn again(
    name: &'static str,
    (settings, statement): (&'static str, &'static str),
    change: &'static [&'static str],
    settings_after: &'static str,
) -> Pair {
    let (first, second) = ((settings, statement), (settings_after, statement));
    Pair { name, prepare: &[], options: "analyze, verbose, buffers", first, change, second }
}

/// Two statements that ask for the same.
pub const fn rewritten(
    name: &'static str,
    first: (&'static str, &'static str),
    second: (&'static str, &'static str),
) -> Pair {
    Pair { name, prepare: &[], options: "analyze, verbose, buffers", first, change: &[], second }
}

impl Pair {
    /// Records both plans under these names.
    pub async fn record(&self, server: &Server, folder: &Path, names: [&str; 2]) -> Result<()> {
        let folder = folder.join(self.name);
        rows(server, self.prepare).await?;
        for ((settings, statement), name) in [self.first, self.second].into_iter().zip(names) {
            let settings = format!("set max_parallel_workers_per_gather = 0; {settings}");
            let plan = explain(server, &settings, self.options, statement).await?;
            write(&folder.join(name).with_extension("txt"), &plan)?;
            if name == names[0] {
                rows(server, self.change).await?;
            }
        }
        Ok(())
    }
}
