//! `flyball probe`: asks targets once and shows where the time went, what the certificates say, and
//! why it failed. The probers are those of the server; here answers become text.

mod advice;
mod object;
mod picture;

use crate::cli::ProbeArgs;
use crate::console::{Console, Verdict};
use crate::files::read_text;
use model::Timestamp;
use net::{AddressPolicy, ClientOptions};
use picture::Canvas;
use probe::{
    Ask, Condition, Modules, Outcome, OwnVerdict, Reason, Single, Variation, Wishes, World,
};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock as _, OsVfs, SystemClock, SystemEntropy};

/// Where the system's name servers stand.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What is asked of every target.
struct Asking {
    timeout: Duration,
    conditions: Vec<Condition>,
    variation: Variation,
    wishes: Wishes,
    world: World,
    /// Modules and the one that is used.
    module: Option<(Modules, String)>,
}

/// What came of one target.
struct Answer {
    target: String,
    outcome: Outcome,
    /// Certificates were shown without being trusted.
    is_untrusted: bool,
    now: Timestamp,
}

/// Probes every target once.
pub fn run(args: &ProbeArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    let asking = match asking(args) {
        Ok(asking) => asking,
        Err(reason) => {
            console.complain(format_args!("flyball: {reason}"))?;
            return Ok(Verdict::Unusable);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let canvas = Canvas::of_terminal(console.says_in_colour());
    let mut worst = Verdict::Good;
    for (number, url) in args.urls.iter().enumerate() {
        let answer = match runtime.block_on(asking.ask(url)) {
            Ok(answer) => answer,
            Err(reason) => {
                console.complain(format_args!("flyball: {reason}"))?;
                worst = worst.max(Verdict::Unusable);
                continue;
            }
        };
        if !answer.outcome.success {
            worst = worst.max(Verdict::Bad);
        }
        if args.json {
            console.say(object::of(&answer))?;
            continue;
        }
        if number > 0 {
            console.say("")?;
        }
        for line in canvas.draw(&answer) {
            console.say(line)?;
        }
        if args.verbose {
            console.say("")?;
            console.say(answer.outcome.log.trim_end())?;
        }
    }
    Ok(worst)
}

fn asking(args: &ProbeArgs) -> Result<Asking, String> {
    let timeout = config::parse_go_duration(&args.timeout)
        .map_err(|error| format!("--timeout={}: {error}", args.timeout))?;
    if timeout.is_zero() {
        return Err("--timeout must be above 0".to_owned());
    }
    let read = |text: &String| {
        let condition = Condition::read(text).map_err(|mistake| mistake.message)?;
        if condition.needs_memory() {
            Err(format!("`{text}`: `[CONTEXT]` is there in steps of a suite alone"))
        } else {
            Ok(condition)
        }
    };
    let conditions = args.conditions.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let options =
        ClientOptions { policy: Arc::new(AddressPolicy::default()), vfs: Arc::new(OsVfs) };
    let world = World { options, entropy: Arc::new(SystemEntropy) };
    let only_ip4 = [(args.ip4, true), (args.ip6, false)].into_iter().find(|(asked, _)| *asked);
    let wishes = Wishes {
        insecure: args.insecure,
        ca_file: args.ca_file.as_ref().map(|path| path.display().to_string()),
        server_name: args.hostname.clone(),
        only_ip4: only_ip4.map(|(_, ip4)| ip4),
        stays: args.no_redirects,
        http1: args.http1,
        nameserver: nameserver(),
    };
    let headers = args.headers.iter().map(|line| header(line)).collect::<Result<_, _>>()?;
    let post = args.body.is_some().then(|| "POST".to_owned());
    let variation = Variation {
        hostname: args.hostname.clone(),
        keeps_answer: conditions.iter().any(Condition::needs_answer),
        ask: Ask { method: args.method.clone().or(post), headers, body: args.body.clone() },
    };
    let module = match &args.module {
        Some(name) => Some((modules(args, &world)?, name.clone())),
        None => None,
    };
    Ok(Asking { timeout, conditions, variation, wishes, world, module })
}

fn modules(args: &ProbeArgs, world: &World) -> Result<Modules, String> {
    let Some(path) = &args.config else { return Ok(Modules::new(&probe::built_in(), world)) };
    let name = path.display().to_string();
    let text = read_text(path).map_err(|error| format!("{name}: {error}"))?;
    let loaded = config::blackbox::load(&name, &text).map_err(|error| error.to_string())?;
    Ok(Modules::new(&loaded.config, world))
}

fn header(line: &str) -> Result<(String, String), String> {
    let wrong = || format!("--header={line}: expected `NAME: VALUE`");
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// The first server that the system asks.
fn nameserver() -> Option<String> {
    let text = std::fs::read_to_string(RESOLV_CONF).ok()?;
    let servers = text.lines().filter_map(|line| line.strip_prefix("nameserver"));
    servers.map(|rest| rest.trim().to_owned()).find(|server| !server.is_empty())
}

impl Asking {
    async fn ask(&self, url: &str) -> Result<Answer, String> {
        let mut own = OwnVerdict::Ignored;
        let mut outcome = if let Some((modules, name)) = &self.module {
            own = OwnVerdict::Counts;
            let asked = modules.probe(name, url, Some(self.timeout), &self.variation);
            asked.await.map_err(|error| error.to_string())?
        } else {
            let single = Single::of_url(url, &self.wishes, &self.world)?;
            single.probe(self.timeout, &self.variation).await
        };
        let now = SystemClock::new().now();
        probe::apply(&self.conditions, own, now, None, &mut outcome);
        let is_untrusted = outcome.certificates.is_empty()
            && outcome.reason == Some(Reason::Tls)
            && self.show_untrusted(url, &mut outcome).await;
        Ok(Answer { target: url.to_owned(), outcome, is_untrusted, now })
    }

    /// A chain that is not trusted is read in a second handshake, for people to see.
    async fn show_untrusted(&self, url: &str, outcome: &mut Outcome) -> bool {
        if self.module.is_some() {
            return false;
        }
        let wishes = Wishes { insecure: true, stays: true, ..self.wishes.clone() };
        let Ok(single) = Single::of_url(url, &wishes, &self.world) else { return false };
        let shown = single.probe(self.timeout, &Variation::default()).await;
        outcome.certificates = shown.certificates;
        !outcome.certificates.is_empty()
    }
}

#[cfg(test)]
mod tests;
