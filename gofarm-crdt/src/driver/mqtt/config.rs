//! Which broker, as whom: [`Config`].

use alloc::string::String;
use core::fmt;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::link::LinkConfig;

use crate::dot::ReplicaId;
use crate::sync::Limits;

use super::tls::Tls;
use super::topic::Topics;

/// Which broker to connect to, as whom, and how patiently.
///
/// ```
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::driver::mqtt::{Config, ConfigError};
///
/// let config = Config::new("192.168.1.2", 1883, "north-farm", ReplicaId::new(1))?
///     .with_login("0000000000000001", "secret");
/// assert!(!format!("{config:?}").contains("secret"));
/// assert_eq!(Config::new("host", 1883, "a/b", ReplicaId::new(1)).err(), Some(ConfigError::Farm));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Config {
    host: String,
    port: u16,
    topics: Topics,
    login: Option<(String, String)>,
    tls: Option<Tls>,
    link: LinkConfig,
    max_frame: u16,
}

impl Config {
    /// A broker, without TLS and login; `replica` is this one, and its number the name of the client.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(host: &str, port: u16, farm: &str, replica: ReplicaId) -> Result<Self, ConfigError> {
        let is_plain = |c: char| !c.is_control() && !matches!(c, '/' | '+' | '#' | '$');
        if farm.is_empty() || farm.len() > 64 || !farm.chars().all(is_plain) {
            return Err(ConfigError::Farm);
        }
        Ok(Self {
            host: host.into(),
            port,
            topics: Topics::new(farm, replica),
            login: None,
            tls: None,
            link: LinkConfig::DEFAULT,
            max_frame: Limits::mqtt().max_frame(),
        })
    }

    /// TLS; without it anyone on the way reads, and speaks for, everybody.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// A user name and a password.
    #[must_use]
    pub fn with_login(mut self, name: &str, password: &str) -> Self {
        self.login = Some((name.into(), password.into()));
        self
    }

    /// How patiently the link is kept; by default [`LinkConfig::DEFAULT`]. Opening the transport is TCP and TLS.
    #[must_use]
    pub const fn with_link(mut self, link: LinkConfig) -> Self {
        self.link = link;
        self
    }

    /// The largest frame, in bytes; by default that of [`Limits::mqtt`].
    #[must_use]
    pub const fn with_max_frame(mut self, bytes: u16) -> Self {
        self.max_frame = bytes;
        self
    }

    pub(super) fn topics(&self) -> Topics {
        self.topics.clone()
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn login(&self) -> Option<(&str, &str)> {
        let (name, password) = self.login.as_ref()?;
        Some((name, password))
    }

    pub(super) const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    pub(super) const fn link(&self) -> LinkConfig {
        self.link
    }

    pub(super) const fn max_frame(&self) -> u16 {
        self.max_frame
    }

    /// The largest packet: a frame, its topic, and what MQTT adds.
    pub(super) fn max_packet(&self) -> u32 {
        const HEADER: usize = 5 + 2 + 1;
        let topic = self.topics.to(self.topics.replica()).len();
        let len = usize::from(self.max_frame) + topic + HEADER;
        u32::try_from(len).unwrap_or(u32::MAX)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("topics", &self.topics)
            .field("login", &self.login.as_ref().map(|(name, _)| name))
            .field("tls", &self.tls)
            .field("max_frame", &self.max_frame)
            .finish_non_exhaustive()
    }
}

/// A configuration that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The name of the farm becomes a level of a topic.
    #[error("the name of the farm must be 1..=64 bytes without control characters and / + # $")]
    Farm,
}

impl Classify for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
