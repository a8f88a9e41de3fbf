//! The examples of Modbus Application Protocol 1.1b3, section 6, in both directions.

use gofarm_core::error::{Classify, Kind};
use gofarm_hal::modbus::{
    Coils, ExceptionCode, FunctionCode, Registers, ReplyError, ReplyMismatch, Request,
    RequestError, Response, Unit, rtu, tcp,
};

use super::framed;

/// Section, request, its bytes, answer, its bytes.
type Row<'a> = (&'a str, Request<'a>, &'a [u8], Response<'a>, &'a [u8]);

#[rustfmt::skip]
const ROWS: [Row<'static>; 10] = [
    ("6.1", Request::ReadCoils { address: 0x13, quantity: 0x13 }, &[0x01, 0x00, 0x13, 0x00, 0x13],
        Response::Coils { function: FunctionCode::ReadCoils, values: Coils::from_packed(&[0xCD, 0x6B, 0x05], 19) },
        &[0x01, 0x03, 0xCD, 0x6B, 0x05]),
    ("6.2", Request::ReadDiscreteInputs { address: 0xC4, quantity: 0x16 }, &[0x02, 0x00, 0xC4, 0x00, 0x16],
        Response::Coils { function: FunctionCode::ReadDiscreteInputs, values: Coils::from_packed(&[0xAC, 0xDB, 0x35], 22) },
        &[0x02, 0x03, 0xAC, 0xDB, 0x35]),
    ("6.3", Request::ReadHoldingRegisters { address: 0x6B, quantity: 3 }, &[0x03, 0x00, 0x6B, 0x00, 0x03],
        Response::Registers { function: FunctionCode::ReadHoldingRegisters, values: Registers::new(&[0x022B, 0, 0x64]) },
        &[0x03, 0x06, 0x02, 0x2B, 0x00, 0x00, 0x00, 0x64]),
    ("6.4", Request::ReadInputRegisters { address: 8, quantity: 1 }, &[0x04, 0x00, 0x08, 0x00, 0x01],
        Response::Registers { function: FunctionCode::ReadInputRegisters, values: Registers::new(&[0x0A]) },
        &[0x04, 0x02, 0x00, 0x0A]),
    ("6.5", Request::WriteSingleCoil { address: 0xAC, value: true }, &[0x05, 0x00, 0xAC, 0xFF, 0x00],
        Response::WriteSingleCoil { address: 0xAC, value: true }, &[0x05, 0x00, 0xAC, 0xFF, 0x00]),
    ("6.6", Request::WriteSingleRegister { address: 1, value: 3 }, &[0x06, 0x00, 0x01, 0x00, 0x03],
        Response::WriteSingleRegister { address: 1, value: 3 }, &[0x06, 0x00, 0x01, 0x00, 0x03]),
    ("6.11", Request::WriteMultipleCoils { address: 0x13, values: Coils::from_packed(&[0xCD, 0x01], 10) },
        &[0x0F, 0x00, 0x13, 0x00, 0x0A, 0x02, 0xCD, 0x01],
        Response::Written { function: FunctionCode::WriteMultipleCoils, address: 0x13, quantity: 10 },
        &[0x0F, 0x00, 0x13, 0x00, 0x0A]),
    ("6.12", Request::WriteMultipleRegisters { address: 1, values: Registers::new(&[0x000A, 0x0102]) },
        &[0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02],
        Response::Written { function: FunctionCode::WriteMultipleRegisters, address: 1, quantity: 2 },
        &[0x10, 0x00, 0x01, 0x00, 0x02]),
    ("6.16", Request::MaskWriteRegister { address: 4, and_mask: 0x00F2, or_mask: 0x0025 },
        &[0x16, 0x00, 0x04, 0x00, 0xF2, 0x00, 0x25],
        Response::MaskWriteRegister { address: 4, and_mask: 0x00F2, or_mask: 0x0025 },
        &[0x16, 0x00, 0x04, 0x00, 0xF2, 0x00, 0x25]),
    ("6.17", Request::ReadWriteMultipleRegisters {
            read_address: 3, read_quantity: 6, write_address: 0x0E, values: Registers::new(&[0x00FF, 0x00FF, 0x00FF]) },
        &[0x17, 0x00, 0x03, 0x00, 0x06, 0x00, 0x0E, 0x00, 0x03, 0x06, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF],
        Response::Registers { function: FunctionCode::ReadWriteMultipleRegisters,
            values: Registers::new(&[0x00FE, 0x0ACD, 0x0001, 0x0003, 0x000D, 0x00FF]) },
        &[0x17, 0x0C, 0x00, 0xFE, 0x0A, 0xCD, 0x00, 0x01, 0x00, 0x03, 0x00, 0x0D, 0x00, 0xFF]),
];

