//! systemd behind a bus that speaks D-Bus over a real socket: what units give, refusals, odd bytes,
//! silence.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use collect::{ErrorKind, HostCollector, Options, OsHost, Roots};
use expect_test::expect;
use model::Timestamp;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;
use testkit::{Peer, find_program, skip, wait_for};

/// Values of a body, little endian.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn pad(mut self, to: usize) -> Self {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
        self
    }

    fn u32(self, value: u32) -> Self {
        let mut body = self.pad(4);
        body.0.extend(value.to_le_bytes());
        body
    }

    fn text(self, text: &str) -> Self {
        let mut body = self.u32(u32::try_from(text.len()).unwrap());
        body.0.extend(text.as_bytes());
        body.0.push(0);
        body
    }

    fn signature(mut self, text: &str) -> Self {
        self.0.push(u8::try_from(text.len()).unwrap());
        self.0.extend(text.as_bytes());
        self.0.push(0);
        self
    }

    fn word(text: &str) -> Self {
        Self::default().signature("s").text(text)
    }

    fn number(value: u64) -> Self {
        let mut body = Self::default().signature("t").pad(8);
        body.0.extend(value.to_le_bytes());
        body
    }
}

/// An answer (2), an error (3) or a signal (4).
fn message(kind: u8, serial: u32, body: &[u8]) -> Vec<u8> {
    let mut fields = vec![5, 1, b'u', 0];
    fields.extend(serial.to_le_bytes());
    let mut out = vec![b'l', kind, 0, 1];
    out.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    out.extend(7_u32.to_le_bytes());
    out.extend(u32::try_from(fields.len()).unwrap().to_le_bytes());
    out.extend(fields);
    out.extend(body);
    out
}

/// Units as `ListUnits` gives them.
fn units() -> Body {
    let mut all = Body::default();
    for (name, load, state) in [
        ("nginx.service", "loaded", "active"),
        ("gone.service", "not-found", "inactive"),
        ("broken.service", "loaded", "failed"),
        ("ssh.socket", "loaded", "active"),
        ("daily.timer", "loaded", "active"),
        ("dev-sda.device", "loaded", "active"),
    ] {
        let path = format!("/org/freedesktop/systemd1/unit/{}", name.replace(['.', '-'], "_"));
        all = all.pad(8).text(name).text("what it is").text(load).text(state).text("sub").text("");
        all = all.text(&path).u32(0).text("").text("/");
    }
    // The length stands before the padding to the first structure.
    let length = u32::try_from(all.0.len()).unwrap();
    let mut body = Body::default().u32(length).pad(8);
    body.0.extend(all.0);
    body
}

/// What a call gets; `None` is an error.
fn answer(call: &str) -> Option<Body> {
    let has = |text: &str| call.contains(text);
    Some(match () {
        () if has("Hello") => Body::default().text(":1.7"),
        () if has("ListUnits") => units(),
        () if has("Version") => Body::word("252.22-1~deb12u1"),
        () if has("SystemState") => Body::word("degraded"),
        () if has("NRestarts") && has("nginx") => Body::default().signature("u").u32(3),
        () if has("TasksCurrent") => Body::number(5),
        () if has("TasksMax") => Body::number(u64::MAX),
        () if has("Type") && has("nginx") => Body::word("forking"),
        () if has("Type") => Body::word("simple"),
        () if has("NAccepted") => Body::default().signature("u").u32(9),
        () if has("NConnections") => Body::default().signature("u").u32(2),
        () if has("LastTriggerUSec") => Body::number(1_700_000_000_500_000),
        () if has("ActiveEnterTimestamp") => Body::number(1_600_000_000_000_000),
        () => return None,
    })
}

fn call(stream: &mut UnixStream) -> Option<(u32, String)> {
    let mut head = [0; 16];
    stream.read_exact(&mut head).ok()?;
    let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
    let rest = number(12).next_multiple_of(8) + number(4);
    let mut bytes = vec![0; rest as usize];
    stream.read_exact(&mut bytes).ok()?;
    Some((number(8), String::from_utf8_lossy(&bytes).into_owned()))
}

