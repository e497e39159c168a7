//! Users, roles and permissions: the authorisation model of pgdeck.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Whether this role alone grants `permission`.
    pub fn grants(self, permission: Permission) -> bool {
        match permission {
            Permission::See => true,
            Permission::QueryText | Permission::Explain => {
                matches!(self, Self::Analyst | Self::Operator)
            }
            Permission::Act => self == Self::Operator,
            Permission::Audit => matches!(self, Self::Operator | Self::Admin),
            Permission::Administer => self == Self::Admin,
        }
    }
}

crate::named::named!(Role);

/// What a route, server function, event stream or action requires of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
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

impl Permission {
    /// Its name in the list of routes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::QueryText => "query text",
            Self::Explain => "explain",
            Self::Act => "act",
            Self::Audit => "audit",
            Self::Administer => "administer",
        }
    }

    /// The roles that grant it, for messages: `one of the roles analyst, operator`.
    pub fn granted_by(self) -> String {
        let roles: Vec<&str> =
            Role::ALL.into_iter().filter(|role| role.grants(self)).map(Role::as_str).collect();
        format!("one of the roles {}", roles.join(", "))
    }
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// The roles held.
    pub roles: Vec<Role>,
    /// The servers they may see; empty means all.
    pub servers: Vec<ServerId>,
}

impl User {
    /// Whether any held role grants `permission` at all.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.grants(permission))
    }

    /// Whether any held role grants `permission` on `server`.
    pub fn may_on(&self, permission: Permission, server: &ServerId) -> bool {
        self.may(permission) && (self.servers.is_empty() || self.servers.contains(server))
    }

    /// Passes when the user holds `permission` (on `server`, where one is named).
    ///
    /// Errors: `NotFound` for a server they may not see, so that its name is not given away;
    /// `Forbidden` when only the permission is missing.
    pub fn require(
        &self,
        permission: Permission,
        server: Option<&ServerId>,
    ) -> Result<(), ApiError> {
        if !server.is_none_or(|server| self.may_on(Permission::See, server)) {
            return Err(ApiError::NotFound);
        }
        if self.may(permission) {
            Ok(())
        } else {
            Err(ApiError::Forbidden { needs: permission.granted_by() })
        }
    }

    /// Whether the user may see the text of statements on `server`.
    pub fn sees_query_text(&self, server: &ServerId) -> bool {
        self.may_on(Permission::QueryText, server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_is_not_implicitly_operator() {
        assert!(!Role::Admin.grants(Permission::Act));
        assert!(!Role::Admin.grants(Permission::QueryText));
        assert!(Role::Operator.grants(Permission::QueryText));
        assert!(!Role::Viewer.grants(Permission::QueryText));
    }

    #[test]
    fn a_server_list_narrows_every_permission() {
        let user = User {
            name: "a".into(),
            roles: vec![Role::Operator],
            servers: vec![ServerId::new("one")],
        };
        assert!(user.may_on(Permission::Act, &ServerId::new("one")));
        assert!(!user.may_on(Permission::See, &ServerId::new("two")));
        assert_eq!(user.require(Permission::Act, Some(&ServerId::new("one"))), Ok(()));
        let hidden = user.require(Permission::Act, Some(&ServerId::new("two")));
        assert_eq!(hidden, Err(ApiError::NotFound), "the name of a server is not given away");
        let missing = user.require(Permission::Administer, None);
        assert_eq!(missing, Err(ApiError::Forbidden { needs: "one of the roles admin".into() }));
    }
}
