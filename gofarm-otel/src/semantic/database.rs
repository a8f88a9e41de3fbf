//! Names of calls to databases.

/// Which database: [`SQLITE`], [`POSTGRESQL`], a name of your own.
pub const SYSTEM_NAME: &str = "db.system.name";

/// The value of [`SYSTEM_NAME`] for SQLite.
pub const SQLITE: &str = "sqlite";

/// The value of [`SYSTEM_NAME`] for PostgreSQL.
pub const POSTGRESQL: &str = "postgresql";

/// The value of [`SYSTEM_NAME`] for MySQL.
pub const MYSQL: &str = "mysql";

/// The value of [`SYSTEM_NAME`] for Redis.
pub const REDIS: &str = "redis";

/// The value of [`SYSTEM_NAME`] for InfluxDB.
pub const INFLUXDB: &str = "influxdb";

/// The database within the system, qualified as the system does.
pub const NAMESPACE: &str = "db.namespace";

/// The table, the container, the collection.
pub const COLLECTION_NAME: &str = "db.collection.name";

/// What is done: `SELECT`, `HMSET`.
pub const OPERATION_NAME: &str = "db.operation.name";

/// How many operations are in a batch, a number of two or more.
pub const OPERATION_BATCH_SIZE: &str = "db.operation.batch.size";

/// The query in short, of low cardinality: `SELECT plots`.
pub const QUERY_SUMMARY: &str = "db.query.summary";

/// The query with placeholders instead of values.
pub const QUERY_TEXT: &str = "db.query.text";

/// The status that the database answered, as text.
pub const RESPONSE_STATUS_CODE: &str = "db.response.status_code";

/// How many rows came back, a number (in development).
pub const RESPONSE_RETURNED_ROWS: &str = "db.response.returned_rows";

/// How long an operation took for the client, a histogram in `s`.
pub const CLIENT_OPERATION_DURATION: &str = "db.client.operation.duration";
