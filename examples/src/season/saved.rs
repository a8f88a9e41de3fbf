//! [`Saved`]: a season in a folder, so that it can be stopped and resumed.
//!
//! A simulated world has far more state than its replicas, and none of it has to be kept: the same options and the same
//! seed play the same days again, a whole season in seconds. What has to be kept is how far it came, and what the
//! gateways and the cloud had made durable, because it is that which must be there when the program comes back. So the
//! folder holds
//!
//! - `season.json`: what is played (the caller's options), written once;
//! - `season.redb`: the days played, after which of them the season was resumed, and every record of every disk. All of
//!   it in one transaction at the end of a day: a program that is killed is resumed at the end of the day before, with
//!   no disk ahead of another, and a day costs one synchronised write or two.
//!
//! To resume, play the days again up to [`Saved::days`], with a power cut of every kept disk after each of
//! [`Saved::resumed_after`], as there was one then. Then hand the disks to [`Saved::resume`], which compares what was
//! kept with what the days played again have led to, and cut their power: they open what came from the file.
//!
//! ```text
//! let mut saved = Saved::open(folder, &options)?;
//! while season.played() < saved.days() {
//!     if saved.resumed_after(season.played()) { season.cut_power(); }
//!     season.next_day();
//! }
//! saved.resume(&season.disks())?;
//! if saved.days() > 0 { season.cut_power(); }
//! while season.next_day().is_some() {
//!     saved.save(season.played(), &season.disks())?;
//!     if is_stopped { break; }
//! }
//! ```
//!
//! What it does not do: it keeps nothing within a day, and a season that another version of the program would play
//! otherwise cannot be resumed; that is noticed and told.

mod error;
mod options;

use alloc::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::{Record, RedbError, RedbStore, Store, Table};
use serde::{Deserialize, Serialize};

pub use error::SavedError;

use super::disk::Disk;

/// The replica whose store `season.redb` says it is: `season` in ASCII. It tells the file from a gateway's own.
const SEASON: ReplicaId = ReplicaId::new(0x7365_6173_6f6e);

/// Where it says how far the season came; no disk's name is empty.
const PLAYED: (Table, &[u8]) = (Table::Meta, &[0]);

/// The disks of a season by name, always in the same order.
pub(super) type Disks<'a> = [(&'a str, &'a Disk)];

/// A season in a folder.
#[derive(Debug)]
pub(super) struct Saved {
    path: PathBuf,
    store: RedbStore,
    played: Played,
    /// What is in the file, to write what differs.
    kept: Records,
}

/// How far a season came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Played {
    days: u32,
    /// After which days it was resumed.
    resumed_after: Vec<u32>,
}

/// Records by table and key.
type Records = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

impl Saved {
    /// Opens the season in `folder`, or begins one if there is none: `options` is all that decides how it is played, an
    /// object by name.
    ///
    /// # Errors
    /// [`SavedError`] if the folder cannot be written, is damaged, is of other options, or is in use.
    pub(super) fn open(folder: &Path, options: &impl Serialize) -> Result<Self, SavedError> {
        let given = options::given(options)?;
        fs::create_dir_all(folder).map_err(|error| SavedError::io(folder, error))?;
        let document = folder.join("season.json");
        let path = folder.join("season.redb");
        let found = options::read(&document)?;
        let opened = if let Some(found) = &found {
            options::check(&document, found, &given)?;
            RedbStore::open(&path)
        } else {
            RedbStore::open_or_create(&path, SEASON)
        };
        let store = opened.and_then(|store| match store.replica() {
            SEASON => Ok(store),
            found => Err(RedbError::OtherReplica {
                found,
                expected: SEASON,
            }),
        });
        let mut saved = Self {
            store: store.map_err(|error| SavedError::store(&path, error))?,
            path,
            played: Played::default(),
            kept: Records::new(),
        };
        saved.load()?;
        if found.is_none() {
            if saved.played.days > 0 {
                return Err(SavedError::io(
                    &document,
                    std::io::ErrorKind::NotFound.into(),
                ));
            }
            // The last thing: where this file is, the other is too.
            options::write(&document, &given)?;
        }
        Ok(saved)
    }

    fn load(&mut self) -> Result<(), SavedError> {
        for table in Table::ALL {
            let kept = &mut self.kept;
            let scanned = self.store.scan(table, &mut |key, value| {
                kept.insert((table, key.to_vec()), value.to_vec());
            });
            scanned.map_err(|error| SavedError::store(&self.path, error))?;
        }
        let (table, key) = PLAYED;
        if let Some(bytes) = self.kept.get(&(table, key.to_vec())) {
            self.played = serde_json::from_slice(bytes).map_err(|_| SavedError::Damaged {
                path: self.path.clone(),
            })?;
        }
        Ok(())
    }

