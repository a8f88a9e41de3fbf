//! Modbus RTU: a request written, its answer read, the CRC of both; and which wrong answers are taken for right.

use std::hint::black_box;

use gofarm_hal::modbus::{Crc, Request, Unit, rtu};
use modbus_core::rtu::client as modbus_core_client;
use modbus_core::rtu::{Header, RequestAdu};
use modbus_core::{RequestPdu, Response, ResponsePdu};
use rmodbus::ModbusProto;
use rmodbus::client::ModbusRequest;

use crate::figures::Figures;

const UNIT: u8 = 1;
const ADDRESS: u16 = 0x6B;
const REGISTERS: usize = 10;
const QUANTITY: u16 = 10;

pub fn measure(figures: &mut Figures) {
    let answer = answer();
    encode(figures);
    decode(figures, &answer);
    copy(figures, &answer);
    crc(figures, &answer);
    wrong_answers(figures, &answer);
}

/// Unit 1, function 3, ten registers: 25 bytes.
fn answer() -> [u8; 25] {
    let mut pdu = vec![3, 20];
    pdu.extend((1..=QUANTITY).flat_map(|value| (value * 257).to_be_bytes()));
    frame(UNIT, &pdu).try_into().expect("25 bytes")
}

fn frame(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = vec![unit];
    frame.extend(pdu);
    let crc = Crc::of(&frame).to_bytes();
    frame.extend(crc);
    frame
}

fn request() -> Request<'static> {
    Request::ReadHoldingRegisters {
        address: black_box(ADDRESS),
        quantity: black_box(QUANTITY),
    }
}

/// A whole frame with its CRC, into an array on the stack.
fn encode(figures: &mut Figures) {
    const CASE: &str = "modbus rtu, encode FC3 request";
    figures.time(CASE, "gofarm", || {
        let mut frame = [0; 8];
        rtu::encode_request(Unit(UNIT), &request(), &mut frame).expect("it fits");
        frame
    });
    figures.time(CASE, "modbus-core", || {
        let (address, quantity) = (black_box(ADDRESS), black_box(QUANTITY));
        let request = modbus_core::Request::ReadHoldingRegisters(address, quantity);
        let adu = RequestAdu {
            hdr: Header { slave: UNIT },
            pdu: RequestPdu(request),
        };
        let mut frame = [0; 8];
        modbus_core_client::encode_request(adu, &mut frame).expect("it fits");
        frame
    });
    figures.time(CASE, "rmodbus", || {
        let mut frame = heapless::Vec::<u8, 8>::new();
        rmodbus_request(&mut frame);
        frame
    });
}

fn rmodbus_request(frame: &mut heapless::Vec<u8, 8>) -> ModbusRequest {
    let mut request = ModbusRequest::new(UNIT, ModbusProto::Rtu);
    request
        .generate_get_holdings(black_box(ADDRESS), black_box(QUANTITY), frame)
        .expect("it fits");
    request
}

/// Registers where they lie in the frame. All three check the CRC. Ours also holds unit, function, byte count and length
/// against the request; rmodbus unit and function; modbus-core checks nothing against a request.
fn decode(figures: &mut Figures, answer: &[u8; 25]) {
    const CASE: &str = "modbus rtu, decode FC3 x 10";
    figures.time(CASE, "gofarm, against the request", || {
        gofarm(black_box(answer))
    });
    figures.time(CASE, "modbus-core, against no request", || {
        modbus_core_client::decode_response(black_box(answer))
    });
    let request = rmodbus_request(&mut heapless::Vec::new());
    figures.time(CASE, "rmodbus, unit and function", || {
        black_box(&request)
            .parse_slice(black_box(answer))
            .map(<[u8]>::len)
    });
}

fn gofarm(answer: &[u8]) -> Option<gofarm_hal::modbus::Registers<'_>> {
    let expected = request().expected_reply().expect("a request");
    let response = rtu::decode_response(answer, Unit(UNIT), &expected)?;
    response.map(|response| response.registers()).ok()
}

