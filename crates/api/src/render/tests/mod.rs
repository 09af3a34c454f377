//! JSON as upstream writes it: numbers, histograms, streams.

mod histograms;
mod numbers;
mod streams;
