use kube::Client;

use super::preparation::Prepared;
use super::site::Site;
use super::stay::Stay;
use super::{RunError, Scene, Verification};
use crate::cluster::context::{Tenancy, Vacancy, missing_rights};
use crate::cluster::{Application, alias_classes};

/// What a run has of a cluster, as long as it lasts.
pub(super) struct Place {
    /// The namespaces.
    pub(super) namespaces: Vec<String>,
    /// The node that the vantage must be on, where it matters.
    pub(super) vantage_node: Option<String>,
    /// What a reader should know, a sentence each.
    pub(super) notes: Vec<String>,
}

impl Prepared {
    /// The namespaces that a run uses: those of the set's objects, and its own.
    pub(super) fn namespaces(&self, application: &Application) -> Vec<String> {
        let mut namespaces = application.namespaces();
        if !namespaces.contains(&self.run_namespace) {
            namespaces.push(self.run_namespace.clone());
        }
        namespaces
    }
}

impl Verification {
    /// Asks the API server of a cluster of others whether it grants what the run needs.
    ///
    /// # Errors
    /// [`RunError::Rights`] with everything that it does not grant.
    pub(super) async fn has_rights(
        &self,
        prepared: &Prepared,
        site: &Site,
        client: &Client,
        application: &Application,
    ) -> Result<(), RunError> {
        self.observer.phase("asking what the cluster grants");
        let missing = missing_rights(client, &prepared.namespaces(application), application).await?;
        if missing.is_empty() {
            return Ok(());
        }
        Err(RunError::Rights {
            context: site.name.clone(),
            missing: missing.join(", "),
        })
    }

    /// Takes what the run needs of a cluster of others. Everything is looked at before the first thing is made: what is
    /// refused leaves the cluster untouched.
    pub(super) async fn move_in(
        &self,
        prepared: &Prepared,
        site: &Site,
        client: &Client,
        application: &Application,
        scene: &mut Scene,
    ) -> Result<Place, RunError> {
        self.observer.phase("looking whether the namespaces are free");
        let namespaces = prepared.namespaces(application);
        application.find_cluster_scope_free().await?;
        let vacancy = Vacancy::of(client, &namespaces, &application.brought_namespaces()).await?;
        for name in vacancy.lent() {
            application.find_namespace_free(name).await?;
        }
        let stay = scene.stay.insert(Stay {
            context: site.name.clone(),
            tenancy: Tenancy::of(client, &prepared.run),
            taken: Vec::new(),
            aliases: Vec::new(),
            run_namespace: prepared.run_namespace.clone(),
        });
        // It looks at all of them before it makes the first.
        let mut notes = site.notes();
        let aliases = self.aliases();
        notes.extend(alias_classes(client, &prepared.set, &aliases, &prepared.run, &mut stay.aliases).await?);
        vacancy.take(client, &mut stay.tenancy, &mut stay.taken).await?;
        Ok(Place {
            namespaces,
            vantage_node: None,
            notes,
        })
    }
}
