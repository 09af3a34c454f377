//! The outside world as arguments: clock, files, entropy; real forms here, simulated ones in `sim`.
//! Every core takes these traits; only this crate calls `Instant::now` and `std::fs`.
//! No domain words: it knows nothing of series or alerts.

mod clock;
mod entropy;
pub mod sim;
mod vfs;

pub use clock::{Clock, SystemClock};
pub use entropy::{Entropy, SystemEntropy};
pub use vfs::{DirEntry, DirLock, File, OsVfs, Space, Vfs};
