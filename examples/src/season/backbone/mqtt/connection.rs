//! [`Connection`]: one party's client of the broker, with a task for each of the other parties.

use std::sync::mpsc::Sender;

use gofarm_core::link::{LinkConfig, LinkConfigError, LinkState};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{SystemClock, millis, secs};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::mqtt::{self, Client, Config, Fault, Peer};
use gofarm_crdt::driver::{Arrival, Transport};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::BrokerAddress;
use crate::season::party::Party;

/// A level of the topics, the same in all seasons: those that share a broker differ in their [`Run`].
const FARM: &str = "season";

/// More patient than a broker beside it needs, far less than [`LinkConfig::DEFAULT`]: a season is over in seconds. A try
/// every 0.5 s for the first 50 s of an outage, then one every minute.
const LINK: Result<LinkConfig, LinkConfigError> = LinkConfig::builder()
    .first_delay(millis(500))
    .growth_percent(100)
    .fast_tries(100)
    .spread(secs(1))
    .probe_every(secs(3))
    .probe_every_under_jitter(secs(2))
    .lost_after(secs(10))
    .build();

/// What tells this run's clients from those of another one at the same broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run(u64);

impl Run {
    /// `random` must be another one in each run.
    pub(super) const fn new(random: u64) -> Self {
        Self(random)
    }

    /// The name of a party in topics, and that of its client: the party's number in the last 8 bits.
    const fn name(self, party: Party) -> ReplicaId {
        ReplicaId::new(self.0 << 8 | party.replica().get())
    }

    /// Who takes the receipts for what a party sends: nobody has this name.
    const fn nobody(self, party: Party) -> ReplicaId {
        ReplicaId::new(self.name(party).get() | 0x80)
    }
}

/// What the tasks tell the season.
#[derive(Debug)]
pub(super) enum Event {
    /// A frame has arrived.
    Arrived {
        from: Party,
        to: Party,
        frame: Vec<u8>,
    },
    /// A connection was made or ended: look at all of them.
    Changed,
}

/// A client that connects, and connects again for ever; dropping it says goodbye to the broker.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    /// For each other party, by its [`index`](Party::index).
    outboxes: [Option<UnboundedSender<Vec<u8>>>; 3],
    _until: oneshot::Sender<()>,
}

impl Connection {
    /// Starts the tasks of `party`, which tell `events`.
    pub(super) fn start(
        runtime: &Handle,
        broker: &BrokerAddress,
        run: Run,
        party: Party,
        events: &Sender<Event>,
    ) -> Self {
        let link = LINK.expect("figures within their limits");
        let name = run.name(party);
        let config = Config::new(broker.host(), broker.port(), FARM, name)
            .expect("a plain name")
            .with_link(link)
            .with_max_frame(u16::MAX);
        let (client, pump) = mqtt::client(config);
        let (until, dropped) = oneshot::channel::<()>();
        let seed = SplitMix64::new(name.get());
        runtime.spawn(pump.run(SystemClock::new(), seed, async move {
            let _ = dropped.await; // nothing is ever sent
        }));
        runtime.spawn(watch(client.clone(), events.clone()));
        let mut outboxes = [const { None }; 3];
        for other in party.others() {
            let [peer, nobody] = [run.name(other), run.nobody(other)]
                .map(|name| client.peer(name).expect("each is asked for once"));
            let (outbox, to_send) = unbounded_channel();
            outboxes[other.index()] = Some(outbox);
            let way = Way {
                peer,
                nobody,
                here: party,
                there: other,
            };
            runtime.spawn(carry(way, to_send, events.clone()));
        }
        Self {
            client,
            outboxes,
            _until: until,
        }
    }

    /// Publishes a frame, or loses it when there is no connection.
    pub(super) fn send(&self, to: Party, frame: Vec<u8>) {
        if let Some(outbox) = &self.outboxes[to.index()] {
            let _ = outbox.send(frame); // a task that has ended has lost its connection for good
        }
    }

    /// The number of the connection that there is, counted from 1.
    pub(super) fn number(&self) -> Option<u64> {
        let status = self.client.status();
        (status.state() == LinkState::Connected).then_some(status.connections())
    }

    /// Why the last try ended.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.client.status().fault()
    }
}

/// Tells each change of the connection, until the client has ended.
async fn watch(client: Client, events: Sender<Event>) {
    let mut known = None;
    loop {
        let changed = client.status_when(|status| {
            let number = status.connections();
            known
                != Some((
                    status.state() == LinkState::Connected,
                    number,
                    status.fault(),
                ))
        });
        let Some(status) = changed.await else { return };
        let is_connected = status.state() == LinkState::Connected;
        known = Some((is_connected, status.connections(), status.fault()));
        if events.send(Event::Changed).is_err() {
            return;
        }
    }
}

/// What a task carries frames on.
struct Way {
    peer: Peer,
    nobody: Peer,
    here: Party,
    there: Party,
}

/// Carries frames between two parties, until one side has ended.
///
/// Each frame that comes is answered by an empty one to nobody. A broker that leaves Nagle's algorithm on (Mosquitto
/// does) sends a second packet only when the first is acknowledged, and a receiver that has nothing to say
/// acknowledges after 40 ms, in which a season is days ahead. What it says takes the acknowledgement along.
async fn carry(mut way: Way, mut to_send: UnboundedReceiver<Vec<u8>>, events: Sender<Event>) {
    let (here, there) = (way.here, way.there);
    loop {
        let sent = tokio::select! {
            frame = to_send.recv() => {
                let Some(frame) = frame else { return };
                way.peer.send(&frame).await
            }
            arrival = way.peer.receive() => match arrival {
                Ok(Arrival::Frame(frame)) => {
                    let arrived = Event::Arrived { from: there, to: here, frame };
                    if events.send(arrived).is_err() {
                        return;
                    }
                    way.nobody.send(&[]).await
                }
                Ok(Arrival::Returned) => Ok(()),
                Err(error) => Err(error),
            },
        };
        if sent.is_err() {
            return;
        }
    }
}
