//! The MPS2 board with the AN385 image (ARM DAI0385D), as QEMU emulates it: `qemu-system-arm -M mps2-an385`.
//!
//! A Cortex-M3 at 25 MHz, its SysTick as the clock, its CMSDK UARTs as lines.

pub mod clock;
pub mod console;
mod division;
pub mod interrupt;
pub mod kept;
mod memory;
pub mod pin;
pub mod uart;

use cortex_m_semihosting::debug;

pub use console::{Decimal, log};

/// Frequency of the core, in hertz.
pub const CORE_HZ: u32 = 25_000_000;

/// Ends the emulation with a status for the host: 0 if `passed`.
pub fn exit(passed: bool) -> ! {
    debug::exit(if passed {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {
        cortex_m::asm::wfi();
    }
}

/// Stops with a failure; a message would bring its text and its formatting, a third of a small node.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    log(&["panic"]);
    exit(false)
}
