//! `silence query`, `add`, `update` and `expire`.

use super::peer::{Call, Peer};
use super::wire::{
    self, PostedSilence, Silence, SilenceId, SilenceMatcher, SilenceText, TextMap, Time,
};
use super::{Failure, Outcome, labels, print};
use crate::cli::{PeerArgs, SilenceAdd, SilenceQuery, SilenceUpdate};
use crate::console::{Console, Verdict};
use alerts::{DURING, RESOLVED, UNTIL, WEEKLY};
use jiff::Timestamp;
use model::{MatchOp, Matcher};
use std::fs;
use std::time::Duration;

/// Shows silences, those that have ended only when asked for.
pub(super) fn query(args: &PeerArgs, query: &SilenceQuery, console: &mut Console<'_>) -> Outcome {
    let filters = labels::with_alert_name(args.matchers.mode, &query.matchers);
    let params = filters.into_iter().map(|matcher| ("filter", matcher)).collect();
    let mut silences: Vec<Silence> = Peer::new(args)?.ask(Call::get(&["silences"], params))?;
    let now = super::now();
    silences.retain(|silence| is_wanted(silence, query, now));
    show(silences, query.quiet, args, console)
}

fn is_wanted(silence: &Silence, query: &SilenceQuery, now: Timestamp) -> bool {
    let ends_at = silence.text.ends_at.at;
    let is_other = |wanted: Option<&String>, found: &String| wanted.is_some_and(|w| w != found);
    if is_other(query.created_by.as_ref(), &silence.text.created_by)
        || is_other(query.id.as_ref(), &silence.id)
    {
        return false;
    }
    let within = query.within.filter(|within| !within.is_zero());
    if query.expired {
        let since = within.and_then(|within| now.checked_sub(within).ok());
        return ends_at <= now && since.is_none_or(|since| ends_at >= since);
    }
    let until = within.and_then(|within| now.checked_add(within).ok());
    ends_at >= now && until.is_none_or(|until| ends_at <= until)
}

fn show(
    silences: Vec<Silence>,
    quiet: bool,
    args: &PeerArgs,
    console: &mut Console<'_>,
) -> Outcome {
    if quiet {
        for silence in &silences {
            console.say(&silence.id)?;
        }
    } else {
        console.answer().write_all(print::silences(silences, args).as_bytes())?;
    }
    Ok(Verdict::Good)
}

/// Adds a silence and prints its ID.
pub(super) fn add(args: &PeerArgs, add: &SilenceAdd, console: &mut Console<'_>) -> Outcome {
    let mode = args.matchers.mode;
    let matchers = labels::matchers(mode, &labels::with_alert_name(mode, &add.matchers))?;
    if matchers.is_empty() {
        return Err(Failure::Refused("no matchers specified".to_owned()));
    }
    if add.preview {
        return preview(args, &matchers, console);
    }
    let starts_at = add.start.as_deref().map_or(Ok(Time::utc(super::now())), super::time)?;
    let ends_at = match add.end.as_deref() {
        Some(end) => super::time(end)?,
        None => after(starts_at, &add.duration)?,
    };
    refuse_backwards(starts_at, ends_at)?;
    let comment = add.comment.clone().unwrap_or_default();
    if comment.is_empty() && add.require_comment && !add.no_require_comment {
        return Err(Failure::Refused("comment required by config; give one with --comment".into()));
    }
    let silence = SilenceText {
        annotations: annotations(add),
        comment,
        created_by: add.author.clone().unwrap_or_else(user_name),
        ends_at,
        matchers: matchers.iter().map(wire_matcher).collect(),
        starts_at,
    };
    let call = Call::post(&["silences"], &PostedSilence { id: None, silence })?;
    let added: SilenceId = Peer::new(args)?.ask(call)?;
    console.say(added.id)?;
    Ok(Verdict::Good)
}

/// What makes a silence recur or end early.
fn annotations(add: &SilenceAdd) -> TextMap {
    let mut annotations = TextMap::new();
    if !add.during.is_empty() {
        annotations.insert(DURING.to_owned(), add.during.join(","));
    }
    annotations.extend(add.weekly.iter().map(|hours| (WEEKLY.to_owned(), hours.clone())));
    if add.until_resolved {
        annotations.insert(UNTIL.to_owned(), RESOLVED.to_owned());
    }
    annotations
}

