//! Generated templates of notifications against `amtool template render` 0.25, as text and as HTML.
//!
//! Known changes until 0.34: label sets and pairs print as `a=b, c=d` and not as maps; the data is a
//! pointer, so messages call it `*template.Data`; comparisons of different types name the types; an
//! empty value without quotes and `<` in styles become `ZgotmplZ`; `trimSpace` is new. Our own:
//! backquotes in scripts are always escaped, branches that end in different places of
//! the document are accepted, and the place where a document ends is told in words.

use crate::notification;
use gotemplate::Output;
use gotemplate::notifications::Data;
use std::path::{Path, PathBuf};
use std::process::Command;

const DATA: &str = r#"{"receiver": "team a&b", "status": "firing", "alerts": [
 {"status": "firing", "labels": {"alertname": "Down", "instance": "i1", "zone": "<a&b>"},
  "annotations": {"summary": "it's \"down\"", "url": "javascript:alert(1)"},
  "startsAt": "2026-11-20T10:11:12.5Z", "endsAt": "0001-01-01T00:00:00Z",
  "generatorURL": "http://p/g?x=1&y=a b#f", "fingerprint": "abc"},
 {"status": "resolved", "labels": {"alertname": "Down", "instance": "i2"}, "annotations": {},
  "startsAt": "2026-11-20T10:11:12Z", "endsAt": "2026-11-20T11:11:12Z", "generatorURL": "",
  "fingerprint": "abd"}],
 "groupLabels": {"alertname": "Down"}, "commonLabels": {"alertname": "Down", "job": "api"},
 "commonAnnotations": {"summary": "s"}, "externalURL": "http://am/x"}"#;

const TEXTS: [&str; 52] = [
    "{{ .Status | toUpper }} {{ .Receiver | title }} {{ len .Alerts }}",
    "{{ title \"foo BAR-baz_qux don't a.b x:y 3com éa\" }}",
    "{{ range .Alerts }}{{ .Labels.alertname }}/{{ .Labels.none }}/{{ .StartsAt }} {{ end }}",
    "{{ range .Alerts.Firing }}{{ .Fingerprint }}{{ end }}{{ range .Alerts.Resolved }}{{ .EndsAt }}{{ end }}",
    "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}",
    "{{ .CommonLabels.Names }} {{ .CommonLabels.Values }} {{ .CommonLabels.SortedPairs.Names }}",
    "{{ range .CommonLabels.Remove .GroupLabels.Names }}{{ . }}{{ end }}",
    "{{ .CommonLabels.Names | join \", \" }} {{ join \"-\" (stringSlice \"a\" \"b\") }}",
    "{{ (index .Alerts 0).Labels.zone }} {{ (index .Alerts 1).Annotations.none }}|",
    "{{ with index .Alerts 0 }}{{ .StartsAt.Format \"2006-01-02T15:04:05.000Z07:00 Mon Jan _2 3PM\" }}{{ end }}",
    "{{ with index .Alerts 0 }}{{ .StartsAt.Unix }} {{ .StartsAt.UnixNano }} {{ .StartsAt.Year }} {{ .StartsAt.Month }}{{ end }}",
    "{{ with index .Alerts 0 }}{{ .StartsAt.Weekday }} {{ .StartsAt.YearDay }} {{ .StartsAt.Hour }} {{ .EndsAt.IsZero }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ .EndsAt.Sub .StartsAt }} {{ (.EndsAt.Sub .StartsAt).Minutes }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ .StartsAt.Add 3600000000000 }} {{ .StartsAt.AddDate 0 3 11 }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ .StartsAt.Before .EndsAt }} {{ .StartsAt.After .EndsAt }} {{ .StartsAt.Equal .StartsAt }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ .StartsAt.Truncate 3600000000000 }} {{ .StartsAt.Round 86400000000000 }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ .StartsAt.UTC }} {{ .StartsAt.Location }} {{ .StartsAt.Nanosecond }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ (.EndsAt.Sub .StartsAt).String }} {{ (.EndsAt.Sub .StartsAt).Hours }}{{ end }}",
    "{{ with index .Alerts 1 }}{{ printf \"%d %v %s\" (.EndsAt.Sub .StartsAt) .StartsAt.Month .StartsAt.Weekday }}{{ end }}",
    "{{ with index .Alerts 0 }}{{ .StartsAt.Format }}{{ end }}",
    "{{ with index .Alerts 0 }}{{ .StartsAt.Add \"x\" }}{{ end }}",
    "{{ with index .Alerts 0 }}{{ .Labels.alertname.x }}{{ end }}",
    "{{ .Alerts.Foo }}",
    "{{ .Alerts.Firing.Foo }}",
    "{{ (index .Alerts 0).Foo }}",
    "{{ .Alerts.Firing 1 }}",
    "{{ .Status.x }}",
    "{{ .CommonLabels.a.b }}",
    "{{ .CommonLabels.Remove 5 }}",
    "{{ .CommonLabels.Remove .Status }}",
    "{{ .CommonLabels.job 1 }}",
    "{{ .Status 1 }}",
    "{{ index .Alerts 5 }}",
    "{{ index .Alerts 2 }}",
    "{{ index .Alerts \"a\" }}",
    "{{ index .CommonLabels \"job\" }}{{ index .CommonLabels \"none\" }}",
    "{{ slice .Alerts 1 | len }} {{ slice .Status 1 3 }} {{ slice \"é\" 0 2 }}",
    "{{ join \",\" .Alerts }}",
    "{{ join \",\" nil }}|",
    "{{ match \"^a.*\" \"abc\" }} {{ reReplaceAll \"(.)b\" \"$1-$1x\" \"abab\" }}",
    "{{ toUpper 5 }}",
    "{{ toUpper }}",
    "{{ toUpper \"a\" \"b\" }}",
    "{{ trimSpace \"  a\\n\" }}|{{ toLower \"ÀB\" }}",
    "{{ .StartsAt }}",
    "{{ len 5 }}",
    "{{ .Alerts | len | printf \"%03d\" }}",
    "{{ if and (eq .Status \"firing\") (gt (len .Alerts) 1) }}many{{ end }}",
    "{{ eq .Status \"a\" \"firing\" }}{{ ne .Status \"x\" }}{{ lt 1.5 2.5 }}{{ le \"a\" \"a\" }}",
    "{{ template \"none\" . }}",
    "{{ define \"d\" }}<{{ .Status }}>{{ end }}{{ template \"d\" . }}{{ template \"d\" }}",
    "{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $a.Labels.instance }}{{ $.Status }}{{ end }}",
];

