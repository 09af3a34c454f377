//! `dns_sd_configs`: the records of names become targets. Servers and search domains are those of
//! `/etc/resolv.conf`, as in upstream's `discovery/dns`; a name that cannot be asked for keeps its
//! targets of before, one that is said not to exist has none.

mod resolver;

use super::labels::host_port;
use super::{Mouth, Report};
use crate::group::{ADDRESS_LABEL, Fault, Group};
use config::{DnsRecordType, DnsSdConfig};
use model::{Labels, LabelsBuilder};
use net::ClientOptions;
use net::dns::{self, Answer, Data};
use resolver::Resolver;
use std::collections::BTreeMap;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Asks for all names at once and then once per interval, until nobody listens.
pub(super) async fn run(config: DnsSdConfig, options: ClientOptions, mouth: Mouth) {
    let resolver = Resolver::new(&options);
    let mut ticks = tokio::time::interval(config.refresh_interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = BTreeMap::new();
    loop {
        ticks.tick().await;
        let report = refresh(&config, &resolver, &mut known).await;
        if !mouth.tell(report).await {
            return;
        }
    }
}

/// Asks for each name; `known` keeps what was said of those that cannot be asked for now.
async fn refresh(
    config: &DnsSdConfig,
    resolver: &Resolver,
    known: &mut BTreeMap<String, Group>,
) -> Report {
    let mut questions = JoinSet::new();
    for name in &config.names {
        let (resolver, name, kind) = (resolver.clone(), name.clone(), code(config.record_type));
        questions.spawn(async move {
            let answer = resolver.look_up(&name, kind).await;
            (name, answer)
        });
    }
    let mut faults = Vec::new();
    while let Some(ended) = questions.join_next().await {
        match ended {
            Ok((name, Ok(answer))) => {
                let group = group(&name, &answer, config.port);
                known.insert(name, group);
            }
            Ok((name, Err(message))) => faults.push((name, message)),
            Err(error) => faults.push((String::new(), error.to_string())),
        }
    }
    faults.sort();
    let fault = faults.into_iter().next().map(|(source, message)| Fault { source, message });
    // As long as nothing was ever said, targets of a former configuration stay, too.
    let groups = (!known.is_empty()).then(|| known.values().cloned().collect());
    Report { groups, fault }
}

fn code(record_type: DnsRecordType) -> u16 {
    match record_type {
        DnsRecordType::Srv => dns::SRV,
        DnsRecordType::A => dns::A,
        DnsRecordType::Aaaa => dns::AAAA,
        DnsRecordType::Mx => dns::MX,
        DnsRecordType::Ns => dns::NS,
    }
}

/// The targets of an answer; records of other kinds (aliases on the way) are passed over.
fn group(name: &str, answer: &Answer, port: u16) -> Group {
    let targets = answer.answers.iter().filter_map(|record| target(name, &record.data, port));
    Group { source: name.to_owned(), targets: targets.collect(), labels: Labels::empty() }
}

fn target(name: &str, data: &Data, port: u16) -> Option<Labels> {
    let mut labels = LabelsBuilder::default();
    labels.set("__meta_dns_name", name);
    let bare = |host: &str| host.trim_end_matches('.').to_owned();
    let address = match data {
        Data::Address(address) => host_port(&address.to_string(), port),
        Data::Service { target, port } => {
            labels.set("__meta_dns_srv_record_target", target);
            labels.set("__meta_dns_srv_record_port", &port.to_string());
            host_port(&bare(target), port)
        }
        Data::MailExchange(host) => {
            labels.set("__meta_dns_mx_record_target", host);
            host_port(&bare(host), port)
        }
        Data::NameServer(host) => {
            labels.set("__meta_dns_ns_record_target", host);
            host_port(&bare(host), port)
        }
        Data::Other => return None,
    };
    labels.set(ADDRESS_LABEL, &address);
    Some(labels.build())
}

#[cfg(test)]
mod tests;
