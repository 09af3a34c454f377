//! `config routes`: the routing tree as a drawing, and the way of an alert through it.

use super::{Failure, Outcome, labels, read_file, status};
use crate::cli::{RoutesArgs, RoutesTest};
use crate::console::{Console, Verdict};
use config::{GroupBy, Route};
use model::Labels;
use std::fmt::Write;

/// What stands in a configuration that a server shows, in the place of secrets.
const SECRET: &str = "<secret>";

/// Prints the tree.
pub(super) fn show(args: &RoutesArgs, console: &mut Console<'_>) -> Outcome {
    let root = root(args, console)?;
    console.say(format_args!("Routing tree:\n{}", drawing(&whole(&root))))?;
    Ok(Verdict::Good)
}

/// Prints who is told of an alert, and the part of the tree that led there.
pub(super) fn test(args: &RoutesArgs, test: &RoutesTest, console: &mut Console<'_>) -> Outcome {
    let root = root(args, console)?;
    let pairs = labels::pairs(args.peer.matchers.mode, &test.labels, "labels")
        .map_err(|error| format!("failed to parse labels: {error}"))?;
    let labels =
        Labels::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if test.tree {
        let matching = matching(&root, &labels);
        console.say(format_args!("Matching routes:\n{}\n", drawing(&matching)))?;
    }
    let mut receivers = Vec::new();
    leaves(&root, &labels, &mut receivers);
    let receivers = receivers.join(",");
    console.say(&receivers)?;
    if test.expected.as_ref().is_some_and(|e| !e.is_empty() && *e != receivers) {
        console.say("WARNING: Expected receivers did not match resolved receivers.")?;
        return Ok(Verdict::Bad);
    }
    Ok(Verdict::Good)
}

/// The tree of the file, or of the configuration that the server shows.
fn root(args: &RoutesArgs, console: &mut Console<'_>) -> Result<Route, Failure> {
    let (name, text) = if let Some(path) = &args.config_file {
        if args.peer.url.is_some() {
            console.complain("Warning: --config.file flag overrides the --alertmanager.url.")?;
        }
        (path.display().to_string(), read_file(path)?)
    } else {
        let status = status::ask(&args.peer)?;
        // Most secrets are texts or URLs; this is both.
        let text = status.config.original.replace(config::REDACTED_URL, SECRET);
        let text = text.replace(SECRET, "http://secret");
        ("configuration of the server".to_owned(), text)
    };
    let loaded = config::alertmanager::load_in(args.peer.matchers.mode, &name, &text);
    let loaded = loaded.map_err(|error| error.to_string())?;
    Ok(loaded.config.route)
}

/// Names of the receivers that an alert reaches, in the order of the tree.
fn leaves<'r>(route: &'r Route, labels: &Labels, found: &mut Vec<&'r str>) -> bool {
    if !route.matchers.iter().all(|matcher| matcher.matches_labels(labels)) {
        return false;
    }
    let before = found.len();
    for child in &route.routes {
        if leaves(child, labels, found) && !child.continue_matching {
            break;
        }
    }
    if found.len() == before {
        found.push(&route.receiver);
    }
    true
}

/// A node of the drawing.
struct Branch {
    text: String,
    below: Vec<Branch>,
}

/// The whole tree, with everything that routes say.
fn whole(route: &Route) -> Branch {
    let mut text = matchers(route);
    if route.continue_matching {
        text.push_str("  continue: true");
    }
    text.push_str("  receiver: ");
    text.push_str(&route.receiver);
    if let GroupBy::Labels(names) = &route.group_by
        && !names.is_empty()
    {
        let mut names = names.clone();
        names.sort();
        text.push_str("  grouping: [");
        text.push_str(&names.join(","));
        text.push(']');
    }
    Branch { text, below: route.routes.iter().map(whole).collect() }
}

/// The routes that an alert takes, with the receivers at their ends.
fn matching(route: &Route, labels: &Labels) -> Branch {
    let mut below = Vec::new();
    for child in &route.routes {
        if child.matchers.iter().all(|matcher| matcher.matches_labels(labels)) {
            below.push(matching(child, labels));
            if !child.continue_matching {
                break;
            }
        }
    }
    let mut text = matchers(route);
    if below.is_empty() {
        text.push_str("  receiver: ");
        text.push_str(&route.receiver);
    }
    Branch { text, below }
}

fn matchers(route: &Route) -> String {
    if route.matchers.is_empty() {
        return "default-route".to_owned();
    }
    let mut matchers: Vec<_> = route.matchers.iter().collect();
    matchers.sort_by_key(|matcher| (matcher.name(), matcher.value(), matcher.op().as_str()));
    let matchers: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", matchers.join(","))
}

/// The tree in lines, below a dot.
fn drawing(root: &Branch) -> String {
    let mut out = String::from(".\n");
    draw(std::slice::from_ref(root), "", &mut out);
    out
}

fn draw(branches: &[Branch], indent: &str, out: &mut String) {
    for (index, branch) in branches.iter().enumerate() {
        let is_last = index + 1 == branches.len();
        // The blanks beside a line do not break, as in the drawings of `tree`.
        let (edge, deeper) =
            if is_last { ("└── ", "    ") } else { ("├── ", "│\u{a0}\u{a0} ") };
        // Writing to a String cannot fail.
        writeln!(out, "{indent}{edge}{}", branch.text).unwrap_or_default();
        draw(&branch.below, &format!("{indent}{deeper}"), out);
    }
}
