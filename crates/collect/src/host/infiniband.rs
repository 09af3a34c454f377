//! InfiniBand and Omni-Path: devices, and the state and counters of their ports.

use super::numbers::{self, Number};
use super::round::{Round, attribute};
use crate::Error;
use crate::text;
use model::Labels;
use std::path::Path;

/// Data counters count words of 32 bits on each lane.
const OCTETS_PER_WORD: f64 = 4.0;

const INFO: &str = "Non-numeric data from /sys/class/infiniband/<device>, value is always 1.";
const RATE: &str = "Maximum signal transfer rate";
const STATE: &str = concat!(
    "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, ",
    "4: active, 5: act defer)",
);
const PHYSICAL_STATE: &str = concat!(
    "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: ",
    "polling, 3: disable, 4: shift, 5: link up, 6: link error recover, 7: ",
    "phytest)",
);
const LIFESPAN: &str = concat!(
    "The maximum period in ms which defines the aging of the counter reads. ",
    "Two consecutive reads within this period might return the same values.",
);

/// Directory `counters`.
const COUNTERS: &[Number] = &[
    Number::counter(
        "excessive_buffer_overrun_errors",
        "node_infiniband_excessive_buffer_overrun_errors_total",
        concat!(
            "Number of times that OverrunErrors consecutive flow control update ",
            "periods occurred, each having at least one overrun error.",
        ),
    ),
    Number::counter(
        "link_downed",
        "node_infiniband_link_downed_total",
        "Number of times the link failed to recover from an error state and went down",
    ),
    Number::counter(
        "link_error_recovery",
        "node_infiniband_link_error_recovery_total",
        "Number of times the link successfully recovered from an error state",
    ),
    Number::counter(
        "local_link_integrity_errors",
        "node_infiniband_local_link_integrity_errors_total",
        concat!(
            "Number of times that the count of local physical errors exceeded the ",
            "threshold specified by LocalPhyErrors.",
        ),
    ),
    Number::counter(
        "multicast_rcv_packets",
        "node_infiniband_multicast_packets_received_total",
        "Number of multicast packets received (including errors)",
    ),
    Number::counter(
        "multicast_xmit_packets",
        "node_infiniband_multicast_packets_transmitted_total",
        "Number of multicast packets transmitted (including errors)",
    ),
    Number::counter(
        "port_rcv_constraint_errors",
        "node_infiniband_port_constraint_errors_received_total",
        "Number of packets received on the switch physical port that are discarded",
    ),
    Number::counter(
        "port_xmit_constraint_errors",
        "node_infiniband_port_constraint_errors_transmitted_total",
        "Number of packets not transmitted from the switch physical port",
    ),
    Number::counter(
        "port_rcv_data",
        "node_infiniband_port_data_received_bytes_total",
        "Number of data octets received on all links",
    )
    .divided_by(1.0 / OCTETS_PER_WORD),
    Number::counter(
        "port_xmit_data",
        "node_infiniband_port_data_transmitted_bytes_total",
        "Number of data octets transmitted on all links",
    )
    .divided_by(1.0 / OCTETS_PER_WORD),
    Number::counter(
        "port_rcv_discards",
        "node_infiniband_port_discards_received_total",
        concat!(
            "Number of inbound packets discarded by the port because the port is down ",
            "or congested",
        ),
    ),
    Number::counter(
        "port_xmit_discards",
        "node_infiniband_port_discards_transmitted_total",
        concat!(
            "Number of outbound packets discarded by the port because the port is ",
            "down or congested",
        ),
    ),
    Number::counter(
        "port_rcv_errors",
        "node_infiniband_port_errors_received_total",
        "Number of packets containing an error that were received on this port",
    ),
    Number::counter(
        "port_rcv_packets",
        "node_infiniband_port_packets_received_total",
        "Number of packets received on all VLs by this port (including errors)",
    ),
    Number::counter(
        "port_xmit_packets",
        "node_infiniband_port_packets_transmitted_total",
        "Number of packets transmitted on all VLs from this port (including errors)",
    ),
    Number::counter(
        "port_xmit_wait",
        "node_infiniband_port_transmit_wait_total",
        concat!(
            "Number of ticks during which the port had data to transmit but no data ",
            "was sent during the entire tick",
        ),
    ),
    Number::counter(
        "unicast_rcv_packets",
        "node_infiniband_unicast_packets_received_total",
        "Number of unicast packets received (including errors)",
    ),
    Number::counter(
        "unicast_xmit_packets",
        "node_infiniband_unicast_packets_transmitted_total",
        "Number of unicast packets transmitted (including errors)",
    ),
    Number::counter(
        "port_rcv_remote_physical_errors",
        "node_infiniband_port_receive_remote_physical_errors_total",
        concat!(
            "Number of packets marked with the EBP (End of Bad Packet) delimiter ",
            "received on the port.",
        ),
    ),
    Number::counter(
        "port_rcv_switch_relay_errors",
        "node_infiniband_port_receive_switch_relay_errors_total",
        "Number of packets that could not be forwarded by the switch.",
    ),
    Number::counter(
        "symbol_error",
        "node_infiniband_symbol_error_total",
        "Number of minor link errors detected on one or more physical lanes.",
    ),
    Number::counter(
        "VL15_dropped",
        "node_infiniband_vl15_dropped_total",
        "Number of incoming VL15 packets dropped due to resource limitations.",
    ),
];

