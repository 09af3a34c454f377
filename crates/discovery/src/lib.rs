//! Finds targets: static and file service discovery.
