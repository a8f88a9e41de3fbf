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

const STOP: Vector = Vector {
    handler: DefaultHandler,
};

/// UARTs 0 to 2 have a pair each, receive and transmit (DAI0385D, table 3-4).
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
pub static __INTERRUPTS: [Vector; 32] = {
    let mut table = [STOP; 32];
    table[2] = Vector { handler: receive_1 };
    table[4] = Vector { handler: receive_2 };
    table
};
