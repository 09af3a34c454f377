//! Commands of the binary that are not the server: they ask servers, look into data directories,
//! read files and print. What they ask about the rooms below decide; nothing here runs a server.

pub mod amtool;
pub mod ask;
pub mod cli;
pub mod console;
pub mod dashboard;
pub mod features;
pub mod files;
pub mod import;
pub mod inspect;
pub mod probe;
pub mod table;
pub mod time_words;
