//! The file that a page is written to: [`Target`].
//!
//! A season takes seconds to play, and a `--report` that cannot be written should be known before. A report that was
//! only half written, because the disk is full or the program was ended, would look like a season that stopped. So the
//! page is written to a temporary file beside its place and then takes that place in one step.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gofarm_core::error::{Classify, Kind};
use tempfile::NamedTempFile;

/// A file that could be written when it was asked for.
///
/// ```
/// use gofarm_examples::season::page::Target;
///
/// let folder = tempfile::tempdir()?;
/// let target = Target::prepare(folder.path().join("season.html"))?;
/// // ... the season is played ...
/// target.write("<!DOCTYPE html>")?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Target {
    /// As it was given, for messages.
    given: PathBuf,
    /// Where it really is: a link is followed.
    path: PathBuf,
    folder: PathBuf,
}

/// Why a page cannot be written; what was there before is left as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is something else than a file, such as a folder or a device.
    #[error("{path}: is not a file that a report can take the place of", path = path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// There is a file that must not be written.
    #[error("{path}: the file is read-only", path = path.display())]
    ReadOnly {
        /// The path.
        path: PathBuf,
    },
    /// The system refuses it.
    #[error("{path}: the report cannot be written: {cause}", path = path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl Target {
    /// Finds out whether a report can be written to `path`, and leaves no trace.
    ///
    /// A file that is there will be replaced by [`Target::write`], through a link if it is one. What is no regular
    /// file, such as a device, is refused.
    ///
    /// # Errors
    /// [`TargetError`] if the folder is not there or cannot be written to, or `path` is something else than a file that
    /// may be written.
    pub fn prepare(path: impl Into<PathBuf>) -> Result<Self, TargetError> {
        let given = path.into();
        let io = |cause| TargetError::Io {
            path: given.clone(),
            cause,
        };
        let path = match fs::symlink_metadata(&given) {
            Ok(_) => fs::canonicalize(&given).map_err(io)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => given.clone(),
            Err(error) => return Err(io(error)),
        };
        if path.file_name().is_none() {
            return Err(TargetError::NotAFile { path: given });
        }
        match fs::metadata(&path) {
            Ok(there) if !there.is_file() => return Err(TargetError::NotAFile { path: given }),
            Ok(there) if there.permissions().readonly() => {
                return Err(TargetError::ReadOnly { path: given });
            }
            _ => {}
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let target = Self {
            given,
            path,
            folder,
        };
        // Made and removed at once: a program that is ended during the season leaves nothing.
        let probe = target.temporary().and_then(NamedTempFile::close);
        probe.map_err(|cause| target.error(cause))?;
        Ok(target)
    }

    /// Writes `html` to the file, whole or not at all.
    ///
    /// # Errors
    /// [`TargetError::Io`] if the system refuses it; what was there before is left as it was.
    pub fn write(&self, html: &str) -> Result<(), TargetError> {
        let written = self.temporary().and_then(|mut file| {
            file.write_all(html.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        });
        written.map_err(|cause| self.error(cause))
    }

    /// An empty file beside the target; it is removed when it is dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".season-").suffix(".html");
        // Those of any new file, less what the user's mask takes away: a report is there to be read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.folder)
    }

    fn error(&self, cause: io::Error) -> TargetError {
        TargetError::Io {
            path: self.given.clone(),
            cause,
        }
    }
}

impl Classify for TargetError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotAFile { .. } | Self::ReadOnly { .. } => Kind::Invalid,
            Self::Io { .. } => Kind::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_report_is_written_whole_and_takes_the_place_of_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("season.html");
        let target = Target::prepare(&path).unwrap();
        assert!(names(folder.path()).is_empty());
        target.write("one").unwrap();
        Target::prepare(&path).unwrap().write("two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(folder.path()), ["season.html"]);
    }

    #[test]
    fn what_cannot_be_written_is_refused_in_one_line_before_the_season() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("locked.html"), "old").unwrap();
        let mut locked = fs::metadata(at("locked.html")).unwrap().permissions();
        locked.set_readonly(true);
        fs::set_permissions(at("locked.html"), locked).unwrap();
        fs::write(at("file"), "").unwrap();
        for (path, says) in [
            (at("missing/season.html"), "the report cannot be written"),
            (at("file/season.html"), "the report cannot be written"),
            (at("locked.html"), "the file is read-only"),
            (folder.path().to_owned(), "is not a file"),
            (PathBuf::new(), "is not a file"),
            (PathBuf::from("/"), "is not a file"),
        ] {
            let error = Target::prepare(&path).unwrap_err();
            let line = error.to_string();
            assert!(line.contains(says), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(!error.kind().is_retryable());
        }
        assert_eq!(fs::read_to_string(at("locked.html")).unwrap(), "old");
    }

    #[test]
    fn a_write_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("season.html");
        let target = Target::prepare(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(target.write("page").is_err());
        assert_eq!(names(folder.path()), ["season.html"]);
        fs::remove_dir(&path).unwrap();
        fs::remove_dir(folder.path()).unwrap();
        assert!(target.write("page").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused_and_a_link_is_followed() {
        let error = Target::prepare("/dev/null").unwrap_err();
        assert!(matches!(error, TargetError::NotAFile { .. }));

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Target::prepare(&link).unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        std::os::unix::fs::symlink(folder.path().join("gone"), folder.path().join("dangling"))
            .unwrap();
        assert!(Target::prepare(folder.path().join("dangling")).is_err());
    }
}
