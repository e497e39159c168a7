//! A statement, an index that it asks for and its plans, for unit tests.

use model::suggestions::Weighted;
use plan::rules::{Candidate, IndexKey, IndexProposal, Table};

use super::merge::merged;
use super::proof::{After, Made, Proof, Tried};
use super::subject::{Look, Subject};

/// A plan without the index.
pub const BEFORE: &str = "Seq Scan on t  (cost=0.00..200.00 rows=3 width=8)\n  Filter: (a = $1)";
/// A plan with it.
pub const AFTER: &str =
    "Index Scan using <7>btree_t_a on t  (cost=0.29..8.00 rows=3 width=8)\n  Index Cond: (a = $1)";

/// A B-tree on a table's column.
pub fn index(table: &str, key: &str) -> IndexProposal {
    IndexProposal {
        table: Table { schema: None, name: table.into() },
        method: None,
        keys: vec![IndexKey { key: key.into(), options: String::new() }],
        include: vec![],
        predicate: None,
        partitioned: false,
    }
}

/// A statement that weighs 1 ms and its proof with this plan.
pub fn proof(after: Option<&str>) -> (Vec<Subject>, Proof) {
    let text = "select 1 from t where a = $1".to_owned();
    let weighted = Weighted { queryid: 1, text, total_ms: 1.0, calls: None };
    let mut subjects = Subject::read_all(vec![weighted]);
    for subject in &mut subjects {
        subject.generic = Look::read(BEFORE);
    }
    let candidate = Candidate { index: index("t", "a"), equal: 1, share: None };
    let made = Made { oid: 7, names: vec!["<7>btree_t_a".into()] };
    let tried = |wanted| Tried {
        wanted,
        made: Ok(made.clone()),
        loss: None,
        wins_percent: None,
        note: None,
    };
    let generic = after.and_then(|text| Look::read(text).ok());
    let proof = Proof {
        hypopg: Ok("1.3.1".into()),
        wanted: merged([(0, candidate)].into_iter()).into_iter().map(tried).collect(),
        left_out: vec![],
        after: vec![After { generic, custom: None }],
        is_smallest: false,
    };
    (subjects, proof)
}
