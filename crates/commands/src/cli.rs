//! Arguments of the commands of this crate, one file a family. Plain data; nothing here acts.

mod amtool;
mod dashboard;
mod probe;
mod query;
mod tsdb;

pub use self::amtool::{
    ALERT_EXAMPLES, AlertArgs, Amtool, AmtoolCommand, AmtoolConfig, CHECK_EXAMPLES,
    CLUSTER_EXAMPLES, CheckFiles, ClusterArgs, PeerArgs, RENDER_EXAMPLES, ROUTES_EXAMPLES,
    RoutesArgs, SILENCE_EXAMPLES, SilenceArgs, TemplateCommand, TemplateRender,
};
pub(crate) use self::amtool::{
    AlertAdd, AlertCommand, AlertDeadLetters, AlertQuery, AlertWhy, ClusterCommand, PeerOutput,
    RealAlert, RoutesCommand, RoutesTest, SilenceAdd, SilenceCommand, SilenceImport, SilenceQuery,
    SilenceUpdate, TemplateType,
};
pub use self::dashboard::{
    DASHBOARD_EXAMPLES, DashboardCommand, DashboardImport, DashboardLint, DashboardServer,
};
pub use self::probe::{PROBE_EXAMPLES, ProbeArgs, WorkerArgs};
pub(crate) use self::query::OutputFormat;
pub use self::query::{QueryCommand, QueryServer, Span};
pub(crate) use self::tsdb::InspectFormat;
pub use self::tsdb::{DataDir, ImportCommand, InspectCommand, TsdbCommand};
