//! The page at `/`: hand-written files inside the binary, nothing to build and nothing to fetch.
//! Served by `api`; talks to the HTTP API alone, with relative addresses, so any prefix works.
//! Runs under a policy without inline scripts and styles and puts data in as text only.

/// A file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Content.
    pub bytes: &'static [u8],
    /// Media type.
    pub content_type: &'static str,
    /// Strong validator without quotes; changes with the content.
    pub etag: String,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

const FILES: &[(&str, &str, &str)] = &[
    ("index.html", HTML, include_str!("../assets/index.html")),
    ("app.js", SCRIPT, include_str!("../assets/app.js")),
    ("api.js", SCRIPT, include_str!("../assets/api.js")),
    ("box.js", SCRIPT, include_str!("../assets/box.js")),
    ("chart.js", SCRIPT, include_str!("../assets/chart.js")),
    ("dom.js", SCRIPT, include_str!("../assets/dom.js")),
    ("host.js", SCRIPT, include_str!("../assets/host.js")),
    ("lists.js", SCRIPT, include_str!("../assets/lists.js")),
    ("query.js", SCRIPT, include_str!("../assets/query.js")),
    ("status.js", SCRIPT, include_str!("../assets/status.js")),
    ("style.css", STYLE, include_str!("../assets/style.css")),
    ("icon.svg", IMAGE, include_str!("../assets/icon.svg")),
];

/// Finds a file by its path without leading slash; `index.html` and the empty path are the page.
///
/// ```
/// let page = ui::asset("index.html").expect("the page is always there");
/// assert_eq!(page.content_type, "text/html; charset=utf-8");
/// assert_eq!(ui::asset(""), Some(page));
/// assert_eq!(ui::asset("../Cargo.toml"), None);
/// ```
pub fn asset(path: &str) -> Option<Asset> {
    let path = if path.is_empty() { "index.html" } else { path };
    let (_, content_type, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    let bytes = content.as_bytes();
    Some(Asset { bytes, content_type, etag: format!("{:016x}", fnv1a(bytes)) })
}

/// Fowler-Noll-Vo hash, 64 bits: tells one build's file from another's, nothing more.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests;
