//! A valve node.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use gofarm_core::DeviceId;
use gofarm_core::text::Text;
use gofarm_core::time::UnixMillis;
use gofarm_crdt::Replicated;
use gofarm_crdt::board::Board;
use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::{Actor, ReplicaId};
use gofarm_crdt::register::Lww;
use gofarm_crdt::sync::PeerIdentity;
use gofarm_firmware::board::uart::Uart;
use gofarm_firmware::board::{clock, log};
use gofarm_firmware::sync_line::SyncLine;

#[derive(Replicated, Debug, Default)]
struct Valve {
    open: Lww<bool, Fixed<1>>,
    reason: Lww<Text<24>, Fixed<1>>,
    litres: GCounter<Fixed<4>>,
}

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let mut core = cortex_m::Peripherals::take().expect("taken once");
    clock::start(core.SYST);
    let line = Uart::start(1, &mut core.NVIC);
    let id = ReplicaId::of(&DeviceId::new("valve-7").expect("an id"));
    let gateway = ReplicaId::of(&DeviceId::new("gateway").expect("an id"));
    let mut board: Board<'_, Valve, 8, 3> = Board::new("valve-control/7", Actor::new(id, 77));
    let mut sync = SyncLine::<_, 8>::new(line, PeerIdentity::relay(gateway), 5);
    let mut page = [0; 512];
    loop {
        let now = Now::new(clock::now(), Some(UnixMillis::new(1_790_000_000_000)));
        if board.is_unsaved()
            && let Ok(save) = board.save(&mut page)
        {
            save.done();
        }
        let _ = board.update(now, |v| {
            v.open.set(true);
            v.litres.try_add(1)
        });
        sync.poll(&mut board, now);
        while let Some(event) = sync.poll_event() {
            if event == gofarm_crdt::sync::Event::Synced {
                log(&["synced"]);
            }
        }
        Timer::after_millis(5).await;
    }
}