    /// How many days were played.
    pub(super) fn days(&self) -> u32 {
        self.played.days
    }

    /// Whether the season was resumed after that many days: every disk had a power cut there.
    pub(super) fn resumed_after(&self, days: u32) -> bool {
        self.played.resumed_after.contains(&days)
    }

    /// Puts what was kept onto the disks, for their next start, and notes that the season is resumed here. On a season
    /// that has just begun it does nothing.
    ///
    /// The disks are those of the season played again up to [`days`](Self::days), before the power cut.
    ///
    /// # Errors
    /// [`SavedError::Differs`] if the days played again led to something else on a disk; then no disk is changed.
    pub(super) fn resume(&mut self, disks: &Disks<'_>) -> Result<(), SavedError> {
        if self.played.days == 0 {
            return Ok(());
        }
        let mut expected = records(disks);
        expected.insert(played_key(), self.played.encode());
        if let Some(key) = first_difference(&self.kept, &expected) {
            return Err(SavedError::Differs {
                path: self.path.clone(),
                disk: name(&key).to_owned(),
                days: self.played.days,
            });
        }
        for (disk_name, disk) in disks {
            disk.replace(&mut self.kept.iter().filter_map(|((table, key), value)| {
                Some(Record {
                    table: *table,
                    key: key_of(disk_name, key)?,
                    value: Some(value),
                })
            }));
        }
        if !self.resumed_after(self.played.days) {
            let mut played = self.played.clone();
            played.resumed_after.push(played.days);
            let mut records = self.kept.clone();
            records.insert(played_key(), played.encode());
            self.write(records)?;
            self.played = played;
        }
        Ok(())
    }

    /// Keeps the end of a day: `days` were played, and this is on the disks.
    ///
    /// # Errors
    /// [`SavedError::Store`] when it cannot be written; then the day before is kept.
    pub(super) fn save(&mut self, days: u32, disks: &Disks<'_>) -> Result<(), SavedError> {
        let played = Played {
            days,
            ..self.played.clone()
        };
        let mut records = records(disks);
        records.insert(played_key(), played.encode());
        self.write(records)?;
        self.played = played;
        Ok(())
    }

    /// Makes `records` what is in the file, in one transaction.
    fn write(&mut self, records: Records) -> Result<(), SavedError> {
        let differs = |(key, value): &(&(Table, Vec<u8>), &Vec<u8>)| {
            self.kept.get(key).is_none_or(|old| old != *value)
        };
        let new = records
            .iter()
            .filter(differs)
            .map(|((table, key), value)| Record {
                table: *table,
                key,
                value: Some(value),
            });
        let is_gone = |key: &&(Table, Vec<u8>)| !records.contains_key(*key);
        let gone = self.kept.keys().filter(is_gone).map(|(table, key)| Record {
            table: *table,
            key,
            value: None,
        });
        let written = self.store.commit(&mut new.chain(gone));
        written.map_err(|error| SavedError::store(&self.path, error))?;
        self.kept = records;
        Ok(())
    }
}

impl Played {
    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers have a form in JSON")
    }
}

fn played_key() -> (Table, Vec<u8>) {
    (PLAYED.0, PLAYED.1.to_vec())
}

/// Every record of every disk: the length of the disk's name, the name, the key.
fn records(disks: &Disks<'_>) -> Records {
    let mut records = Records::new();
    for (name, disk) in disks {
        let prefix = prefix(name);
        disk.records(&mut |record| {
            let key = [&prefix, record.key].concat();
            let value = record.value.unwrap_or_default().to_vec();
            records.insert((record.table, key), value);
        });
    }
    records
}

fn prefix(name: &str) -> Vec<u8> {
    let len = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let mut prefix = vec![len];
    prefix.extend_from_slice(name.as_bytes().get(..len.into()).unwrap_or_default());
    prefix
}

/// The key on the disk of that name, of a key in the file.
fn key_of<'k>(name: &str, key: &'k [u8]) -> Option<&'k [u8]> {
    key.strip_prefix(prefix(name).as_slice())
}

/// The name of the disk in a key.
fn name(key: &[u8]) -> &str {
    let name = key
        .split_first()
        .and_then(|(len, rest)| rest.get(..(*len).into()));
    let name = name.and_then(|name| core::str::from_utf8(name).ok());
    name.unwrap_or("?")
}

/// The first key whose value is not the same on both sides.
fn first_difference(left: &Records, right: &Records) -> Option<Vec<u8>> {
    let differs = |key: &&(Table, Vec<u8>)| left.get(*key) != right.get(*key);
    let mut keys = left.keys().chain(right.keys());
    keys.find(differs).map(|(_, key)| key.clone())
}

#[cfg(test)]
mod tests;
