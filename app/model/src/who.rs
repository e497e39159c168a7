//! Who looks, and what they may do.

use serde::{Deserialize, Serialize};

use crate::server::ServerId;

/// A role a person can hold; a person may hold several. Admin is not implicitly operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees pages, without query text.
    Viewer,
    /// Sees query text and may EXPLAIN.
    Analyst,
    /// May cancel, terminate, VACUUM and ANALYZE.
    Operator,
    /// Manages users and servers.
    Admin,
}

impl Role {
    /// All roles, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Analyst, Self::Operator, Self::Admin];

    /// The word in configuration, CLI and pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether this role alone grants `right`.
    pub fn grants(self, right: Right) -> bool {
        match right {
            Right::See => true,
            Right::QueryText | Right::Explain => matches!(self, Self::Analyst | Self::Operator),
            Right::Act => self == Self::Operator,
            Right::Audit => matches!(self, Self::Operator | Self::Admin),
            Right::Administer => self == Self::Admin,
        }
    }
}

/// Something a route, server function, stream or action asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Right {
    /// Look at readings.
    See,
    /// See the text of statements.
    QueryText,
    /// Run EXPLAIN on a watched server.
    Explain,
    /// Run an action on a watched server.
    Act,
    /// Read the audit log of a watched server.
    Audit,
    /// Manage users and servers.
    Administer,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The user's name.
    pub name: String,
    /// The roles held.
    pub roles: Vec<Role>,
    /// The servers they may see; empty means all.
    pub servers: Vec<ServerId>,
}

impl Who {
    /// Whether any held role grants `right` at all.
    pub fn may(&self, right: Right) -> bool {
        self.roles.iter().any(|role| role.grants(right))
    }

    /// Whether any held role grants `right` on `server`.
    pub fn may_on(&self, right: Right, server: &ServerId) -> bool {
        self.may(right) && (self.servers.is_empty() || self.servers.contains(server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_is_not_implicitly_operator() {
        assert!(!Role::Admin.grants(Right::Act));
        assert!(!Role::Admin.grants(Right::QueryText));
        assert!(Role::Operator.grants(Right::QueryText));
        assert!(!Role::Viewer.grants(Right::QueryText));
    }

    #[test]
    fn a_server_list_narrows_every_right() {
        let who = Who {
            name: "a".into(),
            roles: vec![Role::Operator],
            servers: vec![ServerId::new("one")],
        };
        assert!(who.may_on(Right::Act, &ServerId::new("one")));
        assert!(!who.may_on(Right::See, &ServerId::new("two")));
    }
}
