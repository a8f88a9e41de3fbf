//! The start of a season at a broker: [`MqttBackbone::start`] and what can go wrong.

use alloc::collections::{BTreeMap, VecDeque};
use core::hash::BuildHasher;
use core::time::Duration;
use std::hash::RandomState;
use std::io;
use std::sync::mpsc::channel;
use std::time::Instant as RealInstant;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use gofarm_crdt::driver::mqtt::Fault;
use tokio::runtime::Builder;

use super::connection::{Connection, Run};
use super::{BrokerAddress, MqttBackbone, PATIENCE};
use crate::season::backbone::Backbone;
use crate::season::party::Party;

/// How long a broker has to answer all parties and to deliver a packet from each to each.
const LIMIT: Duration = secs(5);

impl MqttBackbone {
    /// Connects every party, and sends a packet from each to each; gives up at the first connection that fails, and
    /// after 5 s.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub(in crate::season) fn start(broker: BrokerAddress) -> Result<Self, BrokerError> {
        Self::start_within(broker, LIMIT)
    }

    pub(super) fn start_within(
        broker: BrokerAddress,
        limit: Duration,
    ) -> Result<Self, BrokerError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(BrokerError::Thread)?;
        let (teller, events) = channel();
        let began = RealInstant::now();
        let mut backbone = Self {
            runtime: Some(runtime),
            broker,
            // Keys of a standard hash map are random: two runs at one broker must not meet.
            run: Run::new(RandomState::new().hash_one(std::process::id())),
            teller,
            events,
            connections: [const { None }; 3],
            found: [None; 3],
            is_cut: [false; 3],
            is_killed: false,
            sent: 0,
            under_way: BTreeMap::new(),
            arrived: BTreeMap::new(),
            changes: VecDeque::new(),
            now: Instant::ZERO,
            paced: (Instant::ZERO, began),
            patience: PATIENCE,
        };
        backbone.connect_who_may();
        while backbone.is_broker_away() {
            backbone.take_one(began, limit)?;
        }
        for from in Party::ALL {
            for to in from.others() {
                backbone.send(Instant::ZERO, from, to, Vec::new());
            }
        }
        while !backbone.under_way.is_empty() {
            backbone.take_one(began, limit)?;
        }
        backbone.arrived.clear();
        Ok(backbone)
    }

    /// Takes the next event, if it comes in time.
    fn take_one(&mut self, began: RealInstant, limit: Duration) -> Result<(), BrokerError> {
        let left = limit.saturating_sub(began.elapsed());
        let event = self.events.recv_timeout(left).ok();
        let is_late = event.is_none();
        if let Some(event) = event {
            self.take(event);
        }
        let broker = self.broker.clone();
        let mut connections = self.connections.iter().flatten();
        match connections.find_map(Connection::fault) {
            Some(fault) => Err(BrokerError::Refused { broker, fault }),
            None if !is_late => Ok(()),
            None if self.is_broker_away() => Err(BrokerError::Silent { broker, limit }),
            None => Err(BrokerError::NotDelivered { broker, limit }),
        }
    }
}

/// Why a season cannot start at a broker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// It cannot be reached, or does not want the parties.
    #[error("{broker}: {fault}")]
    Refused {
        /// Which broker.
        broker: BrokerAddress,
        /// Why the first connection that failed did.
        fault: Fault,
    },
    /// It has not answered in time.
    #[error("{broker}: no answer within {} s", limit.as_secs_f32())]
    Silent {
        /// Which broker.
        broker: BrokerAddress,
        /// How long it had.
        limit: Duration,
    },
    /// It has connected the parties and does not carry what they send.
    #[error(
        "{broker}: what one client sends does not reach another within {} s; may they use gofarm/season/sync/#?",
        limit.as_secs_f32()
    )]
    NotDelivered {
        /// Which broker.
        broker: BrokerAddress,
        /// How long it had.
        limit: Duration,
    },
    /// This machine gives no thread.
    #[error("no thread for the connections to a broker: {0}")]
    Thread(io::Error),
}

impl Classify for BrokerError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { fault, .. } => fault.kind(),
            Self::Silent { .. } => Kind::TimedOut,
            Self::NotDelivered { .. } => Kind::Permanent,
            Self::Thread(_) => Kind::Overloaded,
        }
    }
}
