//! Dashboards: any that Grafana wrote becomes classic JSON of schema version 41, with a report of
//! what that cost; all that there are, kept, provisioned or shipped, are in one library.
//! Pure: no clock, no network; files only through `sys::Vfs`. `api` serves, the binary wires.

mod body;
mod builtin;
mod classic;
mod dashboard;
mod diff;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod gallery;
mod import;
mod json;
mod judge;
mod library;
mod lint;
mod provision;
mod report;
mod store;
mod substitute;
mod units;
mod v2;

pub use dashboard::{Dashboard, UID_CHARS_MAX, is_uid, uid_of};
pub use diff::{Difference, diff};
pub use error::{Error, ErrorKind};
pub use import::{INPUT_BYTES_MAX, Imported, PANELS_MAX, VARIABLES_MAX, import, import_value};
pub use json::Object;
pub use judge::{PANEL_TYPES, TRANSFORMATIONS};
pub use library::{Folder, Found, Library, Origin, Summary, VersionSummary, Wanted};
pub use lint::{Complaint, Severity, lint, metric_names};
pub use provision::{FILES_MAX, File, Provisioned, Trouble};
pub use report::{Finding, FindingKind};
pub use store::{
    ANNOTATION_BYTES_MAX, ANNOTATIONS_MAX, Act, Annotation, DASHBOARDS_MAX, Draft, FOLDERS_MAX,
    KEPT_BYTES_MAX, Over, STARS_MAX, VERSIONS_MAX,
};
