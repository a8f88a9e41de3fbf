//! Both sides of a stream: whatever comes, a client ends by its deadline and a server answers with whole frames.

#![no_main]

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, secs};
use gofarm_hal::modbus::tcp::Header;
use gofarm_hal::modbus::{
    BlockStore, ClientMachine, Request, ServerMachine, TcpConfig, TcpFraming, TcpServerConfig,
    TcpServerFraming, Unit,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<&[u8]>| {
    let now = Instant::ZERO;
    let mut client = ClientMachine::new(TcpFraming::new(TcpConfig::new()));
    let request = Request::ReadHoldingRegisters {
        address: 0,
        quantity: 2,
    };
    assert_eq!(
        client.start(now, Unit(1), &request),
        Progress::Ready(Ok(()))
    );
    let len = client.poll_transmit(now).map_or(0, <[u8]>::len);
    client.handle_sent(now, len);
    client.handle_drained(now);

    let mut store: BlockStore<40, 40, 40, 40> = BlockStore::new();
    let mut server = ServerMachine::new(TcpServerFraming::new(TcpServerConfig::new()));
    for bytes in pieces {
        client.handle_input(now, bytes);
        let mut rest = bytes;
        while !rest.is_empty() && !server.is_out_of_step() {
            let taken = server.handle_input(now, rest, &mut store);
            rest = &rest[taken..];
            while let Some(frame) = server.poll_transmit(now) {
                let (head, pdu) = frame.split_first_chunk().expect("a whole header");
                let header = Header::decode(head).expect("a right header");
                assert_eq!(usize::from(header.pdu_len), pdu.len());
                let len = frame.len();
                server.handle_sent(now, len);
                server.handle_drained(now);
                server.handle_timeout(now, &mut store);
            }
        }
    }
    client.handle_timeout(now + secs(2));
    if let Ok(response) = client.poll_reply().expect("it is over") {
        assert_eq!(response.registers().len(), 2);
    }
});
