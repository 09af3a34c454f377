//! Meta labels of what other systems call labels, tags and annotations.

use model::LabelsBuilder;

/// A name of another system as part of a label name: what a label name cannot hold becomes `_`.
pub(super) fn sanitized(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    name.chars().map(fits).collect()
}

/// Sets `<prefix><name>` to the value, for each pair.
pub(super) fn set_all<'a>(
    labels: &mut LabelsBuilder,
    prefix: &str,
    pairs: impl IntoIterator<Item = (&'a String, &'a String)>,
) {
    for (name, value) in pairs {
        labels.set(&format!("{prefix}{}", sanitized(name)), value);
    }
}

/// `host:port`, IPv6 addresses in brackets.
pub(super) fn host_port(host: &str, port: impl std::fmt::Display) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
