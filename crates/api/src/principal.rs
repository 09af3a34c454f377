//! Who asks and what a route demands: every route declares a permission, every request carries a
//! principal. INV-80: a request reaches a handler only after its principal passed the route's
//! permission.

use axum::extract::FromRequestParts;
use http::request::Parts;
use std::convert::Infallible;
use std::sync::Arc;

/// What a route allows its caller to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Ask whether the server lives and is ready.
    Health,
    /// Read series, rules, targets, status and the page.
    ReadMetrics,
    /// Bring samples in or change state that users own.
    Write,
    /// Let the server dial a target that the caller names.
    Probe,
    /// Snapshot, compact, delete: `--web.enable-admin-api`.
    Admin,
    /// Reload and quit: `--web.enable-lifecycle`.
    Lifecycle,
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Principal {
    /// Nobody said who; only where no authentication is configured.
    #[default]
    Anonymous,
    /// A user of `basic_auth_users`.
    User(Arc<str>),
}

impl Principal {
    /// May this caller use a route with this permission?
    ///
    /// Prometheus' web configuration knows no roles: whoever is let in may do everything that the
    /// flags enable. The question is asked all the same, so that roles have one place to grow.
    pub fn may(&self, permission: Permission) -> bool {
        match (self, permission) {
            (
                Self::Anonymous | Self::User(_),
                Permission::Health
                | Permission::ReadMetrics
                | Permission::Write
                | Permission::Probe
                | Permission::Admin
                | Permission::Lifecycle,
            ) => true,
        }
    }

    /// Name for logs: the user, or `anonymous`.
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User(name) => name,
        }
    }
}

/// The authentication guard stores the principal; a request without one came around the guard and
/// counts as anonymous.
impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
