//! The interface at `/`: the application built from `web/`, or where it could not be built, the
//! small hand-written page in `assets/`. Both talk to the HTTP API alone, with addresses relative
//! to the page, run under a policy without inline scripts, and put data in as text only.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Content.
    pub bytes: &'static [u8],
    /// The same, compressed by gzip; only where that makes it smaller.
    pub gzip: Option<&'static [u8]>,
    /// The same, compressed by brotli.
    pub brotli: Option<&'static [u8]>,
    /// Media type.
    pub content_type: &'static str,
    /// Strong validator without quotes; changes with the content.
    pub etag: String,
    /// Does its name change with its content, so that it never needs to be asked for again?
    pub is_immutable: bool,
}

/// An embedded file.
struct File {
    path: &'static str,
    bytes: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

/// The application; empty where it was not built.
const BUILT: &[File] = include!(concat!(env!("OUT_DIR"), "/built.rs"));

/// The page for builds without Node.
const SMALL: &[File] = &[
    small("index.html", include_bytes!("../assets/index.html")),
    small("app.js", include_bytes!("../assets/app.js")),
    small("api.js", include_bytes!("../assets/api.js")),
    small("box.js", include_bytes!("../assets/box.js")),
    small("chart.js", include_bytes!("../assets/chart.js")),
    small("dom.js", include_bytes!("../assets/dom.js")),
    small("host.js", include_bytes!("../assets/host.js")),
    small("lists.js", include_bytes!("../assets/lists.js")),
    small("query.js", include_bytes!("../assets/query.js")),
    small("status.js", include_bytes!("../assets/status.js")),
    small("style.css", include_bytes!("../assets/style.css")),
    small("icon.svg", include_bytes!("../assets/icon.svg")),
];

const fn small(path: &'static str, bytes: &'static [u8]) -> File {
    File { path, bytes, gzip: None, brotli: None }
}

/// Is the application embedded, which answers at a path of its own for every view? The small page
/// has one path and shows its parts by fragment.
pub const IS_APPLICATION: bool = !BUILT.is_empty();

static ASSETS: LazyLock<BTreeMap<&'static str, Asset>> = LazyLock::new(|| {
    let files = if IS_APPLICATION { BUILT } else { SMALL };
    files.iter().map(|file| (file.path, describe(file))).collect()
});

/// Finds a file by its path without leading slash; `index.html` and the empty path are the page.
///
/// ```
/// let page = ui::asset("index.html").expect("the page is always there");
/// assert_eq!(page.content_type, "text/html; charset=utf-8");
/// assert_eq!(ui::asset(""), Some(page));
/// assert_eq!(ui::asset("../Cargo.toml"), None);
/// ```
pub fn asset(path: &str) -> Option<&'static Asset> {
    ASSETS.get(if path.is_empty() { "index.html" } else { path })
}

fn describe(file: &File) -> Asset {
    let &File { path, bytes, gzip, brotli } = file;
    let content_type = content_type(path);
    let etag = validator(bytes);
    // Vite names what it puts into `assets/` after its content.
    let is_immutable = path.starts_with("assets/");
    Asset { bytes, gzip, brotli, content_type, etag, is_immutable }
}

/// Media type by the ending of a file's name.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// A validator that changes with the content.
pub fn validator(bytes: &[u8]) -> String {
    format!("{:016x}", fnv1a(bytes))
}

/// Fowler-Noll-Vo hash, 64 bits: tells one build's file from another's, nothing more.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests;
