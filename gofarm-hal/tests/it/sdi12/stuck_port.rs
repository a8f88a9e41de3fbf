//! A port that stops taking bytes in the middle of a command, and goes on later.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::convert::Infallible;

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis};
use gofarm_hal::sdi12::{Address, Ask, Bus, Line, Request, Ticket, Timing};
use gofarm_hal::serial::{Port, SetBreak};

/// Takes `room` bytes more, and shows what it took.
#[derive(Clone, Default)]
struct Narrow {
    room: Rc<Cell<usize>>,
    taken: Rc<RefCell<Vec<u8>>>,
}

impl Port for Narrow {
    type Error = Infallible;

    fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Infallible> {
        Ok(0)
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let len = bytes.len().min(self.room.get());
        self.room.set(self.room.get() - len);
        self.taken.borrow_mut().extend(&bytes[..len]);
        Ok(len)
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
        Progress::Ready(Ok(()))
    }
}

impl SetBreak for Narrow {
    fn set_break(&mut self, _: Instant, _: bool) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Asks until there is an end, which nothing can answer, and says when.
fn ask_in_vain(bus: &mut Bus<Narrow>, request: Request, mut now: Instant) -> Instant {
    let mut ticket = Ticket::new();
    loop {
        match bus.poll(&mut ticket, &Ask::Request(request), now) {
            Progress::WouldBlock(at) => now = at.max(now + millis(1)),
            Progress::Ready(end) => {
                assert!(end.is_err(), "{end:?}");
                bus.release(&mut ticket, now);
                return now;
            }
        }
    }
}

#[test]
fn what_a_stuck_port_did_not_take_is_never_sent_before_the_next_command() {
    let port = Narrow::default();
    let mut bus = Bus::new(port.clone(), Timing::DEFAULT);
    let [one, two] = ['1', '2'].map(|address| Address::new(address).unwrap());
    port.room.set(2);
    let now = ask_in_vain(&mut bus, Request::change_address(one, two), Instant::ZERO);
    assert_eq!(*port.taken.borrow(), b"1A");

    port.room.set(usize::MAX);
    ask_in_vain(&mut bus, Request::identify(one), now);
    let taken = port.taken.borrow();
    assert!(
        taken[2..].chunks(3).all(|command| command == b"1I!"),
        "{}",
        taken.escape_ascii()
    );
}
