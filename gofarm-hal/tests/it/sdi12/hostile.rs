//! A million hostile frames, and a matcher that was written from the tables of the standard alone.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_hal::sdi12::{
    Address, Answer, Measurement, Order, Request, Value, crc_characters, crc16,
};
use proptest::prelude::*;

const FRAMES: u32 = 1_000_000;

/// The algorithm as section 4.4.12.1 prints it.
fn crc(text: &[u8]) -> [u8; 3] {
    let mut crc: u32 = 0;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc % 2 == 1 {
                (crc / 2) ^ 0xA001
            } else {
                crc / 2
            };
        }
    }
    [crc >> 12, (crc >> 6) & 0x3F, crc & 0x3F].map(|part| u8::try_from(0x40 | part).unwrap())
}

/// Whether `line` may be accepted as data of the sensor `0`; gives the values as text.
fn data(line: &[u8], has_crc: bool) -> Option<Vec<String>> {
    let mut text = line.strip_suffix(b"\r\n")?;
    if has_crc {
        let at = text.len().checked_sub(3)?;
        if crc(&text[..at]) != text[at..] {
            return None;
        }
        text = &text[..at];
    }
    let text = core::str::from_utf8(text.strip_prefix(b"0")?).ok()?;
    let mut values: Vec<String> = Vec::new();
    for character in text.chars() {
        match character {
            '+' | '-' => values.push(character.into()),
            '0'..='9' | '.' => values.last_mut()?.push(character),
            _ => return None,
        }
    }
    let fits = |value: &String| {
        let digits = value.chars().filter(char::is_ascii_digit).count();
        (1..=7).contains(&digits) && value.matches('.').count() <= 1
    };
    (values.iter().all(fits) && text.len() <= 75).then_some(values)
}

fn announcement(line: &[u8], digits: usize) -> Option<(u16, u16)> {
    let text = core::str::from_utf8(line.strip_suffix(b"\r\n")?).ok()?;
    let numbers = text.strip_prefix('0')?;
    if numbers.len() != 3 + digits || !numbers.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    Some((numbers[..3].parse().ok()?, numbers[3..].parse().ok()?))
}

/// A frame that is nearly right: made of the right letters, then spoilt now and then.
fn frame(random: &mut SplitMix64, into: &mut Vec<u8>) {
    into.clear();
    let below = |random: &mut SplitMix64, bound: u64| usize::try_from(random.below(bound)).unwrap();
    into.push(*b"000000001?".get(below(random, 10)).unwrap());
    let kind = random.below(4);
    let most = if random.below(20) == 0 { 90 } else { 14 };
    for _ in 0..below(random, most) {
        match kind {
            0 => into.push(b'0' + u8::try_from(random.below(10)).unwrap()),
            1 => into.push(b"+-.0123456789"[below(random, 13)]),
            2 => {
                into.extend(
                    format!(
                        "{:+}",
                        i64::try_from(random.below(40_000)).unwrap() - 20_000
                    )
                    .bytes(),
                );
            }
            _ => into.push(u8::try_from(random.below(128)).unwrap()),
        }
    }
    if random.below(3) > 0 {
        let crc = crc(into);
        into.extend(crc);
    }
    into.extend(b"\r\n");
    if random.below(4) == 0 {
        let at = below(random, into.len() as u64);
        match random.below(3) {
            0 => into[at] ^= 1 << random.below(7),
            1 => drop(into.remove(at)),
            _ => into.insert(at, u8::try_from(random.below(256)).unwrap()),
        }
    }
}

#[test]
fn nothing_is_accepted_that_the_standard_refuses_and_nothing_panics() {
    let own = Address::DEFAULT;
    let crcs = Measurement::CONCURRENT.with_crc();
    let requests = [
        Request::data(own, 0, Measurement::CONCURRENT),
        Request::data(own, 0, crcs),
        Request::start(own, Measurement::STANDARD),
        Request::start(own, Measurement::CONCURRENT),
        Request::start(own, Measurement::HIGH_VOLUME),
        Request::acknowledge(own),
        Request::identify(own),
        Request::parameter(own, crcs, 1),
        Request::extended(own, b"X").unwrap(),
        Request::query_address(),
    ];
    let mut random = SplitMix64::new(12);
    let mut line = Vec::new();
    let (mut accepted, mut values_seen) = (0, 0);
    let frames = if cfg!(miri) { 200 } else { FRAMES };
    for n in 0..frames {
        frame(&mut random, &mut line);
        let request = &requests[usize::try_from(n).unwrap() % requests.len()];
        let answer = request.answer(&line);
        let shown = line.escape_ascii();
        accepted += u32::from(answer.is_ok());
        match request.as_bytes() {
            b"0D0!" => {
                let has_crc = *request == requests[1];
                match (answer, data(&line, has_crc)) {
                    (Ok(Answer::Data(found)), Some(wanted)) => {
                        assert_eq!(found.as_str(), wanted.concat());
                        assert_eq!(found.len(), wanted.len());
                        for (found, wanted) in found.iter().zip(&wanted) {
                            values_seen += 1;
                            let wanted: f64 = wanted.parse().unwrap();
                            #[expect(
                                clippy::cast_possible_truncation,
                                reason = "the nearest one is wanted"
                            )]
                            let nearest = wanted as f32;
                            assert_eq!(found.to_f32(), nearest, "{shown}");
                        }
                    }
                    (Err(_), None) => {}
                    (answer, wanted) => panic!("{shown}: {answer:?} instead of {wanted:?}"),
                }
            }
            b"0M!" | b"0C!" | b"0HA!" => {
                let digits = match request.as_bytes() {
                    b"0M!" => 1,
                    b"0C!" => 2,
                    _ => 3,
                };
                let found = match answer {
                    Ok(Answer::Announced(found)) => Some((found.seconds(), found.values())),
                    _ => None,
                };
                assert_eq!(found, announcement(&line, digits), "{shown}");
            }
            b"0!" => assert_eq!(answer.is_ok(), line == b"0\r\n", "{shown}"),
            b"?!" => assert_eq!(
                answer.is_ok(),
                matches!(line[..], [a, b'\r', b'\n'] if a.is_ascii_alphanumeric()),
                "{shown}"
            ),
            _ => {
                if answer.is_ok() {
                    assert!(line.starts_with(b"0") && line.ends_with(b"\r\n"), "{shown}");
                }
            }
        }
    }
    assert!(
        cfg!(miri) || (accepted > frames / 50 && values_seen > frames / 20),
        "{accepted} {values_seen}"
    );
}

