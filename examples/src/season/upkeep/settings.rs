//! [`Configuration`]: the irrigation settings of a gateway, replaced by documents that the cloud pushes.
//!
//! A document is TOML with any of the [`Settings`]; what it does not name has its default. It is taken as a whole or
//! refused as a whole, with the reason. Reading and rules are those of [`config_reload`](crate::config_reload), which
//! also has what is left out here: more layers, a file to start from, a part of the fleet first. That a document is the
//! cloud's own is not checked here: a real one is signed and passes a `gofarm_core::verify::Verifier` first.

mod documents;

pub(in crate::season) use self::documents::{BAD_DOCUMENTS, GOOD_DOCUMENTS};

use alloc::collections::BTreeMap;

use gofarm_core::hot::{Hot, Revision, Snapshot};
use gofarm_core::{Device, Validate as _};
use serde::{Deserialize, Serialize};

use crate::config_reload::{ConfigError, Rule, read};

/// When a field gets water, and for how long.
///
/// The longest run is at most 40 min: with its margin of 5 min it is the 45 min that the valve's contract allows.
#[derive(Device, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[device(model = "gofarm-irrigation", version = 1, defaults)]
pub(in crate::season) struct Settings {
    /// Share of the readily available water that is used up when irrigation starts.
    #[prop(config, range = 0.1..=0.95, default = 0.85)]
    pub(in crate::season) start_at: f32,
    /// Share of it that is left for rain when irrigation ends.
    #[prop(config, range = 0.0..=0.9, default = 0.4)]
    pub(in crate::season) stop_at: f32,
    /// The longest run of the valve; the shortest is 5 min.
    #[prop(config, range = 300..=2400, unit = "s", default = 2400)]
    pub(in crate::season) longest_run: u32,
    /// Rain in a quarter of an hour that ends irrigation.
    #[prop(config, range = 0.0..=5.0, unit = "mm", default = 0.1)]
    pub(in crate::season) rain_stops_mm: f32,
}

impl Settings {
    /// Checks the contract and the rule between values.
    fn check(&self) -> Result<(), Rule> {
        self.validate()?;
        if self.stop_at >= self.start_at {
            return Err(Rule::Order {
                stop_at: self.stop_at,
                start_at: self.start_at,
            });
        }
        Ok(())
    }
}

/// The settings in force at one gateway, and the account of the documents that came.
#[derive(Debug)]
pub(in crate::season) struct Configuration {
    settings: Hot<Settings, Rule>,
    account: Account,
}

/// What became of the documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::season) struct Account {
    /// Documents that came.
    pub(in crate::season) pushed: u32,
    /// Put in force.
    pub(in crate::season) taken: u32,
    /// Refused, by what was wrong: `unreadable`, `contract` or `order`.
    pub(in crate::season) refused: BTreeMap<&'static str, u32>,
}

impl Account {
    /// Whether every document was either taken or refused.
    #[cfg(test)]
    pub(in crate::season) fn is_balanced(&self) -> bool {
        self.pushed == self.taken + self.refused.values().sum::<u32>()
    }
}

impl Configuration {
    /// With the defaults, or with what the gateway took last and kept on its disk.
    ///
    /// # Errors
    /// The [`Rule`] that `settings` break.
    pub(in crate::season) fn new(settings: Settings) -> Result<Self, Rule> {
        Ok(Self {
            settings: Hot::new(settings, Settings::check)?,
            account: Account::default(),
        })
    }

    /// The settings in force.
    pub(in crate::season) fn load(&self) -> Snapshot<Settings> {
        self.settings.load()
    }

    /// Puts a document in force.
    ///
    /// # Errors
    /// What is wrong with it, in words for a person; the settings stay as they are.
    pub(in crate::season) fn push(&mut self, document: &str) -> Result<Revision, ConfigError> {
        self.account.pushed += 1;
        let taken = read::<Settings, Settings>(document, &[])
            .map_err(ConfigError::from)
            .and_then(|settings| Ok(self.settings.replace(settings)?));
        match &taken {
            Ok(_) => self.account.taken += 1,
            Err(error) => *self.account.refused.entry(word(error)).or_default() += 1,
        }
        taken
    }

