//! Integration tests of relabelling: the fuzz corpus and its mutations.

mod fuzz;
