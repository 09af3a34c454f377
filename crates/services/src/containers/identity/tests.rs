use super::{Kind, identify};

const ID: &str = "3f4c0f4c1b7d4c56a2b0b8b8c5c4e3d2a1f0e9d8c7b6a5948372615049382716";
const UID: &str = "0f2e1d3c-4b5a-6978-8796-a5b4c3d2e1f0";

/// What a path tells, with `ID` and `UID` for the identifiers.
fn told(path: &str) -> String {
    let uid = UID.replace('-', "_");
    let path = path.replace("U_D", &uid).replace("UID", UID).replace("ID", ID);
    let Some(found) = identify(&path) else { return "nobody".to_owned() };
    let kind = match found.kind {
        Kind::Machine => "machine".to_owned(),
        Kind::Container(id) => format!("container {}", id.replace(ID, "ID")),
        Kind::Pod => "pod".to_owned(),
        Kind::Unit => "unit".to_owned(),
    };
    let pod = found.pod.map(|pod| format!(" of {}", pod.replace(UID, "UID")));
    kind + &pod.unwrap_or_default()
}

#[test]
fn paths_of_all_runtimes_and_both_drivers() {
    for (path, expected) in [
        ("/", "machine"),
        ("/docker/ID", "container ID"),
        ("/docker/buildx/ID", "container ID"),
        ("/system.slice/docker-ID.scope", "container ID"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/docker-ID.scope", "container ID"),
        ("/machine.slice/libpod-ID.scope", "container ID"),
        ("/libpod_parent/libpod-ID", "container ID"),
        ("/machine.slice/libpod-conmon-ID.scope", "unit"),
        ("/default/ID", "container ID"),
        ("/system.slice/nerdctl-ID.scope", "container ID"),
        ("/ecs/6c6f/ID", "container ID"),
        ("/lxc/web", "container web"),
        ("/lxc.payload.web", "container web"),
        ("/machine.slice/systemd-nspawn@web.service", "container web"),
        ("/kubepods/burstable/podUID/ID", "container ID of UID"),
        ("/kubepods/podUID", "pod of UID"),
        ("/kubepods.slice/kubepods-podU_D.slice", "pod of UID"),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/\
             cri-containerd-ID.scope",
            "container ID of UID",
        ),
        ("/kubepods.slice/kubepods-podU_D.slice/crio-ID.scope", "container ID of UID"),
        ("/kubepods.slice/kubepods-podU_D.slice/crio-conmon-ID.scope", "unit"),
        ("/system.slice/kubepods-besteffort-podU_D.slice:cri-containerd:ID", "container ID of UID"),
        // Kubernetes in a container of Docker.
        ("/docker/ID/kubelet/kubepods/podUID/ID", "container ID of UID"),
        // Static pods have a digest for an identifier.
        (
            "/kubepods/pod00112233445566778899aabbccddeeff",
            "pod of 00112233445566778899aabbccddeeff",
        ),
        ("/system.slice/nginx.service", "unit"),
        ("/user.slice", "unit"),
        ("/kubepods/burstable", "nobody"),
        ("/docker", "nobody"),
        ("/podcast", "nobody"),
        ("/init", "nobody"),
    ] {
        assert_eq!(told(path), expected, "{path}");
    }
}
