//! Seeded generator of well-typed PromQL texts: every form of the grammar, in odd spellings.

use promql::ValueType;

/// A small generator (`splitmix64`); the same seed gives the same texts.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

const NAMES: &[&str] = &[
    "up", "a:b:c", "sum", "start", "offset", "on_", "fill", "min_of", "Inf_x", "by", "step",
    "range",
];
const LABELS: &[&str] = &["job", "le", "by", "on", "\"my label\"", "'ünï'", "`a\"b`", "and", "end"];
const STRINGS: &[&str] = &["\"x\"", "'it\\'s'", "`raw \\d`", "\"\\u263a\\n\"", "\"\"", "\"a.*\""];
const DURATIONS: &[&str] = &["5m", "1h30m", "90", "1.5", "1ms", "1w", "0x10", "2y", "1d2h3m4s5ms"];
const NUMBERS: &[&str] =
    &["1", ".5", "0x1F", "1e-7", "1e300", "Inf", "nan", "5m", "017", "1_000", "-3", "+2", "3."];

/// A text of an expression with the given type; `depth` bounds its height.
pub(crate) fn expression(random: &mut Random, value: ValueType, depth: usize) -> String {
    match value {
        ValueType::Scalar => scalar(random, depth),
        ValueType::String => random.pick(STRINGS).to_owned(),
        ValueType::InstantVector => vector(random, depth),
        ValueType::RangeVector => range(random, depth),
    }
}

fn scalar(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return random.pick(NUMBERS).to_owned();
    }
    match random.below(6) {
        0 => format!("({})", scalar(random, depth - 1)),
        1 => format!("-{}", scalar(random, depth - 1)),
        2 => format!("scalar({})", vector(random, depth - 1)),
        3 => {
            let (left, right) = (scalar(random, depth - 1), scalar(random, depth - 1));
            let op = random.pick(&["+", "-", "*", "/", "%", "^", " atan2 ", "==bool ", "< bool "]);
            format!("{left}{op}{right}")
        }
        4 => random.pick(&["time()", "pi()", "start()", "end()", "step()", "range()"]).to_owned(),
        _ => random.pick(NUMBERS).to_owned(),
    }
}

fn vector(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return format!("{}{}", selector(random), modifiers(random));
    }
    match random.below(9) {
        0 => format!("( {} )", vector(random, depth - 1)),
        1 => format!("+{}", vector(random, depth - 1)),
        2 | 3 => binary(random, depth),
        4 => aggregate(random, depth),
        5 | 6 => call(random, depth),
        7 => format!("{} # comment\n", vector(random, depth - 1)),
        _ => format!("{}{}{}", selector(random), edge(random), modifiers(random)),
    }
}

fn selector(random: &mut Random) -> String {
    let name = random.pick(NAMES);
    match random.below(4) {
        0 => name.to_owned(),
        1 => format!("{{\"{name}.x\", {}}}", matcher(random)),
        2 => format!("{name}{{ {},{}, }}", matcher(random), matcher(random)),
        _ => format!("{{{},__name__!=\"\"}}", matcher(random)),
    }
}

fn matcher(random: &mut Random) -> String {
    let label = random.pick(LABELS);
    let op = random.pick(&["=", "!=", "=~", "!~"]);
    let value = random.pick(STRINGS);
    format!("{label} {op}{value}")
}

fn edge(random: &mut Random) -> &'static str {
    if random.one_in(4) { random.pick(&[" anchored", " SMOOTHED"]) } else { "" }
}

fn modifiers(random: &mut Random) -> String {
    let mut out = String::new();
    if random.one_in(4) {
        out += " offset ";
        out += &offset(random);
    }
    if random.one_in(4) {
        out +=
            random.pick(&[" @ start()", "@end()", " @ -1.5", " @ 1609746000", " @ 1m", " @ 1e3"]);
    }
    out
}

fn offset(random: &mut Random) -> String {
    let sign = random.pick(&["", "", "-", "+"]);
    match random.below(4) {
        0 => format!("{sign}({})", duration(random, 2)),
        1 => format!("{sign}{}", random.pick(&["step()", "Range()", "min_of(1m, step())"])),
        _ => format!("{sign}{}", random.pick(DURATIONS)),
    }
}

