//! Tasks that the kernel found hanging since it booted.

use super::round::Round;
use crate::Error;
use crate::text;
use model::Labels;

const HELP: &str = "Total number of tasks that have been detected as hung since the system booted.";

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let path = round.roots.proc.join("sys/kernel/hung_task_detect_count");
    let count = round.parsed(&path, |content| text::uint(content.trim_ascii(), 1))?;
    round.counter("node_kernel_hung_tasks_total", HELP, &Labels::empty(), count as f64);
    Ok(())
}
