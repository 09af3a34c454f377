//! Receivers: turns notifications into the messages that their receivers understand.
//! Fed by `alerts`; each receiver has one file. What is retried and when, `alerts` decides.

pub mod webhook;
