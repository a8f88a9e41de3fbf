//! The CMSDK APB UARTs (ARM DDI0479): a line each, received by interrupt.

use core::cell::RefCell;
use core::convert::Infallible;

use critical_section::Mutex;
use gofarm_core::device::Progress;
use gofarm_core::time::Instant;
use gofarm_hal::serial::{Port, SetBreak};

/// UARTs 1 to this are lines; there is a fifth, whose registers lie apart.
const LINES: usize = 3;

/// Bytes between the interrupt and the program; more are counted as lost.
const RING: usize = 256;

const DATA: usize = 0x00;
const STATE: usize = 0x04;
const CONTROL: usize = 0x08;
const INTERRUPT_CLEAR: usize = 0x0C;
const BAUD_DIVIDER: usize = 0x10;

const TRANSMIT_FULL: u32 = 1 << 0;
const RECEIVE_FULL: u32 = 1 << 1;
const TRANSMIT_ENABLE: u32 = 1 << 0;
const RECEIVE_ENABLE: u32 = 1 << 1;
const RECEIVE_INTERRUPT: u32 = 1 << 3;

struct Ring {
    bytes: [u8; RING],
    head: usize,
    len: usize,
    lost: u32,
}

static RINGS: [Mutex<RefCell<Ring>>; LINES] = [const {
    Mutex::new(RefCell::new(Ring {
        bytes: [0; RING],
        head: 0,
        len: 0,
        lost: 0,
    }))
}; LINES];

fn register(uart: usize, offset: usize) -> *mut u32 {
    (0x4000_4000 + 0x1000 * uart + offset) as *mut u32
}

fn read(uart: usize, offset: usize) -> u32 {
    // SAFETY: the registers of UARTs 0 to 3 are at these addresses, and no access to one has an effect on memory.
    unsafe { register(uart, offset).read_volatile() }
}

fn write(uart: usize, offset: usize, value: u32) {
    // SAFETY: as above.
    unsafe { register(uart, offset).write_volatile(value) }
}

/// Takes what UART `uart` has received; called by its interrupt.
pub(super) fn receive(uart: usize) {
    critical_section::with(|cs| {
        let mut ring = RINGS[uart - 1].borrow(cs).borrow_mut();
        // Before the bytes are read: one that comes behind the last look asks for another interrupt.
        write(uart, INTERRUPT_CLEAR, 0b1111);
        while read(uart, STATE) & RECEIVE_FULL != 0 {
            let byte = read(uart, DATA) as u8;
            if ring.len == RING {
                ring.lost += 1;
            } else {
                let at = (ring.head + ring.len) % RING;
                ring.bytes[at] = byte;
                ring.len += 1;
            }
        }
    });
}

/// UART 1, 2 or 3 as a line; QEMU moves bytes at once, whatever the speed.
pub struct Uart {
    number: usize,
}

impl Uart {
    /// Starts a UART.
    ///
    /// # Panics
    /// If `number` is not 1 to 3.
    pub fn start(number: usize, nvic: &mut cortex_m::peripheral::NVIC) -> Self {
        assert!((1..=LINES).contains(&number));
        write(number, BAUD_DIVIDER, super::CORE_HZ / 115_200);
        write(
            number,
            CONTROL,
            TRANSMIT_ENABLE | RECEIVE_ENABLE | RECEIVE_INTERRUPT,
        );
        // SAFETY: these are the receive interrupts, whose handlers take a critical section for what they share.
        unsafe { nvic.iser[0].write(1 << super::interrupt::RECEIVE[number]) };
        Self { number }
    }

    /// Bytes that came while there was no room for them.
    pub fn lost(&self) -> u32 {
        critical_section::with(|cs| RINGS[self.number - 1].borrow(cs).borrow().lost)
    }
}

impl Port for Uart {
    type Error = Infallible;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        critical_section::with(|cs| {
            let mut ring = RINGS[self.number - 1].borrow(cs).borrow_mut();
            let len = ring.len.min(into.len());
            for slot in &mut into[..len] {
                *slot = ring.bytes[ring.head];
                ring.head = (ring.head + 1) % RING;
            }
            ring.len -= len;
            Ok(len)
        })
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let mut len = 0;
        for &byte in bytes {
            if read(self.number, STATE) & TRANSMIT_FULL != 0 {
                break;
            }
            write(self.number, DATA, u32::from(byte));
            len += 1;
        }
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Infallible>> {
        if read(self.number, STATE) & TRANSMIT_FULL == 0 {
            Progress::Ready(Ok(()))
        } else {
            Progress::WouldBlock(now)
        }
    }
}

/// An SDI-12 line is woken by a break, which these UARTs cannot send and no socket could carry: it is left out here, and
/// the probe on the other end does not wait for it.
impl SetBreak for Uart {
    fn set_break(&mut self, _: Instant, _: bool) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Writes to UART 0, waiting for each character.
pub(super) fn print(text: &str) {
    write(0, BAUD_DIVIDER, super::CORE_HZ / 115_200);
    write(0, CONTROL, TRANSMIT_ENABLE);
    for byte in text.bytes() {
        while read(0, STATE) & TRANSMIT_FULL != 0 {}
        write(0, DATA, u32::from(byte));
    }
}
