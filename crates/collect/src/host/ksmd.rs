//! Same-page merging: what ksmd scanned and merged.

use super::numbers::{self, Number};
use super::round::Round;
use crate::Error;
use model::Labels;

const NUMBERS: &[Number] = &[
    Number::counter(
        "full_scans",
        "node_ksmd_full_scans_total",
        "How many times all mergeable areas have been scanned.",
    ),
    Number::gauge(
        "general_profit",
        "node_ksmd_general_profit_bytes",
        concat!(
            "How effective is KSM. ksm_saved_pages * sizeof(page) - (all_rmap_items) ",
            "* sizeof(rmap_item)",
        ),
    ),
    Number::gauge(
        "merge_across_nodes",
        "node_ksmd_merge_across_nodes",
        "Specifies if pages from different NUMA nodes can be merged.",
    ),
    Number::gauge(
        "pages_shared",
        "node_ksmd_pages_shared",
        "How many shared pages are being used.",
    ),
    Number::gauge(
        "pages_sharing",
        "node_ksmd_pages_sharing",
        "How many more sites are sharing them i.e. how much saved.",
    ),
    Number::gauge(
        "pages_to_scan",
        "node_ksmd_pages_to_scan",
        "How many pages to scan before ksmd goes to sleep.",
    ),
    Number::gauge(
        "pages_unshared",
        "node_ksmd_pages_unshared",
        "How many pages unique but repeatedly checked for merging.",
    ),
    Number::gauge(
        "pages_volatile",
        "node_ksmd_pages_volatile",
        "How many pages changing too fast to be placed in a tree.",
    ),
    Number::gauge("run", "node_ksmd_run", "The status of ksmd. stopped = 0, running = 1"),
    Number::gauge(
        "sleep_millisecs",
        "node_ksmd_sleep_seconds",
        "How many seconds ksmd should sleep before next scan.",
    )
    .divided_by(1000.0),
];

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("kernel/mm/ksm");
    round.names(&dir)?;
    numbers::push_all(round, &dir, NUMBERS, &Labels::empty());
    Ok(())
}
