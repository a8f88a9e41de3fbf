//! Replies of any bytes to each kind of command: what is accepted is a line of the sensor that was asked, and its values
//! are written back as numbers.
#![no_main]

use gofarm_hal::sdi12::{Address, Answer, Measurement, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, Vec<u8>)| {
    let own = Address::DEFAULT;
    let of = Measurement::CONCURRENT.with_crc();
    let requests = [
        Request::acknowledge(own),
        Request::identify(own),
        Request::change_address(own, Address::new('z').unwrap()),
        Request::start(own, Measurement::STANDARD),
        Request::start(own, of),
        Request::start(own, Measurement::HIGH_VOLUME),
        Request::data(own, 0, Measurement::STANDARD),
        Request::data(own, 0, of),
        Request::parameter(own, of, 1),
        Request::extended(own, b"X").unwrap(),
        Request::query_address(),
    ];
    let (which, line) = input;
    let request = requests[usize::from(which) % requests.len()];
    let Ok(answer) = request.answer(&line) else {
        return;
    };
    assert!(line.ends_with(b"\r\n") && line[0].is_ascii_alphanumeric());
    match answer {
        Answer::Data(values) => {
            let text = values.as_str();
            assert!(line[1..].starts_with(text.as_bytes()));
            assert_eq!(values.len(), text.matches(['+', '-']).count());
            for value in values.iter() {
                assert!(value.to_f32().is_finite());
                assert!(value.to_string().parse::<f32>() == Ok(value.to_f32()));
            }
        }
        Answer::Announced(announced) => assert!(announced.seconds() < 1_000),
        _ => {}
    }
});
