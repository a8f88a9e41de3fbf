//! What a gateway and a valve's node say to each other.

use gofarm_core::command::{Closed, Command, CommandId, Report};
use serde::{Deserialize, Serialize};

use super::contract::{Close, Open};

/// A message to the valve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum ToValve {
    Open(Command<Open>),
    Close(Command<Close>),
    /// A frame of the session between the replicas.
    Sync(Vec<u8>),
}

/// A message to the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum ToGateway {
    /// What the valve's node says of a command.
    Report(CommandId, Report),
    /// The flow meter has seen the effect of a command: it turns, or it has stopped.
    Seen(CommandId),
    /// The valve has closed.
    Closed(Closed),
    /// A frame of the session between the replicas.
    Sync(Vec<u8>),
}
