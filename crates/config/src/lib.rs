//! All configuration files: strict loading, places of errors, defaults.
