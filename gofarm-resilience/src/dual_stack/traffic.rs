//! What a call is for: [`Traffic`], and [`Carried`] for requests that say it.

/// What a call is for; it decides whether the second path carries it.
///
/// ```
/// use gofarm_resilience::dual_stack::{Carried, Traffic};
///
/// struct Report { is_heartbeat: bool }
/// impl Carried for Report {
///     fn traffic(&self) -> Traffic {
///         if self.is_heartbeat { Traffic::Heartbeat } else { Traffic::Payload }
///     }
/// }
/// assert!(Report { is_heartbeat: true }.traffic().is_essential());
/// assert!(!Traffic::Payload.is_essential());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Traffic {
    /// A sign of life.
    Heartbeat,
    /// Who and how the caller is: versions, state, what it has to say about itself.
    Metadata,
    /// Everything else; carried by the first path only.
    #[default]
    Payload,
}

impl Traffic {
    /// Whether the second path carries it.
    #[must_use]
    pub const fn is_essential(self) -> bool {
        matches!(self, Self::Heartbeat | Self::Metadata)
    }
}

/// A request that says what it is for.
pub trait Carried {
    /// What it is for.
    fn traffic(&self) -> Traffic;
}

/// By the [`Traffic`] in the request's extensions; without one it is payload.
#[cfg(feature = "tower")]
impl<B> Carried for http::Request<B> {
    fn traffic(&self) -> Traffic {
        self.extensions().get().copied().unwrap_or_default()
    }
}
