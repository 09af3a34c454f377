//! PromQL: lexer, parser with source positions, syntax tree, printer.
