//! Do the databases of this crate keep what they acknowledged? `cargo test` asks a real cluster.

use std::error::Error;

use stateproof::prelude::*;

/// Whatever was acknowledged before and while pod-0 was deleted is there afterwards.
#[tokio::test]
async fn rows_survive_losing_pod_0() -> Result<(), Box<dyn Error>> {
    let postgres = Verification::of(["k8s/postgres"]).cluster(ClusterSpec::for_tests());
    let proven = postgres.drills(&[Drill::LosePod]).run().await?;
    proven.assert_held();
    Ok(())
}

/// One PRIMARY, the others SECONDARY and read-only, and a majority's rows on every member.
#[tokio::test]
async fn mongodb_members_have_their_roles() -> Result<(), Box<dyn Error>> {
    let mongodb = Verification::of(["k8s/mongodb"]).cluster(ClusterSpec::for_tests());
    let mongodb = mongodb.initiate_replica_set(true);
    let proven = mongodb.drills(&[Drill::Roles]).run().await?;
    proven.assert_held();
    Ok(())
}

/// Without its storage class the database must not come up, and for that very reason.
#[tokio::test]
async fn a_missing_storage_class_is_noticed() -> Result<(), Box<dyn Error>> {
    let end = "PersistentVolumeClaim/data-postgres-0:event=ProvisioningFailed: not found";
    let postgres = Verification::of(["k8s/postgres-missing-class"]).cluster(ClusterSpec::for_tests());
    let proven = postgres.expect_failure([end.parse::<End>()?]).run().await?;
    proven.assert_held();
    Ok(())
}
