//! Names of containers: what runtimes leave in files of the host, and what Docker tells.
//! The kubelet's links to logs name pods and containers; bundles of containerd and the storage of
//! podman and CRI-O name images. None of it is asked of a service; each is optional.

use super::cgroup::read_text;
use discovery::DockerContainer;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Most names of files in a directory that are looked at.
const ENTRIES_MAX: usize = 20_000;
/// Most labels of a container.
const LABELS_MAX: usize = 64;
/// Labels that Docker containers of the kubelet have.
const KUBERNETES: [(&str, Name); 3] = [
    ("io.kubernetes.pod.namespace", Name::Namespace),
    ("io.kubernetes.pod.name", Name::Pod),
    ("io.kubernetes.container.name", Name::Container),
];
/// Annotations in bundles of containerd and CRI-O.
const ANNOTATIONS: [(&str, Name); 7] = [
    ("io.kubernetes.cri.sandbox-namespace", Name::Namespace),
    ("io.kubernetes.cri.sandbox-name", Name::Pod),
    ("io.kubernetes.cri.container-name", Name::Container),
    ("io.kubernetes.cri.image-name", Name::Image),
    ("io.kubernetes.pod.namespace", Name::Namespace),
    ("io.kubernetes.pod.name", Name::Pod),
    ("nerdctl/image-ref", Name::Image),
];
/// Where containerd keeps the bundles of running containers, below a folder for each namespace.
const BUNDLES: &str = "run/containerd/io.containerd.runtime.v2.task";
/// Where podman and CRI-O keep the list of their containers.
const STORAGES: [&str; 2] = [
    "var/lib/containers/storage/overlay-containers/containers.json",
    "run/containers/storage/overlay-containers/containers.json",
];

/// One of the names of a container.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Own,
    Image,
    Namespace,
    Pod,
    Container,
}

/// What is known of a container, or of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Name, as the runtime has it.
    pub(super) name: String,
    /// Image.
    pub(super) image: String,
    /// Namespace of its pod.
    pub(super) namespace: String,
    /// Name of its pod.
    pub(super) pod: String,
    /// Name in its pod.
    pub(super) container: String,
    /// Labels, with the names of labels of series.
    pub(super) labels: Vec<(String, String)>,
}

impl Names {
    fn set(&mut self, name: Name, value: &str) {
        let place = match name {
            Name::Own => &mut self.name,
            Name::Image => &mut self.image,
            Name::Namespace => &mut self.namespace,
            Name::Pod => &mut self.pod,
            Name::Container => &mut self.container,
        };
        if place.is_empty() {
            value.clone_into(place);
        }
    }

    /// What Docker tells; `wanted` are the labels to keep, all without it.
    pub(super) fn of_docker(told: &DockerContainer, wanted: Option<&[String]>) -> Self {
        let mut names = Self { image: told.image.clone(), ..Self::default() };
        names.set(Name::Own, told.name().unwrap_or_default());
        for (label, value) in told.labels() {
            if let Some((_, name)) = KUBERNETES.iter().find(|(known, _)| *known == label) {
                names.set(*name, value);
            }
            let is_wanted = wanted.is_none_or(|wanted| wanted.iter().any(|name| name == label));
            if is_wanted && names.labels.len() < LABELS_MAX {
                names.labels.push((series_label(label), value.to_owned()));
            }
        }
        // Two labels may differ only in what a series' label cannot have.
        names.labels.sort();
        names.labels.dedup_by(|second, first| second.0 == first.0);
        names
    }
}

/// `container_label_` and the name with `_` for what a label of a series cannot have.
fn series_label(label: &str) -> String {
    let plain = label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    std::iter::once("container_label_").map(str::to_owned).chain(plain.map(String::from)).collect()
}

/// What files of the host tell.
#[derive(Default)]
pub(super) struct Files {
    root: PathBuf,
    /// By identifier of a container.
    logs: HashMap<String, Names>,
    /// By identifier of a pod: namespace and name.
    pods: HashMap<String, (String, String)>,
    storage: HashMap<String, Names>,
    /// What bundles told, which do not change.
    bundles: HashMap<String, Names>,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), ..Self::default() }
    }

    /// Reads lists anew and forgets containers that are gone.
    pub(super) fn refresh(&mut self, is_there: impl Fn(&str) -> bool) {
        self.logs.clear();
        self.pods.clear();
        for name in entries(&self.root.join("var/log/containers")) {
            self.logs.extend(log_names(&name));
        }
        for name in entries(&self.root.join("var/log/pods")) {
            let mut parts = name.splitn(3, '_');
            let (Some(space), Some(pod), Some(uid)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            self.pods.insert(uid.to_owned(), (space.to_owned(), pod.to_owned()));
        }
        self.storage.clear();
        for path in STORAGES {
            let text = read_text(&self.root.join(path)).unwrap_or_default();
            self.storage.extend(stored(&text));
        }
        self.bundles.retain(|id, _| is_there(id));
    }

    /// What is known of a container.
    pub(super) fn container(&mut self, id: &str) -> Names {
        let root = &self.root;
        let bundle = || bundle(root, id);
        let mut names = self.bundles.entry(id.to_owned()).or_insert_with(bundle).clone();
        for known in [self.logs.get(id), self.storage.get(id)].into_iter().flatten() {
            names.set(Name::Own, &known.name);
            names.set(Name::Image, &known.image);
            names.set(Name::Namespace, &known.namespace);
            names.set(Name::Pod, &known.pod);
            names.set(Name::Container, &known.container);
        }
        names
    }

    /// Namespace and name of a pod.
    pub(super) fn pod(&self, uid: &str) -> Option<(&str, &str)> {
        self.pods.get(uid).map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = String> {
    let list = std::fs::read_dir(dir).into_iter().flatten().take(ENTRIES_MAX);
    list.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

/// `POD_NAMESPACE_CONTAINER-ID.log`
fn log_names(file: &str) -> Option<(String, Names)> {
    let (rest, id) = file.strip_suffix(".log")?.rsplit_once('-')?;
    let mut parts = rest.splitn(3, '_');
    let (pod, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
    let mut names = Names::default();
    names.set(Name::Pod, pod);
    names.set(Name::Namespace, namespace);
    names.set(Name::Container, container);
    Some((id.to_owned(), names))
}

/// The configuration of a container as the Open Container Initiative specifies it.
#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn bundle(root: &Path, id: &str) -> Names {
    let mut names = Names::default();
    let top = root.join(BUNDLES);
    for namespace in entries(&top).take(16) {
        let path = top.join(namespace).join(id).join("config.json");
        let Some(text) = read_text(&path) else { continue };
        let Ok(bundle) = serde_json::from_str::<Bundle>(&text) else { continue };
        for (annotation, name) in ANNOTATIONS {
            names.set(name, bundle.annotations.get(annotation).map_or("", String::as_str));
        }
    }
    names
}

/// An entry of the list of podman and CRI-O.
#[derive(Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    names: Vec<String>,
    /// JSON in a text.
    #[serde(default)]
    metadata: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    image_name: String,
    name: String,
}

fn stored(text: &str) -> Vec<(String, Names)> {
    let all: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    let one = |stored: Stored| {
        let metadata: Metadata = serde_json::from_str(&stored.metadata).unwrap_or_default();
        let mut names = Names::default();
        names.set(Name::Own, &metadata.name);
        names.set(Name::Own, stored.names.first().map_or("", String::as_str));
        names.set(Name::Image, &metadata.image_name);
        (stored.id, names)
    };
    all.into_iter().map(one).collect()
}
