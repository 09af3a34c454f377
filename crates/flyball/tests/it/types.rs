//! The types of the page are made of the document that the server gives.

use crate::server::Server;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/web");

#[test]
fn the_pages_types_are_those_of_the_document() {
    let tool = Path::new(WEB).join("node_modules/.bin/openapi-typescript");
    if !tool.exists() {
        testkit::skip("types of the page", "run npm ci in crates/ui/web: no openapi-typescript");
        return;
    }
    let server = Server::start(&[]);
    let document = server.write("openapi.json", &server.get("/api/openapi.json").text());
    let made = server.folder.path().join("schema.d.ts");
    let output = Command::new(tool).arg(&document).arg("-o").arg(&made).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept = Path::new(WEB).join("src/api/schema.d.ts");
    let made = fs::read_to_string(made).unwrap();
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(kept, made).unwrap();
    } else {
        let is_same = fs::read_to_string(&kept).unwrap() == made;
        assert!(is_same, "{} is behind the document; set UPDATE_EXPECT=1", kept.display());
    }
}
