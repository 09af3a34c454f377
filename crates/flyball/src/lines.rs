//! Receivers of pushed lines (StatsD, Graphite) as flyball.yml names them: bound at the start,
//! under other mappings after a reload. Other addresses need a restart.

use crate::load::Configuration;
use crate::own::OwnMetrics;
use crate::supervise::{Stop, Supervisor};
use config::{LineListen, MappingConfig};
use ingest::{
    GraphiteReceiver, LineLimits, LineListeners, LineOptions, ReceiverOptions, StatsdReceiver,
};
use model::{Appender, Labels};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;

/// Mapping files that the configuration names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    pub(crate) statsd: MappingConfig,
    pub(crate) graphite: MappingConfig,
}

/// The receivers that are on.
#[derive(Default)]
pub(crate) struct Lines {
    statsd: Option<Statsd>,
    graphite: Option<Graphite>,
}

struct Statsd {
    receiver: Arc<StatsdReceiver>,
    listeners: Arc<LineListeners>,
    interval: Duration,
}

struct Graphite {
    receiver: Arc<GraphiteReceiver>,
    listeners: Arc<LineListeners>,
}

impl Lines {
    /// Binds the sockets of the receivers that are on.
    pub(crate) async fn listen(
        configuration: &Configuration,
        appender: Arc<dyn Appender>,
        clock: &Arc<dyn Clock>,
        limits: ReceiverOptions,
    ) -> io::Result<Self> {
        let (mut lines, receive) = (Self::default(), &configuration.flyball.receive);
        if let Some(listen) = &receive.statsd {
            let options = options(listen, &configuration.mappings.statsd);
            let (appender, clock) = (Arc::clone(&appender), Arc::clone(clock));
            lines.statsd = Some(Statsd {
                receiver: Arc::new(StatsdReceiver::new(appender, limits, clock, options)),
                listeners: bind("StatsD", listen).await?,
                interval: listen.interval,
            });
        }
        if let Some(listen) = &receive.graphite {
            let options = options(listen, &configuration.mappings.graphite);
            let clock = Arc::clone(clock);
            lines.graphite = Some(Graphite {
                receiver: Arc::new(GraphiteReceiver::new(appender, limits, clock, options)),
                listeners: bind("Graphite", listen).await?,
            });
        }
        Ok(lines)
    }

    /// Starts what is on, and tells its numbers.
    pub(crate) fn start(&self, supervisor: &mut Supervisor, own: &OwnMetrics) {
        if let Some(Statsd { receiver, listeners, interval }) = &self.statsd {
            let told = Arc::clone(receiver);
            own.add(Box::new(move || told.families()));
            let (receiver, listeners) = (Arc::clone(receiver), Arc::clone(listeners));
            let interval = *interval;
            supervisor.start("statsd", move |mut stop: Stop| {
                let (receiver, listeners) = (Arc::clone(&receiver), Arc::clone(&listeners));
                async move { listeners.run_statsd(receiver, interval, stop.wait()).await }
            });
        }
        if let Some(Graphite { receiver, listeners }) = &self.graphite {
            let told = Arc::clone(receiver);
            own.add(Box::new(move || told.families()));
            let (receiver, listeners) = (Arc::clone(receiver), Arc::clone(listeners));
            supervisor.start("graphite", move |mut stop: Stop| {
                let (receiver, listeners) = (Arc::clone(&receiver), Arc::clone(&listeners));
                async move { listeners.run_graphite(receiver, stop.wait()).await }
            });
        }
    }

    /// Goes on under other mappings and labels.
    pub(crate) fn configure(&self, configuration: &Configuration) {
        let (receive, mappings) = (&configuration.flyball.receive, &configuration.mappings);
        if let (Some(statsd), Some(listen)) = (&self.statsd, &receive.statsd) {
            statsd.receiver.configure(options(listen, &mappings.statsd));
        }
        if let (Some(graphite), Some(listen)) = (&self.graphite, &receive.graphite) {
            graphite.receiver.configure(options(listen, &mappings.graphite));
        }
        let is_on = (self.statsd.is_some(), self.graphite.is_some());
        if is_on != (receive.statsd.is_some(), receive.graphite.is_some()) {
            tracing::warn!("`receive` names other receivers; they change at the next start");
        }
    }
}

fn options(listen: &LineListen, mapping: &MappingConfig) -> LineOptions {
    LineOptions {
        mapping: mapping.clone(),
        strict_match: listen.strict_match,
        labels: Labels::from_pairs(listen.labels.iter().map(|(name, value)| (name, value))),
        series_max: listen.series_max,
    }
}

async fn bind(protocol: &str, listen: &LineListen) -> io::Result<Arc<LineListeners>> {
    let limits = LineLimits {
        connections_max: listen.connections_max,
        line_bytes_max: listen.line_bytes_max,
        idle_timeout: listen.idle_timeout,
    };
    let (udp, tcp) = (listen.udp.as_deref(), listen.tcp.as_deref());
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("receive: {protocol}: {error}"));
    let mut bound = LineListeners::bind(udp, tcp, limits).await.map_err(named)?;
    if let Some((path, mode)) = &listen.unixgram {
        bound.bind_unix(Path::new(path), *mode).map_err(named)?;
    }
    let (udp, tcp) = bound.addresses();
    let unixgram = listen.unixgram.as_ref().map(|(path, _)| path);
    tracing::info!(protocol, ?udp, ?tcp, ?unixgram, "listening for lines");
    Ok(Arc::new(bound))
}
