//! Names of the two sides of a call and of what is between them.

/// Who asked: the address of the client, as far as it is known.
pub const CLIENT_ADDRESS: &str = "client.address";

/// Whom it asked: a host name or an address.
pub const SERVER_ADDRESS: &str = "server.address";

/// The port of the server, a number.
pub const SERVER_PORT: &str = "server.port";

/// The address at the other end of the connection.
pub const PEER_ADDRESS: &str = "network.peer.address";

/// The port at the other end of the connection, a number.
pub const PEER_PORT: &str = "network.peer.port";

/// The application's protocol, where it is not plain from the rest: `mqtt`.
pub const PROTOCOL_NAME: &str = "network.protocol.name";

/// The version of the application's protocol: `1.1`, `2`.
pub const PROTOCOL_VERSION: &str = "network.protocol.version";
