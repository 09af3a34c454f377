//! Reloads and discovery: what goes on, what ends, and when.

use crate::server::{Reply, Server};
use crate::world::{START_MS, World, eventually};
use scrape::Health;
use std::time::Duration;
use sys::Clock as _;

fn job(server: &Server, name: &str, more: &str) -> String {
    format!("- job_name: {name}\n  static_configs: [{{targets: ['{}']}}]\n{more}", server.address)
}

/// A job whose scrapes fail before they reach the network: its loops run on paused time.
fn idle(name: &str, more: &str) -> String {
    format!(
        "- job_name: {name}\n  scrape_interval: 1s\n  target_limit: 1\n  static_configs: \
         [{{targets: ['a:1', 'b:1']}}]\n{more}"
    )
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_job_runs_on_without_gap_or_double() {
    let mut world = World::paused();
    for reload in 0..600 {
        let other = idle("other", &format!("  sample_limit: {}\n", reload % 7 + 1));
        world.apply(&(idle("kept", "") + &other)).await;
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    for (job, instance) in [("kept", "a:1"), ("kept", "b:1"), ("other", "a:1")] {
        let up = world.up(job, instance);
        assert!(up.len() >= 20, "{job} {instance}: {up:?}");
        assert!(up.windows(2).all(|pair| pair[1].0 - pair[0].0 == 1000), "{job}: {up:?}");
    }
    let phase = |job, instance| world.up(job, instance)[0].0 % 1000;
    assert_ne!(phase("kept", "a:1"), phase("kept", "b:1"), "load is spread");
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_at_the_very_moment_of_a_scrape_does_not_skip_it() {
    let (mut world, clock) = World::stepped();
    world.apply(&idle("j", "")).await;
    while world.up("j", "a:1").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let first = world.up("j", "a:1")[0].0;
    let due = first + 1000;
    while clock.now().ms() < due - 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The wall clock is past the grid point, the timer is not there yet, and a reload comes.
    clock.step(5);
    world.apply(&idle("j", "  sample_limit: 5\n")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let up = world.up("j", "a:1");
    assert_eq!(up.len(), 2, "{up:?}");
    assert!((due..due + 10).contains(&up[1].0), "{up:?}");
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn clock_jumps_of_hours_stop_nothing() {
    let (mut world, clock) = World::stepped();
    world.apply(&idle("j", "")).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    clock.step(-7_200_000);
    world.apply(&idle("j", "  sample_limit: 5\n")).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let scrapes = |world: &World| {
        let families = world.pools.view().families();
        let total = families.iter().find(|f| f.name == "flyball_scrape_scrapes_total");
        total.unwrap().points[0].value
    };
    let before = scrapes(&world);
    assert!(before >= 8.0, "two targets go on, though the storage refuses the past: {before}");
    clock.step(14_400_000);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(scrapes(&world) >= before + 4.0);
    assert!(world.up("j", "a:1").last().unwrap().0 > START_MS + 7_200_000);
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_interval_takes_effect_at_once() {
    let mut world = World::paused();
    world.apply(&idle("j", "").replace("1s", "1h")).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.apply(&idle("j", "")).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(world.up("j", "a:1").len() >= 10);
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_removed_job_ends_its_series_after_the_fact() {
    let (mut world, clock) = World::stepped();
    let until = async |ms: i64| {
        while clock.now().ms() < ms {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    world.apply(&(idle("j", "") + &idle("stays", ""))).await;
    until(START_MS + 3500).await;
    let before = world.up("j", "a:1");
    let last = before.last().unwrap().0;
    world.apply(&idle("stays", "")).await;
    assert!(world.pools.view().active().iter().all(|target| target.pool == "stays"));
    assert_eq!(world.pools.view().pools(), ["stays"]);
    // Two grid points and a tenth of the interval later, dated at the first of them.
    until(last + 2050).await;
    assert_eq!(world.up("j", "a:1"), before, "not yet");
    until(last + 2200).await;
    let after = world.up("j", "a:1");
    assert_eq!(after.len(), before.len() + 1);
    let (at, value) = after[before.len()];
    assert!(model::is_stale(value));
    assert_eq!(at, last + 1000);
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_comes_back_in_time_does_not_end() {
    let mut world = World::paused();
    world.apply(&idle("j", "")).await;
    tokio::time::sleep(Duration::from_millis(3500)).await;
    world.apply("").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    world.apply(&idle("j", "")).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let up = world.up("j", "a:1");
    assert!(up.iter().all(|(_, value)| *value == 0.0), "{up:?}");
    assert!(up.iter().all(|(at, _)| (at - up[0].0) % 1000 == 0), "on its grid: {up:?}");
    assert_eq!(world.pools.view().active().len(), 2);
    // Gone for good, and back when its end is written already: a new beginning.
    world.apply("").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.apply(&idle("j", "")).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let stale = |up: &[(i64, f64)]| up.iter().filter(|(_, value)| model::is_stale(*value)).count();
    let up = world.up("j", "a:1");
    assert_eq!(stale(&up), 1);
    assert_eq!(up.last().unwrap().1, 0.0);
    world.pools.stop().await;
}

#[tokio::test]
async fn other_rules_take_over_without_losing_the_series() {
    let server = Server::start(Reply::text("a 1\nb 2\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "j", "")).await;
    eventually("b", || world.memory.latest("b").values().next().copied().flatten()).await;
    let rules = "  metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]\n";
    world.apply(&job(&server, "j", rules)).await;
    let gone = || world.memory.latest("b").values().all(Option::is_none).then_some(());
    eventually("the end of b", gone).await;
    assert!(world.memory.latest("a").values().all(Option::is_some));
    assert_eq!(world.memory.latest("up").len(), 1);
    world.pools.stop().await;
}

#[tokio::test]
async fn stopping_writes_no_markers() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "j", "")).await;
    eventually("a", || world.memory.latest("a").values().next().copied().flatten()).await;
    let memory = world.memory.clone();
    world.pools.stop().await;
    assert!(memory.latest("a").values().all(Option::is_some));
    assert!(memory.latest("up").values().all(Option::is_some));
}

#[tokio::test]
async fn a_target_that_fails_and_recovers() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "j", "")).await;
    world.target("up", |target| target.health == Health::Up).await;
    server.answer(Reply::status("500 Internal Server Error", "", b""));
    let down = world.target("down", |target| target.health == Health::Down).await;
    assert_eq!(down.last_error, "server returned HTTP status 500 Internal Server Error");
    assert!(world.memory.latest("a").values().all(Option::is_none));
    server.answer(Reply::text("a 1\n"));
    let up = world.target("up again", |target| target.health == Health::Up).await;
    assert_eq!(up.last_error, "");
    world.pools.stop().await;
}

#[tokio::test]
async fn targets_from_files_come_and_go() {
    let (one, two) =
        (Server::start(Reply::text("a 1\n")).await, Server::start(Reply::text("a 2\n")).await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("targets.json");
    let write = |servers: &[&Server]| {
        let targets: Vec<String> = servers.iter().map(|s| format!("\"{}\"", s.address)).collect();
        let text =
            format!("[{{\"targets\": [{}], \"labels\": {{\"env\": \"e\"}}}}]", targets.join(","));
        std::fs::write(&file, text).unwrap();
    };
    write(&[&one]);
    let mut world = World::new();
    let pattern = folder.path().join("*.json").display().to_string();
    let jobs = format!(
        "- job_name: j\n  file_sd_configs: [{{files: ['{pattern}'], refresh_interval: 50ms}}]\n  \
         relabel_configs:\n  - {{source_labels: [__meta_filepath], target_label: file}}\n  \
         - {{source_labels: [__address__], regex: '{}', action: drop}}\n",
        "nobody:1"
    );
    world.apply(&jobs).await;
    let target = world.target("the first", |target| target.health == Health::Up).await;
    assert_eq!(target.labels.get("env"), Some("e"));
    assert_eq!(target.labels.get("file"), Some(&*file.display().to_string()));
    write(&[&two]);
    let url = format!("http://{}/metrics", two.address);
    world.target("the second", |t| t.url == url && t.health == Health::Up).await;
    assert_eq!(world.pools.view().active().len(), 1);
    std::fs::write(&file, "[{").unwrap();
    let before = two.asked().len();
    eventually("more scrapes", || (two.asked().len() > before + 2).then_some(())).await;
    assert_eq!(world.pools.view().active().len(), 1, "a bad file keeps its targets");
    std::fs::remove_file(&file).unwrap();
    eventually("no target", || world.pools.view().active().is_empty().then_some(())).await;
    world.pools.stop().await;
}

#[tokio::test]
async fn dropped_targets_are_shown_up_to_a_limit() {
    let mut world = World::new();
    let jobs = "- job_name: j\n  keep_dropped_targets: 1\n  static_configs: [{targets: ['a:1', 'b:1']}]\n  \
                relabel_configs: [{action: drop, source_labels: [job], regex: j}]\n";
    world.apply(jobs).await;
    let dropped =
        || Some(world.pools.view().dropped()).filter(|dropped| !dropped.targets.is_empty());
    let dropped = eventually("dropped targets", dropped).await;
    assert_eq!((dropped.targets.len(), dropped.counts["j"]), (1, 2));
    assert_eq!(dropped.targets[0].discovered.get("__address__"), Some("a:1"));
    world.pools.stop().await;
}

#[tokio::test]
async fn without_a_limit_ten_thousand_dropped_targets_are_remembered() {
    let mut world = World::new();
    let targets: Vec<String> = (0..10_001).map(|n| format!("'t{n}:1'")).collect();
    let jobs = format!(
        "- job_name: j\n  static_configs: [{{targets: [{}]}}]\n  relabel_configs: \
         [{{action: drop, source_labels: [job], regex: j}}]\n",
        targets.join(",")
    );
    world.apply(&jobs).await;
    let dropped = || Some(world.pools.view().dropped()).filter(|all| !all.targets.is_empty());
    let dropped = eventually("dropped targets", dropped).await;
    assert_eq!((dropped.targets.len(), dropped.counts["j"]), (10_000, 10_001));
    world.pools.stop().await;
}

#[tokio::test]
async fn other_credentials_take_effect_with_the_reload() {
    let server = Server::start(Reply::text("a 1\n")).await;
    let mut world = World::new();
    world.apply(&job(&server, "j", "")).await;
    world.target("up", |target| target.health == Health::Up).await;
    world.apply(&job(&server, "j", "  basic_auth: {username: user, password: secret}\n")).await;
    let has_them = |asked: &String| asked.contains("authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
    eventually("credentials", || server.asked().iter().any(has_them).then_some(())).await;
    world.pools.stop().await;
}

fn of_files(pattern: &str) -> String {
    format!(
        "- job_name: j\n  file_sd_configs: [{{files: ['{pattern}'], refresh_interval: 50ms}}]\n"
    )
}

#[tokio::test]
async fn a_job_that_is_gone_takes_no_more_targets() {
    let (one, two) =
        (Server::start(Reply::text("a 1\n")).await, Server::start(Reply::text("a 2\n")).await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("targets.json");
    let write = |server: &Server| {
        std::fs::write(&file, format!("[{{\"targets\": [\"{}\"]}}]", server.address)).unwrap();
    };
    write(&one);
    let mut world = World::new();
    world.apply(&of_files(&file.display().to_string())).await;
    world.target("the first", |target| target.health == Health::Up).await;
    world.apply("").await;
    write(&two);
    let ended = || world.memory.latest("a").values().all(Option::is_none).then_some(());
    eventually("the end of the first", ended).await;
    assert!(two.asked().is_empty());
    world.pools.stop().await;
}

#[tokio::test]
async fn targets_of_files_take_over_from_fixed_ones() {
    let (one, two) =
        (Server::start(Reply::text("a 1\n")).await, Server::start(Reply::text("a 2\n")).await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("targets.json");
    std::fs::write(&file, format!("[{{\"targets\": [\"{}\"]}}]", two.address)).unwrap();
    let mut world = World::new();
    world.apply(&job(&one, "j", "")).await;
    world.target("the fixed one", |target| target.health == Health::Up).await;
    world.apply(&of_files(&file.display().to_string())).await;
    let url = format!("http://{}/metrics", two.address);
    world.target("the one of the file", |t| t.url == url && t.health == Health::Up).await;
    world.pools.stop().await;
}

/// Each reload would begin the wait for the end anew.
#[tokio::test(start_paused = true)]
async fn reloads_do_not_put_off_the_end_of_a_target() {
    let jobs = |targets: &str, limit: usize| {
        format!(
            "- job_name: j\n  scrape_interval: 1s\n  target_limit: 1\n  sample_limit: {limit}\n  \
             static_configs: [{{targets: [{targets}]}}]\n"
        )
    };
    let mut world = World::paused();
    world.apply(&jobs("'a:1', 'b:1', 'c:1'", 1)).await;
    tokio::time::sleep(Duration::from_millis(3500)).await;
    for reload in 0..20 {
        world.apply(&jobs("'b:1', 'c:1'", 2 + reload % 2)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(model::is_stale(world.up("j", "a:1").last().unwrap().1));
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn targets_are_shown_in_the_order_of_the_configuration() {
    let mut world = World::paused();
    for names in [["x", "y"], ["y", "x"]] {
        world.apply(&names.map(|name| idle(name, "")).concat()).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let shown: Vec<String> = world.pools.view().active().into_iter().map(|t| t.pool).collect();
        assert_eq!(shown, [names[0], names[0], names[1], names[1]]);
    }
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_was_never_scraped_ends_nothing() {
    let mut world = World::paused();
    world.apply(&idle("j", "").replace("1s", "1d")).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.apply("").await;
    tokio::time::sleep(Duration::from_hours(100)).await;
    assert!(world.up("j", "a:1").is_empty() && world.up("j", "b:1").is_empty());
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_late_by_a_moment_moves_no_sample() {
    let (mut world, clock) = World::stepped();
    world.apply(&idle("j", "")).await;
    while world.up("j", "a:1").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    clock.step(2);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let up = world.up("j", "a:1");
    assert_eq!(up[1].0 - up[0].0, 1000);
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_shows_what_it_changed() {
    let mut world = World::paused();
    for (interval, timeout) in [(1, 1), (3, 2)] {
        let jobs = format!(
            "- job_name: j\n  scrape_interval: {interval}s\n  scrape_timeout: {timeout}s\n  \
             target_limit: 1\n  static_configs: [{{targets: ['c:1', 'a:1', 'd:1', 'b:1']}}]\n"
        );
        world.apply(&jobs).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let shown = world.pools.view().active();
        let urls: Vec<&str> = shown.iter().map(|target| target.url.as_str()).collect();
        assert_eq!(urls, ["a", "b", "c", "d"].map(|host| format!("http://{host}:1/metrics")));
        for target in shown {
            let (interval, timeout) = (Duration::from_secs(interval), Duration::from_secs(timeout));
            assert_eq!((target.interval, target.timeout), (interval, timeout));
            let told = config::format_duration(interval);
            assert_eq!(target.discovered.get("__scrape_interval__"), Some(told.as_str()));
        }
    }
    world.pools.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_equal_targets_the_first_one_counts() {
    let mut world = World::paused();
    let group = |name: &str| format!("{{targets: ['a:1'], labels: {{__meta_from: {name}}}}}");
    let groups = [group("first"), group("second")].join(", ");
    world.apply(&format!("- job_name: j\n  static_configs: [{groups}]\n")).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let shown = world.pools.view().active();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].discovered.get("__meta_from"), Some("first"));
    world.pools.stop().await;
}