fn duration(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.one_in(2) {
        return random.pick(DURATIONS).to_owned();
    }
    match random.below(5) {
        0 => format!("({})", duration(random, depth - 1)),
        1 => random.pick(&["step()", "range()", "-step()"]).to_owned(),
        2 => {
            let word = random.pick(&["min_of", "MAX_OF"]);
            format!("{word}({},{})", duration(random, depth - 1), duration(random, depth - 1))
        }
        _ => {
            let op = random.pick(&["+", "-", "*", "/", "%", "^"]);
            format!("{}{op}{}", duration(random, depth - 1), duration(random, depth - 1))
        }
    }
}

fn range(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.one_in(2) {
        let (edge, modifiers) = (edge(random), modifiers(random));
        return format!("{}[{}]{edge}{modifiers}", selector(random), duration(random, 2));
    }
    let step = if random.one_in(2) { duration(random, 1) } else { String::new() };
    // Upstream's lexer wants a number in front of the first colon.
    let range = random.pick(DURATIONS);
    format!("{}[{range}:{step}]{}", atom(random, depth - 1), modifiers(random))
}

/// A vector that takes a subquery: no operators outside of parentheses.
fn atom(random: &mut Random, depth: usize) -> String {
    match random.below(3) {
        0 => format!("({})", vector(random, depth)),
        1 => call(random, depth),
        _ => selector(random),
    }
}

fn labels(random: &mut Random) -> String {
    match random.below(4) {
        0 => "()".into(),
        1 => format!("({})", random.pick(LABELS)),
        2 => "(job,)".into(),
        _ => format!("( {},\"le\" , instance)", random.pick(LABELS)),
    }
}

fn binary(random: &mut Random, depth: usize) -> String {
    let (left, right) = (vector(random, depth - 1), vector(random, depth - 1));
    let labels = |random: &mut Random| labels(random);
    if random.one_in(4) {
        let op = random.pick(&[" and ", " or ", " unless ", " and on(job) ", " or ignoring() "]);
        return format!("{left}{op}{right}");
    }
    if random.one_in(4) {
        let op = random.pick(&["+", "*", "^", ">= bool ", "</", ">/"]);
        return format!("{left} {op} {}", scalar(random, depth - 1));
    }
    let op = random.pick(&["+", "-", "*", "/", "%", "^", "atan2", "==", "!=bool", ">", "<= BOOL"]);
    let mut modifiers = String::new();
    if random.one_in(2) {
        let word = random.pick(&["on", "ignoring"]);
        modifiers = format!(" {word}{}", labels(random));
        if random.one_in(2) {
            modifiers +=
                random.pick(&[" group_left()", " group_right(extra)", " GROUP_LEFT (\"x y\")"]);
        }
    }
    if random.one_in(4) {
        modifiers += random.pick(&[" fill(0)", " fill_left(-1) fill_right(2)", " fill_right(NaN)"]);
    }
    // Without parentheses another operator might take the modifiers to a scalar.
    format!("({left}) {op}{modifiers} ({right})")
}

fn aggregate(random: &mut Random, depth: usize) -> String {
    let op =
        random.pick(&["sum", "AVG", "count_values", "topk", "quantile", "limit_ratio", "group"]);
    let parameter = match op {
        "count_values" => "\"v\",".to_owned(),
        "topk" | "quantile" | "limit_ratio" => format!("{},", scalar(random, depth - 1)),
        _ => String::new(),
    };
    let (labels, inner) = (labels(random), vector(random, depth - 1));
    let word = random.pick(&["by", "WITHOUT"]);
    match random.below(3) {
        0 => format!("{op}({parameter}{inner})"),
        1 => format!("{op} {word} {labels} ({parameter}{inner})"),
        _ => format!("{op}({parameter}{inner}) {word}{labels}"),
    }
}

fn call(random: &mut Random, depth: usize) -> String {
    let functions = promql::functions();
    let function = loop {
        let function = &functions[random.below(functions.len())];
        if function.returns == ValueType::InstantVector && function.name != "info" {
            break function;
        }
    };
    let depth = depth.saturating_sub(1);
    let (least, most) = function.argument_count();
    let count = least + random.below(most.unwrap_or(least + 2) - least + 1);
    let args: Vec<String> = (0..count)
        .map(|index| {
            let value = function.args.get(index).or(function.args.last());
            expression(random, *value.unwrap(), depth)
        })
        .collect();
    format!("{}({})", function.name, args.join(", "))
}
