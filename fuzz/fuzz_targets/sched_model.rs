//! Forecast models: any bytes are refused, or are a model that forecasts finite values and is saved as it came.
#![no_main]

use arbitrary::Arbitrary;
use gofarm_core::verify::{KeyId, Signed, Verifier, VerifyError};
use gofarm_sched::forecast::{BUDGET, Ensemble, Forecaster, Model};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// All signatures are good: what is behind the check is what is tried.
struct Trusting;

impl Verifier for Trusting {
    fn verify(&self, _: &Signed<'_>) -> Result<(), VerifyError> {
        Ok(())
    }
}

fuzz_target!(|input: (Forged, Vec<f32>)| {
    let (forged, values) = input;
    let bytes = forged.bytes();
    let Ok(model) = Model::open(&bytes, KeyId(1), b"", &Trusting, BUDGET) else {
        return;
    };
    assert!((1..=32).contains(&model.lags()) && model.period() != 1 && model.period() <= 8192);
    let mut node = Ensemble::<24, 4>::new(0).expect("a shape that is possible");
    if node.load(&model, 5).is_err() {
        return;
    }
    let mut again = vec![0; bytes.len()];
    let mut copy = Ensemble::<24, 4>::new(0).expect("a shape that is possible");
    copy.load(&model, 0).expect("it was loaded before");
    let saved = copy
        .save(model.sequence(), &mut again)
        .expect("there is room for it");
    let reopened = Model::open(&again, KeyId(1), b"", &Trusting, BUDGET);
    assert_eq!(reopened.map(|m| m.digest()), Ok(*saved.digest()));
    for value in values.into_iter().take(64) {
        node.observe(value);
        assert!(node.path().take(30).all(f32::is_finite));
    }
});

/// Bytes that are made to look like a model as far as it says, so that what is behind each check is reached too.
#[derive(Arbitrary, Debug)]
enum Forged {
    Raw(Vec<u8>),
    Sealed {
        lags: u8,
        period: u16,
        arena: u32,
        stack: u32,
        numbers: Vec<f32>,
    },
}

impl Forged {
    fn bytes(self) -> Vec<u8> {
        let (lags, period, arena, stack, numbers) = match self {
            Self::Raw(bytes) => return bytes,
            Self::Sealed {
                lags,
                period,
                arena,
                stack,
                numbers,
            } => (
                lags % 6,
                period % 28,
                arena % 140_000,
                stack % 10_000,
                numbers,
            ),
        };
        let count = 9 + usize::from(lags) + usize::from(period);
        let length = 24 + 4 * count + 32;
        let mut bytes = b"GFFM\x01".to_vec();
        bytes.push(lags);
        bytes.extend(period.to_le_bytes());
        bytes.extend((length as u32).to_le_bytes());
        bytes.extend(arena.to_le_bytes());
        bytes.extend(stack.to_le_bytes());
        bytes.extend(7_u32.to_le_bytes());
        // Sound numbers, where the input has none.
        let sound = [0.3, 0.99, 1.0, 1.0, 1.0, 1.0, 0.0, 9.0];
        for at in 0..count {
            let sound = sound.get(at).copied().unwrap_or(0.1);
            let number = numbers.get(at).copied().unwrap_or(sound);
            bytes.extend(number.to_le_bytes());
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }
}
