//! Configuration in layers, replaced while the program runs: defaults < file < environment < remote.
//!
//! A remote configuration that is merely well-formed has stopped farms: a threshold of 85 instead of 0.85, a key with
//! a typing mistake that changes nothing, a server that is away when the power comes back. So
//!
//! - every value passes the contract of [`Settings`], where its limit is written once, and one rule between values;
//! - a source that breaks either is refused as a whole, with the reason, and the old configuration stays in force;
//! - what was accepted last is kept on disk: a start without the remote source uses it and says that it is degraded;
//! - a new remote document can be given to a part of the fleet first, chosen by a hash of device and document.
//!
//! The layers are read by the `config` crate, the value in force is a [`Hot`]. Who may write the remote document is
//! not checked here: a real one is signed and passes a `gofarm_core::verify::Verifier` first.
//!
//! ```
//! use gofarm_examples::config_reload::{Loader, Origin, Remote};
//!
//! struct Server(Option<&'static str>);
//! impl Remote for Server {
//!     fn fetch(&mut self) -> std::io::Result<String> {
//!         self.0.map(str::to_owned).ok_or_else(|| std::io::ErrorKind::TimedOut.into())
//!     }
//! }
//!
//! let folder = std::env::temp_dir().join(format!("gofarm-doc-{}", std::process::id()));
//! std::fs::create_dir_all(&folder)?;
//! let loader = Loader::new("valve-7".parse()?, &folder);
//! let mut server = Server(Some("start_at = 0.7"));
//! let (settings, origin) = loader.start(&mut server)?;
//! assert_eq!((settings.load().start_at, origin), (0.7, Origin::Remote));
//!
//! server.0 = Some("start_at = 85");
//! let refused = loader.reload(&settings, &mut server).unwrap_err();
//! assert_eq!(refused.to_string(), "start_at: 85 is outside 0.1..=0.95");
//! assert_eq!(settings.load().start_at, 0.7);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod document;
mod fleet;
mod settings;

pub use document::Document;
pub(crate) use document::read;
pub use settings::{Rule, Settings};

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use gofarm_core::DeviceId;
use gofarm_core::hot::{Hot, Revision};

/// Environment variables with this prefix are a layer: `GOFARM_START_AT=0.8`. Others with it are not read.
pub const PREFIX: &str = "GOFARM";

/// Where the configuration of this device comes from.
///
/// Below one folder: `settings.toml`, which a person writes, and `last_good.toml`, which the loader keeps.
#[derive(Clone, Debug)]
pub struct Loader {
    device: DeviceId,
    file: PathBuf,
    last_good: PathBuf,
    environment: Option<HashMap<String, String>>,
}

/// A source of documents that may be away.
pub trait Remote {
    /// The present document, as TOML.
    ///
    /// # Errors
    /// Any, if the source cannot be reached.
    fn fetch(&mut self) -> io::Result<String>;
}

/// A document that somebody pushed, or none.
impl Remote for Option<String> {
    fn fetch(&mut self) -> io::Result<String> {
        self.clone()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no document was pushed"))
    }
}

/// Which document is above the local layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The remote one.
    Remote,
    /// The remote one, which is not meant for this device yet: the document before it, or none.
    NotYet,
    /// The remote source is away or its document was refused: the last good document.
    LastGood,
    /// The same, and there is no last good document: local layers only.
    Local,
}

impl Origin {
    /// Whether the device runs without what the remote source says now.
    #[must_use]
    pub const fn is_degraded(self) -> bool {
        matches!(self, Self::LastGood | Self::Local)
    }
}

