//! A client on a serial line: whatever comes, in whatever pieces, it ends in an answer or an error by its deadline.

#![no_main]

use arbitrary::Arbitrary;
use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{ClientMachine, Registers, Request, RtuConfig, RtuFraming, Unit};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    unit: u8,
    address: u16,
    quantity: u16,
    which: u8,
    pieces: Vec<(&'a [u8], u8)>,
}

fuzz_target!(|input: Input<'_>| {
    let (address, quantity) = (input.address, input.quantity);
    let values = [address, quantity, 7];
    let request = match input.which % 6 {
        0 => Request::ReadCoils { address, quantity },
        1 => Request::ReadHoldingRegisters { address, quantity },
        2 => Request::WriteSingleRegister {
            address,
            value: quantity,
        },
        3 => Request::WriteMultipleRegisters {
            address,
            values: Registers::new(&values),
        },
        4 => Request::MaskWriteRegister {
            address,
            and_mask: quantity,
            or_mask: 1,
        },
        _ => Request::ReadWriteMultipleRegisters {
            read_address: address,
            read_quantity: quantity,
            write_address: quantity,
            values: Registers::new(&values),
        },
    };
    let mut machine = ClientMachine::new(RtuFraming::new(RtuConfig::new(9_600)));
    let mut now = Instant::from_secs(1);
    let unit = Unit(input.unit.max(1));
    let Progress::Ready(Ok(())) = machine.start(now, unit, &request) else {
        return;
    };
    let len = machine.poll_transmit(now).map_or(0, <[u8]>::len);
    machine.handle_sent(now, len);
    machine.handle_drained(now);
    for (bytes, wait) in input.pieces {
        machine.handle_input(now, bytes);
        machine.handle_timeout(now);
        now += millis(wait.into());
    }
    machine.handle_timeout(now + secs(2));
    if let Ok(response) = machine.poll_reply().expect("it is over") {
        let expected = request.expected_reply().expect("it was sent");
        let mut pdu = [0; 253];
        let len = response.encode(&mut pdu).expect("it came in a frame");
        assert!(expected.check(&pdu[..len]).is_ok());
    }
});
