//! The table of interrupts: those of the UARTs, the others stop the node.

use super::uart;

/// One entry of the vector table.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Vector {
    handler: unsafe extern "C" fn(),
    reserved: usize,
}

unsafe extern "C" {
    fn DefaultHandler();
}

extern "C" fn receive_1() {
    uart::receive(1);
}

extern "C" fn receive_2() {
    uart::receive(2);
}

extern "C" fn receive_3() {
    uart::receive(3);
}

/// The receive interrupt of each UART (DAI0385D, table 3-4).
pub(super) const RECEIVE: [usize; 4] = [0, 2, 4, 18];

const STOP: Vector = Vector {
    handler: DefaultHandler,
};

/// The vectors after those of the core.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
pub static __INTERRUPTS: [Vector; 32] = {
    let mut table = [STOP; 32];
    table[RECEIVE[1]] = Vector { handler: receive_1 };
    table[RECEIVE[2]] = Vector { handler: receive_2 };
    table[RECEIVE[3]] = Vector { handler: receive_3 };
    table
};
