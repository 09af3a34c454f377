//! Decides which segments count, from their headers alone: pure, no files.
//! Each header names its predecessor and where that one ends. Walking back from the last segment
//! gives the chain; what lies beside it is void: left over from a failed write or sync.

use crate::Position;
use crate::header::HEADER_LEN;

/// What is known of a segment file before its records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) len: u64,
    /// What its header says; `None` when the header is damaged.
    pub(crate) predecessor: Option<Position>,
}

/// Where the valid part of a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The successor says so; what is missing before is damage, what follows was cut off.
    Declared(u64),
    /// Last of the chain: a torn end is ordinary.
    Open,
    /// The successor is missing or damaged.
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Segments to serve, ascending, as indices of the links.
    pub(crate) served: Vec<(usize, End)>,
    /// Numbers of segments that were named as predecessors and are not there, ascending.
    pub(crate) missing: Vec<u64>,
    /// Segments that do not count, ascending, as indices of the links.
    pub(crate) void: Vec<usize>,
}

/// `links` ascend by id.
pub(crate) fn chain(links: &[Link]) -> Chain {
    let mut chain = Chain::default();
    // A file that was created and not written up to its first record is no end of a chain.
    let mut at = links.iter().rposition(|link| link.len >= HEADER_LEN);
    let mut end = End::Open;
    while let Some(index) = at {
        chain.served.push((index, end));
        (at, end) = previous(links, index, &mut chain.missing);
    }
    chain.served.reverse();
    chain.missing.reverse();
    let counts = |index: &usize| chain.served.iter().any(|(served, _)| served == index);
    chain.void = (0..links.len()).filter(|index| !counts(index)).collect();
    chain
}

fn previous(links: &[Link], index: usize, missing: &mut Vec<u64>) -> (Option<usize>, End) {
    let below = index.checked_sub(1);
    match links[index].predecessor {
        None => (below, End::Unknown),
        Some(none) if none.segment == 0 => (None, End::Unknown),
        Some(named) => match links[..index].binary_search_by_key(&named.segment, |link| link.id) {
            Ok(found) => (Some(found), End::Declared(named.offset)),
            Err(0) => (None, End::Unknown), // everything older was truncated on purpose
            Err(older) => {
                missing.push(named.segment);
                (Some(older - 1), End::Unknown)
            }
        },
    }
}
