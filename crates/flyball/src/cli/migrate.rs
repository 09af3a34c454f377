//! Arguments of `flyball migrate`.

use super::FeatureArgs;
use clap::Args;
use std::path::PathBuf;

/// Examples of `migrate --help`.
pub(super) const MIGRATE_EXAMPLES: &str = "\
Reads everything that a start would read, changes nothing, asks nobody. What works is counted; what
does not is named with its line, apart by what will come later and what will not.
Exit codes: 0 every file is taken, 1 one is refused (with --strict: or something does not work).

Examples:
  flyball migrate --from-prometheus prometheus.yml
  flyball migrate --from-prometheus prometheus.yml --alertmanager alertmanager.yml \\
      --blackbox blackbox.yml --grafana /var/lib/grafana/dashboards";

/// `migrate`
#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    /// prometheus.yml, with the files it names.
    #[arg(long = "from-prometheus", alias = "prometheus", value_name = "FILE")]
    #[arg(required_unless_present_any = ["alertmanager", "blackbox", "grafana"])]
    pub(crate) prometheus: Option<PathBuf>,
    /// alertmanager.yml, with its templates.
    #[arg(long, value_name = "FILE")]
    pub(crate) alertmanager: Option<PathBuf>,
    /// blackbox.yml.
    #[arg(long, value_name = "FILE")]
    pub(crate) blackbox: Option<PathBuf>,
    /// Folder with dashboards of Grafana, or a file; several may be given.
    #[arg(long, value_name = "DIR")]
    pub(crate) grafana: Vec<PathBuf>,
    /// Fail also when something does not work.
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}