#[test]
fn the_examples_of_the_specification_in_both_directions() {
    for (section, request, asked, response, answered) in ROWS {
        let mut pdu = [0xAA; 253];
        let len = request.encode(&mut pdu).unwrap();
        assert_eq!(&pdu[..len], asked, "{section}");
        assert_eq!(Request::decode(asked), Ok(request), "{section}");
        let len = response.encode(&mut pdu).unwrap();
        assert_eq!(&pdu[..len], answered, "{section}");
        assert_eq!(
            Response::decode(answered, &request),
            Ok(response),
            "{section}"
        );

        let expected = request.expected_reply().unwrap();
        assert_eq!(expected.len(), answered.len(), "{section}");
        let mut frame = [0; 260];
        let len = rtu::encode_request(Unit(17), &request, &mut frame).unwrap();
        assert_eq!(frame[..len], framed(17, asked), "{section}");
        assert_eq!(
            rtu::decode_request(&frame[..len]),
            Some((Unit(17), Ok(request)))
        );
        let len = rtu::encode_response(Unit(17), &response, &mut frame).unwrap();
        assert_eq!(frame[..len], framed(17, answered), "{section}");
        assert_eq!(
            rtu::decode_response(&frame[..len], Unit(17), &expected),
            Some(Ok(response))
        );
        assert_eq!(
            rtu::decode_response(&frame[..len], Unit(18), &expected),
            None
        );

        let len = tcp::encode_request(0x1501, Unit(255), &request, &mut frame).unwrap();
        let (header, decoded) = tcp::decode_request(&frame[..len]).unwrap();
        assert_eq!(
            (header.transaction, header.unit, decoded),
            (0x1501, Unit(255), Ok(request))
        );
        let len = tcp::encode_response(0x1501, Unit(255), &response, &mut frame).unwrap();
        let decoded = tcp::decode_response(&frame[..len], 0x1501, Unit(255), &expected);
        assert_eq!(decoded, Some(Ok(response)));
    }
}

#[test]
fn every_function_can_be_refused_and_unknown_codes_are_kept() {
    for (section, request, ..) in ROWS {
        for code in [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 0x55, 0xFF] {
            let pdu = [request.function().code() | 0x80, code];
            let refused = Response::decode(&pdu, &request);
            assert_eq!(
                refused,
                Err(ReplyError::Exception(ExceptionCode::new(code))),
                "{section}"
            );
            assert_eq!(ExceptionCode::new(code).code(), code);
        }
        // An exception of another function is none of this one's.
        let pdu = [0x84 + u8::from(request.function().code() == 4), 2];
        let other = Response::decode(&pdu, &request);
        assert!(
            matches!(
                other,
                Err(ReplyError::Mismatch(ReplyMismatch::Function { .. }))
            ),
            "{section}"
        );
    }
}

/// The answer to one example is no answer to another, and no changed answer is one, but for the data of a read.
#[test]
fn an_answer_to_anything_else_is_refused() {
    for (section, request, .., answered) in ROWS {
        for (other, .., foreign) in ROWS {
            if section != other {
                let result = Response::decode(foreign, &request);
                assert!(
                    matches!(result, Err(ReplyError::Mismatch(_))),
                    "{section} {other}"
                );
            }
        }
        for len in 0..answered.len() {
            let result = Response::decode(&answered[..len], &request);
            assert!(
                matches!(result, Err(ReplyError::Mismatch(_))),
                "{section} cut to {len}"
            );
        }
        let longer = [answered, &[0]].concat();
        assert!(Response::decode(&longer, &request).is_err(), "{section}");
        let is_data = |byte| matches!(request.function().code(), 1..=4 | 23) && byte >= 2;
        for byte in (0..answered.len()).filter(|byte| !is_data(*byte)) {
            for bit in 0..8 {
                let mut changed = answered.to_vec();
                changed[byte] ^= 1 << bit;
                assert!(
                    Response::decode(&changed, &request).is_err(),
                    "{section} {byte} {bit}"
                );
            }
        }
    }
}