/// A bus below a root; `answer` makes the bytes for a call by its serial.
fn bus(root: &Path, answer: impl Fn(u32, &str) -> Vec<u8> + Send + 'static) {
    let folder = root.join("run/dbus");
    std::fs::create_dir_all(&folder).unwrap();
    let listener = UnixListener::bind(folder.join("system_bus_socket")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"BEGIN\r\n") {
                let mut byte = [0];
                if stream.read_exact(&mut byte).is_err() {
                    break;
                }
                asked.push(byte[0]);
                let is_line = asked.ends_with(b"\r\n") && !asked.ends_with(b"BEGIN\r\n");
                if is_line && asked.starts_with(b"\0AUTH EXTERNAL ") {
                    stream.write_all(b"OK 1234deadbeef\r\n").unwrap();
                }
            }
            while let Some((serial, text)) = call(&mut stream) {
                if stream.write_all(&answer(serial, &text)).is_err() {
                    break;
                }
            }
        }
    });
}

fn collector(root: &Path, flags: &[&str]) -> HostCollector {
    let others = collect::COLLECTORS.iter().filter(|known| known.name != "systemd");
    let mut options = Options {
        switches: others.map(|known| (known.name.to_owned(), false)).collect(),
        ..Options::default()
    };
    options.switches.push(("systemd".to_owned(), true));
    options.timeout = Duration::from_secs(30);
    for flag in flags {
        options.set_flag(flag, &["true".to_owned()]).unwrap();
    }
    let roots = Roots { root: root.to_owned(), ..Roots::default() };
    let host = Arc::new(OsHost::new());
    HostCollector::new(host, Arc::new(SystemClock::new()), roots, &options).unwrap()
}