/// Values that escaping has to deal with.
const VALUES: [&str; 14] = [
    "(index .Alerts 0).Labels.zone",
    "(index .Alerts 0).Annotations.summary",
    "(index .Alerts 0).Annotations.url",
    "(index .Alerts 0).GeneratorURL",
    "(index .Alerts 0).StartsAt",
    "(len .Alerts)",
    "1.5",
    "true",
    "\"red\"",
    "\"10px\"",
    "\"a`b=c\\n\"",
    "(safeHtml \"<b>&amp;'x'</b>\")",
    "\"http://h/%41%zz?q=é&r=[1]#x\"",
    "\"expression(1)\"",
];

/// Documents around a value, which stands for `@`.
const FRAMES: [&str; 40] = [
    "{{ @ }}",
    "<p>{{ @ }}</p>",
    "<p title=\"{{ @ }}\">",
    "<p title='a {{ @ }} b'>",
    "<p title={{ @ }}>",
    "<p title=a{{ @ }}b>",
    "<a href=\"{{ @ }}\">",
    "<a href=\"/p/{{ @ }}\">",
    "<a href=\"/p?q={{ @ }}&r={{ @ }}\">",
    "<a href=\"/p#{{ @ }}\">",
    "<a href={{ @ }}>",
    "<a href='{{ @ }}{{ @ }}'>",
    "<img src=\"{{ @ }}\" alt=\"{{ @ }}\">",
    "<img srcset=\"{{ @ }} 2x\">",
    "<p style=\"color:{{ @ }}\">",
    "<p style=\"background:url({{ @ }})\">",
    "<p style=\"background:url('{{ @ }}')\">",
    "<p style='font-family:\"{{ @ }}\"'>",
    "<style>p { color: {{ @ }} } /* {{ @ }} */ a { width: {{ @ }} }</style>",
    "<style>p { background: url(\"{{ @ }}\") } // {{ @ }}\n</style>",
    "<script>var x = {{ @ }};</script>",
    "<script>var x = '{{ @ }}', y = \"{{ @ }}\";</script>",
    "<script>var x = /a{{ @ }}b/, y = 1 / {{ @ }};</script>",
    "<script>// {{ @ }}\nf(/* {{ @ }} */ {{ @ }})</script>",
    "<script type=\"text/template\">{{ @ }}</script>",
    "<p onclick=\"f({{ @ }})\">",
    "<p onclick='f(\"{{ @ }}\")'>",
    "<p data-url=\"{{ @ }}\" data-x=\"{{ @ }}\">",
    "<p {{ @ }}>",
    "<p {{ @ }}=\"x\">",
    "<p a {{ @ }}>",
    "<title>{{ @ }}</title>",
    "<textarea>{{ @ }}</textarea>",
    "a<!-- {{ @ }} -->b",
    "{{ @ | html }}",
    "<p title=\"{{ @ | html }}\">",
    "<a href=\"/p?q={{ @ | urlquery }}\">",
    "{{ if @ }}<b>{{ @ }}</b>{{ else }}<i>{{ end }}",
    "{{ define \"d\" }}{{ . }}{{ end }}<p title=\"{{ template \"d\" @ }}\">{{ template \"d\" @ }}",
    "1 < 2 {{ @ }} <!DOCTYPE html><br/>",
];

