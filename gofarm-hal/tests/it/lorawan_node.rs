//! A node on the MAC of lora-rs, over a radio in memory and a network that answers with the MAC's own creator of frames.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a radio's clock has 32 bits"
)]

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, hours, millis};
use gofarm_hal::lorawan::{
    JoinError, Node, NodeEvent, Priority, Queue, QueueConfig, Region, SubBand, Uplink,
};
use lorawan::creator::DataPayloadCreator;
use lorawan::default_crypto::DefaultFactory;
use lorawan::parser::FCtrl;
use lorawan_device::nb_device::radio::{Event, PhyRxTx, Response, RxQuality};
use lorawan_device::region::{Configuration, Region as MacRegion};
use lorawan_device::{AppEui, AppKey, AppSKey, DevAddr, DevEui, JoinMode, NewSKey, Timings};

const KEY: [u8; 16] = [7; 16];
const ADDRESS: [u8; 4] = [1, 2, 3, 4];

/// What the radio has sent and is about to receive, and the clock.
#[derive(Default)]
struct Air {
    now_ms: Cell<u32>,
    sent: RefCell<Vec<(u32, Vec<u8>)>>,
    downlink: RefCell<Option<Vec<u8>>>,
    is_broken: Cell<bool>,
}

struct Radio {
    air: Rc<Air>,
    received: Vec<u8>,
}

impl PhyRxTx for Radio {
    type PhyEvent = ();
    type PhyError = &'static str;
    type PhyResponse = ();
    const MAX_RADIO_POWER: u8 = 14;

    fn get_mut_radio(&mut self) -> &mut Self {
        self
    }

    fn get_received_packet(&mut self) -> &mut [u8] {
        &mut self.received
    }

    fn handle_event(&mut self, event: Event<'_, Self>) -> Result<Response<Self>, &'static str> {
        if self.air.is_broken.get() {
            return Err("broken");
        }
        match event {
            Event::TxRequest(config, frame) => {
                let sent = (config.rf.frequency, frame.to_vec());
                self.air.sent.borrow_mut().push(sent);
                Ok(Response::TxDone(self.air.now_ms.get()))
            }
            Event::Phy(()) => match self.air.downlink.borrow_mut().take() {
                Some(frame) => {
                    self.received = frame;
                    Ok(Response::RxDone(RxQuality::new(-90, 7)))
                }
                None => Ok(Response::Rxing),
            },
            _ => Ok(Response::Rxing),
        }
    }
}

impl Timings for Radio {
    fn get_rx_window_offset_ms(&self) -> i32 {
        0
    }

