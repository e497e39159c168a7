//! Lockable objects: one lock tag of `pg_locks`, and its name for sentences.

use serde::{Deserialize, Serialize};

/// What kind of object a lock is on: `pg_locks.locktype`, table 28.11 of the manual (wait events of
/// type `Lock`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A table, index, sequence, view …
    Relation,
    /// The right to add pages to a relation.
    Extend,
    /// A page of a relation (hash indexes, GIN's pending list).
    Page,
    /// A row version, by page and line pointer.
    Tuple,
    /// A transaction; waiting for it is waiting for its end.
    Transactionid,
    /// A transaction that may not have an id yet.
    Virtualxid,
    /// An `INSERT … ON CONFLICT` that has not decided yet.
    Spectoken,
    /// Any other database object: a type, a schema, a role …
    Object,
    /// A number an application chose.
    Advisory,
    /// Update of `pg_database.datfrozenxid`.
    Frozenid,
    /// A remote transaction that a subscription applies.
    Applytransaction,
    /// A kind this version of pgdeck does not know.
    Other(String),
}

impl ObjectKind {
    /// The kind that `pg_locks.locktype` names.
    pub fn from_catalog(name: &str) -> Self {
        match name {
            "relation" => Self::Relation,
            "extend" => Self::Extend,
            "page" => Self::Page,
            "tuple" => Self::Tuple,
            "transactionid" => Self::Transactionid,
            "virtualxid" => Self::Virtualxid,
            "spectoken" | "speculative token" => Self::Spectoken,
            "object" => Self::Object,
            "advisory" => Self::Advisory,
            "frozenid" => Self::Frozenid,
            "applytransaction" => Self::Applytransaction,
            other => Self::Other(other.to_owned()),
        }
    }

    /// What waiting for it means, one sentence.
    pub fn means(&self) -> &'static str {
        match self {
            Self::Relation => "Waits for a lock on the whole relation.",
            Self::Extend => "Waits to add a page to the relation.",
            Self::Page => "Waits for a page of the relation.",
            Self::Tuple => "Waits behind other sessions that want the same row.",
            Self::Transactionid => {
                "Waits for the end of a transaction that has locked or changed a row."
            }
            Self::Virtualxid => {
                "Waits until every transaction that may still see an older state has ended."
            }
            Self::Spectoken => "Waits for another INSERT … ON CONFLICT to finish its check.",
            Self::Object => "Waits for a database object that is not a relation.",
            Self::Advisory => "Waits for an advisory lock, whose meaning the application defines.",
            Self::Frozenid => "Waits to update the database's frozen transaction ID.",
            Self::Applytransaction => "Waits for a remote transaction to be applied.",
            Self::Other(_) => "Waits for a lock.",
        }
    }
}

