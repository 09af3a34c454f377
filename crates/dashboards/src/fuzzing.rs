//! Properties that hold for any bytes; called by the fuzz target and by the test that replays its
//! corpus.

use crate::{diff, import, import_value, lint};

/// Any bytes as a dashboard: what is read has its form, keeps it when it is read again, can be
/// checked, compared and exported.
///
/// # Panics
/// When a property does not hold.
pub fn check(bytes: &[u8]) {
    let Ok(imported) = import(bytes) else { return };
    let dashboard = imported.dashboard;
    assert_eq!(dashboard.json()["schemaVersion"], 41, "there is one form");
    assert!(dashboard.uid().is_some(), "every dashboard has an identity");
    let again = import_value(dashboard.clone().into_json());
    let again = again.expect("what was read can be read").dashboard;
    assert_eq!(again, dashboard, "what is migrated stays");
    assert_eq!(diff(&dashboard, &again), [], "and nothing differs");
    drop(lint(&dashboard, None));
    import(dashboard.to_file().as_bytes()).expect("what is exported can be read");
}
