//! Ways of label sets: through relabelling rules, and through the routing tree.

use super::check;
use expect_test::expect;

#[test]
fn relabelling_is_shown_rule_by_rule() {
    check(
        "GET /api/flyball/v1/targets/relabel?job=node&labels=%7B%22__address__%22:%22a:9100%22,%22env%22:%22prod%22%7D&metric=up%7Binstance=%22x%22%7D",
        &expect![[r#"
            200 {"status":"success","data":{"job":"node","file":"prometheus.yml",
            "target":{"before":{"__address__":"a:9100","env":"prod"},"steps":[{"line":4,
            "rule":"action: drop, source_labels: [env], regex: \"dev\"","kept":true,
            "after":{"__address__":"a:9100","env":"prod"}},{"line":5,"rule":"action:
            replace, source_labels: [__address__], regex: \"(.+):.*\", target_label:
            host","kept":true,"after":{"__address__":"a:9100","env":"prod",
            "host":"a"}}],"notApplied":0,"kept":true,"stored":{"env":"prod","host":"a",
            "instance":"a:9100"}},"sample":{"before":{"__name__":"up","env":"prod",
            "exported_instance":"x","host":"a","instance":"a:9100"},"steps":[{"line":7,
            "rule":"action: labeldrop, regex: \"instance\"","kept":true,
            "after":{"__name__":"up","env":"prod","exported_instance":"x","host":"a"}}],
            "notApplied":0,"kept":true,"stored":{"__name__":"up","env":"prod",
            "exported_instance":"x","host":"a"}}}}"#]],
    );
}

#[test]
fn the_rule_that_drops_a_target_is_named() {
    check(
        "GET /api/flyball/v1/targets/relabel?job=node&labels=%7B%22__address__%22:%22a:9100%22,%22env%22:%22dev%22%7D",
        &expect![[r#"
            200 {"status":"success","data":{"job":"node","file":"prometheus.yml",
            "target":{"before":{"__address__":"a:9100","env":"dev"},"steps":[{"line":4,
            "rule":"action: drop, source_labels: [env], regex: \"dev\"","kept":false,
            "after":{"__address__":"a:9100","env":"dev"}}],"notApplied":1,"kept":false,
            "stored":null},"sample":null}}"#]],
    );
}

#[test]
fn what_cannot_be_relabelled_is_refused() {
    check(
        "GET /api/flyball/v1/targets/relabel?job=nobody",
        &expect![[r#"
        404 {"status":"error","errorType":"not_found","error":"there is no scrape
        configuration \"nobody\""}"#]],
    );
    check(
        "GET /api/flyball/v1/targets/relabel?job=node&labels=env",
        &expect![[r#"
        400 {"status":"error","errorType":"bad_data","error":"invalid parameter
        \"labels\": expected value at line 1 column 1; expected a JSON object with
        texts, like {\"job\": \"node\"}"}"#]],
    );
    check(
        "GET /api/flyball/v1/targets/relabel?job=node&metric=up%7Ba!=%22b%22%7D",
        &expect![[r#"
            400 {"status":"error","errorType":"bad_data","error":"invalid parameter
            \"metric\": a!=\"b\" names no single series, expected label=\"value\""}"#]],
    );
}

#[test]
fn the_routing_tree_is_shown_with_the_way_of_an_alert() {
    check(
        "GET /api/flyball/v1/alerts/routes",
        &expect![[r#"
        200 {"status":"success","data":{"file":"alertmanager.yml",
        "routes":[{"depth":0,"line":2,"key":"{}","receiver":"default","matchers":[],
        "continue":false,"groupBy":["alertname"],"groupWait":"30s",
        "groupInterval":"5m","repeatInterval":"4h","own":["receiver","group_by"],
        "muteTimeIntervals":[],"activeTimeIntervals":[],"labels":{},"way":null,
        "reason":null},{"depth":1,"line":5,"key":"{}/{team=\"db\"}","receiver":"db",
        "matchers":[{"matcher":"team=\"db\"","holds":null}],"continue":true,
        "groupBy":["alertname"],"groupWait":"30s","groupInterval":"5m",
        "repeatInterval":"4h","own":["receiver"],"muteTimeIntervals":["always"],
        "activeTimeIntervals":[],"labels":{},"way":null,"reason":null},{"depth":1,
        "line":6,"key":"{}/{team=~\"a|db\"}","receiver":"pager, a",
        "matchers":[{"matcher":"team=~\"a|db\"","holds":null}],"continue":false,
        "groupBy":["alertname"],"groupWait":"30s","groupInterval":"5m",
        "repeatInterval":"4h","own":["receiver"],"muteTimeIntervals":[],
        "activeTimeIntervals":[],"labels":{},"way":null,"reason":null}],
        "receivers":null}}"#]],
    );
    check(
        "GET /api/flyball/v1/alerts/routes?labels=%7B%22team%22:%22db%22%7D",
        &expect![[r#"
        200 {"status":"success","data":{"file":"alertmanager.yml",
        "routes":[{"depth":0,"line":2,"key":"{}","receiver":"default","matchers":[],
        "continue":false,"groupBy":["alertname"],"groupWait":"30s",
        "groupInterval":"5m","repeatInterval":"4h","own":["receiver","group_by"],
        "muteTimeIntervals":[],"activeTimeIntervals":[],"labels":{},"way":"passed",
        "reason":"it matches, and a route below takes the alert"},{"depth":1,
        "line":5,"key":"{}/{team=\"db\"}","receiver":"db",
        "matchers":[{"matcher":"team=\"db\"","holds":true}],"continue":true,
        "groupBy":["alertname"],"groupWait":"30s","groupInterval":"5m",
        "repeatInterval":"4h","own":["receiver"],"muteTimeIntervals":["always"],
        "activeTimeIntervals":[],"labels":{},"way":"told","reason":"the alert ends
        here: no route below takes it"},{"depth":1,"line":6,
        "key":"{}/{team=~\"a|db\"}","receiver":"pager, a",
        "matchers":[{"matcher":"team=~\"a|db\"","holds":true}],"continue":false,
        "groupBy":["alertname"],"groupWait":"30s","groupInterval":"5m",
        "repeatInterval":"4h","own":["receiver"],"muteTimeIntervals":[],
        "activeTimeIntervals":[],"labels":{},"way":"told","reason":"the alert ends
        here: no route below takes it"}],"receivers":["db","pager, a"]}}"#]],
    );
    check(
        "GET /api/flyball/v1/alerts/routes?labels=%7B%22team%22:%22ops%22%7D",
        &expect![[r#"
        200 {"status":"success","data":{"file":"alertmanager.yml",
        "routes":[{"depth":0,"line":2,"key":"{}","receiver":"default","matchers":[],
        "continue":false,"groupBy":["alertname"],"groupWait":"30s",
        "groupInterval":"5m","repeatInterval":"4h","own":["receiver","group_by"],
        "muteTimeIntervals":[],"activeTimeIntervals":[],"labels":{},"way":"told",
        "reason":"the alert ends here: no route below takes it"},{"depth":1,
        "line":5,"key":"{}/{team=\"db\"}","receiver":"db",
        "matchers":[{"matcher":"team=\"db\"","holds":false}],"continue":true,
        "groupBy":["alertname"],"groupWait":"30s","groupInterval":"5m",
        "repeatInterval":"4h","own":["receiver"],"muteTimeIntervals":["always"],
        "activeTimeIntervals":[],"labels":{},"way":"refused","reason":"does not
        hold: team=\"db\""},{"depth":1,"line":6,"key":"{}/{team=~\"a|db\"}",
        "receiver":"pager, a","matchers":[{"matcher":"team=~\"a|db\"",
        "holds":false}],"continue":false,"groupBy":["alertname"],"groupWait":"30s",
        "groupInterval":"5m","repeatInterval":"4h","own":["receiver"],
        "muteTimeIntervals":[],"activeTimeIntervals":[],"labels":{},"way":"refused",
        "reason":"does not hold: team=~\"a|db\""}],"receivers":["default"]}}"#]],
    );
}

#[test]
fn receivers_come_with_their_integrations() {
    check(
        "GET /api/flyball/v1/alerts/receivers",
        &expect![[r#"
        200 {"status":"success","data":{"receivers":[{"name":"default",
        "labels":{"name":"default"},"integrations":[]},{"name":"db",
        "labels":{"name":"db","owner":"ann"},"integrations":[]},{"name":"pager, a",
        "labels":{"name":"pager, a"},"integrations":[]}]}}"#]],
    );
}
