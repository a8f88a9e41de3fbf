//! `season.json`: what is played, with a checksum, written whole or not at all.
//!
//! It is for people to read as well: `{"format":1,"program":"0.1.0","options":{…},"crc32":"…"}`. The checksum is of the
//! bytes before it, so a file that was changed by hand is told from one that was not.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::SavedError;

/// The format that this version writes and reads.
pub(super) const FORMAT: u64 = 1;

/// A season's options are far shorter, in bytes.
const MAX: u64 = 1 << 20;

/// What stands before the checksum.
const SUM: &str = ",\"crc32\":\"";

/// Options by name.
pub(super) type Options = Map<String, Value>;

/// The options as they would be read back.
pub(super) fn given(options: &impl Serialize) -> Result<Options, SavedError> {
    let text = serde_json::to_string(options).map_err(|_| SavedError::NotAnObject)?;
    serde_json::from_str(&text).map_err(|_| SavedError::NotAnObject)
}

/// The options in the file at `path`; nothing if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Options>, SavedError> {
    let damaged = || SavedError::Damaged {
        path: path.to_path_buf(),
    };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX).read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SavedError::io(path, error)),
    }
    let text = core::str::from_utf8(&bytes).map_err(|_| damaged())?;
    let (body, sum) = text.rsplit_once(SUM).ok_or_else(damaged)?;
    if sum != format!("{:08x}\"}}\n", crc32fast::hash(body.as_bytes())) {
        return Err(damaged());
    }
    let mut document: Options = serde_json::from_str(text).map_err(|_| damaged())?;
    let format = document.get("format").and_then(Value::as_u64);
    match (format, document.remove("options")) {
        (Some(FORMAT), Some(Value::Object(options))) => Ok(Some(options)),
        (Some(found), _) if found != FORMAT => Err(SavedError::OtherFormat {
            path: path.to_path_buf(),
            found,
        }),
        _ => Err(damaged()),
    }
}

/// Names the first option that differs, in alphabetical order.
pub(super) fn check(path: &Path, saved: &Options, given: &Options) -> Result<(), SavedError> {
    let mut names: Vec<&String> = saved.keys().chain(given.keys()).collect();
    names.sort();
    let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    match names
        .into_iter()
        .find(|name| saved.get(*name) != given.get(*name))
    {
        None => Ok(()),
        Some(name) => Err(SavedError::OtherOptions {
            path: path.to_path_buf(),
            name: name.clone(),
            saved: text(saved.get(name)),
            given: text(given.get(name)),
        }),
    }
}

/// Writes the file beside its name, and renames it when it is durable.
pub(super) fn write(path: &Path, options: &Options) -> Result<(), SavedError> {
    let options = Value::Object(options.clone());
    let program = Value::from(env!("CARGO_PKG_VERSION"));
    let body = format!("{{\"format\":{FORMAT},\"program\":{program},\"options\":{options}");
    let sum = crc32fast::hash(body.as_bytes());
    let text = format!("{body}{SUM}{sum:08x}\"}}\n");
    let unfinished = path.with_extension("json.new");
    let written = write_durably(&unfinished, text.as_bytes()).and_then(|()| {
        fs::rename(&unfinished, path)?;
        sync_folder_of(path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&unfinished); // it may not be there
        SavedError::io(path, error)
    })
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a new name durable, where folders can be synchronised.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
