//! How a request ended: [`Ending`].

use super::code::Code;

/// How a request ended, as far as it makes a series of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an HTTP answer of that status.
    Answered(u16),
    /// With that status of gRPC.
    Called(Code),
    /// With an error of the service, of the type that is named here.
    Failed(&'static str),
    /// It was given up: the future or the body was dropped.
    Cancelled,
}

impl Ending {
    /// Whether something is broken, which is what a late keep and an escalation are about. A client's mistake is not,
    /// and nobody's patience: a stranger could have both for the asking.
    pub(super) const fn is_failure(self) -> bool {
        match self {
            Self::Answered(status) => status >= 500,
            Self::Called(code) => code.is_failure(),
            Self::Failed(_) => true,
            Self::Cancelled => false,
        }
    }
}
