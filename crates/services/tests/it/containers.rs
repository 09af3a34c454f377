//! Containers in trees of files as the kernel documents them, in real cgroups of this machine, and
//! named by an engine that speaks Docker's language.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::compare::Shape;
use crate::world::{block, faults, settings, shape, world};
use expect_test::{Expect, expect};
use model::Timestamp;
use services::{ContainersCollector, PartOutcome};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use testkit::{skip, wait_for};

const ID: &str = "3f4c0f4c1b7d4c56a2b0b8b8c5c4e3d2a1f0e9d8c7b6a5948372615049382716";
const OTHER: &str = "aa4c0f4c1b7d4c56a2b0b8b8c5c4e3d2a1f0e9d8c7b6a5948372615049382716";
const UID: &str = "0f2e1d3c-4b5a-6978-8796-a5b4c3d2e1f0";

/// Files below a root, each with its text.
fn tree(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path.replace("ID", ID).replace("U_D", &UID.replace('-', "_")));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A machine with one processor, one disk and two processes, one in a network of its own.
fn machine(root: &Path) {
    tree(
        root,
        &[
            ("proc/stat", "cpu  1 2\ncpu0 1 2\nbtime 1700000000\n"),
            ("proc/meminfo", "MemTotal:  2048 kB\nMemFree: 1024 kB\nSwapTotal: 0 kB\n"),
            ("proc/diskstats", " 8 0 sda 1 2 3\n 8 1 sda1 1 2 3\n"),
            ("proc/1/net/dev", "a\nb\neth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"),
            ("proc/77/net/dev", "a\nb\nlo: 9 9\n  eth0:11 12 13 14 0 0 0 0 15 16 17 18 0 0 0 0\n"),
            ("proc/77/stat", "77 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 500 20\n"),
        ],
    );
    for (process, network) in [("1", "net:[1]"), ("77", "net:[2]")] {
        fs::create_dir_all(root.join(format!("proc/{process}/ns"))).unwrap();
        let link = root.join(format!("proc/{process}/ns/net"));
        std::os::unix::fs::symlink(network, link).unwrap();
    }
}

fn collector(root: &Path, more: &str) -> ContainersCollector {
    let text = format!("  containers: {{root: '{}'{more}}}", root.display());
    ContainersCollector::new(settings(&text).services.containers, world())
}

fn collect(collector: &mut ContainersCollector) -> (Shape, Vec<PartOutcome>) {
    let (families, parts) = block(collector.collect(Timestamp::from_ms(1_700_000_100_000)));
    (shape(&families), parts)
}

/// Samples of one container without its labels, and without what depends on the machine.
fn check(root: &Path, of: &str, expected: &Expect) {
    let mut collector = collector(root, "");
    let (families, parts) = block(collector.collect(Timestamp::from_ms(1_700_000_100_000)));
    assert_eq!(faults(&parts), []);
    let text = exposition::render_text(&families);
    let own = text.lines().filter(|line| line.contains(&format!("id=\"{of}\"")));
    let label = format!("id=\"{of}\"");
    let shown = |line: &str| {
        let line = line.replace(&format!("{label},"), "").replace(&format!(",{label}"), "");
        line.replace(&label, "").replace(ID, "ID")
    };
    let short = own.map(shown);
    expected.assert_eq(&(short.collect::<Vec<_>>().join("\n") + "\n"));
}

