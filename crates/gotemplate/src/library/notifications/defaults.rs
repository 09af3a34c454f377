//! The default texts of notifications: templates that receivers use when the configuration gives no
//! others, and that configurations call by name.

use super::FUNCTIONS;
use crate::error::Error;
use crate::templates::Templates;

/// Files that are read before those of the configuration, with their names in messages.
const FILES: [(&str, &str); 2] =
    [("default.tmpl", include_str!("default.tmpl")), ("email.tmpl", include_str!("email.tmpl"))];

/// A set with the default texts; files of the configuration are added to it and may replace them.
///
/// # Errors
/// Never, as long as the tests of this crate pass.
pub fn default_templates() -> Result<Templates, Error> {
    let mut templates = Templates::new(FUNCTIONS);
    for (name, text) in FILES {
        templates.add(name, text)?;
    }
    Ok(templates)
}
