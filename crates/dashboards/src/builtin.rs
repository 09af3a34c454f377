//! The dashboards that come with Flyball, in the form of files that Grafana could import too.

use crate::body::Body;
use crate::import::import;
use crate::library::{Origin, Summary};
use crate::provision::shipped;

/// Every file with the identity it has inside.
pub(crate) const FILES: [(&str, &str); 0] = [];

/// All of them, read.
pub(crate) fn all() -> Vec<(Summary, Body)> {
    let read = |(uid, file): &(&str, &str)| {
        let imported = import(file.as_bytes()).expect("tests read every shipped file");
        let body = Body::pack(&imported.dashboard).expect("tests read every shipped file");
        (shipped(uid, &imported.dashboard, String::new(), Origin::BuiltIn), body)
    };
    FILES.iter().map(read).collect()
}
