//! What people expect at 3 a.m., each with its score, band and first reason.

use crate::script::run;

/// So many lines.
fn times(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn s01_everything_works() {
    run("part db critical\n part shop needs db\n up db a\n up shop b\n
         is db 100 healthy\n is shop 100 healthy\n is whole 100 healthy");
}

#[test]
fn s02_nothing_is_known() {
    run("part db critical\n part shop needs db\n
         is db ? unknown\n is shop ? unknown\n is whole ? unknown");
}

#[test]
fn s03_nothing_is_watched() {
    run("is whole ? unknown");
}

#[test]
fn s04_a_dead_critical_database_among_many_that_work() {
    let many = times(20, |n| format!("part p{n}\n up p{n} a\n"));
    run(&format!(
        "{many} part db critical\n down db 10.0.0.5:5432 connection refused\n
         is db 0 critical 10.0.0.5:5432: connection refused\n is p3 100 healthy\n
         is whole 20 critical db: critical and at 0 points: at most 20 points more"
    ));
}

#[test]
fn s05_a_dead_normal_part_among_many_that_work() {
    let many = times(20, |n| format!("part p{n}\n up p{n} a\n"));
    run(&format!(
        "{many} part cache\n down cache a\n
         is cache 0 critical\n is whole 60 impaired cache: normal and at 0 points"
    ));
}

#[test]
fn s06_a_dead_minor_part_among_many_that_work() {
    let many = times(20, |n| format!("part p{n}\n up p{n} a\n"));
    run(&format!("{many} part extra minor\n down extra a\n is whole 97 healthy extra: at 0"));
}

#[test]
fn s07_one_of_three_replicas_is_down() {
    run("part web\n up web a\n up web b\n down web c timed out\n
         is web 66 impaired c: 1 of 3 down: timed out\n is whole 66 impaired web: at 66 points");
}

#[test]
fn s08_the_checkout_probe_fails_and_all_others_answer() {
    run(
        "part shop vital checkout\n up shop home\n up shop search\n down shop checkout status 500\n
         is shop 20 critical checkout: vital and down, so at most 20 points: status 500\n
         is whole 20 critical shop: at 20 points",
    );
}

#[test]
fn s09_the_shop_answers_but_its_database_is_dead() {
    run("part db\n part cache\n part shop critical needs db cache\n up cache a\n up shop b\n
         down db c\n is shop 60 impaired db: it needs this, at 0 points\n is whole 55 impaired db: at 0");
}

#[test]
fn s10_the_only_dependency_is_dead() {
    run("part db\n part shop needs db\n up shop b\n down db c\n
         is shop 20 critical db: it needs this, at 0 points\n is whole 10 critical db");
}

#[test]
fn s11_a_disk_fills_up() {
    run("part host\n up host a\n level host 0.79 0.8 0.95 /var\n is host 100 healthy\n
         at 60\n up host a\n level host 0.9 0.8 0.95 /var\n is host 86 degraded /var\n
         at 120\n up host a\n level host 0.97 0.8 0.95 /var\n is host 80 degraded /var\n
         at 180\n up host a\n level host 0.99 0.8 0.95 /var\n alert host critical HostDiskFull\n
         is host 40 critical HostDiskFull\n is whole 40 critical host: at 40 points");
}

#[test]
fn s12_a_warning_fires_and_a_critical_alert_follows() {
    run("part shop\n up shop a\n alert shop warning Slow p99 is 3 s\n
         is shop 85 degraded Slow: p99 is 3 s\n
         at 60\n up shop a\n alert shop warning Slow\n alert shop critical Errors\n
         is shop 45 critical Errors");
}

#[test]
fn s13_an_alert_that_belongs_to_nothing() {
    run("part shop\n up shop a\n alert - critical Deadman\n
         is shop 100 healthy\n is whole 60 impaired Deadman");
}

#[test]
fn s14_forty_warnings_are_not_a_dead_part() {
    let warnings = times(40, |n| format!("alert shop warning W{n}\n"));
    run(&format!("part shop\n up shop a\n {warnings} is shop 70 degraded W0"));
}

#[test]
fn s15_the_budget_burns_fast() {
    run("part shop\n up shop a\n burn shop 14.4 availability\n budget shop 0.4 availability\n
         is shop 38 critical availability\n
         at 60\n up shop a\n burn shop 0.9 availability\n budget shop 0.4 availability\n
         is shop 88 degraded availability");
}

#[test]
fn s16_a_restart_knows_little_at_first() {
    run("part db critical\n part shop needs db\n unknown db a\n unknown shop b\n
         is whole ? unknown\n
         at 15\n unknown db a\n up shop b\n
         is db ? unknown\n is shop 70 degraded db\n is whole 56 impaired db: unknown\n
         at 30\n up db a\n up shop b\n is shop 100 healthy\n is whole 100 healthy");
}

#[test]
fn s17_a_flapping_score_does_not_flap_its_word() {
    run("part web\n up web a\n level web 0.875 0.8 0.95 fds\n is web 90 healthy\n
         at 15\n up web a\n level web 0.89 0.8 0.95 fds\n is web 88 degraded\n
         at 30\n up web a\n level web 0.875 0.8 0.95 fds\n is web 90 degraded\n
         at 45\n up web a\n level web 0.84 0.8 0.95 fds\n is web 94 healthy");
}

#[test]
fn s18_a_collector_lost_its_rights() {
    run("part postgres critical\n up postgres a\n gap postgres stat_statements permission\n
         is postgres 98 healthy stat_statements: permission\n is whole 98 healthy");
}

#[test]
fn s19_everything_is_down() {
    run("part db critical\n part cache\n part shop needs db cache vital pay\n
         down db a\n down cache b\n down shop pay\n alert - critical Everything\n
         is db 0 critical\n is cache 0 critical\n is shop 0 critical\n is whole 0 critical");
}

#[test]
fn s20_trouble_goes_through_a_chain_and_heals() {
    run("part disk critical\n part db critical needs disk\n part shop critical needs db\n
         up disk a\n up db b\n up shop c\n level disk 1 0.8 0.95 /data\n
         alert disk critical DiskFull\n
         is disk 40 critical DiskFull\n is db 60 impaired disk\n is shop 80 degraded db\n
         is whole 60 impaired\n
         at 60\n up disk a\n up db b\n up shop c\n
         is disk 100 healthy\n is shop 100 healthy\n is whole 100 healthy");
}

#[test]
fn s21_one_of_a_hundred_is_new() {
    let many = times(99, |n| format!("up web w{n}\n"));
    run(&format!("part web\n {many} unknown web w99\n is web 89 degraded w99: what is not known"));
}