    fn get_rx_window_duration_ms(&self) -> u32 {
        100
    }
}

type TestNode = Node<Radio, DefaultFactory, SplitMix64, 8, 51, 1>;

fn node() -> (TestNode, Rc<Air>) {
    let air = Rc::new(Air::default());
    let radio = Radio {
        air: Rc::clone(&air),
        received: Vec::new(),
    };
    let queue = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
    let region = Configuration::new(MacRegion::EU868);
    (Node::new(region, radio, SplitMix64::new(1), queue), air)
}

fn personalised() -> JoinMode {
    JoinMode::ABP {
        newskey: NewSKey::from(KEY),
        appskey: AppSKey::from(KEY),
        devaddr: DevAddr::from(ADDRESS),
    }
}

/// An acknowledgement with a payload.
fn downlink(count: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = DataPayloadCreator::with_options([0; 255], DefaultFactory).unwrap();
    let mut control = FCtrl::new(0, false);
    control.set_ack();
    frame.set_confirmed(false);
    frame.set_uplink(false);
    frame.set_dev_addr(&ADDRESS);
    frame.set_fctrl(&control);
    frame.set_f_port(9);
    frame.set_fcnt(count);
    frame
        .build(payload, &[], &NewSKey::from(KEY), &AppSKey::from(KEY))
        .unwrap()
        .to_vec()
}

/// Runs the node until it has something to tell, at most for a minute.
fn run(node: &mut TestNode, air: &Air, now: &mut Instant) -> Option<NodeEvent> {
    let end = *now + millis(60_000);
    while *now <= end {
        air.now_ms.set((now.as_micros() / 1_000) as u32);
        if let Some(event) = node.poll(*now).unwrap() {
            return Some(event);
        }
        if air.downlink.borrow().is_some()
            && let Some(event) = node.handle_radio(*now, ()).unwrap_or(None)
        {
            return Some(event);
        }
        *now += millis(50);
    }
    None
}

#[test]
fn a_confirmed_alarm_goes_out_until_it_is_answered_and_the_answer_is_handed_out() {
    let (mut node, air) = node();
    let mut now = Instant::from_secs(10);
    assert_eq!(node.join(now, personalised()), Ok(Some(NodeEvent::Joined)));
    let alarm = Uplink::new(2, Priority::Alarm, b"leak").confirmed();
    node.queue().push(now, alarm).unwrap();
    assert_eq!(run(&mut node, &air, &mut now), Some(NodeEvent::Unanswered));
    assert_eq!(node.queue().account().waiting(), 1);

    *air.downlink.borrow_mut() = Some(downlink(1, b"close"));
    assert_eq!(run(&mut node, &air, &mut now), Some(NodeEvent::Answered));
    let received = node.take_downlink().unwrap();
    assert_eq!(
        (received.fport, received.data.as_slice()),
        (9, &b"close"[..])
    );
    assert!(node.take_downlink().is_none());
    let account = node.queue().account();
    assert_eq!((account.acknowledged(), account.waiting()), (1, 0));
    assert_eq!(air.sent.borrow().len(), 2);
    for (carrier, frame) in air.sent.borrow().iter() {
        assert_eq!(SubBand::of(*carrier), Some(SubBand::M));
        assert_eq!(frame.len(), 13 + 4);
    }
}

#[test]
fn an_unconfirmed_frame_is_done_behind_its_windows() {
    let (mut node, air) = node();
    let mut now = Instant::ZERO;
    node.join(now, personalised()).unwrap();
    let reading = Uplink::new(2, Priority::Reading, &[1, 103, 0, 185]);
    node.queue().push(now, reading).unwrap();
    assert_eq!(node.poll_timeout(now), Some(now));
    assert_eq!(run(&mut node, &air, &mut now), Some(NodeEvent::Unanswered));
    assert_eq!(node.queue().account().sent(), 1);
    assert_eq!(node.poll_timeout(now), None);
}

#[test]
fn join_requests_count_and_are_refused_when_the_hour_is_used_up() {
    let (mut node, air) = node();
    let mut now = Instant::ZERO;
    let mode = JoinMode::OTAA {
        deveui: DevEui::from([1; 8]),
        appeui: AppEui::from([2; 8]),
        appkey: AppKey::from(KEY),
    };
    let mut requests = 0;
    let refused = loop {
        air.now_ms.set((now.as_micros() / 1_000) as u32);
        match node.join(now, mode) {
            Ok(_) => requests += 1,
            Err(error) => break error,
        }
        assert_eq!(
            run(&mut node, &air, &mut now),
            Some(NodeEvent::JoinUnanswered)
        );
    };
    let JoinError::DutyCycle { in_time } = refused else {
        panic!("{refused}");
    };
    assert!(in_time > millis(0) && in_time <= hours(2));
    let dr = node.device().get_datarate() as u8;
    let air_time = Region::Eu868.data_rate(dr).unwrap().air_time(23);
    assert_eq!(requests, 36_000_000 / air_time.as_micros());
    assert_eq!(air.sent.borrow().len() as u128, requests);
}

#[test]
fn a_radio_that_fails_gives_the_frame_back() {
    let (mut node, air) = node();
    let now = Instant::ZERO;
    node.join(now, personalised()).unwrap();
    node.queue()
        .push(now, Uplink::new(2, Priority::Reading, &[1]))
        .unwrap();
    air.is_broken.set(true);
    assert!(node.poll(now).is_err());
    assert_eq!(node.queue().account().waiting(), 1);
    air.is_broken.set(false);
    let mut later = now + hours(2);
    assert_eq!(
        run(&mut node, &air, &mut later),
        Some(NodeEvent::Unanswered)
    );
    assert_eq!(node.queue().account().waiting(), 0);
}
