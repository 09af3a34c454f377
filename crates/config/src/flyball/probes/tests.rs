use super::super::load;
use super::*;
use crate::Outside;

fn read(text: &str) -> Result<Vec<ScheduledProbe>, Vec<String>> {
    let loaded = load("flyball.yml", text, &Outside::nothing());
    loaded.map(|loaded| loaded.config.probes).map_err(|error| {
        error.problems().iter().map(|p| format!("{}: {}", p.place, p.message)).collect()
    })
}

#[test]
fn probes_have_defaults() {
    let probes = read("probes:\n- {name: web, targets: [a.example]}\n").unwrap();
    let expected = ScheduledProbe {
        name: "web".into(),
        module: Some("http_2xx".into()),
        targets: vec!["a.example".into()],
        locations: Vec::new(),
        conditions: Vec::new(),
        steps: Vec::new(),
        context: Vec::new(),
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(10),
        labels: Vec::new(),
        healthy: 2,
        unhealthy: 2,
    };
    assert_eq!(probes, [expected]);
    let quick = read("probes:\n- {name: web, targets: [a], interval: 5s}\n").unwrap();
    assert_eq!(quick[0].timeout, Duration::from_secs(5));
    let calm = read("probes:\n- {name: web, targets: [a], profile: low_noise}\n").unwrap();
    let calm = &calm[0];
    assert_eq!((calm.interval, calm.healthy, calm.unhealthy), (INTERVAL_LOW_NOISE, 3, 3));
}

#[test]
fn conditions_and_steps_keep_their_places() {
    let text = "probes:\n- name: api\n  targets: [https://a.example]\n  conditions:\n  \
            - '[STATUS] == 200'\n- name: suite\n  context: {price: '1'}\n  steps:\n  \
            - {name: a, url: 'http://a', headers: {X-Key: hunter2}, store: {id: '[BODY].id'}}\n  \
            - {name: b, url: 'http://a/[CONTEXT].id', always_run: true}\n";
    let probes = read(text).unwrap();
    assert_eq!(probes[0].module, None);
    let place = Place { line: 5, column: 5 };
    assert_eq!(probes[0].conditions, [("[STATUS] == 200".to_owned(), place)]);
    assert_eq!(probes[1].steps.len(), 2);
    assert!(probes[1].steps[1].always_run && probes[1].targets.is_empty());
    let redacted = load("flyball.yml", text, &Outside::nothing()).unwrap().redacted;
    assert!(!redacted.contains("hunter2"), "{redacted}");
    let wrong = "probes:\n- {name: s, targets: [a], steps: [{name: a}, {name: a, url: x}]}\n";
    assert_eq!(
        read(wrong).unwrap_err(),
        [
            "2:34: with `steps`, URL, module and conditions stand in each step",
            "2:35: a step needs `url`",
            "2:53: a step needs `name`, and each name stands once",
        ]
    );
}

#[test]
fn mistakes_are_told_with_their_places() {
    let text = "probes:\n- {name: web, targets: [a, a]}\n- {name: web, targets: [b]}\n\
            - name: x\n  targets: [c]\n  interval: 1s\n  timeout: 2s\n  healthy: 0\n  \
            labels: {job: y, __x: z, location: l, _fine: a}\n- {}\n";
    assert_eq!(
        read(text).unwrap_err(),
        [
            "2:24: a target is there twice",
            "3:10: there are two probes with the name \"web\"",
            "7:12: `timeout` must be above 0 and at most `interval`",
            "8:12: at least 1 probe decides",
            "9:11: \"__x\" cannot be a label here",
            "9:11: \"job\" cannot be a label here",
            "9:11: \"location\" cannot be a label here",
            "10:3: a probe needs `name`",
            "10:3: a probe needs `targets`, none of them empty",
        ]
    );
}

#[test]
fn locations_are_named_once_and_known() {
    let text = "probe_locations:\n- {name: paris, url: 'https://a.example:1789', username: u, \
        password: hunter2}\nprobes:\n- {name: w, targets: [a], locations: [here, paris]}\n";
    let loaded = load("flyball.yml", text, &Outside::nothing()).unwrap();
    assert!(!loaded.redacted.contains("hunter2"), "{}", loaded.redacted);
    assert_eq!(loaded.config.probe_locations[0].name, "paris");
    assert_eq!(loaded.config.probes[0].locations, ["here", "paris"]);
    let wrong = "probe_locations:\n- {name: here, url: 'https://a'}\n\
        - {name: a, url: 'https://u:hunter2@a'}\n- {name: a, url: a, username: u}\n\
        probes:\n- {name: w, targets: [a], locations: [b, b]}\n";
    let mistakes = read(wrong).unwrap_err();
    assert_eq!(
        mistakes,
        [
            "2:10: a location needs `name`, which is not `here`: that is this server",
            "3:18: `url` of a location has neither user nor query; use `username`",
            "4:10: there are two locations with the name \"a\"",
            "4:18: `url`: the scheme of the URL must be `http` or `https`",
            "4:31: `username` and `password` of a location go together",
            "6:38: a location is there twice",
            "6:38: \"b\" is not among `probe_locations`",
        ]
    );
}