    pub(in crate::season) fn account(&self) -> &Account {
        &self.account
    }
}

fn word(error: &ConfigError) -> &'static str {
    match error {
        ConfigError::Invalid(Rule::Contract(_)) => "contract",
        ConfigError::Invalid(_) => "order",
        _ => "unreadable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::season::contract::Open;
    use gofarm_core::contract::Action;
    use gofarm_core::random::{Random, SplitMix64};
    use gofarm_core::time::{minutes, secs};

    fn fresh() -> Configuration {
        Configuration::new(Settings::default()).unwrap()
    }

    #[test]
    fn the_defaults_are_what_the_controller_does_without_settings() {
        let settings = fresh().load();
        assert_eq!((settings.start_at, settings.stop_at), (0.85, 0.4));
        assert_eq!((settings.longest_run, settings.rain_stops_mm), (2_400, 0.1));
    }

    #[test]
    fn the_longest_run_and_its_margin_are_within_the_valves_contract() {
        let mut configuration = fresh();
        let longest = secs(configuration.load().longest_run.into());
        assert_eq!(Some(longest + minutes(5)), Open::CONTRACT.longest_run());
        assert!(configuration.push("longest_run = 2401").is_err());
        assert!(configuration.push("longest_run = 299").is_err());
    }

    #[test]
    fn a_bad_document_is_refused_as_a_whole_with_its_reason() {
        let mut configuration = fresh();
        configuration.push("start_at = 0.8").unwrap();
        let before = configuration.load();
        for (document, reason) in BAD_DOCUMENTS {
            let error = configuration.push(document).unwrap_err().to_string();
            assert!(error.contains(reason), "{document}: {error}");
            assert_eq!(*configuration.load(), *before);
            assert_eq!(configuration.load().revision(), before.revision());
        }
        let account = configuration.account();
        assert!(account.is_balanced(), "{account:?}");
        assert_eq!(account.taken, 1);
        assert_eq!(account.refused.len(), 3, "{account:?}");
    }

    #[test]
    fn a_good_document_is_taken_over_the_defaults() {
        let mut configuration = fresh();
        for document in GOOD_DOCUMENTS {
            configuration.push(document).unwrap();
            assert_ne!(*configuration.load(), Settings::default(), "{document}");
        }
        configuration.push("").unwrap();
        assert_eq!(*configuration.load(), Settings::default());
        let taken = u64::from(configuration.account().taken);
        assert_eq!(configuration.load().revision().get(), taken + 1);
    }

    #[test]
    fn settings_from_a_disk_are_checked_too() {
        let kept = Settings {
            stop_at: 0.85,
            ..Settings::default()
        };
        let error = Configuration::new(kept).unwrap_err().to_string();
        assert_eq!(error, "stop_at: 0.85 is not below start_at, 0.85");
    }

    #[test]
    fn what_is_in_force_always_keeps_its_rules() {
        let mut random = SplitMix64::new(8);
        let mut configuration = fresh();
        for _ in 0..300 {
            // Any number there is, and numbers near the limits.
            let any = f32::from_bits(u32::try_from(random.below(1 << 32)).unwrap());
            let near = random.below(120) as f32 / 100.0;
            let run = random.below(3_000);
            for text in [
                format!("start_at = {any:e}\nstop_at = {near}"),
                format!("start_at = {near}\nlongest_run = {run}"),
            ] {
                let before = configuration.load();
                let taken = configuration.push(&text).is_ok();
                let now = configuration.load();
                assert!(now.check().is_ok(), "{text}");
                assert_eq!(now.revision() > before.revision(), taken, "{text}");
            }
        }
        let account = configuration.account();
        assert!(account.is_balanced(), "{account:?}");
        assert!(
            account.taken > 50 && account.refused.len() == 3,
            "{account:?}"
        );
    }
}
