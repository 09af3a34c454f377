//! Integration tests of relabelling: the fuzz corpus and its mutations.

#[cfg(test)]
mod fuzz;
