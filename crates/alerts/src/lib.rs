//! Routes, groups and timers between an alert and its notification.
