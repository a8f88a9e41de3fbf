//! Names of remote procedure calls.

/// The protocol; [`GRPC`] here.
pub const SYSTEM_NAME: &str = "rpc.system.name";

/// The value of [`SYSTEM_NAME`] for gRPC.
pub const GRPC: &str = "grpc";

/// The service and its method: `farm.v1.Valves/Open`, or `_OTHER`.
pub const METHOD: &str = "rpc.method";

/// The method as it came, where [`METHOD`] is `_OTHER`.
pub const METHOD_ORIGINAL: &str = "rpc.method_original";

/// How it ended, by name: `OK`, `DEADLINE_EXCEEDED`.
pub const RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";

/// How long a server took for a call, a histogram in `s`.
pub const SERVER_CALL_DURATION: &str = "rpc.server.call.duration";

/// How long a call of a client took, a histogram in `s`.
pub const CLIENT_CALL_DURATION: &str = "rpc.client.call.duration";
