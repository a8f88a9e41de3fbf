//! A valve on a line: it opens under the leases that a controller sends, and closes whatever becomes of the controller.
//!
//! UART 1 carries [`Message`]s and [`Reply`]s.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use gofarm_core::command::Command;
use gofarm_core::time::{Instant, millis};
use gofarm_firmware::board::kept::KeptJournal;
use gofarm_firmware::board::uart::Uart;
use gofarm_firmware::board::{clock, log};
use gofarm_firmware::irrigation::Irrigation;
use gofarm_firmware::reading::Open;
use gofarm_firmware::valve_message::{MAX_LEN, Message, Reply};
use gofarm_hal::serial::Frames;
use gofarm_hal::valve::Verdict;

type Line = Frames<Uart, { MAX_LEN + 2 }>;

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let mut core = cortex_m::Peripherals::take().expect("taken once");
    clock::start(core.SYST);
    let journal = KeptJournal::take().expect("taken once");
    let mut irrigation = Irrigation::start(journal, clock::now()).expect("options that can work");
    let mut line: Line = Frames::new(Uart::start(1, &mut core.NVIC));
    log(&["started"]);
    loop {
        let now = clock::now();
        talk(&mut line, &mut irrigation, now);
        // A pin that failed is tried again by the next poll.
        let valve = irrigation.poll(now).unwrap_or_default();
        let soon = now + millis(1); // the line is read this often
        let at = valve.map_or(soon, |at| at.min(soon));
        Timer::at(embassy_time::Instant::from_micros(at.as_micros())).await;
    }
}

/// Hears and answers until there is nothing to hear, or no room for an answer.
fn talk(line: &mut Line, irrigation: &mut Irrigation, now: Instant) {
    while let Ok(true) = line.poll_send(now) {
        let reply = match irrigation.poll_indeterminate() {
            Some(id) => Some(Reply::Indeterminate(id)),
            None => {
                let Ok(Some(frame)) = line.poll_receive(now) else {
                    return;
                };
                Message::decode(frame).and_then(|message| obey(&message, irrigation, now))
            }
        };
        if let Some(reply) = reply {
            let mut frame = [0; MAX_LEN];
            let len = reply.encode(&mut frame);
            let _ = line.send(&frame[..len]); // there is room: the line was free
        }
    }
}

fn obey(message: &Message, irrigation: &mut Irrigation, now: Instant) -> Option<Reply<'static>> {
    let (id, verdict) = match *message {
        Message::Time(unix) => {
            irrigation.set_wall(unix, now);
            return None;
        }
        Message::Commission => {
            let kept = irrigation.commission().is_ok();
            log(&[if kept {
                "commissioned"
            } else {
                "not commissioned"
            }]);
            return None;
        }
        Message::Open { id, expires, lease } => {
            let open = Command::new(id, Open).expires(expires).lease(lease);
            (id, irrigation.open(&open, now))
        }
        Message::Close { id } => (id, irrigation.close(id, now)),
    };
    Some(match verdict {
        Verdict::Accepted => Reply::Accepted(id),
        Verdict::Refused(why) => Reply::Refused(id, why.as_str()),
    })
}
