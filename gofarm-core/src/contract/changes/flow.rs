//! [`Flow`]: which way a value goes decides whether more or fewer values break somebody.

use super::Effect;
use crate::contract::Access;

/// Which way a value goes, seen from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// To readers: readings and events.
    Out,
    /// From callers: configuration, written values and input.
    In,
}

impl Flow {
    pub(super) const fn of(access: Access) -> Self {
        match access {
            Access::Read => Self::Out,
            Access::Config | Access::Write => Self::In,
        }
    }

    /// The effect of a set of values that has grown.
    pub(super) const fn widened(self) -> Effect {
        match self {
            Self::Out => Effect::Breaking("a reader may meet a value that could not appear before"),
            Self::In => Effect::Compatible("what was accepted still is"),
        }
    }

    /// The effect of a set of values that has grown or shrunk.
    pub(super) const fn changed(self, is_wider: bool) -> Effect {
        if is_wider {
            self.widened()
        } else {
            self.narrowed()
        }
    }

    /// The effect of a set of values that has shrunk.
    pub(super) const fn narrowed(self) -> Effect {
        match self {
            Self::Out => Effect::Compatible("readers are ready for more than appears"),
            Self::In => Effect::Breaking("a value that was accepted is refused"),
        }
    }
}