/// Shows the alerts that a silence would mute now.
fn preview(args: &PeerArgs, matchers: &[Matcher], console: &mut Console<'_>) -> Outcome {
    let params = matchers.iter().map(|matcher| ("filter", matcher.to_string())).collect();
    let alerts: Vec<wire::Alert> = Peer::new(args)?.ask(Call::get(&["alerts"], params))?;
    let would = match alerts.len() {
        1 => "1 alert that fires now would be muted".to_owned(),
        count => format!("{count} alerts that fire now would be muted"),
    };
    console.answer().write_all(print::alerts(alerts, args).as_bytes())?;
    console.say(format!("{would}; no silence was made"))?;
    Ok(Verdict::Good)
}

/// Changes silences one after the other and shows what they are now.
pub(super) fn update(
    args: &PeerArgs,
    update: &SilenceUpdate,
    console: &mut Console<'_>,
) -> Outcome {
    refuse_none(&update.ids)?;
    let peer = Peer::new(args)?;
    let mut updated = Vec::new();
    for id in &update.ids {
        let mut silence: Silence = peer.ask(Call::get(&["silence", id], Vec::new()))?;
        change(&mut silence.text, update)?;
        let posted = PostedSilence { id: Some(silence.id), silence: silence.text.clone() };
        let set: SilenceId = peer.ask(Call::post(&["silences"], &posted)?)?;
        updated.push(Silence { id: set.id, ..silence });
    }
    show(updated, update.quiet, args, console)
}

fn change(silence: &mut SilenceText, update: &SilenceUpdate) -> Result<(), String> {
    if let Some(start) = update.start.as_deref() {
        silence.starts_at = super::time(start)?;
    }
    match (update.end.as_deref(), update.duration.as_deref()) {
        (Some(end), _) => silence.ends_at = super::time(end)?,
        (None, Some(duration)) => silence.ends_at = after(silence.starts_at, duration)?,
        (None, None) => {}
    }
    if let Some(comment) = update.comment.clone().filter(|comment| !comment.is_empty()) {
        silence.comment = comment;
    }
    refuse_backwards(silence.starts_at, silence.ends_at)
}

/// Ends silences now; the first that cannot be ended ends the command.
pub(super) fn expire(args: &PeerArgs, ids: &[String]) -> Outcome {
    refuse_none(ids)?;
    let peer = Peer::new(args)?;
    for id in ids {
        peer.tell(Call::delete(&["silence", id]))?;
    }
    Ok(Verdict::Good)
}

fn refuse_none(ids: &[String]) -> Result<(), String> {
    if ids.is_empty() { Err("no silence IDs specified".to_owned()) } else { Ok(()) }
}

fn refuse_backwards(starts_at: Time, ends_at: Time) -> Result<(), String> {
    if starts_at.at <= ends_at.at {
        return Ok(());
    }
    Err("silence cannot start after it ends".to_owned())
}

fn after(start: Time, duration: &str) -> Result<Time, String> {
    let duration = config::parse_duration(duration)?;
    if duration == Duration::ZERO {
        return Err("silence duration must be greater than 0".to_owned());
    }
    let end = start.at.checked_add(duration).map_err(|error| format!("duration: {error}"))?;
    Ok(Time::utc(end))
}

fn wire_matcher(matcher: &Matcher) -> SilenceMatcher {
    SilenceMatcher {
        is_equal: matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex),
        is_regex: matches!(matcher.op(), MatchOp::Regex | MatchOp::NotRegex),
        name: matcher.name().to_owned(),
        value: matcher.value().to_owned(),
    }
}

/// Name of the user that runs this, from the table of users; `USER` where that has none.
fn user_name() -> String {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let is_own = |line: &&str| line.split(':').nth(2) == Some(id.as_str());
    let found = users.lines().find(is_own).and_then(|line| line.split(':').next());
    found.map_or_else(|| std::env::var("USER").unwrap_or_default(), str::to_owned)
}
