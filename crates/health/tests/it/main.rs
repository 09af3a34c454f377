//! Tests of the whole judgement: scripted scenarios and what holds for all evidence.

mod properties;
mod scenarios;
mod script;
