//! Services whose data bears one writer only: two of them on one volume destroy it.

use super::obstacles::Obstacle;
use crate::compose::model::Service;
use crate::compose::reference::Reference;
use crate::engine::api::Inspection;

/// Last parts of the names of images that write their data alone: databases, search engines,
/// brokers, stores. Variants by other makers carry the same names.
const ALONE: [&str; 32] = [
    "cassandra",
    "clickhouse",
    "clickhouse-server",
    "cockroach",
    "consul",
    "couchdb",
    "elasticsearch",
    "etcd",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "meilisearch",
    "minio",
    "mongo",
    "mongodb",
    "mysql",
    "mysql-server",
    "neo4j",
    "opensearch",
    "percona",
    "percona-server",
    "postgis",
    "postgres",
    "postgresql",
    "rabbitmq",
    "redis",
    "redis-stack-server",
    "solr",
    "timescaledb",
    "valkey",
    "zookeeper",
];

/// The obstacle to a second server on the data of the first, if the service is one of those and one
/// of its containers writes to something that lasts.
pub(super) fn second_writer(service: &Service, containers: &[Inspection]) -> Option<Obstacle> {
    let image = service.image.as_deref()?;
    let name = Reference::split(image).name;
    let kind = name.rsplit('/').next().unwrap_or(name);
    let writes = containers.iter().flat_map(Inspection::mounts).any(|mount| {
        let lasts = mount["Type"] == "volume" || mount["Type"] == "bind";
        lasts && mount["RW"] != serde_json::Value::Bool(false)
    });
    (ALONE.contains(&kind) && writes).then(|| Obstacle {
        what: format!(
            "`{}` runs `{kind}`, and two of them writing the same data would destroy it",
            service.name
        ),
        hint: "leave the order to composeup, or say `--order stop-first`".into(),
        place: service.image_location.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::sample;

    fn is_refused(image: &str, mounts: &Value) -> bool {
        let project = sample::project(&format!("services: {{db: {{image: '{image}'}}}}"));
        let mut container = sample::container(&project, "db");
        container.0["Mounts"] = mounts.clone();
        second_writer(&project.services["db"], &[container]).is_some()
    }

    #[test]
    fn a_database_that_writes_to_a_volume_gets_no_second_server() {
        let volume = json!([{ "Type": "volume", "Name": "data", "RW": true }]);
        let databases =
            ["mysql:5.7", "postgres", "localhost:5000/bitnami/mongodb:7", "redis:7@sha256:12"];
        for image in databases {
            assert!(is_refused(image, &volume), "{image}");
        }
        assert!(is_refused(
            "mariadb:11",
            &json!([{ "Type": "bind", "Source": "/srv/db", "RW": true }])
        ));
    }

    #[test]
    fn without_data_that_lasts_or_under_another_name_it_is_fine() {
        assert!(!is_refused("redis:7", &json!([])));
        assert!(!is_refused(
            "postgres:16",
            &json!([{ "Type": "bind", "Source": "/c", "RW": false }])
        ));
        let volume = json!([{ "Type": "volume", "Name": "data", "RW": true }]);
        assert!(!is_refused("ghost:3.36", &volume));
        assert!(!is_refused("prom/mysqld-exporter", &volume));
    }
}
