//! Reads blocks that hold differences to other blocks of their segment (docs/formats/block.md).
//! A reader keeps the integers of blocks it met, so that a series read after its neighbours costs
//! one block; one that is read alone costs its chain.

use super::Segment;
use crate::block;
use crate::encoding::Damage;
use crate::encoding::floats::{Integers, Place};
use crate::error::{DbError, DbResult};
use crate::reading::Scratch;
use std::sync::Arc;

/// Most blocks that one block needs to be decoded, itself included.
pub(super) const CHAIN_MAX: usize = 32;

impl Segment {
    /// The integers of a block of decimals or differences with `rows` samples.
    pub(super) fn integers(
        &self,
        source: u32,
        place: Place,
        rows: usize,
        scratch: &mut Scratch,
    ) -> DbResult<Arc<Integers>> {
        let corrupt = |damage: Damage| DbError::corrupt("decode block of", self.path(), &damage);
        let broken = |what: &'static str| corrupt(Damage { what, at: 0 });
        let mut chain = Vec::new();
        let mut next = Some(place);
        let mut known = None;
        while let Some(place) = next {
            known = scratch.integers((source, place));
            if known.is_some() {
                break;
            }
            if chain.len() == CHAIN_MAX {
                return Err(broken("chain of differences is too long"));
            }
            let page = self.page(place.page, scratch.own())?;
            let bytes = self.slice(&page, place.offset, place.len)?;
            next = block::below(bytes, rows).map_err(corrupt)?;
            if next.is_some_and(|below| (below.page, below.offset) >= (place.page, place.offset)) {
                return Err(broken("differences to a block that follows"));
            }
            chain.push((place, page));
        }
        for (place, page) in chain.into_iter().rev() {
            let bytes = self.slice(&page, place.offset, place.len)?;
            let integers =
                block::decode_integers(bytes, rows, known.as_deref()).map_err(corrupt)?;
            known = Some(scratch.keep_integers((source, place), integers));
        }
        known.ok_or_else(|| broken("differences to nothing"))
    }
}

#[cfg(test)]
mod tests;
