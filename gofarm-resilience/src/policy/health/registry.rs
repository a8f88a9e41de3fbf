//! [`Registry`]: the components of a process by name.

use alloc::boxed::Box;
use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::{Component, HealthConfig, Report, Status};
use crate::memory::{Memory, Owned};
use crate::policy::ConfigError;

/// The components of a process, fixed when it is built, so that reading it takes no lock.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::health::{HealthConfig, Registry, Status};
///
/// let registry = Registry::builder()
///     .component("modbus", HealthConfig::required())
///     .component("weather", HealthConfig::optional())
///     .build()?;
/// if let Some(modbus) = registry.get("modbus") {
///     modbus.record(Outcome::Success);
/// }
/// assert_eq!(registry.status("modbus"), Some(Status::Up));
/// assert_eq!(registry.status("valves"), None); // never up by accident
/// assert!(registry.report(Instant::ZERO).is_ready());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Registry<M: Memory = Owned> {
    /// Sorted by name.
    components: Box<[(Box<str>, Component<M>)]>,
}

/// Components that are not yet checked.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct RegistryBuilder {
    components: Vec<(Box<str>, HealthConfig)>,
}

/// Why a registry was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A component's figure breaks its rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Two components have the same name.
    #[error("two components have the same name")]
    DuplicateName,
}

impl Classify for RegistryError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl Registry {
    /// Starts without components.
    pub const fn builder() -> RegistryBuilder {
        RegistryBuilder {
            components: Vec::new(),
        }
    }
}

impl RegistryBuilder {
    /// Adds a component.
    pub fn component(mut self, name: &str, config: HealthConfig) -> Self {
        self.components.push((name.into(), config));
        self
    }

    /// Makes a registry for one owner.
    ///
    /// # Errors
    /// [`RegistryError`] if a figure breaks its rule or a name occurs twice.
    pub fn build(self) -> Result<Registry, RegistryError> {
        self.build_in()
    }

    /// Makes a registry that tasks share.
    ///
    /// # Errors
    /// [`RegistryError`] if a figure breaks its rule or a name occurs twice.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(self) -> Result<Registry<crate::memory::Shared>, RegistryError> {
        self.build_in()
    }

    fn build_in<M: Memory>(mut self) -> Result<Registry<M>, RegistryError> {
        self.components.sort_by(|(a, _), (b, _)| a.cmp(b));
        if self
            .components
            .windows(2)
            .any(|pair| pair[0].0 == pair[1].0)
        {
            return Err(RegistryError::DuplicateName);
        }
        let components = self
            .components
            .into_iter()
            .map(|(name, config)| Ok((name, Component::new(&config)?)))
            .collect::<Result<_, ConfigError>>()?;
        Ok(Registry { components })
    }
}

impl<M: Memory> Registry<M> {
    /// The component of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Component<M>> {
        let place = self
            .components
            .binary_search_by(|(other, _)| (**other).cmp(name))
            .ok()?;
        self.components.get(place).map(|(_, component)| component)
    }

    /// How the component of this name is; `None` if there is none of this name.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<Status> {
        self.get(name).map(Component::status)
    }

    /// The report over all components.
    pub fn report(&self, now: Instant) -> Report {
        self.components
            .iter()
            .fold(Report::NOTHING, |report, (_, component)| {
                component.report(report, now)
            })
    }

    /// All components, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Component<M>)> {
        self.components
            .iter()
            .map(|(name, component)| (&**name, component))
    }
}
