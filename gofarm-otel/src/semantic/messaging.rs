//! Names of messages that go through a broker (in development in version 1.44).

/// Which system: [`MQTT`], `kafka`, `rabbitmq`.
pub const SYSTEM: &str = "messaging.system";

/// The value of [`SYSTEM`] for MQTT (the conventions have no word of their own for it).
pub const MQTT: &str = "mqtt";

/// The topic or the queue.
pub const DESTINATION_NAME: &str = "messaging.destination.name";

/// The topic with placeholders, of low cardinality: `farm/{farm}/valve/{valve}`.
pub const DESTINATION_TEMPLATE: &str = "messaging.destination.template";

/// The operation as the system calls it: `publish`, `ack`.
pub const OPERATION_NAME: &str = "messaging.operation.name";

/// The operation as the conventions call it: `send`, `receive`, `process`, `settle`.
pub const OPERATION_TYPE: &str = "messaging.operation.type";

/// The id of the message.
pub const MESSAGE_ID: &str = "messaging.message.id";

/// The length of the message's body in bytes, a number.
pub const MESSAGE_BODY_SIZE: &str = "messaging.message.body.size";

/// How many messages are in a batch, a number.
pub const BATCH_MESSAGE_COUNT: &str = "messaging.batch.message_count";

/// Which client of the system this is.
pub const CLIENT_ID: &str = "messaging.client.id";

/// How long an operation with the broker took, a histogram in `s`.
pub const CLIENT_OPERATION_DURATION: &str = "messaging.client.operation.duration";

/// How long the work on a message took, a histogram in `s`.
pub const PROCESS_DURATION: &str = "messaging.process.duration";
