//! What is known of a cluster: all objects of the kinds that a role needs.

use super::objects::{
    EndpointSlice, Endpoints, Ingress, Job, Namespace, Node, Pod, ReplicaSet, Resource, Service,
};
use std::collections::BTreeMap;

/// Objects by namespace and name.
pub(super) type Objects<T> = BTreeMap<(String, String), T>;

/// Everything that is known.
#[derive(Default)]
pub(super) struct Store {
    pub(super) pods: Objects<Pod>,
    pub(super) services: Objects<Service>,
    pub(super) endpoints: Objects<Endpoints>,
    pub(super) slices: Objects<EndpointSlice>,
    pub(super) ingresses: Objects<Ingress>,
    pub(super) nodes: Objects<Node>,
    pub(super) namespaces: Objects<Namespace>,
    pub(super) replica_sets: Objects<ReplicaSet>,
    pub(super) jobs: Objects<Job>,
}

/// A kind with a place in the store.
pub(super) trait Stored: Resource {
    fn of(store: &mut Store) -> &mut Objects<Self>;

    /// Takes an object in, or in the place of what was there.
    fn put(self, store: &mut Store) {
        let key = (self.meta().namespace.clone(), self.meta().name.clone());
        Self::of(store).insert(key, self);
    }

    /// Takes an object out.
    fn remove(&self, store: &mut Store) {
        let key = (self.meta().namespace.clone(), self.meta().name.clone());
        Self::of(store).remove(&key);
    }

    /// Replaces all objects of a namespace, or all there are.
    fn replace(store: &mut Store, namespace: Option<&str>, all: Vec<Self>) {
        Self::of(store).retain(|(own, _), _| namespace.is_some_and(|namespace| own != namespace));
        for object in all {
            object.put(store);
        }
    }
}

macro_rules! stored {
    ($($type:ty => $field:ident),* $(,)?) => {$(
        impl Stored for $type {
            fn of(store: &mut Store) -> &mut Objects<Self> {
                &mut store.$field
            }
        }
    )*};
}

stored! {
    Pod => pods,
    Service => services,
    Endpoints => endpoints,
    EndpointSlice => slices,
    Ingress => ingresses,
    Node => nodes,
    Namespace => namespaces,
    ReplicaSet => replica_sets,
    Job => jobs,
}

impl Store {
    pub(super) fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.pods.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.services.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.get(&(String::new(), name.to_owned()))
    }

    pub(super) fn namespace(&self, name: &str) -> Option<&Namespace> {
        self.namespaces.get(&(String::new(), name.to_owned()))
    }
}
