//! A plot: two soil probes, a water meter, a valve with leases, and a state in step with a gateway.
//!
//! UART 1 is the gateway's, UART 2 an RS-485 line with a Modbus unit, UART 3 an SDI-12 line. At start it prints its
//! contract, a Thing Description.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use gofarm_core::command::{Command, CommandId};
use gofarm_core::text::Text;
use gofarm_core::time::Instant;
use gofarm_core::{DeviceId, Validate};
use gofarm_crdt::board::Board;
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::{Actor, ReplicaId};
use gofarm_crdt::sync::{Event, PeerIdentity};
use gofarm_firmware::board::kept::{KeptJournal, SAVE, take_saves};
use gofarm_firmware::board::uart::Uart;
use gofarm_firmware::board::{clock, log};
use gofarm_firmware::irrigation::Irrigation;
use gofarm_firmware::plot::{Deep, Plot, Soil};
use gofarm_firmware::probes::Probes;
use gofarm_firmware::reading::{Open, Reading};
use gofarm_firmware::sync_line::SyncLine;
use gofarm_hal::flow_meter::KFactor;
use gofarm_hal::valve::Verdict;

/// The Thing Description of [`Reading`], written when this was built.
const CONTRACT: &str = include_str!(concat!(env!("OUT_DIR"), "/plot.td.json"));

/// The board has no source of randomness; a product takes 32 random bits, for its memory may have been lost.
const INCARNATION: u32 = 77;

/// The water meter's pulses.
const PULSES: KFactor = match KFactor::per_litre(450) {
    Ok(pulses) => pulses,
    Err(_) => panic!("a factor"),
};

type PlotBoard = Board<'static, Plot, 4, 3>;

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let mut core = cortex_m::Peripherals::take().expect("taken once");
    clock::start(core.SYST);
    log(&[CONTRACT]);

    let journal = KeptJournal::take().expect("taken once");
    let mut irrigation = Irrigation::start(journal, clock::now()).expect("options that can work");
    let saves = take_saves().expect("taken once");
    let id = ReplicaId::of(&DeviceId::new("valve-7").expect("an id"));
    let gateway = ReplicaId::of(&DeviceId::new("gateway").expect("an id"));
    let pages = saves.iter().map(|save| &save[..]);
    let mut board: PlotBoard = Board::restore("plot/7", id, INCARNATION, pages)
        .unwrap_or_else(|_| Board::new("plot/7", Actor::new(id, INCARNATION)));
    // Another number for each session, as far as a board without randomness has one.
    let number = INCARNATION ^ board.clock().last().to_bits() as u32;
    let nvic = &mut core.NVIC;
    let peer = PeerIdentity::relay(gateway);
    let mut sync = SyncLine::<_, 4>::new(Uart::start(1, nvic), peer, number);
    let mut probes = Probes::new(Uart::start(2, nvic), Uart::start(3, nvic), PULSES);

    let mut node = Node {
        soil: None,
        deep: None,
        ordered: None,
        said: board.read().report.get_or_default().3,
        litres: 0,
    };
    log(&["started"]);
    loop {
        let now = clock::now();
        node.soil = probes.poll_soil(now).or(node.soil);
        node.deep = probes.poll_deep(now).or(node.deep);
        node.obey(&board, &mut irrigation, now);
        // A pin that failed is tried again by the next poll.
        let _ = irrigation.poll(now);

        let both = Now::new(now, irrigation.wall(now));
        node.report(&mut board, irrigation.is_open(), probes.litres(now), both);
        if board.is_unsaved() {
            keep(&mut board, saves);
        }
        sync.poll(&mut board, both);
        if let Some(time) = sync.poll_time() {
            irrigation.set_wall(time, now);
        }
        if sync.poll_commissioned() && irrigation.commission().is_ok() {
            log(&["commissioned"]);
        }
        while let Some(event) = sync.poll_event() {
            if matches!(event, Event::Synced) {
                log(&["synced"]);
            }
        }
        Timer::after_millis(1).await;
    }
}

/// What the program remembers between two turns.
struct Node {
    soil: Option<Soil>,
    deep: Option<Deep>,
    ordered: Option<CommandId>,
    said: Text<16>,
    litres: u32,
}

impl Node {
    /// Carries out what the gateway ordered, once: the lease knows what it has run, also before a reset.
    #[inline(never)]
    fn obey(&mut self, board: &PlotBoard, irrigation: &mut Irrigation, now: Instant) {
        match board.read().order.get() {
            None if self.ordered.take().is_some() => irrigation.close_now(now),
            None => {}
            Some((id, ..)) if self.ordered == Some(*id) => {}
            // It waits for the time of day, and for a close to end.
            Some(_) if irrigation.wall(now).is_none() || irrigation.is_closing() => {}
            Some((id, expires, lease)) => {
                self.ordered = Some(*id);
                let command = Command::new(*id, Open).expires(*expires).lease(*lease);
                let said = match irrigation.open(&command, now) {
                    Verdict::Accepted => "accepted",
                    Verdict::Refused(why) => why.as_str(),
                };
                self.said = Text::new(said).unwrap_or_default();
            }
        }
    }

    /// Writes what is new to the state. A measurement that does not keep to the contract is not reported.
    #[inline(never)]
    fn report(&mut self, board: &mut PlotBoard, open: bool, litres: u32, now: Now) {
        let (moisture, temperature, conductivity) = self.soil.unwrap_or_default();
        let (deep_moisture, deep_temperature) = self.deep.unwrap_or_default();
        let reading = Reading {
            moisture,
            temperature,
            conductivity,
            deep_moisture,
            deep_temperature,
            open,
            litres,
        };
        if !reading.is_valid() {
            (self.soil, self.deep) = (None, None);
        }
        let report = (self.soil, self.deep, open, self.said);
        let is_new = board.read().report.get() != Some(&report);
        let more = litres.saturating_sub(self.litres);
        if !is_new && more == 0 {
            return;
        }
        self.litres = litres;
        let _ = board.update(now, |plot| {
            if is_new {
                plot.report.set(report);
            }
            plot.litres.try_add(more.into())
        });
    }
}

/// Writes the board to the page whose turn it is. A board that does not fit is not shown to anybody.
#[inline(never)]
fn keep(board: &mut PlotBoard, saves: &mut [[u8; SAVE]; 2]) {
    let mut page = [0; SAVE];
    if let Ok(save) = board.save(&mut page) {
        let len = save.bytes().len();
        saves[save.sequence() as usize % 2][..len].copy_from_slice(save.bytes());
        save.done();
    }
}
