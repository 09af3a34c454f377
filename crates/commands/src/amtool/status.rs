//! `config show` and `cluster show`: what the server says about itself.

use super::peer::{Call, Peer};
use super::wire::Status;
use super::{Outcome, print};
use crate::cli::PeerArgs;
use crate::console::{Console, Verdict};

/// Prints the configuration that the server uses.
pub(super) fn config(args: &PeerArgs, console: &mut Console<'_>) -> Outcome {
    let status = ask(args)?;
    console.answer().write_all(print::config(&status, args).as_bytes())?;
    Ok(Verdict::Good)
}

/// Prints how the server sees its cluster.
pub(super) fn cluster(args: &PeerArgs, console: &mut Console<'_>) -> Outcome {
    let status = ask(args)?;
    console.answer().write_all(print::cluster(&status.cluster, args).as_bytes())?;
    Ok(Verdict::Good)
}

/// Everything that the server says about itself.
pub(super) fn ask(args: &PeerArgs) -> Result<Status, String> {
    Ok(Peer::new(args)?.ask(Call::get(&["status"], Vec::new()))?)
}