/// Lines about units.
fn lines(collector: &mut HostCollector) -> String {
    let families = collector.collect(Timestamp::from_ms(1000));
    let text = exposition::render_text(families);
    let own = text.lines().filter(|line| line.starts_with("node_systemd_"));
    own.map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn units_give_their_states_and_numbers() {
    let root = tempfile::tempdir().unwrap();
    bus(root.path(), |serial, text| match answer(text) {
        Some(body) => {
            // Signals come in between and are passed over.
            let mut out = message(4, 99, b"");
            out.extend(message(2, serial, &body.0));
            out
        }
        None => message(3, serial, b""),
    });
    let all = ["systemd.enable-restarts-metrics", "systemd.enable-start-time-metrics"];
    let mut collector =
        collector(root.path(), &[&all[..], &["systemd.enable-task-metrics"]].concat());
    expect![[r#"
        node_systemd_service_restart_total{name="nginx.service"} 3
        node_systemd_socket_accepted_connections_total{name="ssh.socket"} 9
        node_systemd_socket_current_connections{name="ssh.socket"} 2
        node_systemd_system_running 0
        node_systemd_timer_last_trigger_seconds{name="daily.timer"} 1.7000000005e+09
        node_systemd_unit_start_time_seconds{name="nginx.service"} 1.6e+09
        node_systemd_unit_start_time_seconds{name="broken.service"} 0
        node_systemd_unit_start_time_seconds{name="ssh.socket"} 1.6e+09
        node_systemd_unit_start_time_seconds{name="daily.timer"} 1.6e+09
        node_systemd_unit_state{name="nginx.service",state="active",type="forking"} 1
        node_systemd_unit_state{name="nginx.service",state="activating",type="forking"} 0
        node_systemd_unit_state{name="nginx.service",state="deactivating",type="forking"} 0
        node_systemd_unit_state{name="nginx.service",state="inactive",type="forking"} 0
        node_systemd_unit_state{name="nginx.service",state="failed",type="forking"} 0
        node_systemd_unit_state{name="broken.service",state="active",type="simple"} 0
        node_systemd_unit_state{name="broken.service",state="activating",type="simple"} 0
        node_systemd_unit_state{name="broken.service",state="deactivating",type="simple"} 0
        node_systemd_unit_state{name="broken.service",state="inactive",type="simple"} 0
        node_systemd_unit_state{name="broken.service",state="failed",type="simple"} 1
        node_systemd_unit_state{name="ssh.socket",state="active"} 1
        node_systemd_unit_state{name="ssh.socket",state="activating"} 0
        node_systemd_unit_state{name="ssh.socket",state="deactivating"} 0
        node_systemd_unit_state{name="ssh.socket",state="inactive"} 0
        node_systemd_unit_state{name="ssh.socket",state="failed"} 0
        node_systemd_unit_state{name="daily.timer",state="active"} 1
        node_systemd_unit_state{name="daily.timer",state="activating"} 0
        node_systemd_unit_state{name="daily.timer",state="deactivating"} 0
        node_systemd_unit_state{name="daily.timer",state="inactive"} 0
        node_systemd_unit_state{name="daily.timer",state="failed"} 0
        node_systemd_unit_tasks_current{name="nginx.service"} 5
        node_systemd_unit_tasks_current{name="broken.service"} 5
        node_systemd_units{state="active"} 4
        node_systemd_units{state="activating"} 0
        node_systemd_units{state="deactivating"} 0
        node_systemd_units{state="inactive"} 1
        node_systemd_units{state="failed"} 1
        node_systemd_version{version="252.22-1~deb12u1"} 252.22
    "#]]
    .assert_eq(&lines(&mut collector));
    assert!(collector.faults().is_empty(), "{:?}", collector.faults());
}

#[test]
fn a_bus_that_is_not_there_or_odd_costs_this_collector_alone() {
    let kind = |root: &Path| {
        let mut collector = collector(root, &[]);
        assert_eq!(lines(&mut collector), "");
        collector.faults().first().map(|fault| fault.kind)
    };
    let root = tempfile::tempdir().unwrap();
    assert_eq!(kind(root.path()), Some(ErrorKind::NoData), "no bus");
    for (why, bytes) in [
        ("no D-Bus", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("too long", {
            let mut bytes = message(2, 1, b"");
            bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
            bytes
        }),
        ("a refusal", message(3, 1, b"")),
        ("silence", Vec::new()),
    ] {
        let root = tempfile::tempdir().unwrap();
        bus(root.path(), move |_, _| bytes.clone());
        assert_eq!(kind(root.path()), Some(ErrorKind::Io), "{why}");
    }
}

#[test]
fn any_bytes_are_a_message_or_an_error() {
    let seed = message(2, 1, &units().0);
    for cut in 0..seed.len() {
        collect::check_message(&seed[..cut]);
        let mut odd = seed.clone();
        for value in [0, 1, 0x7f, 0xff] {
            odd[cut] = value;
            collect::check_message(&odd);
        }
    }
}

/// The real daemon takes our authentication and our calls, and says that nobody is systemd there.
#[test]
fn a_real_bus_understands_us() {
    let suite = "a real message bus";
    let Some(program) = find_program("dbus-daemon") else {
        return skip(suite, "dbus-daemon is not installed");
    };
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("run/dbus")).unwrap();
    let socket = root.path().join("run/dbus/system_bus_socket");
    let config = format!(
        "<busconfig><listen>unix:path={}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
         <allow user=\"*\"/><allow send_destination=\"*\"/><allow eavesdrop=\"true\"/></policy>\
         </busconfig>",
        socket.display()
    );
    let file = root.path().join("bus.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.arg("--nofork").arg("--config-file").arg(&file);
    let _peer = Peer::start(&mut command, &root.path().join("log")).unwrap();
    wait_for("the bus to listen", || socket.exists().then_some(()));
    let mut collector = collector(root.path(), &[]);
    lines(&mut collector);
    let told = collector.faults().first().map(|fault| fault.message.clone()).unwrap();
    assert!(told.contains("ListUnits refused"), "{told}");
    assert!(told.contains("org.freedesktop.DBus.Error."), "{told}");
}