#[test]
fn the_limits_of_the_wire_are_errors_before_anything_is_sent() {
    let registers = [0; 126];
    let coils = [false; 2_001];
    let quantity = |quantity, max| Err(RequestError::Quantity { quantity, max });
    let write = |count| Request::WriteMultipleRegisters {
        address: 0,
        values: Registers::new(&registers[..count]),
    };
    let write_coils = |count| Request::WriteMultipleCoils {
        address: 0,
        values: Coils::new(&coils[..count]),
    };
    let both = |read_quantity, count| Request::ReadWriteMultipleRegisters {
        read_address: 0,
        read_quantity,
        write_address: 0,
        values: Registers::new(&registers[..count]),
    };
    let read = |address, quantity| Request::ReadInputRegisters { address, quantity };
    let bits = |address, quantity| Request::ReadDiscreteInputs { address, quantity };
    let rows = [
        (read(0, 0), quantity(0, 125)),
        (read(0, 125), Ok(5)),
        (read(0, 126), quantity(126, 125)),
        (read(65_535, 1), Ok(5)),
        (
            read(65_535, 2),
            Err(RequestError::Range {
                address: 65_535,
                quantity: 2,
            }),
        ),
        (bits(0, 0), quantity(0, 2_000)),
        (bits(0, 2_000), Ok(5)),
        (bits(0, 2_001), quantity(2_001, 2_000)),
        (
            bits(63_537, 2_000),
            Err(RequestError::Range {
                address: 63_537,
                quantity: 2_000,
            }),
        ),
        (write(0), quantity(0, 123)),
        (write(123), Ok(252)),
        (write(124), quantity(124, 123)),
        (write_coils(0), quantity(0, 1_968)),
        (write_coils(1_968), Ok(252)),
        (write_coils(1_969), quantity(1_969, 1_968)),
        (both(125, 121), Ok(252)),
        (both(126, 121), quantity(126, 125)),
        (both(125, 122), quantity(122, 121)),
        (both(0, 1), quantity(0, 125)),
        (both(1, 0), quantity(0, 121)),
    ];
    for (request, expected) in rows {
        assert_eq!(request.encode(&mut [0; 253]), expected, "{request:?}");
        if let Ok(len) = expected {
            let error = RequestError::Buffer {
                needed: len,
                available: len - 1,
            };
            assert_eq!(request.encode(&mut vec![0; len - 1]), Err(error));
        }
    }
    let error = read(0, 126).validate().unwrap_err();
    assert_eq!(error.to_string(), "a quantity of 126 is outside 1..=125");
    assert_eq!((error.kind(), error.was_sent()), (Kind::Invalid, false));
}

#[test]
fn a_request_that_breaks_the_protocol_is_answered_as_the_state_diagrams_say() {
    #[rustfmt::skip]
    let rows: [(&[u8], u8); 17] = [
        (&[0x2B, 0x0E, 1, 0], 1), // a function that is not spoken here
        (&[0x00], 1),
        (&[0x83, 0, 0, 0, 1], 1),
        (&[0x03, 0, 0, 0, 0], 3), // no register
        (&[0x03, 0, 0, 0, 126], 3),
        (&[0x01, 0, 0, 0x07, 0xD1], 3), // 2001 coils
        (&[0x03, 0, 0, 0], 3), // short
        (&[0x03, 0, 0, 0, 1, 0], 3), // long
        (&[0x03, 0xFF, 0xFF, 0, 2], 2), // beyond the last address
        (&[0x05, 0, 0, 0x12, 0x34], 3), // neither on nor off
        (&[0x05, 0, 0, 0xFF, 0x01], 3),
        (&[0x10, 0, 0, 0, 1, 3, 0, 0, 0], 3), // three bytes for one register
        (&[0x10, 0, 0, 0, 2, 4, 0, 0, 0], 3), // announced and not there
        (&[0x0F, 0, 0, 0, 9, 1, 0xFF], 3), // one byte for nine coils
        (&[0x16, 0, 0, 0, 0, 0], 3),
        (&[0x17, 0, 0, 0, 126, 0, 0, 0, 1, 2, 0, 0], 3),
        (&[0x17, 0, 0, 0, 1, 0xFF, 0xFF, 0, 2, 4, 0, 0, 0, 0], 2),
    ];
    for (pdu, code) in rows {
        let error = Request::decode(pdu).unwrap_err();
        assert_eq!(error.exception().code(), code, "{pdu:02x?} {error}");
    }
    assert!(Request::decode(&[]).is_err());
}
