//! Names the systems whose plans are PostgreSQL's with something of their own.

use crate::node::{Node, Plan};

/// A system built on PostgreSQL that a plan comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Greenplum and Cloudberry: segments work side by side.
    Greenplum,
    /// Citus: workers run tasks.
    Citus,
    /// TimescaleDB: hypertables of chunks.
    Timescale,
    /// YugabyteDB: rows are stored in DocDB.
    Yugabyte,
    /// Amazon Redshift: columns, without indexes.
    Redshift,
    /// Postgres-XL and its heirs: data nodes.
    PostgresXl,
    /// PG-Strom: on the graphics processor.
    PgStrom,
    /// Columnar tables of Citus and Hydra.
    Columnar,
    /// AlloyDB's columnar engine.
    AlloyDb,
    /// Neon: pages come from a page server.
    Neon,
    /// Amazon Aurora: pages come from shared storage.
    Aurora,
}

impl System {
    /// Whether its tables are those that the plan names, and take PostgreSQL's statements: not where a task
    /// reads a shard, segments have no CONCURRENTLY, or there are no indexes at all.
    pub(crate) fn takes_statements(self) -> bool {
        !matches!(
            self,
            Self::Greenplum | Self::Citus | Self::Redshift | Self::PostgresXl | Self::Yugabyte
        )
    }

    /// The sentence that names it, and says how its figures are to be read.
    pub fn says(self) -> &'static str {
        match self {
            Self::Greenplum => {
                "This is a plan of Greenplum or Cloudberry: segments work side by side, and the figures of a node are those of one of them, the busiest."
            }
            Self::Citus => {
                "This is a plan of Citus: what stands below a task ran on a worker, and its figures are those of this task alone."
            }
            Self::Timescale => "This is a plan of TimescaleDB.",
            Self::Yugabyte => {
                "This is a plan of YugabyteDB: rows come from DocDB, and what the storage filters is not removed by the node."
            }
            Self::Redshift => {
                "This is a plan of Amazon Redshift: it has estimates only, and there are no indexes."
            }
            Self::PostgresXl => "This is a plan of Postgres-XL: remote nodes ran parts of it.",
            Self::PgStrom => "This is a plan with PG-Strom.",
            Self::Columnar => "This is a plan with columnar tables.",
            Self::AlloyDb => "This is a plan of AlloyDB.",
            Self::Neon => "This is a plan of Neon: pages come from a page server.",
            Self::Aurora => "This is a plan of Amazon Aurora: pages come from shared storage.",
        }
    }
}

/// Nodes that are looked at: what is another system's shows early.
const MOST_NODES: usize = 1_000;

/// Custom scans, by how their provider's name starts.
const PROVIDERS: [(&str, System); 10] = [
    ("Citus", System::Citus),
    ("ChunkAppend", System::Timescale),
    ("ConstraintAwareAppend", System::Timescale),
    ("DecompressChunk", System::Timescale),
    ("VectorAgg", System::Timescale),
    ("SkipScan", System::Timescale),
    ("GapFill", System::Timescale),
    ("Gpu", System::PgStrom),
    ("columnar scan", System::AlloyDb),
    ("ColumnarScan", System::Columnar),
];

/// Properties, by how their key starts.
const KEYS: [(&str, System); 9] = [
    ("Storage Table ", System::Yugabyte),
    ("Storage Index ", System::Yugabyte),
    ("Storage Filter", System::Yugabyte),
    ("Storage Read ", System::Yugabyte),
    ("Redshift Node", System::Redshift),
    ("Columnar cache", System::AlloyDb),
    ("File cache", System::Neon),
    ("Shared Aurora_", System::Aurora),
    ("Remote query", System::PostgresXl),
];

fn of_node(node: &Node) -> Option<System> {
    let kind = node.kind.as_str();
    if kind.ends_with(" Motion") {
        return Some(System::Greenplum);
    }
    if kind.starts_with("YB ") {
        return Some(System::Yugabyte);
    }
    if kind.starts_with("Remote ") {
        return Some(System::PostgresXl);
    }
    // Only an extension's own nodes have lines that PostgreSQL does not print, or a few of them.
    let by_key = |key: &str| {
        KEYS.iter().find(|(start, _)| key.starts_with(start)).map(|(_, system)| *system)
    };
    if kind == "Custom Scan" {
        let provider = node.get("Custom Plan Provider").unwrap_or_default();
        // TimescaleDB's has the same name as Hydra's, and a filter on vectors.
        if provider == "ColumnarScan"
            && (node.get("Vectorized Filter").is_some()
                || node.relation.as_deref().is_some_and(|name| name.contains("_chunk")))
        {
            return Some(System::Timescale);
        }
        let known = PROVIDERS.iter().find(|(start, _)| provider.starts_with(start));
        if known.is_some() {
            return known.map(|(_, system)| *system);
        }
    }
    node.props.iter().find_map(|prop| by_key(&prop.key))
}

impl Plan {
    /// The system built on PostgreSQL that it comes from; `None` for PostgreSQL itself.
    pub fn system(&self) -> Option<System> {
        self.nodes.iter().take(MOST_NODES).find_map(of_node)
    }
}
