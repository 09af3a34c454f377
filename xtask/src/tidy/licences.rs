//! Every dependency must be permissive: at least one alternative of its licence is on the list.

use super::Complaint;
use serde_json::Value;

const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check(metadata: &Value) -> Result<Vec<Complaint>, String> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let foreign = packages.iter().filter(|package| !package["source"].is_null());
    Ok(foreign.filter_map(complaint).collect())
}

fn complaint(package: &Value) -> Option<Complaint> {
    let name = package["name"].as_str().unwrap_or_default();
    let licence = package["license"].as_str().unwrap_or("none declared");
    (!is_permissive(licence))
        .then(|| format!("dependency {name}: licence `{licence}` is not permissive"))
}

/// `A OR B AND C`: some alternative must consist of permissive parts only.
fn is_permissive(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain
        .split(" OR ")
        .any(|alternative| alternative.split(" AND ").all(|part| PERMISSIVE.contains(&part.trim())))
}

#[cfg(test)]
mod tests {
    use super::is_permissive;

    #[test]
    fn one_permissive_alternative_is_enough() {
        assert!(is_permissive("MIT OR GPL-3.0"));
        assert!(is_permissive("Apache-2.0 AND ISC"));
        assert!(is_permissive("Unlicense/MIT"));
        assert!(!is_permissive("LGPL-3.0"));
        assert!(!is_permissive("MIT AND GPL-2.0"));
    }
}
