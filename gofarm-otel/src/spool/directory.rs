//! [`Directory`]: a segment is a file.

use alloc::format;
use alloc::vec::Vec;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Storage;

const SUFFIX: &str = ".otlp";

/// Segments as files in a directory of their own: `0000000000000001.otlp`.
///
/// One process at a time may use it; nothing here prevents a second one. Files of other names are left alone. A file
/// is open while it is written to or read.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The files that were used last, for writing and for reading.
    writing: Option<(u64, File)>,
    reading: Option<(u64, File)>,
}

impl Directory {
    /// The directory at `path`, which is made if it is not there.
    ///
    /// # Errors
    /// When it is not there and cannot be made.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_path_buf();
        fs::create_dir_all(&path)?;
        Ok(Self {
            path,
            writing: None,
            reading: None,
        })
    }

    fn file(&self, segment: u64) -> PathBuf {
        self.path.join(format!("{segment:016x}{SUFFIX}"))
    }

    fn writer(&mut self, segment: u64) -> io::Result<&mut File> {
        if self
            .writing
            .as_ref()
            .is_none_or(|(open, _)| *open != segment)
        {
            let file = self.file(segment);
            let is_new = !file.exists();
            let file = OpenOptions::new().append(true).create(true).open(file)?;
            if is_new {
                self.sync_names()?;
            }
            self.writing = Some((segment, file));
        }
        let open = self.writing.as_mut().map(|(_, file)| file);
        open.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Makes the names of files safe as well, where the system can do that.
    fn sync_names(&self) -> io::Result<()> {
        if cfg!(unix) {
            File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }

    fn close(&mut self, segment: u64) {
        self.writing.take_if(|(open, _)| *open == segment);
        self.reading.take_if(|(open, _)| *open == segment);
    }
}

impl Storage for Directory {
    fn list(&mut self) -> io::Result<Vec<(u64, u64)>> {
        let mut segments = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            let number = number.filter(|digits| digits.len() == 16);
            if let Some(Ok(number)) = number.map(|digits| u64::from_str_radix(digits, 16)) {
                segments.push((number, entry.metadata()?.len()));
            }
        }
        Ok(segments)
    }

    fn read(&mut self, segment: u64, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if self
            .reading
            .as_ref()
            .is_none_or(|(open, _)| *open != segment)
        {
            self.reading = Some((segment, File::open(self.file(segment))?));
        }
        let Some((_, file)) = &mut self.reading else {
            return Err(io::ErrorKind::NotFound.into());
        };
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(into)
    }

    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        self.writer(segment)?.write_all(bytes)
    }

    fn truncate(&mut self, segment: u64, len: u64) -> io::Result<()> {
        self.writer(segment)?.set_len(len)
    }

    fn sync(&mut self, segment: u64) -> io::Result<()> {
        self.writer(segment)?.sync_data()
    }

    fn remove(&mut self, segment: u64) -> io::Result<()> {
        self.close(segment);
        fs::remove_file(self.file(segment))
    }
}
