//! Why a recording could not be written, read or replayed: [`RecordError`].

use core::fmt;
use std::io;
use std::path::PathBuf;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::frame::{FORMAT, MAX_FRAME};
use super::{MAX_ENTRY, Moment};

/// Why a recording could not be written, read or replayed; each names the file.
///
/// ```
/// use gofarm_examples::season::record::Recorder;
///
/// let error = Recorder::create("no/such/folder/x.rec", &()).unwrap_err();
/// assert!(error.to_string().starts_with("cannot write the recording no/such/folder/x.rec: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It cannot be written, or not to its end.
    #[error("cannot write the recording {}: {error}{}", path.display(), After(*entries))]
    Write {
        /// The file.
        path: PathBuf,
        /// The entries before; none when it could not be made.
        entries: u64,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// What should be written is too long, or of a type that has no form in postcard.
    #[error(
        "cannot write the recording {}: {what} cannot be encoded in {MAX_ENTRY} B{}",
        path.display(), After(*entries)
    )]
    Encode {
        /// The file.
        path: PathBuf,
        /// The entries before.
        entries: u64,
        /// `the header` or `an input`.
        what: &'static str,
    },
    /// It cannot be read.
    #[error("cannot read the recording {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is something else.
    #[error("{} is not a recording of this program", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error(
        "the recording {} has format {found}, this program knows format {FORMAT}",
        path.display()
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// It does not hold what was written.
    #[error("the recording {} is damaged at byte {offset}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the frame begins, in bytes.
        offset: u64,
        /// What is wrong with it.
        damage: Damage,
    },
    /// A machine that got the same inputs has answered something else.
    #[error(
        "entry {entry} of the recording {} ({}, party {who}) was answered {recorded:016x} and is now answered \
         {replayed:016x}: another program, or one that is not deterministic",
        path.display(), Moment::of(*at)
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        entry: u64,
        /// When.
        at: Instant,
        /// Who.
        who: u8,
        /// The digest that was recorded.
        recorded: u64,
        /// The digest of now.
        replayed: u64,
    },
}

/// What is damaged in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The length of a frame.
    #[error("the length of a frame does not match its check")]
    Length,
    /// A length that nothing has.
    #[error("a frame says {0} B, the limit is {MAX_FRAME} B")]
    TooLong(u32),
    /// The bytes of a frame.
    #[error("a frame does not match its checksum")]
    Frame,
    /// The header is not there.
    #[error("it ends before its header")]
    NoHeader,
    /// The header is of another type.
    #[error("the header is not what this program writes")]
    Header,
    /// The entries of a frame cannot be unpacked.
    #[error("the entries of a frame cannot be unpacked")]
    Pack,
    /// An entry is of another type.
    #[error("an entry is not what this program writes")]
    Entry,
    /// There is more.
    #[error("there is something after the end")]
    AfterTheEnd,
}

impl Classify for RecordError {
    fn kind(&self) -> Kind {
        match self {
            Self::Write { error, .. } | Self::Read { error, .. } => Classify::kind(error),
            Self::Encode { .. } | Self::NotARecording { .. } => Kind::Invalid,
            Self::OtherFormat { .. } | Self::Damaged { .. } | Self::Differs { .. } => {
                Kind::Permanent
            }
        }
    }
}

/// How far a recording got.
struct After(u64);

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            entries => write!(f, " (after {entries} entries)"),
        }
    }
}
