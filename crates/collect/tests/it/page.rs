//! The page of the configuration lists every collector with its pace.

use std::fmt::Write;
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configure.md");
const BEGIN: &str = "<!-- collectors: written by `UPDATE_EXPECT=1 cargo test -p collect` -->\n";
const END: &str = "<!-- end -->\n";

/// Names by default and pace, one line each.
fn table() -> String {
    let mut out = String::from("| collectors | on | run |\n|---|---|---|\n");
    for (on, slow) in [(true, false), (true, true), (false, false), (false, true)] {
        let of = |known: &&collect::Switch| known.default == on && known.interval.is_zero() != slow;
        let names = collect::COLLECTORS.iter().filter(of).map(|known| known.name);
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        let on = if on { "by default" } else { "on request" };
        let pace = if slow { "every 15 s" } else { "each time" };
        writeln!(out, "| {} | {on} | {pace} |", names.join(" ")).unwrap();
    }
    out
}

#[test]
fn the_page_lists_every_collector() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the table has a beginning");
    let (found, tail) = rest.split_once(END).expect("the table has an end");
    if found != table() && std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(PAGE, [head, BEGIN, &table(), END, tail].concat()).unwrap();
        return;
    }
    assert_eq!(found, table(), "run UPDATE_EXPECT=1 cargo test -p collect");
}
