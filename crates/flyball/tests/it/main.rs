//! The binary as a user meets it: started, configured, asked, killed.
//! Every test has its own data directory and a port of its own; nothing is shared.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod acceptance;
mod alert_state;
mod alertmanagers;
mod amtool;
mod ask;
mod boards;
mod check;
mod clock;
mod compliance;
mod disk;
mod examples;
mod health;
mod hostile;
mod import;
mod kept_rules;
mod kill;
mod late;
mod letters;
mod lines;
mod migrate;
mod otlp;
mod otlp_grpc;
mod packs;
mod page;
mod probes;
mod push_table;
mod pushes;
mod queries;
mod readers;
mod receive;
mod reload;
mod rule_extras;
mod rule_states;
mod rule_tests;
mod samples;
mod script;
mod sender;
mod server;
mod services;
mod start;
mod told;
mod tsdb;
mod types;
mod ways;
