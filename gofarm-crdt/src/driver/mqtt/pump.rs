//! [`Pump`]: the task that keeps the connection to a broker.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, pending};
use core::pin::{Pin, pin};

use gofarm_core::link::{Link, LinkAction, LinkEvent, LinkState};
use gofarm_core::observe::Observer;
use gofarm_core::random::Random;
use gofarm_core::time::{Clock, millis, minutes, secs};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, Disconnect, DisconnectReasonCode, Packet, PingReq, Publish,
    SubscribeReasonCode,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::driver::traffic::Traffic;

use super::config::Config;
use super::fault::Fault;
use super::wire::Wire;
use super::{Outgoing, Shared, Status};

/// Keeps the connection of a [`Client`](super::Client).
#[must_use = "nothing is connected before it runs"]
pub struct Pump {
    config: Config,
    shared: Arc<Shared>,
    outgoing: mpsc::Receiver<Outgoing>,
    status: watch::Sender<Status>,
    observer: Box<dyn Observer + Send + Sync>,
    io: Io,
    fault: Option<Fault>,
    connections: u64,
    traffic: Traffic,
}

enum Io {
    Closed,
    Opening(Pin<Box<dyn Future<Output = Result<Wire, Fault>> + Send>>),
    Open(Box<Wire>),
}

#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once; a box would be one more allocation a packet"
)]
enum Happened {
    Opened(Result<Wire, Fault>),
    /// Nothing, but that there is room for frames again.
    Packet(Result<Option<Packet>, Fault>),
}

impl Io {
    /// Waits for what happens next; dropping the future loses nothing.
    async fn next(&mut self) -> Happened {
        match self {
            Self::Closed => pending().await,
            Self::Opening(opening) => Happened::Opened(opening.await),
            Self::Open(wire) => Happened::Packet(wire.next().await),
        }
    }

    fn is_full(&self) -> bool {
        matches!(self, Self::Open(wire) if wire.is_full())
    }
}

impl Pump {
    pub(super) fn new(
        config: Config,
        shared: Arc<Shared>,
        outgoing: mpsc::Receiver<Outgoing>,
        status: watch::Sender<Status>,
    ) -> Self {
        Self {
            config,
            shared,
            outgoing,
            status,
            observer: Box::new(()),
            io: Io::Closed,
            fault: None,
            connections: 0,
            traffic: Traffic::new(),
        }
    }

