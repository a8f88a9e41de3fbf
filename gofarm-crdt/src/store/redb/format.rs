//! What the file says about itself, and how an older file becomes one of today.

use redb::{Database, ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::error::{Damage, RedbError};
use super::{RECORDS, seal};
use crate::dot::ReplicaId;
use crate::store::Table;

/// The format that this version writes.
///
/// | format | what |
/// |---|---|
/// | 0 | never released, kept for the test of the migration: values without seals, header of format and replica |
/// | 1 | a seal behind each value; header of format, replica, commits, records, sum of seals, pages, own seal |
pub(super) const FORMAT: u32 = 1;

/// The key of the header; no table has number 0.
pub(super) const HEADER_KEY: &[u8] = &[0];

/// How a file of format n becomes one of format n + 1.
const MIGRATIONS: [Migration; FORMAT as usize] = [seal_all];

type Migration = fn(&WriteTransaction, Pages) -> Result<(), RedbError>;

/// The sizes of pages and regions as the file's first page has them, where `redb` has no checksum of them and
/// stops at a wrong one when it is closed.
pub(super) type Pages = [u8; 12];

/// Where they are.
pub(super) const PAGES_AT: u64 = 12;

/// What is known of all records; rewritten in each commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) replica: ReplicaId,
    /// How many commits there were.
    pub(super) commits: u64,
    pub(super) records: u64,
    /// The sum of the seals of all records.
    sum: u64,
    pages: Pages,
}

impl Header {
    pub(super) const fn new(replica: ReplicaId, pages: Pages) -> Self {
        Self {
            replica,
            commits: 0,
            records: 0,
            sum: 0,
            pages,
        }
    }

    pub(super) const fn add(&mut self, seal: u64) {
        self.records += 1;
        self.sum = self.sum.wrapping_add(seal);
    }

    pub(super) const fn subtract(&mut self, seal: u64) {
        self.records = self.records.saturating_sub(1);
        self.sum = self.sum.wrapping_sub(seal);
    }

    /// The value of its record.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        for number in [self.replica.get(), self.commits, self.records, self.sum] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.pages);
        seal::seal(HEADER_KEY, &mut bytes);
        bytes
    }

    fn decode(sealed: &[u8]) -> Result<Self, RedbError> {
        let damaged = RedbError::Damaged(Damage::Header);
        let bytes = seal::open(HEADER_KEY, sealed).ok_or(damaged)?;
        let (_, bytes) = bytes.split_first_chunk::<4>().ok_or(damaged)?;
        let (numbers, pages) = bytes.split_last_chunk().ok_or(damaged)?;
        let mut numbers = numbers.as_chunks::<8>().0.iter();
        let mut next = || {
            let number = numbers.next().ok_or(damaged);
            number.map(|number| u64::from_le_bytes(*number))
        };
        Ok(Self {
            replica: ReplicaId::new(next()?),
            commits: next()?,
            records: next()?,
            sum: next()?,
            pages: *pages,
        })
    }
}

/// The number of a table in the file; never changed, never used twice.
pub(super) const fn number(table: Table) -> u8 {
    match table {
        Table::Meta => 1,
        Table::States => 2,
        Table::Cells => 3,
        Table::Peers => 4,
        Table::Journal => 5,
    }
}

/// Migrates an older file, refuses a newer one, and reads and checks every record.
pub(super) fn check(database: &mut Database, pages: Pages) -> Result<Header, RedbError> {
    let found = read_format(database)?;
    if found > FORMAT {
        return Err(RedbError::NewerFormat { found });
    }
    // Before anything is repaired: what the file says as it lies there.
    let before = if found == FORMAT {
        read_header(database)?.commits
    } else {
        0
    };
    // Checks the checksum of each page. It repairs by going back to the commit before: what comes of it is
    // compared, and nothing of it reaches the disk unless it is right.
    database.check_integrity()?;
    migrate(database, found, pages)?;
    let header = read_header(database)?;
    if header.pages != pages {
        return Err(RedbError::Damaged(Damage::Pages));
    }
    if header.commits < before {
        return Err(RedbError::Damaged(Damage::RolledBack {
            found: header.commits,
            expected: before,
        }));
    }
    check_records(database, &header)?;
    Ok(header)
}

fn read_format(database: &Database) -> Result<u32, RedbError> {
    let table = database.begin_read()?.open_table(RECORDS)?;
    let header = table.get(HEADER_KEY)?.ok_or(RedbError::NotAStore)?;
    let format = header
        .value()
        .first_chunk::<4>()
        .ok_or(RedbError::Damaged(Damage::Header))?;
    Ok(u32::from_le_bytes(*format))
}

fn read_header(database: &Database) -> Result<Header, RedbError> {
    let table = database.begin_read()?.open_table(RECORDS)?;
    let header = table.get(HEADER_KEY)?.ok_or(RedbError::NotAStore)?;
    Header::decode(header.value())
}

fn check_records(database: &Database, header: &Header) -> Result<(), RedbError> {
    let table = database.begin_read()?.open_table(RECORDS)?;
    let mut found = Header::new(header.replica, header.pages);
    for entry in table.iter()? {
        let (key, sealed) = entry?;
        let (key, sealed) = (key.value(), sealed.value());
        if key == HEADER_KEY {
            continue;
        }
        let of = |table: &Table| key.first() == Some(&number(*table));
        let Some(table) = Table::ALL.into_iter().find(of) else {
            return Err(RedbError::Damaged(Damage::UnknownTable));
        };
        if seal::open(key, sealed).is_none() {
            return Err(RedbError::Damaged(Damage::Record(table)));
        }
        found.add(seal::of(sealed));
    }
    if found.records != header.records || table.len()? != header.records + 1 {
        return Err(RedbError::Damaged(Damage::Count {
            found: found.records,
            expected: header.records,
        }));
    }
    if found.sum != header.sum {
        return Err(RedbError::Damaged(Damage::Sum));
    }
    Ok(())
}

/// All steps from `found` to [`FORMAT`] in one transaction.
fn migrate(database: &Database, found: u32, pages: Pages) -> Result<(), RedbError> {
    let steps = usize::try_from(found)
        .ok()
        .and_then(|found| MIGRATIONS.get(found..))
        .unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    for step in steps {
        step(&transaction, pages)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Format 0 to 1.
fn seal_all(transaction: &WriteTransaction, pages: Pages) -> Result<(), RedbError> {
    let mut table = transaction.open_table(RECORDS)?;
    let mut unsealed = Vec::new();
    for entry in table.iter()? {
        let (key, value) = entry?;
        unsealed.push((key.value().to_vec(), value.value().to_vec()));
    }
    let mut header = None;
    for (key, mut value) in unsealed {
        if key == HEADER_KEY {
            let replica = value.last_chunk::<8>().filter(|_| value.len() == 12);
            header = replica.map(|id| Header::new(ReplicaId::new(u64::from_le_bytes(*id)), pages));
        } else if let Some(header) = &mut header {
            header.add(seal::seal(&key, &mut value));
            table.insert(key.as_slice(), value.as_slice())?;
        }
    }
    let header = header.ok_or(RedbError::Damaged(Damage::Header))?;
    table.insert(HEADER_KEY, header.encode().as_slice())?;
    Ok(())
}
