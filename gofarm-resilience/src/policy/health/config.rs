//! [`HealthConfig`]: how many checks it takes, and how long silence may last.

use core::time::Duration;

use super::Component;
use crate::policy::ConfigError;

/// Whether the whole is ready without the component; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Need {
    /// Without it, calls have to go elsewhere.
    Required,
    /// Without it, the whole serves with less.
    Optional,
}

/// The figures of a [`Component`].
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::policy::health::HealthConfig;
///
/// let modbus = HealthConfig::required().down_after(2).up_after(3).stuck_after(secs(60)).build()?;
/// let error = HealthConfig::optional().up_after(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "up_after must be from 1 to 255");
/// # let _ = modbus;
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct HealthConfig {
    pub(super) need: Need,
    pub(super) down_after: u8,
    pub(super) up_after: u8,
    pub(super) stuck_after: Option<Duration>,
}

impl HealthConfig {
    /// A component without which calls have to go elsewhere: down after 3 failed checks, up after 1 good one (the
    /// defaults of a Kubernetes probe), without heartbeat.
    pub const fn required() -> Self {
        Self {
            need: Need::Required,
            down_after: 3,
            up_after: 1,
            stuck_after: None,
        }
    }

    /// As [`required`](Self::required), but the whole serves without it.
    pub const fn optional() -> Self {
        Self {
            need: Need::Optional,
            ..Self::required()
        }
    }

    /// Failed checks in a row until it is down, 1 to 255.
    pub const fn down_after(mut self, down_after: u8) -> Self {
        self.down_after = down_after;
        self
    }

    /// Good checks in a row until it is up, 1 to 255.
    pub const fn up_after(mut self, up_after: u8) -> Self {
        self.up_after = up_after;
        self
    }

    /// How long it may go without a heartbeat until the process counts as stuck; from 1 ms. Default: no heartbeat
    /// is expected.
    pub const fn stuck_after(mut self, stuck_after: Duration) -> Self {
        self.stuck_after = Some(stuck_after);
        self
    }

    /// Makes a component for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Component, ConfigError> {
        Component::new(self)
    }

    /// Makes a component that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<super::SharedComponent, ConfigError> {
        Component::new(self)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.down_after == 0 {
            return Err(ConfigError::new("down_after", "from 1 to 255"));
        }
        if self.up_after == 0 {
            return Err(ConfigError::new("up_after", "from 1 to 255"));
        }
        match self.stuck_after {
            Some(time) if time < Duration::from_millis(1) => {
                Err(ConfigError::new("stuck_after", "at least 1 ms"))
            }
            _ => Ok(()),
        }
    }
}
