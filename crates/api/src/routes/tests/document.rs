//! The `OpenAPI` document and the table of routes say the same.

use crate::ServerOptions;
use crate::routes::table;
use crate::test_client::{Client, run};
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    let shown = run(Client::new().show("GET /api/openapi.json"));
    serde_json::from_str(shown.strip_prefix("200 ").unwrap()).unwrap()
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let table = table();
    let mounted: BTreeSet<&str> = table.iter().map(|route| route.path).collect();
    assert_eq!(described, mounted);
}

#[test]
fn described_methods_are_those_that_answer() {
    let document = document();
    let client = Client::with(ServerOptions {
        enable_admin_api: true,
        enable_lifecycle: true,
        ..ServerOptions::default()
    });
    for (path, item) in document["paths"].as_object().unwrap() {
        let described: BTreeSet<String> =
            item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let refused =
            run(client
                .ask(&format!("TRACE {}", path.replace("{name}", "job").replace("{id}", "1"))));
        assert_eq!(refused.status(), 405, "{path}");
        let allowed = refused.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<String> =
            allowed.split(',').filter(|m| *m != "HEAD").map(str::to_owned).collect();
        assert_eq!(described, allowed, "{path}");
    }
}

#[test]
fn references_lead_somewhere() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[test]
fn operations_have_distinct_names() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(!id.is_empty(), "{method} {path}");
            assert!(seen.insert(id.clone()), "{method} {path}: {id}");
        }
    }
}