/// Whether `0` has to do something for this, by the table of commands; independent of how it is read.
fn is_command(text: &str) -> bool {
    let Some(body) = text.strip_suffix('!') else {
        return false;
    };
    if body == "?" || body == "0" {
        return true;
    }
    let Some(body) = body.strip_prefix('0') else {
        return false;
    };
    let mut starts: Vec<String> = vec!["V".into(), "HA".into()];
    for letter in ["M", "MC", "C", "CC"] {
        starts.push(letter.into());
        starts.extend((1..=9).map(|n| format!("{letter}{n}")));
    }
    let continuous: Vec<String> = ["R", "RC"]
        .iter()
        .flat_map(|letter| (0..=9).map(move |n| format!("{letter}{n}")))
        .collect();
    if body == "I" || starts.iter().chain(&continuous).any(|one| one == body) {
        return true;
    }
    if let Some(rest) = body.strip_prefix('I') {
        if starts.iter().any(|one| one == rest) {
            return true;
        }
        return rest.split_once('_').is_some_and(|(one, number)| {
            starts.iter().chain(&continuous).any(|known| known == one)
                && number.len() == 3
                && number
                    .parse::<u16>()
                    .is_ok_and(|number| number > 0 && !one.contains('_'))
                && number.chars().all(|c| c.is_ascii_digit())
        });
    }
    if let Some(page) = body.strip_prefix('D') {
        return page
            .parse::<u16>()
            .is_ok_and(|number| number < 1_000 && number.to_string() == page);
    }
    if let Some(new) = body.strip_prefix('A') {
        return new.len() == 1 && new.chars().all(|c| c.is_ascii_alphanumeric());
    }
    body.starts_with('X') && body.chars().all(|c| (' '..='~').contains(&c) && c != '!')
}

#[test]
fn a_sensor_obeys_the_commands_of_the_table_and_no_others() {
    let mut random = SplitMix64::new(5);
    let frames = if cfg!(miri) { 200 } else { FRAMES };
    let mut obeyed = 0;
    let letters = b"0000?MCVHARDIXA_0123456789!!z";
    for n in 0..frames {
        let mut text: Vec<u8> = Vec::new();
        if n % 3 > 0 {
            text.push(b'0');
        }
        for _ in 0..random.below(7) {
            text.push(letters[usize::try_from(random.below(letters.len() as u64)).unwrap()]);
        }
        if n % 5 > 0 {
            text.push(b'!');
        }
        if random.below(50) == 0 {
            text.push(u8::try_from(random.below(256)).unwrap());
        }
        let order = Order::read(&text, Address::DEFAULT);
        let is_obeyed = !matches!(order, Order::NotOurs | Order::Unknown);
        let wanted = core::str::from_utf8(&text).is_ok_and(is_command);
        assert_eq!(is_obeyed, wanted, "{}: {order:?}", text.escape_ascii());
        obeyed += u32::from(is_obeyed);
    }
    assert!(cfg!(miri) || obeyed > frames / 50, "{obeyed}");
}

proptest! {
    #[test]
    fn crc_is_that_of_the_standard(text in prop::collection::vec(any::<u8>(), 0..90)) {
        prop_assert_eq!(crc_characters(crc16(&text)), crc(&text));
    }

    #[test]
    fn a_value_is_read_as_it_was_written(mantissa in -9_999_999_i32..=9_999_999, decimals in 0_u8..=7) {
        let value = Value::new(mantissa, decimals).unwrap();
        let text = value.to_string();
        prop_assert!(text.len() <= 9);
        let line = format!("0{text}\r\n");
        let Ok(Answer::Data(found)) =
            Request::data(Address::DEFAULT, 0, Measurement::STANDARD).answer(line.as_bytes())
        else {
            panic!("{line}");
        };
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), [value]);
    }

    #[test]
    fn a_value_outside_seven_digits_is_none(mantissa: i32, decimals: u8) {
        let fits = mantissa.unsigned_abs() <= 9_999_999 && decimals <= 7;
        prop_assert_eq!(Value::new(mantissa, decimals).is_some(), fits);
    }
}