/// One lockable object. Fields keep the spelling of `pg_locks`; None where the kind has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LockObject {
    /// Its kind.
    pub kind: ObjectKind,
    /// Database oid; 0 for an object shared by all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<i64>,
    /// Relation oid. Of a transaction: of the row for whose sake it is waited for, where all who wait
    /// want rows of one relation; so are page and tuple, where they want the same row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<i64>,
    /// Block number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<i32>,
    /// Line pointer within the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuple: Option<i32>,
    /// Virtual transaction id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualxid: Option<String>,
    /// Transaction id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactionid: Option<i64>,
    /// Catalog oid, or the first half of an advisory key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classid: Option<i64>,
    /// Object oid, the second half of an advisory key, or the number of a speculative token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objid: Option<i64>,
    /// Column number, or the form of an advisory key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objsubid: Option<i32>,
    /// The relation by name, schema included unless it is `public`; None where we cannot resolve it
    /// (another database). Hostile text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl LockObject {
    /// An object of this kind that nothing else is known of; the caller names what its kind has.
    pub const fn of(kind: ObjectKind) -> Self {
        Self {
            kind,
            database: None,
            relation: None,
            page: None,
            tuple: None,
            virtualxid: None,
            transactionid: None,
            classid: None,
            objid: None,
            objsubid: None,
            name: None,
        }
    }

    /// The key of an advisory lock as its caller wrote it: `42` of one bigint, `1, 2` of two ints.
    pub fn advisory_key(&self) -> Option<String> {
        if self.kind != ObjectKind::Advisory {
            return None;
        }
        let (high, low) = (self.classid? as u32, self.objid? as u32);
        // The manual, 52.12 pg_locks: objsubid is 1 for a bigint key, 2 for two integer keys.
        match self.objsubid? {
            1 => Some(((u64::from(high) << 32 | u64::from(low)) as i64).to_string()),
            2 => Some(format!("{}, {}", high as i32, low as i32)),
            _ => Some(format!("{high}, {low}, {}", self.objsubid?)),
        }
    }

    /// The relation for sentences: its name, or its oid.
    fn relation_words(&self) -> String {
        match (&self.name, self.relation) {
            (Some(name), _) => name.clone(),
            (None, Some(oid)) => format!("relation {oid}"),
            (None, None) => "a relation".to_owned(),
        }
    }

    /// The object for sentences: `orders`, `row (0,5) of orders`, `transaction 738`.
    pub fn words(&self) -> String {
        let number = |value: Option<i64>| value.map_or("?".to_owned(), |v| v.to_string());
        match &self.kind {
            ObjectKind::Relation => self.relation_words(),
            ObjectKind::Extend => format!("the end of {}", self.relation_words()),
            ObjectKind::Page => {
                format!("page {} of {}", number(self.page.map(block)), self.relation_words())
            }
            ObjectKind::Tuple => self.row_words(),
            ObjectKind::Transactionid if self.is_row() => self.row_words(),
            ObjectKind::Transactionid => format!("transaction {}", number(self.transactionid)),
            ObjectKind::Virtualxid => {
                format!("virtual transaction {}", self.virtualxid.as_deref().unwrap_or("?"))
            }
            ObjectKind::Spectoken => self.spectoken_words(),
            ObjectKind::Object => format!(
                "object {} of catalog {}",
                number(self.objid),
                self.name.clone().unwrap_or_else(|| number(self.classid))
            ),
            ObjectKind::Advisory => {
                format!("advisory lock {}", self.advisory_key().unwrap_or_default())
            }
            ObjectKind::Frozenid => "the database's frozen transaction ID".to_owned(),
            ObjectKind::Applytransaction => {
                format!("remote transaction {}", number(self.transactionid.or(self.objid)))
            }
            ObjectKind::Other(kind) => kind.clone(),
        }
    }

    /// Whether what is waited for is a row: a row version, or the transaction that has locked it.
    pub fn is_row(&self) -> bool {
        match self.kind {
            ObjectKind::Tuple => true,
            ObjectKind::Transactionid => self.relation.is_some(),
            _ => false,
        }
    }

    fn row_words(&self) -> String {
        let relation = self.relation_words();
        match (self.page, self.tuple) {
            (Some(page), Some(tuple)) => format!("row ({},{tuple}) of {relation}", block(page)),
            _ => format!("rows of {relation}"),
        }
    }

    /// Minors before the view learnt of speculative tokens print them like other objects: the
    /// transaction in `database`, the token in `classid`.
    fn spectoken_words(&self) -> String {
        let (xid, token) = match self.transactionid {
            Some(xid) => (Some(xid), self.objid),
            None => (self.database, self.classid),
        };
        let number = |value: Option<i64>| value.map_or("?".to_owned(), |v| v.to_string());
        format!("speculative token {} of transaction {}", number(token), number(xid))
    }
}

/// Block numbers are unsigned; the catalog shows them as signed.
fn block(page: i32) -> i64 {
    i64::from(page as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str) -> LockObject {
        LockObject { database: Some(5), ..LockObject::of(ObjectKind::from_catalog(kind)) }
    }

    #[test]
    fn advisory_keys_are_as_written() {
        let half = |value: u32| Some(i64::from(value));
        let mut lock = object("advisory");
        (lock.classid, lock.objid, lock.objsubid) = (half(u32::MAX), half(u32::MAX), Some(1));
        assert_eq!(lock.words(), "advisory lock -1");
        (lock.classid, lock.objid) = (half(1), half(2));
        assert_eq!(lock.words(), "advisory lock 4294967298");
        (lock.classid, lock.objsubid) = (half(u32::MAX), Some(2));
        assert_eq!(lock.words(), "advisory lock -1, 2");
    }

    #[test]
    fn a_row_is_named_by_its_place() {
        let mut row = object("tuple");
        (row.relation, row.page, row.tuple) = (Some(16_384), Some(-1), Some(3));
        assert_eq!(row.words(), "row (4294967295,3) of relation 16384");
        row.name = Some("orders".into());
        assert_eq!(row.words(), "row (4294967295,3) of orders");
        // Who waits for a transaction wants a row that it has locked.
        row.kind = ObjectKind::Transactionid;
        assert_eq!(row.words(), "row (4294967295,3) of orders");
        row.page = None;
        assert_eq!(row.words(), "rows of orders");
        row.relation = None;
        assert_eq!(row.words(), "transaction ?");
    }
}
