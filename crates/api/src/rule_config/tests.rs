//! The shapes of answers; what is kept is tested where it is kept.

use super::*;
use crate::ServerOptions;
use crate::test_client::Client;
use crate::testing::{Rooms, state};
use config::WebConfig;
use expect_test::{Expect, expect};

/// Two namespaces; refuses everything new.
struct Fixed;

impl RuleConfigProvider for Fixed {
    fn namespaces(&self) -> Result<Vec<(String, Vec<RuleConfig>)>, ProviderError> {
        let group = |name: &str| RuleConfig {
            name: name.to_owned(),
            text: format!(
                "name: {name}\nrules:\n  - record: r\n    expr: |-\n      a\n      + b\n"
            ),
        };
        let one = ("team/a".to_owned(), vec![group("first"), group("second")]);
        Ok(vec![one, ("b".to_owned(), vec![group("third")])])
    }

    fn put(&self, namespace: &str, group: &str) -> Result<(), ProviderError> {
        if group == "name: good" {
            return Ok(());
        }
        let message = format!("{namespace}:1:1: a rule group needs a `name`");
        Err(ProviderError::new(ProviderErrorKind::Refused, message))
    }

    fn delete(&self, namespace: &str, group: Option<&str>) -> Result<bool, ProviderError> {
        Ok(namespace == "b" && group.is_none_or(|group| group == "third"))
    }
}

fn check(line: &str, body: &str, expected: &Expect) {
    let rooms = Arc::new(Rooms::default());
    let provider: Provider = Arc::new(Fixed);
    let mounts = rule_config_mounts(&provider);
    let client =
        Client::build(ServerOptions::default(), state(&rooms), rooms, WebConfig::default(), mounts);
    let (method, path) = line.split_once(' ').unwrap();
    let request = http::Request::builder().method(method).uri(path).header("Host", "localhost");
    let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let shown = runtime.block_on(async {
        let response = client.send(request).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        format!("{status} {}", String::from_utf8(bytes.to_vec()).unwrap())
    });
    expected.assert_eq(&shown);
}

#[test]
fn groups_are_listed_as_yaml() {
    let list = expect![[r#"
        200 "team/a":
            - name: first
              rules:
                - record: r
                  expr: |-
                    a
                    + b
            - name: second
              rules:
                - record: r
                  expr: |-
                    a
                    + b
        "b":
            - name: third
              rules:
                - record: r
                  expr: |-
                    a
                    + b
    "#]];
    check("GET /config/v1/rules", "", &list);
    let group = expect![[r"
        200 name: third
        rules:
          - record: r
            expr: |-
              a
              + b
    "]];
    check("GET /config/v1/rules/b/third", "", &group);
    check("GET /config/v1/rules/none", "", &expect![["404 no rule groups found\n"]]);
    check("GET /config/v1/rules/b/none", "", &expect![["404 group does not exist\n"]]);
    check("GET /config/v1/rules/team%2Fa/none", "", &expect![["404 group does not exist\n"]]);
}

#[test]
fn changes_are_accepted_or_refused() {
    let accepted = expect![[r#"202 {"data":null,"error":"","errorType":"","status":"success"}"#]];
    check("POST /config/v1/rules/b", "name: good", &accepted);
    check("DELETE /config/v1/rules/b", "", &accepted);
    check("DELETE /config/v1/rules/b/third", "", &accepted);
    let refused = expect![["400 x:1:1: a rule group needs a `name`\n"]];
    check("POST /config/v1/rules/x", "rules: []", &refused);
    check("DELETE /config/v1/rules/x/y", "", &expect![["404 group does not exist\n"]]);
    check("PUT /config/v1/rules/b", "", &expect![["405 Method Not Allowed\n"]]);
    let long = "x".repeat(BODY_BYTES_MAX + 1);
    let too_long = expect![["413 the body is longer than 1048576 bytes\n"]];
    check("POST /config/v1/rules/b", &long, &too_long);
}
