//! Tests of the board itself; the exit status of the emulator says whether they passed.

#![no_std]
#![no_main]

use core::hint::black_box;

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

    check("bytes arrive where they are copied to", copies_are_right());
    check("quotients and remainders are right", divisions_are_right());
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

/// Every length, place and overlap within a few words, against copies byte by byte.
fn copies_are_right() -> bool {
    const LEN: usize = 24;
    let original: [u8; LEN] = core::array::from_fn(|at| at as u8 + 1);
    for len in 0..12 {
        for from in 0..LEN - len {
            for to in 0..LEN - len {
                let (mut moved, mut filled) = (black_box(original), black_box(original));
                moved.copy_within(from..from + black_box(len), to);
                filled[to..to + black_box(len)].fill(0xa5);
                for at in 0..LEN {
                    let is_inside = (to..to + len).contains(&at);
                    let wanted = if is_inside { at - to + from } else { at };
                    let byte = if is_inside { 0xa5 } else { original[at] };
                    if moved[at] != original[wanted] || filled[at] != byte {
                        return false;
                    }
                }
            }
        }
    }
    true
}

/// Numbers with their first bit everywhere, against what makes a division one.
fn divisions_are_right() -> bool {
    for bits in 0..64 {
        for by in 0..64 {
            for low in [0, 1, 0x55, u64::MAX] {
                let dividend = black_box((1 << bits) | low >> (63 - bits));
                let divisor = black_box((1 << by) | (low ^ 0x33) >> (63 - by));
                let (quotient, rest) = (dividend / divisor, dividend % divisor);
                let whole = quotient
                    .checked_mul(divisor)
                    .and_then(|n| n.checked_add(rest));
                if rest >= divisor || whole != Some(dividend) {
                    return false;
                }
            }
        }
    }
    true
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