/// Directory `counters_ext` of old drivers.
const EXTENDED: &[Number] = &[
    Number::counter(
        "port_multicast_rcv_packets",
        "node_infiniband_legacy_multicast_packets_received_total",
        "Number of multicast packets received",
    ),
    Number::counter(
        "port_multicast_xmit_packets",
        "node_infiniband_legacy_multicast_packets_transmitted_total",
        "Number of multicast packets transmitted",
    ),
    Number::counter(
        "port_rcv_data_64",
        "node_infiniband_legacy_data_received_bytes_total",
        "Number of data octets received on all links",
    )
    .divided_by(1.0 / OCTETS_PER_WORD),
    Number::counter(
        "port_rcv_packets_64",
        "node_infiniband_legacy_packets_received_total",
        "Number of data packets received on all links",
    ),
    Number::counter(
        "port_unicast_rcv_packets",
        "node_infiniband_legacy_unicast_packets_received_total",
        "Number of unicast packets received",
    ),
    Number::counter(
        "port_unicast_xmit_packets",
        "node_infiniband_legacy_unicast_packets_transmitted_total",
        "Number of unicast packets transmitted",
    ),
    Number::counter(
        "port_xmit_data_64",
        "node_infiniband_legacy_data_transmitted_bytes_total",
        "Number of data octets transmitted on all links",
    )
    .divided_by(1.0 / OCTETS_PER_WORD),
    Number::counter(
        "port_xmit_packets_64",
        "node_infiniband_legacy_packets_transmitted_total",
        "Number of data packets received on all links",
    ),
];