/// As [`decode`], and the registers into an array.
fn copy(figures: &mut Figures, answer: &[u8; 25]) {
    const CASE: &str = "modbus rtu, decode FC3 x 10 into u16s";
    figures.time(CASE, "gofarm, against the request", || {
        let mut values = [0; REGISTERS];
        let registers = gofarm(black_box(answer)).expect("the answer");
        registers.copy_to(&mut values);
        values
    });
    figures.time(CASE, "modbus-core, against no request", || {
        let mut values = [0; REGISTERS];
        let response = modbus_core_client::decode_response(black_box(answer));
        let Ok(Some(adu)) = response else {
            panic!("not the answer: {response:?}");
        };
        let ResponsePdu(Ok(Response::ReadHoldingRegisters(data))) = adu.pdu else {
            panic!("not registers: {:?}", adu.pdu);
        };
        for (index, value) in values.iter_mut().enumerate() {
            *value = data.get(index).unwrap_or_default();
        }
        values
    });
    let request = rmodbus_request(&mut heapless::Vec::new());
    figures.time(CASE, "rmodbus, unit and function", || {
        let mut values = heapless::Vec::<u16, REGISTERS>::new();
        black_box(&request)
            .parse_u16(black_box(answer), &mut values)
            .expect("the answer");
        values
    });
}

/// Over 25 bytes, all of the answer. rmodbus does not export its own, which is the loop of modbus-core.
fn crc(figures: &mut Figures, answer: &[u8; 25]) {
    const CASE: &str = "crc-16 of 25 bytes";
    static ONE_TABLE: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);
    static TABLES: crc::Crc<u16, crc::Table<16>> =
        crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_MODBUS);
    figures.time(CASE, "gofarm, 2 KiB of tables", || {
        Crc::of(black_box(answer)).value()
    });
    figures.time(CASE, "modbus-core, bit by bit", || {
        modbus_core::rtu::crc16(black_box(answer))
    });
    figures.time(CASE, "crc, 512 bytes of table", || {
        ONE_TABLE.checksum(black_box(answer))
    });
    figures.time(CASE, "crc, 8 KiB of tables", || {
        TABLES.checksum(black_box(answer))
    });
}

/// Frames with a right CRC that do not answer the request, and one with a wrong CRC: how many come out as registers.
fn wrong_answers(figures: &mut Figures, answer: &[u8; 25]) {
    const CASE: &str = "modbus rtu, wrong answers taken, of 6";
    let pdu = &answer[1..23];
    let registers = |count: u8| {
        let bytes = pdu[2..].iter().cycle().take(usize::from(count));
        [3, count]
            .into_iter()
            .chain(bytes.copied())
            .collect::<Vec<_>>()
    };
    let mut inputs = pdu.to_vec();
    inputs[0] = 4;
    let mut short_count = pdu.to_vec();
    short_count[1] = 18;
    let mut damaged = answer.to_vec();
    damaged[4] ^= 1;
    let wrong = [
        frame(UNIT + 1, pdu),
        frame(UNIT, &inputs),
        frame(UNIT, &registers(18)),
        frame(UNIT, &registers(22)),
        frame(UNIT, &short_count),
        damaged,
    ];

    let ours = |answer: &[u8]| gofarm(answer).is_some();
    // Whoever calls it may look at the unit and the kind of answer that come out: both count as noticed.
    let modbus_core = |answer: &[u8]| match modbus_core_client::decode_response(answer) {
        Ok(Some(adu)) => {
            let is_registers =
                matches!(adu.pdu, ResponsePdu(Ok(Response::ReadHoldingRegisters(_))));
            adu.hdr.slave == UNIT && is_registers
        }
        _ => false,
    };
    let request = rmodbus_request(&mut heapless::Vec::new());
    let rmodbus = |answer: &[u8]| {
        let mut values = heapless::Vec::<u16, 16>::new();
        request.parse_u16(answer, &mut values).is_ok()
    };
    let mut note = |engine, takes: &dyn Fn(&[u8]) -> bool| {
        assert!(takes(answer), "{engine} does not take the right answer");
        let taken: u32 = wrong.iter().map(|answer| u32::from(takes(answer))).sum();
        figures.note(CASE, engine, "answers", taken.into());
    };
    note("gofarm", &ours);
    note("modbus-core, unit and kind looked at", &modbus_core);
    note("rmodbus", &rmodbus);
}
