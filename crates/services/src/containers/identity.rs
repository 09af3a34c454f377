//! What a path below a hierarchy of cgroups tells: whose it is, and of which pod.
//! Paths are those that Docker, containerd, CRI-O, podman, LXC, systemd and the kubelet make, with
//! either cgroup driver. Pure: knows no files.

/// Beginnings that runtimes put before the identifier of a container.
const RUNTIMES: [&str; 7] =
    ["docker-", "cri-containerd-", "crio-", "libpod-", "nerdctl-", "containerd-", "podman-"];

/// Whose a cgroup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The machine: all of it.
    Machine,
    /// A container, by the identifier that its runtime gave it.
    Container(String),
    /// A pod of Kubernetes.
    Pod,
    /// A slice, service or scope of systemd.
    Unit,
}

/// What a path tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Whose it is.
    pub(super) kind: Kind,
    /// Identifier of the pod that it is, or that it is in.
    pub(super) pod: Option<String>,
}

/// Reads a path that begins with `/`; `None` for cgroups of nobody we know.
pub(super) fn identify(path: &str) -> Option<Identity> {
    if path == "/" {
        return Some(Identity { kind: Kind::Machine, pod: None });
    }
    let mut parts = path.rsplit('/');
    let (last, parent) = (parts.next()?, parts.next().unwrap_or_default());
    let pod = path.rsplit('/').find_map(pod_of);
    if let Some(id) = container(last, parent) {
        return Some(Identity { kind: Kind::Container(id.to_owned()), pod });
    }
    if let Some(own) = pod_of(last) {
        return Some(Identity { kind: Kind::Pod, pod: Some(own) });
    }
    let is_unit = [".slice", ".service", ".scope"].iter().any(|end| last.ends_with(end));
    is_unit.then_some(Identity { kind: Kind::Unit, pod: None })
}

/// The identifier in the last part of the path of a container.
fn container<'p>(last: &'p str, parent: &str) -> Option<&'p str> {
    // containerd with cgroupfs where the kubelet uses systemd: `SLICE:cri-containerd:ID`.
    let plain = last.rsplit(':').next().unwrap_or(last);
    let plain = plain.strip_suffix(".scope").unwrap_or(plain);
    let bare = RUNTIMES.iter().find_map(|runtime| plain.strip_prefix(runtime)).unwrap_or(plain);
    if is_identifier(bare) {
        return Some(bare);
    }
    if let Some(name) = last.strip_prefix("lxc.payload.") {
        return Some(name);
    }
    if let Some(name) = last.strip_prefix("systemd-nspawn@") {
        return name.strip_suffix(".service");
    }
    matches!(parent, "lxc" | "lxc.payload").then_some(last)
}

/// Runtimes of the Open Container Initiative name containers by 64 hexadecimal digits.
fn is_identifier(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The identifier of the pod whose cgroup has this name: `podUID` with the driver `cgroupfs`,
/// `kubepods-burstable-podUID.slice` with underscores for hyphens with `systemd`.
fn pod_of(part: &str) -> Option<String> {
    let slice = part.split_once(".slice:").map(|(slice, _)| slice);
    let uid = match slice.or_else(|| part.strip_suffix(".slice")) {
        Some(slice) => slice.strip_prefix("kubepods").and_then(|s| s.rsplit_once("-pod"))?.1,
        None => part.strip_prefix("pod")?,
    };
    let is_digit = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | '_');
    let is_uid = matches!(uid.len(), 32 | 36) && uid.chars().all(is_digit);
    is_uid.then(|| uid.replace('_', "-"))
}

#[cfg(test)]
mod tests;