    /// Tells `observer` what the link does: [`gofarm_core::link::INSTRUMENTS`].
    pub fn with_observer(mut self, observer: impl Observer + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Connects, and connects again for ever, until `until` is ready; then writes what waits and says goodbye to the
    /// broker, for which it takes 2 s at most.
    ///
    /// `random` spreads the tries; it must differ from device to device.
    pub async fn run(
        mut self,
        clock: impl Clock + Send + Sync,
        mut random: impl Random + Send,
        until: impl Future<Output = ()> + Send,
    ) {
        let mut link = Link::new(self.config.link());
        let mut until = pin!(until);
        link.handle(clock.now(), LinkEvent::Start, &mut random);
        loop {
            while let Some(action) = link.poll_action() {
                if let Err(fault) = self.act(action) {
                    self.fault = Some(fault);
                    link.handle(clock.now(), fault.event(), &mut random);
                }
            }
            while let Some(signal) = link.poll_signal() {
                self.observer.observe(&signal);
            }
            self.tell(&link);
            let now = clock.now();
            // Once a minute at least, should the clock be set back.
            let wake = link.poll_timeout().map_or(minutes(1), |at| {
                at.saturating_since(now).clamp(millis(1), minutes(1))
            });
            let is_full = self.io.is_full();
            let result = tokio::select! {
                () = &mut until => break,
                happened = self.io.next() => self.take(happened),
                Some(outgoing) = self.outgoing.recv(), if !is_full => {
                    self.send(outgoing, link.state()).map(|()| None)
                }
                () = sleep(wake) => {
                    let before = link.state();
                    link.handle(clock.now(), LinkEvent::Timeout, &mut random);
                    if before != link.state() && link.state() == LinkState::Reconnecting {
                        self.fault = Some(Fault::Silent);
                    }
                    Ok(None)
                }
            };
            let event = result.unwrap_or_else(|fault| {
                self.fault = Some(fault);
                Some(fault.event())
            });
            if let Some(event) = event {
                if event == LinkEvent::Authenticated {
                    self.connections += 1;
                }
                link.handle(clock.now(), event, &mut random);
            }
        }
        let goodbye = self.goodbye();
        link.handle(clock.now(), LinkEvent::Stop, &mut random);
        // A broker that does not take it finds out by itself.
        let _ = timeout(secs(2), goodbye).await;
    }

    fn act(&mut self, action: LinkAction) -> Result<(), Fault> {
        match action {
            LinkAction::Connect => {
                self.io = Io::Opening(Box::pin(Wire::open(self.config.clone())));
            }
            LinkAction::Authenticate => {
                if let Io::Open(wire) = &mut self.io {
                    wire.put_connect(&self.config)?;
                }
            }
            LinkAction::SendPing => {
                if let Io::Open(wire) = &mut self.io {
                    wire.put(&Packet::PingReq(PingReq))?;
                }
            }
            LinkAction::Close => self.io = Io::Closed,
            // Alarms are in the status.
            _ => {}
        }
        Ok(())
    }

    /// Takes what happened, and all that has arrived with it.
    fn take(&mut self, happened: Happened) -> Result<Option<LinkEvent>, Fault> {
        let packet = match happened {
            Happened::Opened(wire) => {
                self.io = Io::Open(Box::new(wire?));
                return Ok(Some(LinkEvent::TransportConnected));
            }
            Happened::Packet(packet) => packet?,
        };
        let Some(packet) = packet else {
            return Ok(None);
        };
        let mut event = self.packet(packet)?;
        while event == LinkEvent::DataReceived
            && let Io::Open(wire) = &mut self.io
            && let Some(packet) = wire.arrived()
        {
            event = self.packet(packet?)?;
        }
        Ok(Some(event))
    }

    fn packet(&mut self, packet: Packet) -> Result<LinkEvent, Fault> {
        match packet {
            Packet::Publish(publish) => {
                if !self.shared.deliver(&publish.topic, &publish.payload) {
                    self.traffic.lost();
                }
            }
            Packet::ConnAck(connack) if connack.code == ConnectReturnCode::Success => {
                let limit = connack.properties.and_then(|given| given.max_packet_size);
                let needed = self.config.max_packet();
                if let Some(limit) = limit.filter(|limit| *limit < needed) {
                    return Err(Fault::PacketSize { limit, needed });
                }
                if let Io::Open(wire) = &mut self.io {
                    wire.put_subscribe(&self.config)?;
                }
            }
            Packet::ConnAck(connack) => return Err(Fault::of_connack(connack.code)),
            Packet::SubAck(suback) => {
                let is_granted = |code| matches!(code, &SubscribeReasonCode::Success(_));
                if !suback.return_codes.iter().all(is_granted) {
                    return Err(Fault::NotSubscribed);
                }
                return Ok(LinkEvent::Authenticated);
            }
            Packet::PingResp(_) => return Ok(LinkEvent::PongReceived),
            Packet::Disconnect(goodbye) => return Err(Fault::of_disconnect(goodbye.reason_code)),
            _ => return Err(Fault::Protocol),
        }
        Ok(LinkEvent::DataReceived)
    }

    /// Has a frame written, and those that wait behind it; without a connection they are lost.
    fn send(&mut self, first: Outgoing, state: LinkState) -> Result<(), Fault> {
        let mut next = Some(first);
        while let Some(Outgoing { topic, frame }) = next {
            match &mut self.io {
                Io::Open(wire) if state == LinkState::Connected => {
                    let publish = Publish {
                        qos: QoS::AtMostOnce,
                        topic,
                        payload: frame,
                        ..Publish::default()
                    };
                    let size = wire.put(&Packet::Publish(publish))?;
                    self.traffic.sent(size);
                }
                _ => self.traffic.lost(),
            }
            next = (!self.io.is_full())
                .then(|| self.outgoing.try_recv().ok())
                .flatten();
        }
        Ok(())
    }

    fn tell(&self, link: &Link) {
        self.status.send_if_modified(|status| {
            let is_new = status.state != link.state()
                || status.alarm != link.alarm()
                || status.fault != self.fault
                || status.connections != self.connections;
            status.state = link.state();
            status.alarm = link.alarm();
            status.fault = self.fault;
            status.connections = self.connections;
            status.traffic = self.traffic;
            is_new
        });
    }

    async fn goodbye(mut self) -> Result<(), Fault> {
        self.status
            .send_modify(|status| status.state = LinkState::Disconnected);
        while let Ok(outgoing) = self.outgoing.try_recv() {
            self.send(outgoing, LinkState::Connected)?;
        }
        let Io::Open(mut wire) = self.io else {
            return Ok(());
        };
        let reason = DisconnectReasonCode::NormalDisconnection;
        wire.put(&Packet::Disconnect(Disconnect::new(reason)))?;
        wire.finish().await
    }
}

impl fmt::Debug for Pump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump")
            .field("config", &self.config)
            .field("status", &*self.status.borrow())
            .finish_non_exhaustive()
    }
}
