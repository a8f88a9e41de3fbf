//! What of the double writes outlives a restart.

use alloc::vec::Vec;

use gofarm_core::time::Instant;

use super::machine::{DoubleWrite, Running};
use super::record::{Said, Stand};
use super::side::SideState;
use super::{Config, WriteId};
use crate::error::Malformed;
use crate::journal::{OpenError, owner, scan};
use crate::store::{Record, Store};

impl DoubleWrite {
    /// Reads double writes number `stream` of `store`; there are none at first.
    ///
    /// # Errors
    /// When the store fails or holds a record that cannot be read.
    pub fn open<S: Store>(
        now: Instant,
        store: &mut S,
        stream: u16,
        config: Config,
    ) -> Result<Self, OpenError<S::Error>> {
        let mut double = Self::new(stream, config);
        let prefix = double.prefix();
        scan(store, &prefix, |key, value| double.restore(now, key, value))
            .map_err(OpenError::Store)?
            .map_err(OpenError::Malformed)?;
        Ok(double)
    }

    /// What changed and is not durable yet, to be put into a commit.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.changes.records()
    }

    /// The commit that held [`records`](Self::records) succeeded, and nothing was changed in between.
    pub fn committed(&mut self) {
        self.changes.clear();
        for id in core::mem::take(&mut self.noted) {
            if let Some(running) = self.running.get_mut(&id) {
                running.is_durable = true;
            }
            self.enqueue(id);
        }
    }

    /// Makes the changes durable in a commit of their own.
    ///
    /// # Errors
    /// The store's; the changes are kept for the next commit.
    pub fn commit<S: Store>(&mut self, store: &mut S) -> Result<(), S::Error> {
        if !self.changes.is_empty() {
            store.commit(&mut self.changes.records())?;
        }
        self.committed();
        Ok(())
    }

    fn prefix(&self) -> [u8; 3] {
        let [high, low] = self.stream;
        [owner::DOUBLE_WRITE, high, low]
    }

    fn key(&self, id: WriteId) -> Vec<u8> {
        let mut key = self.prefix().to_vec();
        key.extend_from_slice(id.as_bytes());
        key
    }

    pub(super) fn running_from(
        &self,
        now: Instant,
        order: u64,
        stands: [Stand; 2],
        payload: &[u8],
    ) -> Running {
        Running {
            payload: payload.to_vec(),
            order,
            sides: stands.map(|stand| SideState {
                stand,
                due: now,
                delay: self.config.first_delay,
                in_flight: None,
                was_asked: false,
            }),
            tell_at: now + self.config.tell_after,
            is_durable: false,
        }
    }

    /// Keeps as many settled ids as are to be remembered.
    pub(super) fn forget(&mut self) {
        while self.by_age.len() > self.config.remembered {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                return;
            };
            self.settled.remove(&oldest);
            self.changes.remove(self.key(oldest));
        }
    }

    /// Notes a write as changed.
    pub(super) fn note(&mut self, id: WriteId) {
        let value = match (self.running.get(&id), self.settled.get(&id)) {
            (Some(running), _) => {
                let stands = running.sides.map(|side| side.stand);
                let payload = &running.payload;
                Said::Running { stands, payload }.encode(running.order)
            }
            (None, Some((settled, order))) => Said::Settled(*settled).encode(*order),
            (None, None) => return, // forgotten at once
        };
        let key = self.key(id);
        self.changes.put(key, value);
        self.noted.push(id);
    }

    fn restore(&mut self, now: Instant, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let id = key.try_into().map(WriteId::new);
        let id = id.map_err(|_| Malformed::Invalid("the id of a double write"))?;
        let (said, order) = Said::decode(value)?;
        self.order = self.order.max(order);
        match said {
            Said::Running { stands, payload } => {
                let mut running = self.running_from(now, order, stands, payload);
                running.is_durable = true;
                // Nobody knows what was asked before the restart.
                running
                    .sides
                    .iter_mut()
                    .for_each(|side| side.was_asked = true);
                self.bytes = self.bytes.saturating_add(payload.len());
                self.untold.insert((running.tell_at, id));
                self.running.insert(id, running);
                self.enqueue(id);
            }
            Said::Settled(settled) => {
                self.settled.insert(id, (settled, order));
                self.by_age.insert(order, id);
                self.forget();
            }
        }
        Ok(())
    }
}
