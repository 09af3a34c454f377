//! Reads scripts: `load`, `clear`, `eval` and the lines below them.
//! Grammar: Prometheus 3.14, `promql/promqltest/README.md`. A comment line ends a block, as upstream.

/// A command with the line it stands on.
pub(crate) struct Command {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Clear,
    Load(Load),
    Eval(Eval),
}

pub(crate) struct Load {
    pub(crate) step_ms: i64,
    /// Classic histograms are also stored with custom buckets.
    pub(crate) with_nhcb: bool,
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Copy)]
pub(crate) enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
}

#[derive(Default)]
pub(crate) struct Expectation {
    pub(crate) fail: Vec<Message>,
    pub(crate) warn: Vec<Message>,
    pub(crate) info: Vec<Message>,
    pub(crate) no_warn: bool,
    pub(crate) no_info: bool,
    pub(crate) ordered: bool,
    pub(crate) string: Option<String>,
    /// start, end, step of an expected range vector.
    pub(crate) matrix: Option<(i64, i64, i64)>,
    /// Series or a number.
    pub(crate) lines: Vec<String>,
}

pub(crate) enum Message {
    Any,
    Text(String),
    Pattern(String),
}

pub(crate) struct Eval {
    pub(crate) when: When,
    pub(crate) query: String,
    pub(crate) expect: Expectation,
}

pub(crate) fn parse(source: &str) -> Vec<Command> {
    let lines: Vec<&str> = source
        .lines()
        .map(str::trim)
        .map(|line| if line.starts_with('#') { "" } else { line })
        .collect();
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let head = lines[at];
        let line = at + 1;
        at += 1;
        if head.is_empty() {
            continue;
        }
        let from = at;
        while head != "clear" && at < lines.len() && !lines[at].is_empty() {
            at += 1;
        }
        let body = &lines[from..at];
        let kind = match head.split_whitespace().next().unwrap() {
            "clear" => Kind::Clear,
            word @ ("load" | "load_with_nhcb") => Kind::Load(Load {
                step_ms: time(head.split_whitespace().nth(1).unwrap()),
                with_nhcb: word == "load_with_nhcb",
                lines: body.iter().map(|line| (*line).to_owned()).collect(),
            }),
            word if word.starts_with("eval") => Kind::Eval(eval(head, body)),
            word => panic!("line {line}: unknown command {word}"),
        };
        commands.push(Command { line, kind });
    }
    commands
}

fn eval(head: &str, body: &[&str]) -> Eval {
    let (word, rest) = head.split_once(char::is_whitespace).unwrap();
    let (when, query) = if let Some(rest) = rest.trim().strip_prefix("instant") {
        let rest = rest.trim().strip_prefix("at").unwrap().trim();
        let (at, query) = rest.split_once(char::is_whitespace).unwrap();
        (When::Instant(time(at)), query)
    } else {
        let rest = rest.trim().strip_prefix("range").unwrap();
        let words: Vec<&str> = rest.split_whitespace().take(6).collect();
        assert!(words[0] == "from" && words[2] == "to" && words[4] == "step", "{head}");
        let step_at = rest.find(" step ").unwrap() + " step ".len();
        let (_, query) = rest[step_at..].trim().split_once(char::is_whitespace).unwrap();
        let (start, end, step) = (time(words[1]), time(words[3]), time(words[5]));
        (When::Range { start, end, step }, query)
    };
    let mut expect = Expectation::default();
    match word {
        "eval_fail" => expect.fail.push(Message::Any),
        "eval_warn" => expect.warn.push(Message::Any),
        "eval_info" => expect.info.push(Message::Any),
        "eval_ordered" => expect.ordered = true,
        _ => {}
    }
    for line in body {
        match line.strip_prefix("expect ") {
            Some(rest) => expectation(rest.trim(), &mut expect),
            None => expect.lines.push((*line).to_owned()),
        }
    }
    Eval { when, query: query.trim().to_owned(), expect }
}

fn expectation(text: &str, into: &mut Expectation) {
    if let Some(rest) = text.strip_prefix("range vector") {
        let words: Vec<&str> = rest.split_whitespace().collect();
        into.matrix = Some((time(words[1]), time(words[3]), time(words[5])));
        return;
    }
    let (kind, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let message = || {
        if let Some(text) = rest.strip_prefix("msg:") {
            Message::Text(text.trim().to_owned())
        } else if let Some(pattern) = rest.strip_prefix("regex:") {
            Message::Pattern(pattern.trim().to_owned())
        } else {
            Message::Any
        }
    };
    match kind {
        "fail" => into.fail.push(message()),
        "warn" => into.warn.push(message()),
        "info" => into.info.push(message()),
        "no_warn" => into.no_warn = true,
        "no_info" => into.no_info = true,
        "ordered" => into.ordered = true,
        "string" => into.string = Some(unquote(rest)),
        _ => panic!("unknown expectation {text}"),
    }
}

fn unquote(text: &str) -> String {
    let expr = promql::parse(text).unwrap();
    match expr.kind {
        promql::ExprKind::String(text) => text,
        _ => panic!("not a string: {text}"),
    }
}

/// A duration with optional sign, or a number of seconds, as ms.
#[expect(clippy::cast_possible_truncation, reason = "times of scripts are small")]
fn time(text: &str) -> i64 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    if let Ok(seconds) = text.parse::<f64>() {
        return sign * (seconds * 1000.0) as i64;
    }
    let mut total = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let scale = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => panic!("unknown unit in {text}"),
        };
        total += number.parse::<i64>().unwrap() * scale;
        rest = tail;
    }
    sign * total
}
