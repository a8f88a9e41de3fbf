//! The firmware that `build_mps2.sh` has built, under simulated time.

use std::process::{Command as Program, Stdio};

use gofarm_core::time::{hours, minutes};

use super::*;

const EPOCH: UnixMillis = UnixMillis::new(1_800_000_000_000);
const RUN: Duration = minutes(20);

/// A board, if it is built and can run; nothing, said aloud, if not. Who sets `FIRMWARE` wants no excuse.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
fn board() -> Option<Board> {
    let mut qemu = Program::new("qemu-system-arm");
    let qemu = qemu.arg("--version").stdout(Stdio::null());
    let can_run = Board::image().exists() && qemu.status().is_ok();
    if !can_run && std::env::var_os("FIRMWARE").is_none() {
        eprintln!("skipped: the firmware is not built, or there is no emulator");
        return None;
    }
    Some(Board::start(&Board::image(), EPOCH).unwrap())
}

fn open(id: u8, now: Instant) -> Command<Open> {
    let expiry = EPOCH + now.saturating_since(Instant::ZERO) + minutes(10);
    let id = CommandId::new([id; 16]);
    Command::new(id, Open).expires(expiry).lease(RUN)
}

fn opens(board: &mut Board, now: Instant, id: u8) {
    assert_eq!(board.open(now, true, &open(id, now)), Answer::Accepted);
    let opening = next(board);
    assert_eq!(opening.what, Pulse::Opening);
    assert!(opening.at <= now + minutes(1), "{opening:?}");
    assert_eq!(next(board).what, Pulse::Opened);
}

/// What it does next, whenever that is.
fn next(board: &mut Board) -> Done {
    loop {
        let at = board.poll_timeout();
        assert_ne!(at, Instant::FAR_FUTURE, "it does nothing by itself");
        if let Some(done) = board.poll(at) {
            return done;
        }
    }
}

fn refused(why: &str) -> Answer {
    Answer::Refused(why.to_owned())
}

#[test]
fn it_closes_at_the_end_of_the_lease_and_runs_no_command_twice() {
    let Some(mut board) = board() else { return };
    let mut now = Instant::ZERO + hours(30);
    assert_eq!(
        board.open(now, false, &open(1, now)),
        refused("time_unknown")
    );
    for id in 1..4 {
        opens(&mut board, now, id);
        let closing = next(&mut board);
        assert_eq!((closing.what, closing.at), (Pulse::Closing, now + RUN));
        assert_eq!(
            board.open(now + RUN, true, &open(id + 100, now)),
            refused("expired")
        );
        now += hours(8);
    }
    opens(&mut board, now, 7);
    assert_eq!(
        board.open(now + minutes(1), true, &open(7, now)),
        refused("repeated")
    );
    let close = Command::new(CommandId::new([8; 16]), Close);
    assert_eq!(board.close(now + minutes(2), &close), Answer::Accepted);
    let closing = next(&mut board);
    assert_eq!(
        (closing.what, closing.at),
        (Pulse::Closing, now + minutes(2))
    );
    assert!(board.poll(now + hours(72)).is_none());
    assert!(!board.is_gone());
}

#[test]
fn a_power_cut_in_mid_irrigation_closes_first_and_never_opens_again() {
    let Some(mut board) = board() else { return };
    let mut now = Instant::ZERO + hours(5);
    opens(&mut board, now, 1);
    let order = open(1, now);
    now += minutes(8);
    board.power_off(now);
    assert_eq!(board.open(now, true, &order), Answer::Silent);
    assert_eq!(board.poll(now + RUN * 3), None, "nothing moves");

    now += hours(2);
    assert_eq!(board.power_on(now), [], "it had been opened: executed");
    let closing = board.poll(now).unwrap();
    assert_eq!((closing.what, closing.at), (Pulse::Closing, now));
    let late = Command::new(order.id(), Open)
        .expires(EPOCH + hours(8))
        .lease(RUN);
    assert_eq!(board.open(now, true, &late), refused("repeated"));
    now += hours(1);
    opens(&mut board, now, 2);
}

#[test]
fn a_power_cut_in_the_pulse_leaves_a_command_that_nobody_knows_the_end_of() {
    let Some(mut board) = board() else { return };
    let now = Instant::ZERO + hours(5);
    let order = open(1, now);
    assert_eq!(board.open(now, true, &order), Answer::Accepted);
    board.power_off(now);
    assert_eq!(board.power_on(now + secs(3)), [order.id()]);
    let mut pulses = Vec::new();
    while let Some(done) = board.poll(now + secs(3)) {
        pulses.push(done.what);
    }
    assert_eq!(pulses.last(), Some(&Pulse::Closing));
    assert!(!pulses.contains(&Pulse::Opened));
    assert!(board.poll(now + hours(1)).is_none());
}

#[test]
fn what_is_missing_is_one_line_that_says_what_to_run() {
    let error = Board::start("nowhere/valve_node".as_ref(), EPOCH).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the firmware is not built: run examples/firmware/build_mps2.sh, which makes nowhere/valve_node"
    );
    let missing = BoardError::NotInstalled.to_string();
    assert!(missing.contains("apt-get install qemu-system-arm"));
}
