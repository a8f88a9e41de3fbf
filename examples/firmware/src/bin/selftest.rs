//! Tests of the board itself; the exit status of the emulator says whether they passed.

#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_time::Timer;
use gofarm_core::time::{Instant, millis};
use gofarm_firmware::board::uart::Uart;
use gofarm_firmware::board::{clock, exit, log};
use gofarm_hal::serial::Port;

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    let mut core = cortex_m::Peripherals::take().expect("taken once");
    clock::start(core.SYST);
    let mut line = Uart::start(1, &mut core.NVIC);

    check("the clock never goes back", clock_is_monotonic());
    check("a timer ends in time", timer_ends_in_time().await);
    check(
        "a line gives back what the host echoes",
        echo(&mut line).await,
    );
    log(&["passed"]);
    exit(true)
}

fn check(name: &str, passed: bool) {
    log(&[if passed { "ok     " } else { "FAILED " }, name]);
    if !passed {
        exit(false);
    }
}

fn clock_is_monotonic() -> bool {
    let mut last = clock::now();
    let end = last + millis(20);
    while last < end {
        let now = clock::now();
        if now < last {
            return false;
        }
        last = now;
    }
    true
}

async fn timer_ends_in_time() -> bool {
    let start = clock::now();
    Timer::after_millis(25).await;
    let took = clock::now().saturating_since(start);
    // An emulator that shares its machine may be late, never early.
    took >= millis(25) && took < millis(250)
}

async fn echo(line: &mut Uart) -> bool {
    let sent = *b"gofarm";
    let mut written = 0;
    let mut heard = [0; 6];
    let mut len = 0;
    let end = clock::now() + millis(5_000);
    while len < heard.len() && clock::now() < end {
        let now: Instant = clock::now();
        let Ok(more) = line.write(now, &sent[written..]);
        written += more;
        let Ok(more) = line.read(now, &mut heard[len..]);
        len += more;
        Timer::after_millis(1).await;
    }
    heard == sent && line.lost() == 0
}
