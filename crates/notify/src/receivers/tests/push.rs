//! Requests to services that reach telephones.

use super::*;
use crate::receivers::pushover::Pushover;
use config::{
    HttpClientConfig, NtfyConfig, PushoverConfig, PushoverFormat, SigV4Config, SnsConfig, SnsTarget,
};
use expect_test::expect;

#[tokio::test]
async fn pushover() {
    let site = ok();
    let around = around(Templates::default());
    let poster =
        crate::post::Poster::new(&HttpClientConfig::default(), &around.policy, &around.vfs);
    let config = PushoverConfig {
        user_key: secret("user"),
        token: secret("token"),
        message: "<b>{{ (index .Alerts 0).Annotations.summary }}</b>".into(),
        format: PushoverFormat::Html,
        ttl: Duration::from_secs(90),
        ..PushoverConfig::default()
    };
    let receive = Pushover { config, poster, url: url(&site, "/1/messages.json") };
    for notification in [firing(), resolved()] {
        tell(&receive, &around, &notification).await.unwrap();
    }
    expect![[r"
        POST /1/messages.json?device=
          &expire=3600
          &html=1
          &message=%3Cb%3Eweb-1+is+%26lt%3Bdown%26gt%3B%3C%2Fb%3E
          &priority=2
          &retry=60
          &sound=
          &title=%5BFIRING%3A1%5D+HostDown+%28critical%29
          &token=token
          &ttl=90
          &url=http%3A%2F%2Fflyball.example%2F%23%2Falerts%3Freceiver%3Dteam%255C.ops
          &url_title=
          &user=user
        content-type: text/plain
        (no body)
        POST /1/messages.json?device=
          &expire=3600
          &html=1
          &message=%3Cb%3Eweb-1+is+%26lt%3Bdown%26gt%3B%3C%2Fb%3E
          &priority=0
          &retry=60
          &sound=
          &title=%5BRESOLVED%5D+HostDown+%28web-1+critical%29
          &token=token
          &ttl=90
          &url=http%3A%2F%2Fflyball.example%2F%23%2Falerts%3Freceiver%3Dteam%255C.ops
          &url_title=
          &user=user
        content-type: text/plain
        (no body)
    "]]
    .assert_eq(&shown(&site));
}

#[tokio::test]
async fn sns() {
    let site = ok();
    let config = SnsConfig {
        api_url: url(&site, ""),
        sigv4: SigV4Config {
            region: "eu-central-1".into(),
            access_key: "AKID".into(),
            secret_key: Some(secret("sk")),
            ..SigV4Config::default()
        },
        target: SnsTarget::Topic("arn:aws:sns:eu-central-1:1:{{ .Status }}.fifo".into()),
        message: "{{ .Status }} & more".into(),
        attributes: BTreeMap::from([("severity".to_owned(), "{{ .Status }}".to_owned())]),
        ..SnsConfig::default()
    };
    let requests = requests(&site, IntegrationKind::Sns(Box::new(config))).await;
    // The signature covers the port.
    let mut lines: Vec<String> = requests.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if let Some(at) = line.find("Signature=") {
            line.truncate(at + "Signature=".len());
        }
    }
    expect![[r"
        POST /
        authorization: AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-central-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=
        content-type: application/x-www-form-urlencoded
        x-amz-date: 20261122T010203Z
        Action=Publish
        &Version=2010-03-31
        &MessageDeduplicationId=1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95
        &MessageGroupId=1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95
        &TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A1%3Afiring.fifo
        &Message=firing+%26+more
        &Subject=%5BFIRING%3A1%5D+HostDown+%28critical%29
        &MessageAttributes.entry.1.Name=severity
        &MessageAttributes.entry.1.Value.DataType=String
        &MessageAttributes.entry.1.Value.StringValue=firing
        POST /
        authorization: AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-central-1/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=
        content-type: application/x-www-form-urlencoded
        x-amz-date: 20261122T010203Z
        Action=Publish
        &Version=2010-03-31
        &MessageDeduplicationId=1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95
        &MessageGroupId=1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95
        &TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A1%3Aresolved.fifo
        &Message=resolved+%26+more
        &Subject=%5BRESOLVED%5D+HostDown+%28web-1+critical%29
        &MessageAttributes.entry.1.Name=severity
        &MessageAttributes.entry.1.Value.DataType=String
        &MessageAttributes.entry.1.Value.StringValue=resolved"]].assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn a_message_to_a_telephone_is_cut() {
    let site = ok();
    let config = SnsConfig {
        api_url: url(&site, ""),
        sigv4: SigV4Config {
            region: "r".into(),
            access_key: "a".into(),
            secret_key: Some(secret("s")),
            ..SigV4Config::default()
        },
        target: SnsTarget::PhoneNumber("+49".into()),
        subject: String::new(),
        message: "x".repeat(1700),
        ..SnsConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Sns(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    let body = String::from_utf8(site.asked()[0].body.clone()).unwrap();
    assert!(body.contains(&format!("&Message={}&", "x".repeat(1600))), "{body}");
    assert!(
        body.ends_with(
            "Name=truncated&MessageAttributes.entry.1.Value.DataType=String\
        &MessageAttributes.entry.1.Value.StringValue=true"
        ),
        "{body}"
    );
}

#[tokio::test]
async fn ntfy() {
    let site = ok();
    let config = NtfyConfig {
        url: url(&site, "/"),
        topic: "ops-{{ .RouteLabels.team }}".into(),
        tags: vec!["{{ .Status }},x".into(), String::new()],
        click: "{{ .ExternalURL }}".into(),
        ..NtfyConfig::default()
    };
    let requests = requests(&site, IntegrationKind::Ntfy(Box::new(config))).await;
    expect![[r#"
        POST /
        content-type: application/json
        {
          "click": "http://flyball.example",
          "message": "web-1 is <down> (web-1, critical)\n\nResolved:\nweb-2 is <down> (web-2, critical)",
          "priority": 4,
          "tags": [
            "firing",
            "x"
          ],
          "title": "[FIRING:1] HostDown (critical)",
          "topic": "ops-ops"
        }
        POST /
        content-type: application/json
        {
          "click": "http://flyball.example",
          "message": "Resolved:\nweb-1 is <down> (web-1, critical)",
          "priority": 3,
          "tags": [
            "resolved",
            "x"
          ],
          "title": "[RESOLVED] HostDown (web-1 critical)",
          "topic": "ops-ops"
        }
    "#]].assert_eq(&requests);
}

#[tokio::test]
async fn what_a_push_service_refuses_is_not_taken_for_told() {
    for (status, is_retryable) in [(503, true), (400, false)] {
        let site = site((status, "no".to_owned()));
        let around = around(Templates::default());
        let poster =
            crate::post::Poster::new(&HttpClientConfig::default(), &around.policy, &around.vfs);
        let (user_key, token) = (secret("user"), secret("token"));
        let message = "down".into();
        let config = PushoverConfig { user_key, token, message, ..PushoverConfig::default() };
        let pushover = Pushover { config, poster, url: url(&site, "/") };
        let error = tell(&pushover, &around, &firing()).await.unwrap_err();
        assert_eq!(error.is_retryable(), is_retryable, "{status}: {error}");
        let config = sns_config(&site, "AKID");
        let sns = build(&IntegrationKind::Sns(Box::new(config)), &around);
        let error = tell(sns.as_ref(), &around, &firing()).await.unwrap_err();
        assert_eq!(error.is_retryable(), is_retryable, "{status}: {error}");
    }
}

fn sns_config(site: &Site, access_key: &str) -> SnsConfig {
    SnsConfig {
        api_url: url(site, ""),
        sigv4: SigV4Config {
            region: "eu-central-1".into(),
            access_key: access_key.into(),
            secret_key: Some(secret("sk")),
            ..SigV4Config::default()
        },
        target: SnsTarget::Topic("arn:aws:sns:eu-central-1:1:x".into()),
        message: "{{ .Status }}".into(),
        ..SnsConfig::default()
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_signed_and_nothing_is_asked() {
    let site = ok();
    let around = around(Templates::default());
    let sns = build(&IntegrationKind::Sns(Box::new(sns_config(&site, ""))), &around);
    assert!(tell(sns.as_ref(), &around, &firing()).await.is_err());
    assert_eq!(shown(&site), "");
}