/// Default texts of 0.25, where Debian puts them.
const DEFAULT_FILE: &str = "/usr/share/prometheus/alertmanager/default.tmpl";

/// Default texts that 0.25 has too.
const DEFAULTS: [&str; 21] = [
    "__alertmanagerURL",
    "__subject",
    "slack.default.title",
    "slack.default.fallback",
    "slack.default.titlelink",
    "pagerduty.default.description",
    "pagerduty.default.client",
    "opsgenie.default.message",
    "opsgenie.default.description",
    "opsgenie.default.source",
    "wechat.default.message",
    "victorops.default.state_message",
    "victorops.default.entity_display_name",
    "pushover.default.title",
    "pushover.default.message",
    "sns.default.subject",
    "sns.default.message",
    "telegram.default.message",
    "discord.default.title",
    "discord.default.message",
    "webex.default.message",
];

struct Oracle {
    amtool: PathBuf,
    dir: tempfile::TempDir,
}

impl Oracle {
    fn new(amtool: PathBuf) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data.json"), DATA).unwrap();
        std::fs::write(dir.path().join("empty.tmpl"), "").unwrap();
        Self { amtool, dir }
    }

    fn render(&self, template: &str, output: Output) -> String {
        let defaults = DEFAULTS.iter().any(|name| template.contains(&format!("\"{name}\"")));
        let glob = Path::new(if defaults { DEFAULT_FILE } else { "empty.tmpl" });
        let kind = if output == Output::Html { "html" } else { "text" };
        let output = Command::new(&self.amtool)
            .args(["template", "render", "--template.data=data.json"])
            .arg(format!("--template.glob={}", glob.display()))
            .arg(format!("--template.type={kind}"))
            .arg(format!("--template.text={template}"))
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        if output.status.success() {
            return String::from_utf8_lossy(&output.stdout).into_owned();
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        error.trim_start_matches("amtool: error: ").trim_end().to_owned()
    }
}

/// Is the difference one of the known ones?
fn is_known(template: &str, theirs: &str, ours: &str) -> bool {
    let both = |part: &str| theirs.contains(part) && ours.contains(part);
    theirs == ours.replace("*template.Data", "template.Data")
        || theirs.contains("branches end in different contexts")
        || both("ends in a non-text context")
        || both("incompatible types for comparison")
        || theirs.contains("function \"trimSpace\" not defined")
        || theirs == ours.replace("=ZgotmplZ", "=")
        || template.contains("zone") && ours == theirs.replace("&lt;a&amp;b&gt;", "ZgotmplZ")
        || template.contains("zone") && ours == theirs.replace("<a&b>", "ZgotmplZ")
        || ours.replace("\\u0060", "`") == theirs
}

/// How many templates gave the same, and what differed.
#[derive(Default)]
struct Score {
    equal: usize,
    known: usize,
    wrong: Vec<String>,
}

impl Score {
    /// Compares one template; true when both gave the same.
    fn compare(&mut self, oracle: &Oracle, data: &Data, template: &str, output: Output) -> bool {
        let theirs = oracle.render(template, output);
        let ours = notification::render(template, data, output);
        let ours = ours.unwrap_or_else(|error| error.to_string());
        if theirs == ours {
            self.equal += 1;
        } else if is_known(template, &theirs, &ours) {
            self.known += 1;
        } else {
            self.wrong.push(format!("{template}\n  theirs: {theirs}\n  ours:   {ours}"));
        }
        theirs == ours
    }
}

#[test]
fn notifications_render_as_amtool_renders_them() {
    let Some(amtool) = testkit::find_program("amtool") else {
        return testkit::skip("gotemplate amtool", "amtool is not installed");
    };
    let oracle = Oracle::new(amtool);
    let data = notification::data(&serde_json::from_str(DATA).unwrap());
    let mut score = Score::default();
    for template in TEXTS {
        score.compare(&oracle, &data, template, Output::Text);
    }
    for name in DEFAULTS.iter().filter(|_| Path::new(DEFAULT_FILE).exists()) {
        let template = format!("{{{{ template \"{name}\" . }}}}");
        score.compare(&oracle, &data, &template, Output::Text);
    }
    for frame in FRAMES {
        let documents = VALUES.map(|value| frame.replace('@', value));
        // All at once when they are the same, because a process for each takes its time.
        let mut at_once = Score::default();
        if at_once.compare(&oracle, &data, &documents.join("\n"), Output::Html) {
            score.equal += documents.len();
            continue;
        }
        for document in documents {
            score.compare(&oracle, &data, &document, Output::Html);
        }
    }
    let Score { equal, known, wrong } = score;
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{equal} equal, {known} known, {} wrong\n{shown}", wrong.len());
    assert!(equal > 600 && known < 30, "{equal} equal, {known} known differences");
}
