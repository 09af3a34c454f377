//! cAdvisor's metrics: names, types and help texts, and the writer that gives every sample the
//! labels of its container.

use crate::Page;
use model::MetricKind;

/// A metric.
#[derive(Clone, Copy)]
pub(super) struct Metric {
    pub(super) name: &'static str,
    kind: MetricKind,
    help: &'static str,
}

macro_rules! metrics {
    ($($ident:ident $kind:ident $name:literal $help:literal)*) => {
        $(pub(super) const $ident: Metric =
            Metric { name: $name, kind: MetricKind::$kind, help: $help };)*
        /// All metrics.
        pub(super) const ALL: &[Metric] = &[$($ident),*];
    };
}

metrics! {
    BLKIO Counter "container_blkio_device_usage_total" "Blkio Device bytes usage"
    CFS_PERIODS Counter "container_cpu_cfs_periods_total"
        "Number of elapsed enforcement period intervals."
    CFS_THROTTLED Counter "container_cpu_cfs_throttled_periods_total"
        "Number of throttled period intervals."
    CFS_THROTTLED_SECONDS Counter "container_cpu_cfs_throttled_seconds_total"
        "Total time duration the container has been throttled."
    CPU_SYSTEM Counter "container_cpu_system_seconds_total"
        "Cumulative system cpu time consumed in seconds."
    CPU_USAGE Counter "container_cpu_usage_seconds_total"
        "Cumulative cpu time consumed in seconds."
    CPU_USER Counter "container_cpu_user_seconds_total"
        "Cumulative user cpu time consumed in seconds."
    FS_READ_BYTES Counter "container_fs_reads_bytes_total" "Cumulative count of bytes read"
    FS_READS Counter "container_fs_reads_total" "Cumulative count of reads completed"
    FS_WRITTEN_BYTES Counter "container_fs_writes_bytes_total" "Cumulative count of bytes written"
    FS_WRITES Counter "container_fs_writes_total" "Cumulative count of writes completed"
    LAST_SEEN Gauge "container_last_seen" "Last time a container was seen by the exporter"
    MEMORY_CACHE Gauge "container_memory_cache" "Number of bytes of page cache memory."
    MEMORY_FAILCNT Counter "container_memory_failcnt" "Number of memory usage hits limits"
    MEMORY_FAILURES Counter "container_memory_failures_total"
        "Cumulative count of memory allocation failures."
    MEMORY_KERNEL Gauge "container_memory_kernel_usage" "Size of kernel memory allocated in bytes."
    MEMORY_MAPPED Gauge "container_memory_mapped_file" "Size of memory mapped files in bytes."
    MEMORY_MAX Gauge "container_memory_max_usage_bytes" "Maximum memory usage recorded in bytes"
    MEMORY_RSS Gauge "container_memory_rss" "Size of RSS in bytes."
    MEMORY_SWAP Gauge "container_memory_swap" "Container swap usage in bytes."
    MEMORY_ACTIVE_FILE Gauge "container_memory_total_active_file_bytes"
        "Current total active file in bytes."
    MEMORY_INACTIVE_FILE Gauge "container_memory_total_inactive_file_bytes"
        "Current total inactive file in bytes."
    MEMORY_USAGE Gauge "container_memory_usage_bytes"
        "Current memory usage in bytes, including all memory regardless of when it was accessed"
    MEMORY_WORKING_SET Gauge "container_memory_working_set_bytes" "Current working set in bytes."
    NETWORK_RECEIVE_BYTES Counter "container_network_receive_bytes_total"
        "Cumulative count of bytes received"
    NETWORK_RECEIVE_ERRORS Counter "container_network_receive_errors_total"
        "Cumulative count of errors encountered while receiving"
    NETWORK_RECEIVE_DROPPED Counter "container_network_receive_packets_dropped_total"
        "Cumulative count of packets dropped while receiving"
    NETWORK_RECEIVE_PACKETS Counter "container_network_receive_packets_total"
        "Cumulative count of packets received"
    NETWORK_TRANSMIT_BYTES Counter "container_network_transmit_bytes_total"
        "Cumulative count of bytes transmitted"
    NETWORK_TRANSMIT_ERRORS Counter "container_network_transmit_errors_total"
        "Cumulative count of errors encountered while transmitting"
    NETWORK_TRANSMIT_DROPPED Counter "container_network_transmit_packets_dropped_total"
        "Cumulative count of packets dropped while transmitting"
    NETWORK_TRANSMIT_PACKETS Counter "container_network_transmit_packets_total"
        "Cumulative count of packets transmitted"
    OOM_EVENTS Counter "container_oom_events_total"
        "Count of out of memory events observed for the container"
    CPU_STALLED Counter "container_pressure_cpu_stalled_seconds_total"
        "Total time duration no tasks in the container could make progress due to CPU congestion."
    CPU_WAITING Counter "container_pressure_cpu_waiting_seconds_total"
        "Total time duration tasks in the container have waited due to CPU congestion."
    IO_STALLED Counter "container_pressure_io_stalled_seconds_total"
        "Total time duration no tasks in the container could make progress due to IO congestion."
    IO_WAITING Counter "container_pressure_io_waiting_seconds_total"
        "Total time duration tasks in the container have waited due to IO congestion."
    MEMORY_STALLED Counter "container_pressure_memory_stalled_seconds_total"
        "Total time duration no tasks in the container could make progress due to memory \
         congestion."
    MEMORY_WAITING Counter "container_pressure_memory_waiting_seconds_total"
        "Total time duration tasks in the container have waited due to memory congestion."
    PROCESSES Gauge "container_processes" "Number of processes running inside the container."
    SCRAPE_ERROR Gauge "container_scrape_error"
        "1 if there was an error while getting container metrics, 0 otherwise"
    SPEC_CPU_PERIOD Gauge "container_spec_cpu_period" "CPU period of the container."
    SPEC_CPU_QUOTA Gauge "container_spec_cpu_quota" "CPU quota of the container."
    SPEC_CPU_SHARES Gauge "container_spec_cpu_shares" "CPU share of the container."
    SPEC_MEMORY_LIMIT Gauge "container_spec_memory_limit_bytes" "Memory limit for the container."
    SPEC_MEMORY_RESERVATION Gauge "container_spec_memory_reservation_limit_bytes"
        "Memory reservation limit for the container."
    SPEC_MEMORY_SWAP Gauge "container_spec_memory_swap_limit_bytes"
        "Memory swap limit for the container."
    START_TIME Gauge "container_start_time_seconds"
        "Start time of the container since unix epoch in seconds."
    THREADS Gauge "container_threads" "Number of threads running inside the container"
    THREADS_MAX Gauge "container_threads_max"
        "Maximum number of threads allowed inside the container, infinity if value is zero"
    MACHINE_CORES Gauge "machine_cpu_cores" "Number of logical CPU cores."
    MACHINE_MEMORY Gauge "machine_memory_bytes" "Amount of memory installed on the machine."
    MACHINE_SWAP Gauge "machine_swap_bytes" "Amount of swap memory available on the machine."
}

/// Labels that a sample has besides those of its container.
pub(super) type More<'a> = &'a [(&'a str, &'a str)];

/// Writes samples of one container.
pub(super) struct Writer<'a> {
    page: &'a mut Page,
    labels: Vec<(&'a str, &'a str)>,
}

impl<'a> Writer<'a> {
    /// A writer for a container with these labels; those without value are left out.
    pub(super) fn new(
        page: &'a mut Page,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        Self { page, labels: labels.filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// Adds a sample.
    pub(super) fn put(&mut self, metric: Metric, value: f64) {
        self.put_with(metric, &[], value);
    }

    /// Adds a sample if there is a value.
    pub(super) fn put_some(&mut self, metric: Metric, value: Option<f64>) {
        if let Some(value) = value {
            self.put(metric, value);
        }
    }

    /// Adds a sample with further labels.
    pub(super) fn put_with(&mut self, metric: Metric, more: More<'_>, value: f64) {
        let mut labels = self.labels.clone();
        labels.extend(more);
        self.page.push(metric.name, metric.kind, metric.help, &labels, value);
    }
}
