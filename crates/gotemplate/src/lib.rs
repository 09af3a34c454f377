//! Templates with the semantics of Go's text/template and html/template: the language in which
//! annotations of alerts and texts of notifications are written.
//! Used by `rules` and `notify`. Pure: no clock, no files; what functions need comes with the call.
//!
//! Semantics and messages are those of Go 1.26 (packages text/template, html/template, fmt, time),
//! the functions those of Prometheus 3.14 ([`rules`]) and Alertmanager 0.34 ([`notifications`]).
//! What differs:
//!
//! - Texts are UTF-8; what is cut apart inside a character becomes U+FFFD.
//! - Complex numbers are refused; pointers print as what they point to, not as addresses.
//! - Rendering is bounded ([`Limits`]); so are texts and their nesting.
//! - HTML is escaped while it is written, not when it is parsed: see [`Output::Html`].
//! - Regular expressions complain in other words. Instants under verbs of numbers (`%d`) complain
//!   like texts do, where Go shows their insides.
//!
//! ```
//! use gotemplate::{Limits, NoFunctions, Output, Templates, Value};
//!
//! let mut templates = Templates::new(&[]);
//! templates.add("greeting", "{{range .}}{{.}}! {{end}}").unwrap();
//! let data = Value::strings(["one", "two"]);
//! let text =
//!     templates.render("greeting", &data, Output::Text, &mut NoFunctions, Limits::default());
//! assert_eq!(text.unwrap(), "one! two! ");
//! ```

mod builtin;
mod error;
mod escape;
mod exec;
mod fmt;
#[doc(hidden)]
pub mod fuzzing;
mod html;
mod library;
mod limits;
mod parse;
mod templates;
mod time;
mod types;
mod value;

pub use error::{Error, ErrorKind};
pub use library::{Library, NoFunctions, Signature, notifications, rules};
pub use limits::Limits;
pub use templates::{Output, Templates};
pub use time::{Time, Zone};
pub use types::{Field, IntType, ListType, MapType, Method, SafeType, StructType, Type};
pub use value::{List, Map, Struct, Value};
