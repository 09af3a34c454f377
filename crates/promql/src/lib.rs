//! PromQL: lexer, Pratt parser with source positions, syntax tree, printer.
//! Neighbours: `query`, `rules` and `api` read the tree. Pure text in, tree or located error out.

pub mod ast;
mod function;

pub use function::Function;
