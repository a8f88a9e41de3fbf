//! How a request ended: [`Ending`].

use core::fmt::Write;

use super::code::Code;
use super::inline::Inline;
use super::role::Role;

/// How a request ended, as far as it makes a series of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an HTTP answer of that status.
    Answered(u16),
    /// With that status of gRPC.
    Called(Code),
    /// As it should, where there is no more to tell.
    Done,
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
            Self::Cancelled | Self::Done => false,
        }
    }

    /// The value of `error.type`, if this is an error where `role` stands.
    pub(super) fn error_type(self, role: Role) -> Option<ErrorType> {
        role.is_error(self).then(|| match self {
            Self::Answered(status) => {
                let mut text = Inline::new();
                // An inline text takes all and cuts.
                let _ = write!(text, "{status}");
                ErrorType::Status(text)
            }
            Self::Called(code) => ErrorType::Name(code.as_str()),
            Self::Failed(name) => ErrorType::Name(name),
            Self::Cancelled => ErrorType::Name("cancelled"),
            Self::Done => ErrorType::Name(""),
        })
    }
}

/// The value of `error.type`.
pub(super) enum ErrorType {
    /// A status code, as text.
    Status(Inline<3>),
    /// The name of a code or a type.
    Name(&'static str),
}

impl ErrorType {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Status(text) => text.as_str(),
            Self::Name(name) => name,
        }
    }
}