/// Directory `hw_counters`.
const HARDWARE: &[Number] = &[
    Number::counter(
        "duplicate_request",
        "node_infiniband_duplicate_requests_packets_total",
        concat!(
            "The number of received packets. A duplicate request is a request that ",
            "had been previously executed.",
        ),
    ),
    Number::counter(
        "implied_nak_seq_err",
        "node_infiniband_implied_nak_seq_errors_total",
        concat!(
            "The number of time the requested decided an ACK. with a PSN larger than ",
            "the expected PSN for an RDMA read or response.",
        ),
    ),
    Number::counter(
        "local_ack_timeout_err",
        "node_infiniband_local_ack_timeout_errors_total",
        concat!(
            "The number of times QP's ack timer expired for RC, XRC, DCT QPs at the ",
            "sender side. The QP retry limit was not exceed, therefore it is still ",
            "recoverable error.",
        ),
    ),
    Number::counter(
        "np_cnp_sent",
        "node_infiniband_np_cnp_packets_sent_total",
        concat!(
            "The number of CNP packets sent by the Notification Point when it noticed ",
            "congestion experienced in the RoCEv2 IP header (ECN bits). The counters ",
            "was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "np_ecn_marked_roce_packets",
        "node_infiniband_np_ecn_marked_roce_packets_received_total",
        concat!(
            "The number of RoCEv2 packets received by the notification point which ",
            "were marked for experiencing the congestion (ECN bits where '11' on the ",
            "ingress RoCE traffic) . The counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "out_of_buffer",
        "node_infiniband_out_of_buffer_drops_total",
        "The number of drops occurred due to lack of WQE for the associated QPs.",
    ),
    Number::counter(
        "out_of_sequence",
        "node_infiniband_out_of_sequence_packets_received_total",
        "The number of out of sequence packets received.",
    ),
    Number::counter(
        "packet_seq_err",
        "node_infiniband_packet_sequence_errors_total",
        concat!(
            "The number of received NAK sequence error packets. The QP retry limit ",
            "was not exceeded.",
        ),
    ),
    Number::counter(
        "req_cqe_error",
        "node_infiniband_req_cqes_errors_total",
        concat!(
            "The number of times requester detected CQEs completed with errors. The ",
            "counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "req_cqe_flush_error",
        "node_infiniband_req_cqes_flush_errors_total",
        concat!(
            "The number of times requester detected CQEs completed with flushed ",
            "errors. The counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "req_remote_access_errors",
        "node_infiniband_req_remote_access_errors_total",
        concat!(
            "The number of times requester detected remote access errors. The ",
            "counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "req_remote_invalid_request",
        "node_infiniband_req_remote_invalid_request_errors_total",
        concat!(
            "The number of times requester detected remote invalid request errors. ",
            "The counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "resp_cqe_error",
        "node_infiniband_resp_cqes_errors_total",
        concat!(
            "The number of times responder detected CQEs completed with errors. The ",
            "counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "resp_cqe_flush_error",
        "node_infiniband_resp_cqes_flush_errors_total",
        concat!(
            "The number of times responder detected CQEs completed with flushed ",
            "errors. The counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "resp_local_length_error",
        "node_infiniband_resp_local_length_errors_total",
        concat!(
            "The number of times responder detected local length errors. The counters ",
            "was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "resp_remote_access_errors",
        "node_infiniband_resp_remote_access_errors_total",
        concat!(
            "The number of times responder detected remote access errors. The ",
            "counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "rnr_nak_retry_err",
        "node_infiniband_rnr_nak_retry_packets_received_total",
        "The number of received RNR NAK packets. The QP retry limit was not exceeded.",
    ),
    Number::counter(
        "roce_adp_retrans",
        "node_infiniband_roce_adp_retransmits_total",
        concat!(
            "The number of adaptive retransmissions for RoCE traffic. The counter was ",
            "added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
        ),
    ),
    Number::counter(
        "roce_adp_retrans_to",
        "node_infiniband_roce_adp_retransmits_timeout_total",
        concat!(
            "The number of times RoCE traffic reached timeout due to adaptive ",
            "retransmission. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and ",
            "kernel v5.6.0",
        ),
    ),
    Number::counter(
        "roce_slow_restart",
        "node_infiniband_roce_slow_restart_used_total",
        concat!(
            "The number of times RoCE slow restart was used. The counter was added in ",
            "MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
        ),
    ),
    Number::counter(
        "roce_slow_restart_cnps",
        "node_infiniband_roce_slow_restart_cnps_total",
        concat!(
            "The number of times RoCE slow restart generated CNP packets. The counter ",
            "was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
        ),
    ),
    Number::counter(
        "roce_slow_restart_trans",
        "node_infiniband_roce_slow_restart_total",
        concat!(
            "The number of times RoCE slow restart changed state to slow restart. The ",
            "counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
        ),
    ),
    Number::counter(
        "rp_cnp_handled",
        "node_infiniband_rp_cnp_packets_handled_total",
        concat!(
            "The number of CNP packets handled by the Reaction Point HCA to throttle ",
            "the transmission rate. The counters was added in MLNX_OFED 4.1",
        ),
    ),
    Number::counter(
        "rp_cnp_ignored",
        "node_infiniband_rp_cnp_ignored_packets_received_total",
        concat!(
            "The number of CNP packets received and ignored by the Reaction Point ",
            "HCA. This counter should not raise if RoCE Congestion Control was ",
            "enabled in the network. If this counter raise, verify that ECN was ",
            "enabled on the adapter.",
        ),
    ),
    Number::counter(
        "rx_atomic_requests",
        "node_infiniband_rx_atomic_requests_total",
        "The number of received ATOMIC request for the associated QPs.",
    ),
    Number::counter(
        "rx_dct_connect",
        "node_infiniband_rx_dct_connect_requests_total",
        "The number of received connection requests for the associated DCTs.",
    ),
    Number::counter(
        "rx_read_requests",
        "node_infiniband_rx_read_requests_total",
        "The number of received READ requests for the associated QPs.",
    ),
    Number::counter(
        "rx_write_requests",
        "node_infiniband_rx_write_requests_total",
        "The number of received WRITE requests for the associated QPs.",
    ),
    Number::counter(
        "rx_icrc_encapsulated",
        "node_infiniband_rx_icrc_encapsulated_errors_total",
        concat!(
            "The number of RoCE packets with ICRC errors. This counter was added in ",
            "MLNX_OFED 4.4 and kernel 4.19",
        ),
    ),
];

/// Bytes per second of a rate like `40 Gb/sec (4X QDR)`.
pub(super) fn rate(content: &[u8]) -> Option<f64> {
    const BYTES_PER_GIGABIT: f64 = 125_000_000.0;
    let mut fields = text::fields(content);
    let number = text::float(fields.next()?, 1).ok()?;
    (fields.next()? == b"Gb/sec").then_some((number * BYTES_PER_GIGABIT).trunc())
}

/// Number of a state like `4: ACTIVE`.
pub(super) fn state(content: &[u8]) -> Option<f64> {
    text::split_once(content, b':').and_then(|(id, _)| text::decimal(id)).map(|id| id as f64)
}

pub(super) fn collect(round: &mut Round<'_>) -> Result<(), Error> {
    let dir = round.roots.sys.join("class/infiniband");
    for device in round.names(&dir)? {
        let dir = dir.join(&device);
        let mut info = Labels::from_pairs([("device", &device)]).to_builder();
        for (label, file) in
            [("board_id", "board_id"), ("firmware_version", "fw_ver"), ("hca_type", "hca_type")]
        {
            info.set(label, &round.word(&dir.join(file)).unwrap_or_default());
        }
        round.gauge("node_infiniband_info", INFO, &info.build(), 1.0);
        let ports = dir.join("ports");
        for port in round.host.list(&ports).unwrap_or_default() {
            let labels = Labels::from_pairs([("device", &device), ("port", &port)]);
            self::port(round, &ports.join(&port), &labels);
        }
    }
    Ok(())
}

fn port(round: &mut Round<'_>, dir: &Path, labels: &Labels) {
    type Parse = fn(&[u8]) -> Option<f64>;
    for (file, name, help, parse) in [
        ("rate", "node_infiniband_rate_bytes_per_second", RATE, rate as Parse),
        ("state", "node_infiniband_state_id", STATE, state),
        ("phys_state", "node_infiniband_physical_state_id", PHYSICAL_STATE, state),
    ] {
        let value = attribute(round.host, &dir.join(file), round.buffer).and_then(parse);
        if let Some(value) = value {
            round.gauge(name, help, labels, value);
        }
    }
    numbers::push_all(round, &dir.join("counters_ext"), EXTENDED, labels);
    numbers::push_all(round, &dir.join("counters"), COUNTERS, labels);
    numbers::push_all(round, &dir.join("hw_counters"), HARDWARE, labels);
    if let Some(ms) = round.float(&dir.join("hw_counters/lifespan")) {
        // Upstream divides whole numbers.
        round.gauge("node_infiniband_lifespan_seconds", LIFESPAN, labels, (ms / 1000.0).trunc());
    }
}