/// A pod and its container under version 2, as a kubelet with systemd makes them.
fn kubernetes(root: &Path) -> String {
    machine(root);
    let slice = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice";
    let pod = format!("sys/fs/cgroup/{slice}");
    let own = format!("{pod}/cri-containerd-ID.scope");
    let at = |name: &str| format!("{own}/{name}");
    let log = format!("var/log/containers/web-7d9_shop_app-{ID}.log");
    let bundle = format!("run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json");
    tree(
        root,
        &[
            ("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 9000000\n"),
            (&format!("{pod}/cpu.stat"), "usage_usec 3000000\nuser_usec 2\nsystem_usec 1\n"),
            (&at("cgroup.procs"), "77\n78\n"),
            (
                &at("cpu.stat"),
                "usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\nnr_periods 40\n\
                 nr_throttled 4\nthrottled_usec 250000\n",
            ),
            (&at("cpu.max"), "50000 100000\n"),
            (&at("cpu.weight"), "39\n"),
            (
                &at("memory.stat"),
                "anon 1000\nfile 2000\nkernel 300\nfile_mapped 40\ninactive_file 1500\n\
                 active_file 500\npgfault 70\npgmajfault 7\n",
            ),
            (&at("memory.current"), "3300\n"),
            (&at("memory.peak"), "4400\n"),
            (&at("memory.max"), "5500\n"),
            (&at("memory.high"), "max\n"),
            (&at("memory.swap.current"), "60\n"),
            (&at("memory.swap.max"), "max\n"),
            (&at("memory.events"), "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n"),
            (&at("io.stat"), "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n9:1 \n"),
            (&at("pids.current"), "5\n"),
            (&at("pids.max"), "100\n"),
            (
                &at("cpu.pressure"),
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n\
                 full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
            ),
            (&log, ""),
            (&format!("var/log/pods/shop_web-7d9_{UID}/app/0.log"), ""),
            (&bundle, r#"{"annotations": {"io.kubernetes.cri.image-name": "shop/app:1"}}"#),
        ],
    );
    format!("/{slice}").replace("U_D", &UID.replace('-', "_"))
}

#[test]
#[expect(clippy::too_many_lines, reason = "series are shown as they are")]
fn a_pod_under_version_2() {
    let root = tempfile::tempdir().unwrap();
    let pod = kubernetes(root.path());
    check(
        root.path(),
        &format!("{pod}/cri-containerd-{ID}.scope"),
        &expect![[r#"
            container_blkio_device_usage_total{container="app",device="/dev/sda",image="shop/app:1",major="8",minor="0",name="ID",namespace="shop",operation="Read",pod="web-7d9"} 4096
            container_blkio_device_usage_total{container="app",device="/dev/sda",image="shop/app:1",major="8",minor="0",name="ID",namespace="shop",operation="Write",pod="web-7d9"} 8192
            container_cpu_cfs_periods_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 40
            container_cpu_cfs_throttled_periods_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 4
            container_cpu_cfs_throttled_seconds_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 0.25
            container_cpu_system_seconds_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1
            container_cpu_usage_seconds_total{container="app",cpu="total",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 2.5
            container_cpu_user_seconds_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1.5
            container_fs_reads_bytes_total{container="app",device="/dev/sda",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 4096
            container_fs_reads_total{container="app",device="/dev/sda",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1
            container_fs_writes_bytes_total{container="app",device="/dev/sda",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 8192
            container_fs_writes_total{container="app",device="/dev/sda",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 2
            container_last_seen{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1.7000001e+09
            container_memory_cache{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 2000
            container_memory_failcnt{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 3
            container_memory_failures_total{container="app",failure_type="pgfault",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9",scope="container"} 70
            container_memory_failures_total{container="app",failure_type="pgmajfault",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9",scope="container"} 7
            container_memory_failures_total{container="app",failure_type="pgfault",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9",scope="hierarchy"} 70
            container_memory_failures_total{container="app",failure_type="pgmajfault",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9",scope="hierarchy"} 7
            container_memory_kernel_usage{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 300
            container_memory_mapped_file{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 40
            container_memory_max_usage_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 4400
            container_memory_rss{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1000
            container_memory_swap{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 60
            container_memory_total_active_file_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 500
            container_memory_total_inactive_file_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1500
            container_memory_usage_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 3300
            container_memory_working_set_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1800
            container_oom_events_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1
            container_pressure_cpu_stalled_seconds_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 0.5
            container_pressure_cpu_waiting_seconds_total{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1.5
            container_processes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 2
            container_spec_cpu_period{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 100000
            container_spec_cpu_quota{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 50000
            container_spec_cpu_shares{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 998
            container_spec_memory_limit_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 5500
            container_spec_memory_reservation_limit_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 0
            container_spec_memory_swap_limit_bytes{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 0
            container_start_time_seconds{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 1.700000005e+09
            container_threads{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 5
            container_threads_max{container="app",image="shop/app:1",name="ID",namespace="shop",pod="web-7d9"} 100
        "#]],
    );
    check(
        root.path(),
        &pod,
        &expect![[r#"
            container_cpu_system_seconds_total{namespace="shop",pod="web-7d9"} 1e-06
            container_cpu_usage_seconds_total{cpu="total",namespace="shop",pod="web-7d9"} 3
            container_cpu_user_seconds_total{namespace="shop",pod="web-7d9"} 2e-06
            container_last_seen{namespace="shop",pod="web-7d9"} 1.7000001e+09
            container_network_receive_bytes_total{interface="eth0",namespace="shop",pod="web-7d9"} 11
            container_network_receive_errors_total{interface="eth0",namespace="shop",pod="web-7d9"} 13
            container_network_receive_packets_dropped_total{interface="eth0",namespace="shop",pod="web-7d9"} 14
            container_network_receive_packets_total{interface="eth0",namespace="shop",pod="web-7d9"} 12
            container_network_transmit_bytes_total{interface="eth0",namespace="shop",pod="web-7d9"} 15
            container_network_transmit_errors_total{interface="eth0",namespace="shop",pod="web-7d9"} 17
            container_network_transmit_packets_dropped_total{interface="eth0",namespace="shop",pod="web-7d9"} 18
            container_network_transmit_packets_total{interface="eth0",namespace="shop",pod="web-7d9"} 16
            container_processes{namespace="shop",pod="web-7d9"} 2
            container_start_time_seconds{namespace="shop",pod="web-7d9"} 1.700000005e+09
        "#]],
    );
    check(
        root.path(),
        "/",
        &expect![[r#"
            container_cpu_usage_seconds_total{cpu="total"} 9
            container_last_seen{} 1.7000001e+09
            container_memory_usage_bytes{} 1.048576e+06
            container_network_receive_bytes_total{interface="eth0"} 1
            container_network_receive_errors_total{interface="eth0"} 3
            container_network_receive_packets_dropped_total{interface="eth0"} 4
            container_network_receive_packets_total{interface="eth0"} 2
            container_network_transmit_bytes_total{interface="eth0"} 5
            container_network_transmit_errors_total{interface="eth0"} 7
            container_network_transmit_packets_dropped_total{interface="eth0"} 8
            container_network_transmit_packets_total{interface="eth0"} 6
            container_processes{} 2
            container_start_time_seconds{} 1.7e+09
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "series are shown as they are")]
fn a_container_under_version_1() {
    let root = tempfile::tempdir().unwrap();
    machine(root.path());
    let at = |controller: &str, file: &str| format!("sys/fs/cgroup/{controller}/docker/ID/{file}");
    tree(
        root.path(),
        &[
            ("sys/fs/cgroup/cpu,cpuacct/cgroup.procs", "1\n"),
            ("sys/fs/cgroup/memory/cgroup.procs", "1\n"),
            ("sys/fs/cgroup/blkio/cgroup.procs", "1\n"),
            ("sys/fs/cgroup/pids/cgroup.procs", "1\n"),
            ("sys/fs/cgroup/unified/cgroup.procs", "1\n"),
            (&at("cpu,cpuacct", "cgroup.procs"), "77\n"),
            (&at("cpu,cpuacct", "cpuacct.usage"), "2500000000\n"),
            (&at("cpu,cpuacct", "cpuacct.stat"), "user 150\nsystem 100\n"),
            (&at("cpu,cpuacct", "cpu.cfs_quota_us"), "50000\n"),
            (&at("cpu,cpuacct", "cpu.cfs_period_us"), "100000\n"),
            (&at("cpu,cpuacct", "cpu.shares"), "1024\n"),
            (
                &at("cpu,cpuacct", "cpu.stat"),
                "nr_periods 40\nnr_throttled 4\nthrottled_time 250000000\n",
            ),
            (
                &at("memory", "memory.stat"),
                "cache 1\nrss 2\npgfault 3\npgmajfault 4\ntotal_cache 2000\ntotal_rss 1000\n\
                 total_swap 60\ntotal_mapped_file 40\ntotal_pgfault 70\ntotal_pgmajfault 7\n\
                 total_inactive_file 1500\ntotal_active_file 500\n",
            ),
            (&at("memory", "memory.usage_in_bytes"), "3300\n"),
            (&at("memory", "memory.max_usage_in_bytes"), "4400\n"),
            (&at("memory", "memory.failcnt"), "3\n"),
            (&at("memory", "memory.kmem.usage_in_bytes"), "300\n"),
            (&at("memory", "memory.limit_in_bytes"), "5500\n"),
            (&at("memory", "memory.soft_limit_in_bytes"), "9223372036854771712\n"),
            (&at("memory", "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
            (
                &at("blkio", "blkio.throttle.io_service_bytes_recursive"),
                "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 0\n8:0 Total 12288\nTotal 12288\n",
            ),
            (&at("blkio", "blkio.throttle.io_serviced"), "8:0 Read 1\n8:0 Write 2\nTotal 3\n"),
            (&at("pids", "pids.current"), "5\n"),
            (&at("pids", "pids.max"), "max\n"),
            (&at("unified", "memory.pressure"), "some avg10=0.00 total=7\nfull total=5\n"),
        ],
    );
    check(
        root.path(),
        &format!("/docker/{ID}"),
        &expect![[r#"
            container_blkio_device_usage_total{device="/dev/sda",major="8",minor="0",name="ID",operation="Read"} 4096
            container_blkio_device_usage_total{device="/dev/sda",major="8",minor="0",name="ID",operation="Write"} 8192
            container_cpu_cfs_periods_total{name="ID"} 40
            container_cpu_cfs_throttled_periods_total{name="ID"} 4
            container_cpu_cfs_throttled_seconds_total{name="ID"} 0.25
            container_cpu_system_seconds_total{name="ID"} 1
            container_cpu_usage_seconds_total{cpu="total",name="ID"} 2.5
            container_cpu_user_seconds_total{name="ID"} 1.5
            container_fs_reads_bytes_total{device="/dev/sda",name="ID"} 4096
            container_fs_reads_total{device="/dev/sda",name="ID"} 1
            container_fs_writes_bytes_total{device="/dev/sda",name="ID"} 8192
            container_fs_writes_total{device="/dev/sda",name="ID"} 2
            container_last_seen{name="ID"} 1.7000001e+09
            container_memory_cache{name="ID"} 2000
            container_memory_failcnt{name="ID"} 3
            container_memory_failures_total{failure_type="pgfault",name="ID",scope="container"} 3
            container_memory_failures_total{failure_type="pgmajfault",name="ID",scope="container"} 4
            container_memory_failures_total{failure_type="pgfault",name="ID",scope="hierarchy"} 70
            container_memory_failures_total{failure_type="pgmajfault",name="ID",scope="hierarchy"} 7
            container_memory_kernel_usage{name="ID"} 300
            container_memory_mapped_file{name="ID"} 40
            container_memory_max_usage_bytes{name="ID"} 4400
            container_memory_rss{name="ID"} 1000
            container_memory_swap{name="ID"} 60
            container_memory_total_active_file_bytes{name="ID"} 500
            container_memory_total_inactive_file_bytes{name="ID"} 1500
            container_memory_usage_bytes{name="ID"} 3300
            container_memory_working_set_bytes{name="ID"} 1800
            container_network_receive_bytes_total{interface="eth0",name="ID"} 11
            container_network_receive_errors_total{interface="eth0",name="ID"} 13
            container_network_receive_packets_dropped_total{interface="eth0",name="ID"} 14
            container_network_receive_packets_total{interface="eth0",name="ID"} 12
            container_network_transmit_bytes_total{interface="eth0",name="ID"} 15
            container_network_transmit_errors_total{interface="eth0",name="ID"} 17
            container_network_transmit_packets_dropped_total{interface="eth0",name="ID"} 18
            container_network_transmit_packets_total{interface="eth0",name="ID"} 16
            container_oom_events_total{name="ID"} 1
            container_pressure_memory_stalled_seconds_total{name="ID"} 5e-06
            container_pressure_memory_waiting_seconds_total{name="ID"} 7e-06
            container_processes{name="ID"} 1
            container_spec_cpu_period{name="ID"} 100000
            container_spec_cpu_quota{name="ID"} 50000
            container_spec_cpu_shares{name="ID"} 1024
            container_spec_memory_limit_bytes{name="ID"} 5500
            container_spec_memory_reservation_limit_bytes{name="ID"} 0
            container_start_time_seconds{name="ID"} 1.700000005e+09
            container_threads{name="ID"} 5
            container_threads_max{name="ID"} 0
        "#]],
    );
}

/// Answers each connection to a socket with the list of containers.
fn engine(socket: &Path, body: &'static str) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n");
            write!(stream, "{head}\r\n{body}").unwrap();
        }
    });
}

/// A container of Docker under version 2.
fn docker(root: &Path) {
    machine(root);
    tree(
        root,
        &[
            ("sys/fs/cgroup/cgroup.controllers", "\n"),
            ("sys/fs/cgroup/system.slice/docker-ID.scope/cpu.stat", "usage_usec 1\n"),
            ("sys/fs/cgroup/system.slice/nginx.service/cpu.stat", "usage_usec 1\n"),
        ],
    );
}

#[test]
fn docker_names_its_containers() {
    const LIST: &str = r#"[{
        "Id": "3f4c0f4c1b7d4c56a2b0b8b8c5c4e3d2a1f0e9d8c7b6a5948372615049382716",
        "Names": ["/web"], "Image": "shop/app:1",
        "Labels": {"com.docker.compose.project": "shop", "team": "blue",
                   "io.kubernetes.pod.namespace": "shop"}
    }]"#;
    let root = tempfile::tempdir().unwrap();
    docker(root.path());
    let socket = root.path().join("docker.sock");
    engine(&socket, LIST);
    let from = format!(", docker: 'unix://{}'", socket.display());
    let of = |labels: &str| {
        format!(
            "container_cpu_usage_seconds_total{{{labels}cpu=\"total\",\
             id=\"/system.slice/docker-{ID}.scope\",image=\"shop/app:1\",name=\"web\",\
             namespace=\"shop\"}}"
        )
    };
    let (page, parts) = collect(&mut collector(root.path(), &from));
    assert_eq!(faults(&parts), []);
    let labels = "container_label_com_docker_compose_project=\"shop\",\
                  container_label_io_kubernetes_pod_namespace=\"shop\",\
                  container_label_team=\"blue\",";
    assert_eq!(page.value(&of(labels)), 1e-6);
    let (page, _) = collect(&mut collector(root.path(), &format!("{from}, labels: [team]")));
    assert_eq!(page.value(&of("container_label_team=\"blue\",")), 1e-6);
    assert!(!page.has("container_cpu_usage_seconds_total", "nginx.service"), "no units unasked");
    let (page, _) = collect(&mut collector(root.path(), ", units: true"));
    assert!(page.has("container_cpu_usage_seconds_total", "nginx.service"));
}

#[test]
fn an_engine_that_is_gone_or_hangs_costs_the_names_alone() {
    let root = tempfile::tempdir().unwrap();
    docker(root.path());
    let socket = root.path().join("docker.sock");
    let from = format!(", docker: 'unix://{}'", socket.display());
    let usage = format!(
        "container_cpu_usage_seconds_total{{cpu=\"total\",id=\"/system.slice/docker-{ID}.scope\",\
         name=\"{ID}\"}}"
    );
    let (page, parts) = collect(&mut collector(root.path(), &from));
    assert_eq!(faults(&parts), [("docker", "connect")]);
    assert_eq!(page.value(&usage), 1e-6);
    assert_eq!(page.value("container_scrape_collector_success{collector=\"docker\"}"), 0.0);
    assert_eq!(page.value("container_scrape_collector_success{collector=\"cgroups\"}"), 1.0);
    assert_eq!(page.value("container_scrape_error"), 0.0);
    let _hangs = UnixListener::bind(&socket).unwrap();
    let (page, parts) = collect(&mut collector(root.path(), &format!("{from}, timeout: 100ms")));
    assert_eq!(faults(&parts), [("docker", "timeout")]);
    assert_eq!(page.value(&usage), 1e-6);
}

#[test]
fn limits_and_machines_without_cgroups_are_told() {
    let root = tempfile::tempdir().unwrap();
    let (page, parts) = collect(&mut collector(root.path(), ""));
    assert_eq!(faults(&parts), [("cgroups", "unsupported")]);
    assert_eq!(page.value("container_scrape_error"), 1.0);
    assert!(!services::containers::found(root.path()));
    docker(root.path());
    assert!(services::containers::found(root.path()));
    let mut few = collector(root.path(), ", containers_max: 1");
    assert_eq!(faults(&collect(&mut few).1), []);
    // One that comes before it by name does not take its place.
    let scope = format!("sys/fs/cgroup/a.slice/docker-{OTHER}.scope/cpu.stat");
    tree(root.path(), &[(&scope, "usage_usec 1\n")]);
    let (page, parts) = collect(&mut few);
    assert_eq!(faults(&parts), [("cgroups", "limit")]);
    let cpu = "container_cpu_usage_seconds_total";
    assert!(page.has(cpu, ID) && !page.has(cpu, OTHER));
    assert_eq!(page.value("container_scrape_collector_success{collector=\"cgroups\"}"), 1.0);
    let (_, parts) = collect(&mut collector(root.path(), ", series_max: 5"));
    assert_eq!(faults(&parts), [("cgroups", "limit")]);
}

/// Cgroups of the real kernel that are removed at the end, and a process that is busy in them.
struct Busy {
    dirs: Vec<PathBuf>,
    process: Child,
}

impl Busy {
    fn start(path: &str, tops: &[PathBuf]) -> Option<Self> {
        let mut dirs = Vec::new();
        for top in tops {
            let dir = top.join(path);
            fs::create_dir_all(&dir).ok()?;
            dirs.push(dir);
        }
        let script = "while :; do :; done";
        let process = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let busy = Self { dirs, process };
        for dir in &busy.dirs {
            fs::write(dir.join("cgroup.procs"), busy.process.id().to_string()).ok()?;
        }
        Some(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        for dir in &self.dirs {
            drop(fs::remove_dir(dir));
        }
    }
}

/// An identifier of this process, so that tests side by side have cgroups of their own.
fn own_id(of: u32) -> String {
    format!("{:064x}", u64::from(std::process::id()) << 8 | u64::from(of))
}

fn moves(root: &Path, path: &str, metrics: &[&str]) {
    let mut collector = collector(root, "");
    let mut read = |metric: &str| {
        let (page, parts) = collect(&mut collector);
        assert_eq!(faults(&parts), []);
        page.value_of(metric, path)
    };
    for metric in metrics {
        let before = read(metric).unwrap_or_else(|| panic!("{metric} of {path}"));
        wait_for(&format!("{metric} to move"), || {
            read(metric).is_some_and(|now| now > before).then_some(())
        });
    }
}

#[test]
fn real_cgroups_of_version_1_count_what_a_process_does() {
    let suite = "cgroups of version 1";
    let top = Path::new("/sys/fs/cgroup");
    let tops = ["cpuacct", "cpu", "memory"].map(|name| top.join(name));
    if !tops.iter().all(|dir| dir.join("tasks").exists()) {
        return skip(suite, "version 1 is not mounted");
    }
    let id = own_id(1);
    let path = format!("docker-{id}.scope");
    let Some(_busy) = Busy::start(&path, &tops) else {
        return skip(suite, "cgroups cannot be made");
    };
    let cpu = ["container_cpu_usage_seconds_total", "container_cpu_user_seconds_total"];
    moves(Path::new("/"), &path, &cpu);
    let (page, _) = collect(&mut collector(Path::new("/"), ""));
    let value = |metric| page.value_of(metric, &path).unwrap();
    assert_eq!(value("container_processes"), 1.0);
    assert_eq!(value("container_spec_cpu_shares"), 1024.0);
    assert_eq!(value("container_spec_memory_limit_bytes"), 0.0);
    assert!(value("container_memory_usage_bytes") >= value("container_memory_working_set_bytes"));
    assert!(value("container_start_time_seconds") > 1.6e9);
}

#[test]
fn real_cgroups_of_version_2_count_what_a_process_does() {
    let suite = "cgroups of version 2";
    let tops = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(PathBuf::from);
    let Some(top) = tops.into_iter().find(|dir| dir.join("cgroup.controllers").exists()) else {
        return skip(suite, "version 2 is not mounted");
    };
    // Version 2 alone, also where version 1 is mounted beside it.
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("sys/fs")).unwrap();
    std::os::unix::fs::symlink(&top, root.path().join("sys/fs/cgroup")).unwrap();
    std::os::unix::fs::symlink("/proc", root.path().join("proc")).unwrap();
    let path = format!("docker-{}.scope", own_id(2));
    let Some(_busy) = Busy::start(&path, &[top]) else {
        return skip(suite, "cgroups cannot be made");
    };
    moves(root.path(), &path, &["container_cpu_usage_seconds_total"]);
    let (page, _) = collect(&mut collector(root.path(), ""));
    assert_eq!(page.value_of("container_processes", &path), Some(1.0));
}
