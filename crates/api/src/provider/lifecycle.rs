//! Life of the process as seen from outside: ready, reload, quit.

use super::ProviderError;

/// The process that the server speaks for.
pub trait LifecycleProvider: Send + Sync {
    /// Are queries answered already? The server itself adds "no longer" while it drains.
    fn is_ready(&self) -> bool;

    /// Reads the configuration again, all or nothing; blocks until it is done.
    fn reload(&self) -> Result<(), ProviderError>;

    /// Asks the process to stop; returns at once.
    fn quit(&self);
}
