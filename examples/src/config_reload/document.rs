//! [`Document`]: what a layer may say.

use config::{Config, File, FileFormat};
use gofarm_core::Device;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Settings;

/// A configuration document: any of the settings, and for a remote one its version and its part of the fleet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Document {
    /// Which document this is; a new version draws another part of the fleet.
    #[serde(default)]
    pub version: u32,
    /// How much of the fleet gets it, 0 to 100 %.
    #[serde(default = "everyone")]
    pub rollout_percent: u8,
    /// The settings, merged with those of the layers below.
    #[serde(flatten)]
    pub settings: Settings,
}

const fn everyone() -> u8 {
    100
}

/// The two words of a document that are not settings.
const OWN_KEYS: [&str; 2] = ["version", "rollout_percent"];

impl Document {
    /// Reads a document on its own, over the defaults; a key that nothing reads is refused.
    ///
    /// # Errors
    /// The error of the `config` crate.
    pub fn parse(text: &str) -> Result<Self, config::ConfigError> {
        read::<Settings, Self>(text, &OWN_KEYS)
    }
}

/// Reads a document `D` of settings `S` over their defaults; a key that is no setting and not among `own_keys` is refused.
pub(crate) fn read<S, D>(text: &str, own_keys: &[&str]) -> Result<D, config::ConfigError>
where
    S: Device + Default + Serialize,
    D: DeserializeOwned,
{
    let alone = Config::builder()
        .add_source(File::from_str(text, FileFormat::Toml))
        .build()?;
    let keys = alone.cache.clone().into_table()?;
    for key in keys.keys() {
        let is_setting = S::DESCRIPTOR.property(key).is_some();
        if !is_setting && !own_keys.contains(&key.as_str()) {
            return Err(config::ConfigError::Message(format!("unknown key `{key}`")));
        }
    }
    Config::builder()
        .add_source(Config::try_from(&S::default())?)
        .add_source(alone)
        .build()?
        .try_deserialize()
}
