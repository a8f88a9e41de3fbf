//! A new board: what you write, what it must hold to, and how to know that it does.
//!
//! Your board is not the one in the examples. That is the usual case: this crate has no board support, and needs
//! none. Drivers of chips come from their HALs; what is left for you is five small things, each with a trap. The
//! example firmware's own (`examples/firmware/src/board` in the repository) are 740 lines, of which clock, UART, pins and
//! storage are 430.
//!
//! | the board gives | as | used by | the trap |
//! |---|---|---|---|
//! | a clock | [`Instant`](gofarm_core::time::Instant), 64 bits of microseconds | everything | it stops in sleep, or goes back when it wraps |
//! | a serial line | [`Port`](crate::serial::Port) | Modbus, SDI-12, 1-Wire, messages | "sent" is not yet "on the wire" |
//! | output pins | `embedded_hal::digital::OutputPin` | [`valve`](crate::valve) | what they are while the chip starts |
//! | two pages of flash, FRAM or EEPROM | [`Journal`](gofarm_core::command::Journal) | [`valve`](crate::valve)'s lease | "saved" before it is |
//! | 32 random bits at the start | a number | a replica's incarnation, the link's spread | the same number on each board |
//!
//! I²C sensors take any `embedded_hal::i2c::I2c`, `async` drivers run on any executor. Built in CI for thumbv6m, thumbv7em,
//! riscv32imac and armv7 Linux; no atomic read-modify-write, no heap.
//!
//! # 1. The clock
//!
//! It counts microseconds since the start, never goes back, and goes on in every sleep mode that you use, or leases run
//! longer than they should. Most chips have 32 bits, which wrap after 72 minutes at 1 MHz; extend them:
//!
//! ```
//! use core::cell::Cell;
//! use gofarm_core::time::{Clock, Instant};
//!
//! /// A 32-bit timer at 1 MHz, extended. It has to be read at least once in each 71 minutes.
//! struct Extended<F> { counter: F, last: Cell<u64> }
//!
//! impl<F: Fn() -> u32> Clock for Extended<F> {
//!     fn now(&self) -> Instant {
//!         let last = self.last.get();
//!         // The difference in 32 bits is right across a wrap. With interrupts that read it too: a critical section.
//!         let now = last + u64::from((self.counter)().wrapping_sub(last as u32));
//!         self.last.set(now);
//!         Instant::from_micros(now)
//!     }
//! }
//!
//! let register = Cell::new(u32::MAX - 1);
//! let clock = Extended { counter: || register.get(), last: Cell::new(0) };
//! let before = clock.now();
//! register.set(3); // wrapped
//! assert_eq!(clock.now().saturating_since(before).as_micros(), 5);
//! ```
//!
//! Wall time is another thing, and a board need not have it: whoever knows tells the node (the gateway, GNSS, a clock chip).
//! Until then a valve refuses to open and still closes.
//!
//! # 2. A serial line
//!
//! - The HAL has `embedded-io` with `ReadReady` and `WriteReady`: [`Polled`](crate::serial::Polled) makes a port of it.
//! - Bytes come by interrupt: a [`RingBuffer`](crate::ring_buffer::RingBuffer) between it and a `Port` of your own, below.
//! - Linux: `serial::linux::Tty` (feature `std`).
//!
//! A half-duplex transceiver goes around any of them: [`Rs485`](crate::serial::Rs485). SDI-12 needs
//! [`SetBreak`](crate::serial::SetBreak), 1-Wire [`SetBaudRate`](crate::serial::SetBaudRate).
//!
//! ```
//! use core::convert::Infallible;
//! use gofarm_core::device::Progress;
//! use gofarm_core::time::Instant;
//! use gofarm_hal::ring_buffer::{Consumer, RingBuffer};
//! use gofarm_hal::serial::Port;
//!
//! /// The registers of a UART, as your HAL shows them.
//! trait Registers {
//!     fn put(&mut self, byte: u8) -> bool;   // false if there is no room
//!     fn has_sent_all(&self) -> bool;        // "transmission complete", not "register empty"
//! }
//!
//! struct Uart<'a, R> { registers: R, received: Consumer<'a, u8, 64> }
//!
//! impl<R: Registers> Port for Uart<'_, R> {
//!     type Error = Infallible;
//!     fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
//!         Ok(self.received.read(into))
//!     }
//!     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
//!         Ok(bytes.iter().take_while(|&&byte| self.registers.put(byte)).count())
//!     }
//!     fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Infallible>> {
//!         if self.registers.has_sent_all() { Progress::Ready(Ok(())) } else { Progress::WouldBlock(now) }
//!     }
//! }
//!
//! # struct Silent;
//! # impl Registers for Silent {
//! #     fn put(&mut self, _: u8) -> bool { true }
//! #     fn has_sent_all(&self) -> bool { true }
//! # }
//! static RING: RingBuffer<u8, 64> = RingBuffer::new();
//! let (mut interrupt, received) = RING.split()?;
//! let mut uart = Uart { registers: Silent, received };
//! let _ = interrupt.push(b'!'); // in the interrupt; a byte too many is counted
//! let mut byte = [0];
//! assert_eq!(uart.read(Instant::ZERO, &mut byte)?, 1);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! [`poll_drained`](crate::serial::Port::poll_drained) decides when a transceiver lets go of the bus. If it is ready when the
//! *register* is empty, the last character is cut off and every request fails its CRC; that is the first thing to
//! measure on a new board. Never wait in `read` or `write`: take what there is, and say 0.
//!
//! # 3. Pins that are safe before your program runs
//!
//! Between the reset and your first line pins float. Pull the inputs of the bridge to *off* with resistors. Then hand them to
//! [`valve`](crate::valve) and touch them nowhere else: it closes first after every start, sets what goes off before what
//! goes on, and cannot say "both".
//!
//! A program that stops polling stops closing. So a watchdog is not optional, and it is fed in one place: in the main loop,
//! behind the valve's poll, and never in an interrupt.
//!
//! # 4. A journal that tells the truth
//!
//! `save` answers `Ok` when the bytes will be there after a power cut in the next instruction, and a cut inside of it leaves
//! the save before. Two pages in turn, the mark written last, do that on any NOR flash:
//!
//! ```
//! # #[cfg(feature = "update")] {
//! use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};
//! use gofarm_core::command::{Journal, Lease, Loss};
//! use gofarm_core::error::{Classify, Kind};
//! use gofarm_core::time::Instant;
//!
//! /// Two erase pages at `start`, of a flash that is written in words of at most 16 bytes.
//! struct FlashJournal<F> { flash: F, start: u32 }
//!
//! #[derive(Debug)]
//! struct Failed(NorFlashErrorKind);
//!
//! impl Classify for Failed {
//!     fn kind(&self) -> Kind { Kind::Permanent }
//! }
//!
//! fn failed(error: impl NorFlashError) -> Failed { Failed(error.kind()) }
//!
//! const MARK: u32 = 0x6F46_6172;
//! const TAIL: u32 = 16; // number, length, number ^ MARK, length: at the end of a page
//!
//! impl<F: NorFlash> FlashJournal<F> {
//!     fn page(&self, page: u32) -> u32 { self.start + page * F::ERASE_SIZE as u32 }
//!
//!     /// The number and the length of what is in a page; 0 and 0 if it was not written to its end.
//!     fn tail(&mut self, page: u32) -> Result<(u32, usize), Failed> {
//!         let mut tail = [0; TAIL as usize];
//!         self.flash.read(self.page(page + 1) - TAIL, &mut tail).map_err(failed)?;
//!         let word = |at: usize| u32::from_le_bytes([tail[at], tail[at + 1], tail[at + 2], tail[at + 3]]);
//!         let is_whole = word(0) ^ word(8) == MARK && word(4) == word(12);
//!         Ok(if is_whole { (word(0), word(4) as usize) } else { (0, 0) })
//!     }
//! }
//!
//! impl<F: NorFlash> Journal for FlashJournal<F> {
//!     type Error = Failed;
//!
//!     fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Failed> {
//!         let (first, second) = (self.tail(0)?, self.tail(1)?);
//!         let (page, (number, len)) = if second.0 > first.0 { (1, second) } else { (0, first) };
//!         if number == 0 { return Ok(None); }
//!         if let Some(room) = buffer.get_mut(..len) {
//!             self.flash.read(self.page(page), room).map_err(failed)?; // a length that is too long is told as it is
//!         }
//!         Ok(Some(len))
//!     }
//!
//!     fn save(&mut self, snapshot: &[u8]) -> Result<(), Failed> {
//!         let (first, second) = (self.tail(0)?.0, self.tail(1)?.0);
//!         let (page, number) = if second > first { (0, second + 1) } else { (1, first + 1) };
//!         let at = self.page(page);
//!         self.flash.erase(at, self.page(page + 1)).map_err(failed)?; // the other page is the newest until the tail is there
//!         for (piece, offset) in snapshot.chunks(16).zip((0..).step_by(16)) {
//!             let mut whole = [0xff; 16];
//!             whole[..piece.len()].copy_from_slice(piece);
//!             self.flash.write(at + offset, &whole).map_err(failed)?;
//!         }
//!         let words = [number, snapshot.len() as u32, number ^ MARK, snapshot.len() as u32];
//!         let mut tail = [0; TAIL as usize];
//!         for (to, word) in tail.chunks_mut(4).zip(words) { to.copy_from_slice(&word.to_le_bytes()); }
//!         self.flash.write(self.page(page + 1) - TAIL, &tail).map_err(failed)?;
//!         if self.tail(page)?.0 == number { Ok(()) } else { Err(Failed(NorFlashErrorKind::Other)) }
//!     }
//! }
//! # use core::convert::Infallible;
//! # use embedded_storage::nor_flash::{ErrorType, ReadNorFlash};
//! # struct Chip { bytes: Vec<u8>, writes_left: u32 }
//! # impl ErrorType for Chip { type Error = NorFlashErrorKind; }
//! # impl ReadNorFlash for Chip {
//! #     const READ_SIZE: usize = 1;
//! #     fn read(&mut self, at: u32, into: &mut [u8]) -> Result<(), NorFlashErrorKind> {
//! #         into.copy_from_slice(&self.bytes[at as usize..][..into.len()]);
//! #         Ok(())
//! #     }
//! #     fn capacity(&self) -> usize { self.bytes.len() }
//! # }
//! # impl NorFlash for Chip {
//! #     const WRITE_SIZE: usize = 4;
//! #     const ERASE_SIZE: usize = 1024;
//! #     fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
//! #         self.bytes[from as usize..to as usize].fill(0xff);
//! #         Ok(())
//! #     }
//! #     fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
//! #         if self.writes_left == 0 { return Err(NorFlashErrorKind::Other); }
//! #         self.writes_left -= 1;
//! #         self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
//! #         Ok(())
//! #     }
//! # }
//!
//! // Cut the power at each write of a save: what is found is the save before, or this one.
//! for cut in 0..40 {
//!     let chip = Chip { bytes: vec![0xff; 2_048], writes_left: u32::MAX };
//!     let mut lease: Lease<_> = Lease::restore(FlashJournal { flash: chip, start: 0 }, Instant::ZERO);
//!     assert_eq!(lease.loss(), Some(Loss::Missing));
//!     lease.commission().map_err(|_| "flash")?;
//!     let mut journal = lease.into_journal();
//!     journal.flash.writes_left = cut;
//!     let mut lease: Lease<_> = Lease::restore(journal, Instant::ZERO);
//!     let _ = lease.save();
//!     let lease: Lease<_> = Lease::restore(lease.into_journal(), Instant::ZERO);
//!     assert_eq!(lease.loss(), None, "cut at write {cut}");
//! }
//! # }
//! # Ok::<(), &str>(())
//! ```
//!
//! A snapshot with 16 ids is 468 bytes, and a run makes two saves, so flash that bears 10 000 erasures lasts
//! 10 000 runs with two pages: 27 years at a run a day, a week on a bench that opens every minute. FRAM has no such
//! end. Without any storage a valve works too ([`LatchingValve::new`](crate::valve::LatchingValve::new)), and then refuses to open
//! for 10 minutes after each start.
//!
//! # 5. The loop
//!
//! The [front page](crate#a-probe-and-a-valve) has one. On a board three things come to it:
//!
//! - **The order is the order of harm**: the valve's poll, then the watchdog, then probes and links.
//! - **Sleep until the earliest** of `valve.poll_timeout()`, each probe's `WouldBlock(until)` and the link's `poll_timeout()`, or
//!   an interrupt. An instant that has passed means at once.
//! - **Nothing in it waits**, but for an erase of flash: know how long yours takes, as a stroke under way gets longer by it.
//!
//! # What fits
//!
//! Measured by `examples/firmware/sizes.sh` for a Cortex-M3, opt-level s, fat LTO, one codegen unit, no heap (BENCHMARKS.md):
//!
//! | | flash | static RAM |
//! |---|---|---|
//! | a Modbus server with its registers | 7.0 KB | 4.3 KB |
//! | a valve with leases, on a line of messages | 16.3 KB | 2.8 KB |
//! | two probes, a meter, a valve, and a replica in step with a gateway | 82.7 KB | 7.9 KB, and 6.8 KB of stack |
//! | more for updates: the bootloader's choice, the receiver, Ed25519 | 1.3, 12, 17 KB | 0.9 KB |
//! | a contract of eight properties with its checks | 3.3 KB | |
//! | the same, and its Thing Description written on the node | 23 to 26 KB | |
//!
//! What makes a program larger than it should be, in the order of what it costs:
//!
//! - **A Thing Description written on the node.** Have `build.rs` write it, and `include_str!` the text, as the example does.
//!   13 KB of the 23 are the printing of floats.
//! - **A panic handler that formats.** A third of a small node. Log a word and reset.
//! - **SHA-256 unrolled**: 6.8 KB less with `--cfg sha2_backend_soft="compact"` in `RUSTFLAGS`.
//! - **The compiler's `memcpy`**: 3.4 KB made for speed. The example has 0.1 KB in its place (`board/memory.rs`, for a core that
//!   loads words at any address: not a Cortex-M0).
//!
//! Stack: a `Lease` uses room for its largest snapshot
//! ([`MAX_SNAPSHOT_LEN`](gofarm_core::command::MAX_SNAPSHOT_LEN)) while it saves. Measure it: fill the stack with a pattern, run the
//! worst case, look how far it was overwritten.
//!
//! # Prove it: a selftest on the board
//!
//! Run this before any node, and again with each new compiler, linker script or board revision. The example's `selftest` is
//! 120 lines and ends with a status for the host:
//!
//! | it checks | because |
//! |---|---|
//! | copies of every length, place and overlap; divisions against multiplications | own `memcpy`, own division, linker scripts |
//! | the clock never goes back, over 20 ms of reading it | the race between counter and overflow |
//! | a timer ends in time, and never early | clock tree, prescaler |
//! | a line gives back what a host echoes, nothing lost | pins, speed, interrupt, ring |
//!
//! Then by hand, with a meter on the valve: reset it in mid-run ten times (it closes, and runs nothing again), cut the power in
//! mid-run, pull the line while it talks, short the bus's wires, and let a lease of 20 minutes end with nothing connected.
//!
//! # What the example firmware shows
//!
//! | program | what to copy |
//! |---|---|
//! | `modbus_server` | registers behind a Modbus unit |
//! | `valve_node` | a valve, its journal over a reset, commands as messages on a line; 90 lines |
//! | `full_node` | probes on two buses, a meter, a valve, a [`Board`](https://docs.rs/gofarm-crdt/latest/gofarm_crdt/board/) and its session |
//! | `selftest`, `board/` | all that knows the chip, and the only unsafe code |
//! | `host/tests` | the peers: they start each node in QEMU, cut its lines, press reset |
//!
//! `./ci.sh embedded` builds and runs all of it; a board of your own replaces `board/` and nothing else. Three things there
//! are the emulator's and not for a product: storage is RAM that outlives a reset and not a loss of power, the incarnation is a
//! constant, and a UART counts as drained when its register is empty, as QEMU moves bytes at once.
//!
//! # Updates
//!
//! Plan the flash before you ship the first board: a [`Layout`](crate::update::Layout) has two slots, two pages of state, and a
//! bootloader outside of them. [`update`](crate::update) says who starts the image, and when to confirm it.
