//! Why a season cannot be resumed or kept: [`SavedError`].

use std::io;
use std::path::{Path, PathBuf};

use gofarm_core::error::{Classify, Kind};
use gofarm_crdt::store::RedbError;

/// Why a season cannot be resumed or kept; each is one line that names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The store cannot be opened or written.
    #[error("{}: {error}", path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: RedbError,
    },
    /// A file does not hold what was written.
    #[error("{} is damaged or was changed by hand", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error("{} has format {found}, this program knows format {}", path.display(), super::options::FORMAT)]
    OtherFormat {
        /// Which.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// Another season is in the folder.
    #[error(
        "{} is a season with {name} {saved}, not {given}: give the same options or another folder",
        path.display()
    )]
    OtherOptions {
        /// Which file.
        path: PathBuf,
        /// The first option that differs.
        name: String,
        /// What the season has, as JSON.
        saved: String,
        /// What was given, as JSON.
        given: String,
    },
    /// The days were played again and came out otherwise.
    #[error(
        "{}: {days} days played again leave something else on the disk '{disk}' than was kept: another program or \
         other weather",
        path.display()
    )]
    Differs {
        /// Which file.
        path: PathBuf,
        /// The disk.
        disk: String,
        /// How many days.
        days: u32,
    },
    /// The options are no object by name: a mistake in the program.
    #[error("the options of a season have to be an object")]
    NotAnObject,
}

impl SavedError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            error,
        }
    }

    pub(super) fn store(path: &Path, error: RedbError) -> Self {
        Self::Store {
            path: path.to_path_buf(),
            error,
        }
    }
}

impl Classify for SavedError {
    fn kind(&self) -> Kind {
        match self {
            Self::Io { error, .. } => Classify::kind(error),
            Self::Store { error, .. } => error.kind(),
            Self::Damaged { .. } | Self::OtherFormat { .. } | Self::Differs { .. } => {
                Kind::Permanent
            }
            Self::OtherOptions { .. } | Self::NotAnObject => Kind::Invalid,
        }
    }
}
