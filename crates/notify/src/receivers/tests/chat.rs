//! Requests to chat services.
#![expect(clippy::too_many_lines, reason = "requests are shown as a whole")]

use super::*;
use config::{
    DiscordConfig, GoogleChatConfig, HttpAuth, HttpClientConfig, MattermostAttachment,
    MattermostConfig, MattermostField, MattermostPriority, MsTeamsConfig, MsTeamsV2Config,
    RocketchatAction, RocketchatConfig, RocketchatField, SlackAction, SlackConfig,
    SlackConfirmation, SlackField, TelegramConfig, TelegramParseMode, TextSource, WebexConfig,
    WechatConfig, WechatMessageType,
};
use expect_test::{Expect, expect};

async fn check(site: &Site, kind: IntegrationKind, expected: Expect) {
    expected.assert_eq(&requests(site, kind).await);
}

fn bearer(token: &str) -> HttpClientConfig {
    let auth = HttpAuth::Authorization { kind: "Bearer".into(), credentials: Some(secret(token)) };
    HttpClientConfig { auth, ..HttpClientConfig::default() }
}

#[tokio::test]
async fn slack_incoming_webhook() {
    let site = ok();
    let config =
        SlackConfig { api_url: secret(url(&site, "/services/T/B/x")), ..SlackConfig::default() };
    check(&site, IntegrationKind::Slack(Box::new(config)), expect![[r#"
        POST /services/T/B/x
        content-type: application/json
        {
          "attachments": [
            {
              "callback_id": "",
              "color": "danger",
              "fallback": "[FIRING:1] HostDown (critical) | http://flyball.example/#/alerts?receiver=team%5C.ops",
              "footer": "",
              "mrkdwn_in": [
                "fallback",
                "pretext",
                "text"
              ],
              "text": "",
              "title": "[FIRING:1] HostDown (critical)",
              "title_link": "http://flyball.example/#/alerts?receiver=team%5C.ops"
            }
          ],
          "username": "Alertmanager"
        }
        POST /services/T/B/x
        content-type: application/json
        {
          "attachments": [
            {
              "callback_id": "",
              "color": "good",
              "fallback": "[RESOLVED] HostDown (web-1 critical) | http://flyball.example/#/alerts?receiver=team%5C.ops",
              "footer": "",
              "mrkdwn_in": [
                "fallback",
                "pretext",
                "text"
              ],
              "text": "",
              "title": "[RESOLVED] HostDown (web-1 critical)",
              "title_link": "http://flyball.example/#/alerts?receiver=team%5C.ops"
            }
          ],
          "username": "Alertmanager"
        }
    "#]]).await;
}

#[tokio::test]
async fn slack_with_everything() {
    let site = ok();
    let confirm = SlackConfirmation {
        text: "Really {{ .Status }}?".into(),
        title: "Sure?".into(),
        ok_text: "Yes".into(),
        dismiss_text: "No".into(),
    };
    let named = SlackAction {
        kind: "button".into(),
        text: "Ack".into(),
        name: "ack".into(),
        value: "{{ .GroupLabels.alertname }}".into(),
        style: "danger".into(),
        confirm: Some(confirm),
        ..SlackAction::default()
    };
    let config = SlackConfig {
        api_url: secret(url(&site, "/services/x")),
        channel: "#{{ .CommonLabels.severity }}".into(),
        title: "x".repeat(1030),
        message_text: "{{ .NotificationReason }}".into(),
        fields: vec![
            SlackField {
                title: "Team".into(),
                value: "{{ .RouteLabels.team }}".into(),
                short: None,
            },
            SlackField { title: "B".into(), value: "b".into(), short: Some(false) },
        ],
        short_fields: true,
        link_names: true,
        mrkdwn_in: vec!["text".into()],
        actions: vec![named],
        ..SlackConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Slack(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    let shown = shown(&site).replace(&"x".repeat(1023), "1023 x ");
    expect![[r##"
        POST /services/x
        content-type: application/json
        {
          "attachments": [
            {
              "actions": [
                {
                  "confirm": {
                    "dismiss_text": "No",
                    "ok_text": "Yes",
                    "text": "Really firing?",
                    "title": "Sure?"
                  },
                  "name": "ack",
                  "style": "danger",
                  "text": "Ack",
                  "type": "button",
                  "value": "HostDown"
                }
              ],
              "callback_id": "",
              "color": "danger",
              "fallback": "[FIRING:1] HostDown (critical) | http://flyball.example/#/alerts?receiver=team%5C.ops",
              "fields": [
                {
                  "short": true,
                  "title": "Team",
                  "value": "ops"
                },
                {
                  "short": false,
                  "title": "B",
                  "value": "b"
                }
              ],
              "footer": "",
              "mrkdwn_in": [
                "text"
              ],
              "text": "",
              "title": "1023 x …",
              "title_link": "http://flyball.example/#/alerts?receiver=team%5C.ops"
            }
          ],
          "channel": "#critical",
          "link_names": true,
          "text": "first notification",
          "username": "Alertmanager"
        }
    "##]].assert_eq(&shown);
}

#[tokio::test]
async fn slack_edits_the_first_message_of_a_group() {
    let site = site(Scripted::json(r#"{"ok": true, "channel": "C1", "ts": "17.5"}"#));
    let config = SlackConfig {
        api_url: secret(url(&site, "/api/chat.postMessage")),
        channel: "#ops".into(),
        update_message: true,
        http: bearer("xoxb-1"),
        ..SlackConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Slack(Box::new(config)), &around);
    let stored = tell(receive.as_ref(), &around, &firing()).await.unwrap();
    expect![[r#"
        {
            "channelId": "C1",
            "threadTs": "17.5",
        }
    "#]]
    .assert_debug_eq(&stored);
    let next = Notification { receiver_data: stored.clone(), ..resolved() };
    assert_eq!(tell(receive.as_ref(), &around, &next).await.unwrap(), stored);
    let asked = site.asked();
    let places = asked.iter().map(|asked| {
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        let authorized = asked.head.iter().any(|line| line.ends_with("Bearer xoxb-1"));
        format!("{} {} {} {authorized}", asked.target, body["channel"], body["ts"])
    });
    expect![[r##"
        [
            "POST /api/chat.postMessage \"#ops\" null true",
            "POST /api/chat.update \"C1\" \"17.5\" true",
        ]
    "##]]
    .assert_debug_eq(&places.collect::<Vec<_>>());
}

#[tokio::test]
async fn telegram() {
    let site = site(Scripted::json(r#"{"ok": true, "result": {}}"#));
    let config = TelegramConfig {
        api_url: url(&site, ""),
        bot_token: secret("12:AB"),
        chat_id: TextSource::Inline("-100123".into()),
        message_thread_id: Some(9),
        disable_notifications: true,
        message: "<b>{{ .Status }}</b> {{ (index .Alerts 0).Annotations.summary }}".into(),
        ..TelegramConfig::default()
    };
    check(
        &site,
        IntegrationKind::Telegram(Box::new(config)),
        expect![[r#"
        POST /bot12:AB/sendMessage
        content-type: application/json
        {
          "chat_id": "-100123",
          "disable_notification": "true",
          "disable_web_page_preview": "true",
          "message_thread_id": "9",
          "parse_mode": "HTML",
          "text": "<b>firing</b> web-1 is &lt;down&gt;"
        }
        POST /bot12:AB/sendMessage
        content-type: application/json
        {
          "chat_id": "-100123",
          "disable_notification": "true",
          "disable_web_page_preview": "true",
          "message_thread_id": "9",
          "parse_mode": "HTML",
          "text": "<b>resolved</b> web-1 is &lt;down&gt;"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn telegram_within_its_limits() {
    let site = site(Scripted::json(r#"{"ok": true, "result": {}}"#));
    let around = around(Templates::default());
    for parse_mode in [TelegramParseMode::Html, TelegramParseMode::Plain] {
        let config = TelegramConfig {
            api_url: url(&site, "/"),
            bot_token: secret("t"),
            chat_id: TextSource::Inline("1".into()),
            message: "ä".repeat(5000),
            parse_mode,
            ..TelegramConfig::default()
        };
        let receive = build(&IntegrationKind::Telegram(Box::new(config)), &around);
        tell(receive.as_ref(), &around, &firing()).await.unwrap();
    }
    let texts = site.asked().into_iter().map(|asked| {
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        let text = body["text"].as_str().unwrap().to_owned();
        (text.chars().count(), text.chars().rev().take(20).collect::<String>())
    });
    expect![[r#"
        [
            (
                153,
                ".tnetnoc egassem eht",
            ),
            (
                4096,
                "…äääääääääääääääääää",
            ),
        ]
    "#]]
    .assert_debug_eq(&texts.collect::<Vec<_>>());
}

#[tokio::test]
async fn discord() {
    let site = site((204, String::new()));
    let config = DiscordConfig {
        webhook_url: secret(url(&site, "/api/webhooks/1/x")),
        content: "c".repeat(2001),
        username: "flyball".into(),
        ..DiscordConfig::default()
    };
    let around = around(Templates::default());
    let receive = build(&IntegrationKind::Discord(Box::new(config)), &around);
    tell(receive.as_ref(), &around, &firing()).await.unwrap();
    let shown = shown(&site).replace(&"c".repeat(1999), "c x 1999 ");
    expect![[r#"
        POST /api/webhooks/1/x
        content-type: application/json
        {
          "content": "c x 1999 …",
          "embeds": [
            {
              "color": 10038562,
              "description": "\n\nAlerts Firing:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-2\n - severity = critical\nAnnotations:\n - summary = web-2 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n",
              "title": "[FIRING:1] HostDown (critical)"
            }
          ],
          "username": "flyball"
        }
    "#]].assert_eq(&shown);
}

#[tokio::test]
async fn webex() {
    let site = ok();
    let config = WebexConfig {
        api_url: url(&site, "/v1/messages"),
        room_id: "room-{{ .Status }}".into(),
        http: bearer("webex-token"),
        ..WebexConfig::default()
    };
    check(&site, IntegrationKind::Webex(Box::new(config)), expect![[r#"
        POST /v1/messages
        authorization: Bearer webex-token
        content-type: application/json
        {
          "markdown": "\n\nAlerts Firing:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-2\n - severity = critical\nAnnotations:\n - summary = web-2 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n",
          "roomId": "room-firing"
        }
        POST /v1/messages
        authorization: Bearer webex-token
        content-type: application/json
        {
          "markdown": "web-1 is <down>\n\n\nAlerts Resolved:\nLabels:\n - alertname = HostDown\n - instance = web-1\n - severity = critical\nAnnotations:\n - summary = web-1 is <down>\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n",
          "roomId": "room-resolved"
        }
    "#]]).await;
}

#[tokio::test]
async fn teams_connector() {
    let site = site((200, "1".to_owned()));
    let config =
        MsTeamsConfig { webhook_url: secret(url(&site, "/webhook")), ..MsTeamsConfig::default() };
    check(&site, IntegrationKind::MsTeams(Box::new(config)), expect![[r#"
        POST /webhook
        content-type: application/json
        {
          "@context": "http://schema.org/extensions",
          "summary": "[FIRING:1] HostDown (critical)",
          "text": "\n\n# Alerts Firing:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-2\n  - severity = critical\n\nAnnotations:\n  - summary = web-2 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
          "themeColor": "8C1A1A",
          "title": "[FIRING:1] HostDown (critical)",
          "type": "MessageCard"
        }
        POST /webhook
        content-type: application/json
        {
          "@context": "http://schema.org/extensions",
          "summary": "[RESOLVED] HostDown (web-1 critical)",
          "text": "\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
          "themeColor": "2DC72D",
          "title": "[RESOLVED] HostDown (web-1 critical)",
          "type": "MessageCard"
        }
    "#]]).await;
}

#[tokio::test]
async fn teams_flow() {
    let site = site((202, String::new()));
    let webhook_url = secret(url(&site, "/workflows/x?sig=y"));
    let config = MsTeamsV2Config { webhook_url, ..MsTeamsV2Config::default() };
    check(&site, IntegrationKind::MsTeamsV2(Box::new(config)), expect![[r#"
        POST /workflows/x?sig=y
        content-type: application/json
        {
          "attachments": [
            {
              "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "body": [
                  {
                    "color": "Attention",
                    "size": "Medium",
                    "style": "heading",
                    "text": "[FIRING:1] HostDown (critical)",
                    "type": "TextBlock",
                    "weight": "Bolder",
                    "wrap": true
                  },
                  {
                    "text": "\n\n# Alerts Firing:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-2\n  - severity = critical\n\nAnnotations:\n  - summary = web-2 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
                    "type": "TextBlock",
                    "wrap": true
                  }
                ],
                "msteams": {
                  "width": "full"
                },
                "type": "AdaptiveCard",
                "version": "1.2"
              },
              "contentType": "application/vnd.microsoft.card.adaptive",
              "contentUrl": null
            }
          ],
          "type": "message"
        }
        POST /workflows/x?sig=y
        content-type: application/json
        {
          "attachments": [
            {
              "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "body": [
                  {
                    "color": "Good",
                    "size": "Medium",
                    "style": "heading",
                    "text": "[RESOLVED] HostDown (web-1 critical)",
                    "type": "TextBlock",
                    "weight": "Bolder",
                    "wrap": true
                  },
                  {
                    "text": "\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
                    "type": "TextBlock",
                    "wrap": true
                  }
                ],
                "msteams": {
                  "width": "full"
                },
                "type": "AdaptiveCard",
                "version": "1.2"
              },
              "contentType": "application/vnd.microsoft.card.adaptive",
              "contentUrl": null
            }
          ],
          "type": "message"
        }
    "#]]).await;
}

#[tokio::test]
async fn rocketchat() {
    let site = site(Scripted::json(r#"{"success": true}"#));
    let config = RocketchatConfig {
        api_url: url(&site, "/chat"),
        token: secret("tok"),
        token_id: secret("uid"),
        channel: "#ops".into(),
        fields: vec![RocketchatField { title: "A".into(), value: "a".into(), short: None }],
        actions: vec![RocketchatAction {
            text: "Look".into(),
            url: "{{ .ExternalURL }}".into(),
            ..RocketchatAction::default()
        }],
        ..RocketchatConfig::default()
    };
    check(
        &site,
        IntegrationKind::Rocketchat(Box::new(config)),
        expect![[r##"
        POST /chat/api/v1/chat.postMessage
        content-type: application/json
        x-auth-token: tok
        x-user-id: uid
        {
          "attachments": [
            {
              "actions": [
                {
                  "is_webview": false,
                  "msg_in_chat_window": false,
                  "text": "Look",
                  "type": "button",
                  "url": "http://flyball.example"
                }
              ],
              "color": "red",
              "fields": [
                {
                  "short": false,
                  "title": "A",
                  "value": "a"
                }
              ],
              "title": "[FIRING:1] HostDown (critical)",
              "title_link": "http://flyball.example/#/alerts?receiver=team%5C.ops"
            }
          ],
          "channel": "#ops"
        }
        POST /chat/api/v1/chat.postMessage
        content-type: application/json
        x-auth-token: tok
        x-user-id: uid
        {
          "attachments": [
            {
              "actions": [
                {
                  "is_webview": false,
                  "msg_in_chat_window": false,
                  "text": "Look",
                  "type": "button",
                  "url": "http://flyball.example"
                }
              ],
              "color": "green",
              "fields": [
                {
                  "short": false,
                  "title": "A",
                  "value": "a"
                }
              ],
              "title": "[RESOLVED] HostDown (web-1 critical)",
              "title_link": "http://flyball.example/#/alerts?receiver=team%5C.ops"
            }
          ],
          "channel": "#ops"
        }
    "##]],
    )
    .await;
}

#[tokio::test]
async fn mattermost() {
    let site = ok();
    let config = MattermostConfig {
        webhook_url: secret(url(&site, "/hooks/x")),
        channel: "ops".into(),
        attachments: vec![MattermostAttachment {
            title: "{{ .GroupLabels.alertname }}".into(),
            text: "t".into(),
            fields: vec![MattermostField {
                title: "a".into(),
                value: "b".into(),
                short: Some(true),
            }],
            ..MattermostAttachment::default()
        }],
        card: Some("{{ .Status }}".into()),
        priority: Some(MattermostPriority {
            priority: "Important".into(),
            requested_ack: true,
            persistent_notifications: true,
        }),
        ..MattermostConfig::default()
    };
    check(&site, IntegrationKind::Mattermost(Box::new(config)), expect![[r#"
        POST /hooks/x
        content-type: application/json
        {
          "attachments": [
            {
              "fields": [
                {
                  "short": true,
                  "title": "a",
                  "value": "b"
                }
              ],
              "text": "t",
              "title": "HostDown"
            }
          ],
          "channel": "ops",
          "priority": {
            "priority": "important",
            "requested_ack": true
          },
          "props": {
            "card": "firing"
          },
          "text": "\n\n# Alerts Firing:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-2\n  - severity = critical\n\nAnnotations:\n  - summary = web-2 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
          "username": "Alertmanager"
        }
        POST /hooks/x
        content-type: application/json
        {
          "attachments": [
            {
              "fields": [
                {
                  "short": true,
                  "title": "a",
                  "value": "b"
                }
              ],
              "text": "t",
              "title": "HostDown"
            }
          ],
          "channel": "ops",
          "priority": {
            "priority": "important",
            "requested_ack": true
          },
          "props": {
            "card": "resolved"
          },
          "text": "\n\n\n# Alerts Resolved:\n\nLabels:\n  - alertname = HostDown\n  - instance = web-1\n  - severity = critical\n\nAnnotations:\n  - summary = web-1 is <down>\n\nSource: http://prometheus/graph?g0.expr=up+%3D%3D+0\n\n\n\n",
          "username": "Alertmanager"
        }
    "#]]).await;
}

#[tokio::test]
async fn wechat_fetches_its_token_once() {
    let site = Site::start(|asked: &Asked| {
        let is_token = asked.target.contains("gettoken");
        let body = if is_token { r#"{"access_token": "at"}"# } else { r#"{"errcode": 0}"# };
        Scripted::json(body)
    });
    let config = WechatConfig {
        api_url: url(&site, "/cgi-bin/"),
        api_secret: secret("s3cret"),
        corp_id: "corp".into(),
        message: "**{{ .Status }}**".into(),
        message_type: WechatMessageType::Markdown,
        to_user: "a|b".into(),
        agent_id: "1000".into(),
        ..WechatConfig::default()
    };
    check(
        &site,
        IntegrationKind::Wechat(Box::new(config)),
        expect![[r#"
        GET /cgi-bin/gettoken?corpid=corp
          &corpsecret=s3cret
        (no body)
        POST /cgi-bin/message/send?access_token=at
        content-type: application/json
        {
          "agentid": "1000",
          "markdown": {
            "content": "**firing**"
          },
          "msgtype": "markdown",
          "safe": "0",
          "text": {
            "content": ""
          },
          "touser": "a|b"
        }
        POST /cgi-bin/message/send?access_token=at
        content-type: application/json
        {
          "agentid": "1000",
          "markdown": {
            "content": "**resolved**"
          },
          "msgtype": "markdown",
          "safe": "0",
          "text": {
            "content": ""
          },
          "touser": "a|b"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn google_chat() {
    let site = ok();
    let webhook_url = secret(url(&site, "/v1/spaces/S/messages?key=k&token=t"));
    let config = GoogleChatConfig { webhook_url, ..GoogleChatConfig::default() };
    let card = GoogleChatConfig { card: true, threading: false, ..config.clone() };
    let around = around(Templates::default());
    for config in [config, card] {
        let receive = build(&IntegrationKind::GoogleChat(Box::new(config)), &around);
        tell(receive.as_ref(), &around, &firing()).await.unwrap();
    }
    expect![[r#"
        POST /v1/spaces/S/messages?key=k
          &token=t
          &messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD
        content-type: application/json
        {
          "text": "*[FIRING:1] HostDown (critical)*\nweb-1 is <down> (web-1, critical)\n\nResolved:\nweb-2 is <down> (web-2, critical)\n<http://flyball.example/#/alerts?receiver=team%5C.ops|Alerts>",
          "thread": {
            "threadKey": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95"
          }
        }
        POST /v1/spaces/S/messages?key=k
          &token=t
        content-type: application/json
        {
          "cardsV2": [
            {
              "card": {
                "header": {
                  "title": "[FIRING:1] HostDown (critical)"
                },
                "sections": [
                  {
                    "widgets": [
                      {
                        "textParagraph": {
                          "text": "*[FIRING:1] HostDown (critical)*\nweb-1 is <down> (web-1, critical)\n\nResolved:\nweb-2 is <down> (web-2, critical)\n<http://flyball.example/#/alerts?receiver=team%5C.ops|Alerts>"
                        }
                      }
                    ]
                  }
                ]
              },
              "cardId": "1f016a4e0ffa3ecc7b3dbaf50bfae90a3edab6a8070c270ebfa8ca9be5dc0f95"
            }
          ]
        }
    "#]].assert_eq(&shown(&site));
}
