//! The names that dashboards know: OpenTelemetry's semantic conventions, as far as this crate writes them.
//!
//! A dashboard finds a request's route because everybody calls it `http.route`. The names were changed more than once
//! (`http.status_code`, `db.system` and `rpc.service` are names of the past), so they are constants here, of one
//! version, and a test compares each with the published list.
//!
//! Version 1.44 of the conventions. `http`, `url`, `server`, `client`, `network`, `error`, `user_agent` and `db` are
//! stable there; `rpc` is a release candidate; `messaging` is in development and may change.
//!
//! ```
//! use gofarm_otel::attribute::Attribute;
//! use gofarm_otel::semantic::{database, http};
//!
//! let status = Attribute::int(http::RESPONSE_STATUS_CODE, 200);
//! assert_eq!(status.key, "http.response.status_code");
//! assert_eq!(database::OPERATION_NAME, "db.operation.name");
//! ```

pub mod database;
pub mod http;
pub mod messaging;
pub mod network;
pub mod rpc;

/// What kind of failure it was, of low cardinality: a status code, a class of errors, [`OTHER`].
pub const ERROR_TYPE: &str = "error.type";

/// `true` on the one series that takes what is above the bound on series (metrics SDK specification, "Cardinality
/// limits").
pub const METRIC_OVERFLOW: &str = "otel.metric.overflow";

/// The value for something that the conventions have no word for: a method, a kind of error.
pub const OTHER: &str = "_OTHER";
