//! What is done about an index and how it is undone: statements, and the locks that they take.

use model::identifier::quote_ident;
use model::indexes::{DatabaseIndexes, Index, Indexes, Owner};
use model::object::qualified;
use model::{Evidence, Finding, Known, Object, Reason, Remedy, Severity, Unit};

/// The most findings of one rule; the others are counted.
const MOST: usize = 50;
/// What DROP INDEX and CREATE INDEX CONCURRENTLY take (manual: Explicit Locking, CREATE INDEX).
const CONCURRENT_LOCK: &str = "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes, but waits for transactions that are open on the table; not inside a transaction.";
const PARTITIONED_LOCK: &str = "ACCESS EXCLUSIVE on the partitioned table and all partitions for a moment: set lock_timeout, for while it waits everything behind it waits too. DROP INDEX CONCURRENTLY does not exist for it.";

/// An index with its table and database.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The database's name.
    pub datname: &'a str,
    /// What was read there.
    pub database: &'a DatabaseIndexes,
    /// The table.
    pub owner: &'a Owner,
    /// The index.
    pub index: &'a Index,
}

impl<'a> Place<'a> {
    /// The index of that oid.
    pub fn find(
        (datname, database): (&'a str, &'a DatabaseIndexes),
        indrelid: u32,
        oid: u32,
    ) -> Option<Self> {
        let (owner, index) = (database.owner(indrelid)?, database.index(indrelid, oid)?);
        Some(Self { datname, database, owner, index })
    }

    /// Its size, bytes.
    pub fn bytes(&self) -> f64 {
        self.database.size_bytes(self.index)
    }

    /// Its name with its schema, as SQL spells it.
    pub fn name(&self) -> String {
        qualified(&self.owner.nspname, &self.index.relname)
    }

    /// The name of its table.
    pub fn table(&self) -> String {
        qualified(&self.owner.nspname, &self.owner.relname)
    }

    /// It, as the object of a finding.
    pub fn object(&self) -> Object {
        Object::index(self.datname, &self.owner.nspname, &self.index.relname)
    }

    /// What every finding on it has.
    pub fn finding(&self, rule: String, severity: Severity, message: String) -> Finding {
        Finding {
            rule,
            severity,
            object: self.object(),
            message,
            evidence: vec![evidence("size", self.bytes(), Unit::Bytes)],
            remedy: Remedy::default(),
            harm: model::Harm::Hygiene,
            root: Some(self.object()),
            same_root: Vec::new(),
        }
    }

    /// Dropping it, and making it anew. Without its definition it could not be undone: then there are words only.
    pub fn drop(&self, message: &str) -> Remedy {
        let words = Remedy { message: message.to_owned(), ..Remedy::default() };
        let Some(undo) = self.create() else {
            let why =
                "pgdeck offers no statement: it could not read the definition that would undo it.";
            return Remedy { message: format!("{message} {why}"), ..words };
        };
        let (concurrently, lock) = match self.index.partitioned {
            true => ("", PARTITIONED_LOCK),
            false => (" concurrently", CONCURRENT_LOCK),
        };
        Remedy {
            sql: Some(format!("drop index{concurrently} {};", self.name())),
            lock: Some(lock.into()),
            undo: Some(undo),
            ..words
        }
    }

    /// Building it anew beside itself.
    pub fn reindex(&self, message: &str) -> Remedy {
        Remedy {
            message: message.to_owned(),
            sql: Some(format!("reindex index concurrently {};", self.name())),
            lock: Some(CONCURRENT_LOCK.into()),
            undo: Some("None: the index stays the same. If it fails, an invalid index ending in _ccnew is left over: drop that.".into()),
            refuted_by: None,
        }
    }

    /// The statement that makes the index as it is now, without blocking writes.
    fn create(&self) -> Option<String> {
        let definition = self.index.texts.indexdef.as_deref()?;
        let name = quote_ident(&self.index.relname);
        let unique = if self.index.indisunique { "UNIQUE " } else { "" };
        let rest = definition.strip_prefix(&format!("CREATE {unique}INDEX {name} ON "))?;
        let unique = unique.to_ascii_lowercase();
        Some(match self.index.partitioned {
            true => format!("create {unique}index {name} on {};", rest.strip_prefix("ONLY ")?),
            false => format!("create {unique}index concurrently {name} on {rest};"),
        })
    }
}

/// What making an index concurrently locks.
pub fn concurrent_lock() -> Option<String> {
    Some(CONCURRENT_LOCK.to_owned())
}

/// One number of a finding.
pub fn evidence(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}

/// The databases that are known.
pub fn databases(evidence: &Indexes) -> Known<Vec<(&str, &DatabaseIndexes)>> {
    let known: Vec<(&str, &DatabaseIndexes)> = evidence
        .databases
        .iter()
        .filter_map(|one| Some((one.datname.as_str(), one.known()?)))
        .collect();
    match evidence.databases.first().map(|one| &one.value) {
        Some(Err(reason)) if known.is_empty() => Err(reason.clone()),
        _ => Ok(known),
    }
}

/// The findings of most weight, and how many there are beside them. A standby's indexes are changed on its
/// primary, and what is wrong with them is judged there.
pub fn heaviest(reading: &Indexes, mut found: Vec<(f64, Finding)>) -> Known<Vec<Finding>> {
    let mut known = reading.databases.iter().filter_map(|one| one.known());
    if !found.is_empty() && known.any(|database| database.in_recovery) {
        return Err(Reason::OtherRole { needs: "primary".into() });
    }
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let rest = found.split_off(found.len().min(MOST));
    let mut findings: Vec<Finding> = found.into_iter().map(|(_, finding)| finding).collect();
    if let (Some((_, first)), count @ 1..) = (rest.first(), rest.len()) {
        findings.push(Finding {
            object: Object::Server,
            severity: Severity::Info,
            message: format!("And {count} more of the same kind; these {MOST} are the largest."),
            evidence: vec![evidence("not listed", count as f64, Unit::Count)],
            remedy: Remedy {
                message: "The page of indexes lists all of them.".into(),
                ..Remedy::default()
            },
            root: None,
            ..first.clone()
        });
    }
    Ok(findings)
}
