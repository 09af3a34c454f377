//! What collecting this host costs: runs the default collectors so often and prints processor time
//! and memory. `cargo run --release -p collect --example scrapes -- 1000`

#![expect(clippy::print_stdout, reason = "the figures are for people")]

use collect::{HostCollector, Options, OsHost, Roots};
use std::error::Error;
use std::fs;
use std::sync::Arc;
use sys::{Clock as _, SystemClock};

/// Hundredths of a second that this process has had.
fn ticks() -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let mut fields = rest.split(' ').skip(11);
    let mut next = || fields.next().unwrap_or_default().parse::<u64>();
    Ok(next()? + next()?)
}

/// Resident memory in KiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.unwrap_or_default().trim().trim_end_matches(" kB").parse()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u32 = std::env::args().nth(1).map_or(Ok(1000), |word| word.parse())?;
    let before = resident()?;
    let clock = Arc::new(SystemClock::new());
    // Every collector runs in every scrape, as in an exporter that is scraped.
    let intervals =
        collect::COLLECTORS.iter().map(|known| (known.name.to_owned(), std::time::Duration::ZERO));
    let options = Options { intervals: intervals.collect(), ..Options::default() };
    let host = Arc::new(OsHost::new());
    let mut collector =
        HostCollector::new(host, Arc::clone(&clock) as Arc<_>, Roots::default(), &options)?;
    let began = ticks()?;
    let mut samples = 0;
    for _ in 0..count {
        let families = collector.collect(clock.now());
        samples = families.iter().map(|family| family.points.len()).sum();
    }
    let spent = ticks()? - began;
    let after = resident()?;
    let per_scrape = spent as f64 * 10.0 / f64::from(count);
    println!("{count} scrapes of {samples} samples: {per_scrape:.2} ms of processor each");
    println!("resident memory: {before} KiB before, {after} KiB after");
    Ok(())
}
