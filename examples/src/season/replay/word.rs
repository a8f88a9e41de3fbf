//! [`Word`]: what gateway and valve's node said of a run.

use core::time::Duration;

use gofarm_core::command::{Closed, Command, CommandId, Outcome, Report};
use gofarm_core::time::UnixMillis;

use crate::season::message::{ToGateway, ToValve};

/// Something that was said, or found by what was said.
#[derive(Debug)]
pub(super) enum Word {
    /// The gateway has sent a command.
    Sent(Told),
    /// The same once more: there was no answer.
    SentAgain(CommandId),
    /// The node has said this of a command.
    Reported(CommandId, Report),
    /// The flow meter has seen the effect of a command.
    Seen(CommandId),
    /// The valve has closed.
    Closed(Closed),
    /// The gateway has closed its account of a command.
    Ended(CommandId, Outcome),
}

/// A command as it goes to the valve.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) id: CommandId,
    pub(super) is_open: bool,
    pub(super) lease: Option<Duration>,
    /// For how long the valve's node may begin with it.
    pub(super) valid: Option<Duration>,
}

impl Told {
    /// What a gateway whose wall clock says `wall` tells the valve; `None` for a frame between replicas.
    pub(super) fn of(message: &ToValve, wall: Option<UnixMillis>) -> Option<Self> {
        match message {
            ToValve::Open(open) => Some(Self::command(open, true, wall)),
            ToValve::Close(close) => Some(Self::command(close, false, wall)),
            ToValve::Sync(_) => None,
        }
    }

    fn command<A>(command: &Command<A>, is_open: bool, wall: Option<UnixMillis>) -> Self {
        let valid = command.expiry().zip(wall).map(|(expiry, wall)| {
            Duration::from_millis(expiry.as_millis().saturating_sub(wall.as_millis()))
        });
        Self {
            id: command.id(),
            is_open,
            lease: command.lease_time(),
            valid,
        }
    }
}

impl Word {
    /// The command that it is about; `None` for a close for which there was none.
    pub(super) fn command(&self) -> Option<CommandId> {
        match self {
            Self::Sent(told) => Some(told.id),
            Self::SentAgain(id) | Self::Reported(id, _) | Self::Seen(id) | Self::Ended(id, _) => {
                Some(*id)
            }
            Self::Closed(closed) => closed.command(),
        }
    }

    /// What the valve's node says; `None` for a frame between replicas.
    pub(super) fn heard(message: &ToGateway) -> Option<Self> {
        match *message {
            ToGateway::Report(id, report) => Some(Self::Reported(id, report)),
            ToGateway::Seen(id) => Some(Self::Seen(id)),
            ToGateway::Closed(closed) => Some(Self::Closed(closed)),
            ToGateway::Sync(_) => None,
        }
    }
}