/// Why a configuration was not put in force; the old one stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The remote source is away.
    #[error("remote configuration: {0}")]
    Away(#[source] io::Error),
    /// The local file is there and cannot be read.
    #[error("settings.toml: {0}")]
    File(#[source] io::Error),
    /// A layer cannot be read: syntax, an unknown key, a value of another type.
    #[error("{0}")]
    Unreadable(#[from] config::ConfigError),
    /// A value is outside its contract, or two contradict each other.
    #[error("{0}")]
    Invalid(#[from] Rule),
    /// The accepted document could not be kept for the next start; it is in force all the same.
    #[error("in force, but not kept for the next start: {0}")]
    NotKept(#[source] io::Error),
}

impl Loader {
    /// A loader for `device` with its files in `folder`.
    #[must_use]
    pub fn new(device: DeviceId, folder: &Path) -> Self {
        Self {
            device,
            file: folder.join("settings.toml"),
            last_good: folder.join("last_good.toml"),
            environment: None,
        }
    }

    /// With these variables in place of the process's own.
    #[must_use]
    pub fn environment(mut self, variables: HashMap<String, String>) -> Self {
        self.environment = Some(variables);
        self
    }

    /// Starts with the best configuration there is; a remote source that is away or wrong does not stop it.
    ///
    /// # Errors
    /// [`ConfigError`] if the local layers alone break a rule: then a person has to look.
    pub fn start(
        &self,
        remote: &mut impl Remote,
    ) -> Result<(Hot<Settings, Rule>, Origin), ConfigError> {
        let last_good = fs::read_to_string(&self.last_good).ok();
        let last_good = last_good.and_then(|text| Some((self.merge(Some(&text)).ok()?, text)));
        let (settings, origin) = match self.fetch(remote) {
            Ok((Some(settings), text)) => {
                // A document that cannot be kept is used all the same; the next reload says so again.
                let _ = self.keep(&text);
                (settings, Origin::Remote)
            }
            other => match (last_good, other) {
                (Some((settings, _)), Ok(_)) => (settings, Origin::NotYet),
                (Some((settings, _)), Err(_)) => (settings, Origin::LastGood),
                (None, Ok(_)) => (self.merge(None)?, Origin::NotYet),
                (None, Err(_)) => (self.merge(None)?, Origin::Local),
            },
        };
        Ok((Hot::new(settings, Settings::check)?, origin))
    }

    /// Reads all layers again and puts the result in force, without a restart.
    ///
    /// Gives the new revision, or `None` if the document is not meant for this device yet.
    ///
    /// # Errors
    /// [`ConfigError`]; except for [`ConfigError::NotKept`] the old configuration stays in force.
    pub fn reload(
        &self,
        settings: &Hot<Settings, Rule>,
        remote: &mut impl Remote,
    ) -> Result<Option<Revision>, ConfigError> {
        let (Some(new), text) = self.fetch(remote)? else {
            return Ok(None);
        };
        let revision = settings.replace(new)?;
        self.keep(&text).map_err(ConfigError::NotKept)?;
        Ok(Some(revision))
    }

    /// The remote document merged over the local layers, and its text; no settings if it is not for this device.
    fn fetch(&self, remote: &mut impl Remote) -> Result<(Option<Settings>, String), ConfigError> {
        let text = remote.fetch().map_err(ConfigError::Away)?;
        let document = Document::parse(&text)?;
        let settings = self.merge(Some(&text))?;
        let is_meant = fleet::is_among(&self.device, document.version, document.rollout_percent);
        Ok((is_meant.then_some(settings), text))
    }

    /// All layers, checked.
    fn merge(&self, document: Option<&str>) -> Result<Settings, ConfigError> {
        // No file is no layer; one that cannot be read is an error, and so is an unknown key in it.
        let file = match fs::read_to_string(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(ConfigError::File)?,
        };
        Document::parse(&file)?;
        let mut layers = Config::builder()
            .add_source(Config::try_from(&Settings::default())?)
            .add_source(File::from_str(&file, FileFormat::Toml))
            .add_source(
                Environment::with_prefix(PREFIX)
                    .try_parsing(true)
                    .source(self.environment.clone()),
            );
        if let Some(text) = document {
            layers = layers.add_source(File::from_str(text, FileFormat::Toml));
        }
        let settings: Settings = layers.build()?.try_deserialize::<Document>()?.settings;
        settings.check()?;
        Ok(settings)
    }

    /// Keeps an accepted document: written beside and renamed, so that a power cut leaves the old one or the new one.
    fn keep(&self, text: &str) -> io::Result<()> {
        let beside = self.last_good.with_extension("new");
        let mut file = fs::File::create(&beside)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &self.last_good)
    }
}
