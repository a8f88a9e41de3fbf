//! Whose call it is, and from where: [`Label`] and [`Labels`].
//!
//! One tenant that floods a gateway must not use up the share of the others, and a region whose uplink is down
//! must not open the breakers of the rest. So a request carries its region and its tenant from hop to hop (the
//! headers `x-region` and `x-tenant-id`), limits and breakers are [keyed](crate) by them, and `MeterLayer` (feature
//! `tower`) counts calls by them.
//!
//! Labels become keys of tables, labels of metrics and parts of log lines, so what they may look like is strict:
//! the rule of [Kubernetes label values], without the empty one.
//!
//! [Kubernetes label values]: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
//!
//! ```
//! use gofarm_resilience::label::{Label, Labels};
//!
//! let labels = Labels::new().in_region(Label::new("eu-north")?).of_tenant(Label::new("coop-7")?);
//! assert_eq!(labels.tenant().map(|tenant| tenant.as_str().len()), Some(6));
//! assert!(Label::new("coop 7").is_err());
//! # Ok::<(), gofarm_resilience::label::LabelError>(())
//! ```

use core::fmt;
use core::str::FromStr;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe;
use gofarm_core::text::Text;

/// A short name: 1 to 63 letters, digits and `-_.`, that starts and ends with a letter or a digit.
///
/// ```
/// use gofarm_resilience::label::{Label, LabelError};
///
/// let tenant: Label = "coop-7".parse()?;
/// assert_eq!(tenant.to_string(), "coop-7");
/// assert_eq!("coop/7".parse::<Label>(), Err(LabelError::Character { position: 4 }));
/// # Ok::<(), LabelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Label(Text<{ Label::MAX_LEN }>);

impl Label {
    /// The most bytes in a label.
    pub const MAX_LEN: usize = 63;

    /// Creates a label from its text.
    ///
    /// # Errors
    /// [`LabelError`] if the text is empty, too long or has a character where it is not allowed.
    pub const fn new(text: &str) -> Result<Self, LabelError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(LabelError::Empty);
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(LabelError::TooLong { len: bytes.len() });
        }
        let mut i = 0;
        while i < bytes.len() {
            let at_the_end = i == 0 || i == bytes.len() - 1;
            let allowed = bytes[i].is_ascii_alphanumeric()
                || (!at_the_end && matches!(bytes[i], b'-' | b'_' | b'.'));
            if !allowed {
                return Err(LabelError::Character { position: i });
            }
            i += 1;
        }
        match Text::new(text) {
            Ok(text) => Ok(Self(text)),
            Err(too_long) => Err(LabelError::TooLong { len: too_long.len }),
        }
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl AsRef<str> for Label {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        Self::new(text)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<{ Self::MAX_LEN }>::deserialize(deserializer)?;
        Self::new(text.as_str()).map_err(serde::de::Error::custom)
    }
}

/// The labels of a request that GoFarm carries: its region and its tenant, both optional.
///
/// Equal labels are equal keys, so a table can be keyed by both at once.
///
/// ```
/// use gofarm_resilience::label::{Label, Labels};
///
/// let labels = Labels::new().in_region(Label::new("eu-north")?);
/// assert_eq!(labels.region().map(ToString::to_string), Some("eu-north".to_owned()));
/// assert_eq!(labels.tenant(), None);
/// # Ok::<(), gofarm_resilience::label::LabelError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Labels {
    region: Option<Label>,
    tenant: Option<Label>,
}

impl Labels {
    /// No labels.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            region: None,
            tenant: None,
        }
    }

    /// These labels with this region.
    #[must_use]
    pub const fn in_region(mut self, region: Label) -> Self {
        self.region = Some(region);
        self
    }

    /// These labels with this tenant.
    #[must_use]
    pub const fn of_tenant(mut self, tenant: Label) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> Option<&Label> {
        self.region.as_ref()
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> Option<&Label> {
        self.tenant.as_ref()
    }

    /// The labels as those of a [signal](observe::Signal), under the keys `region` and `tenant`.
    pub fn observed(&self) -> impl Iterator<Item = observe::Label<'_>> {
        let region = self.region.as_ref().map(|label| ("region", label));
        let tenant = self.tenant.as_ref().map(|label| ("tenant", label));
        region
            .into_iter()
            .chain(tenant)
            .map(|(key, label)| observe::Label::text(key, label.as_str()))
    }
}

/// Why a text is not a label.
///
/// ```
/// use gofarm_resilience::label::{Label, LabelError};
///
/// assert_eq!(Label::new("-a"), Err(LabelError::Character { position: 0 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LabelError {
    /// No character at all.
    #[error("a label is empty")]
    Empty,
    /// More than [`Label::MAX_LEN`] bytes.
    #[error("a label of {len} bytes is longer than {}", Label::MAX_LEN)]
    TooLong {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// A character that is not a letter or a digit, nor one of `-_.` between such.
    #[error(
        "a label has a character at byte {position} that is not a letter, a digit or one of -_. between them"
    )]
    Character {
        /// Its byte position, from 0.
        position: usize,
    },
}

impl Classify for LabelError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_a_log_or_a_metric_could_misread() {
        use LabelError::{Character, Empty, TooLong};
        let long = "a".repeat(64);
        let rows = [
            ("", Empty),
            (long.as_str(), TooLong { len: 64 }),
            ("a b", Character { position: 1 }),
            ("a\n", Character { position: 1 }),
            ("a-", Character { position: 1 }),
            (".a", Character { position: 0 }),
            ("a=b", Character { position: 1 }),
            ("gr\u{fc}n", Character { position: 2 }),
        ];
        for (text, error) in rows {
            assert_eq!(Label::new(text), Err(error), "{text:?}");
        }
        for good in ["a", "eu-north.1", "A_b", &"z".repeat(63)] {
            assert_eq!(
                Label::new(good).map(|label| label.to_string()),
                Ok(good.to_owned())
            );
        }
    }

    #[test]
    fn signals_carry_the_labels_that_are_there() {
        let tenant = Label::new("coop-7").unwrap();
        let labels = Labels::new().of_tenant(tenant);
        let observed: Vec<_> = labels.observed().collect();
        assert_eq!(observed, [observe::Label::text("tenant", "coop-7")]);
        assert_eq!(Labels::new().observed().count(), 0);
    }
}
