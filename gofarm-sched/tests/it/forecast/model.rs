//! Models: what was saved is what is loaded, and nothing else is.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
use gofarm_sched::forecast::{
    BUDGET, Ensemble, Forecaster, LoadError, Model, ModelError, SaveError,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

type Day = Ensemble<24, 4>;

/// Accepts `good` for a model, by key 1.
struct Keys;

impl Verifier for Keys {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        if signed.key != KeyId(1) {
            return Err(VerifyError::UnknownKey(signed.key));
        }
        let sound = signed.purpose == Purpose::Model && signed.message.len() == 32;
        if sound && signed.signature == b"good" {
            Ok(())
        } else {
            Err(VerifyError::Mismatch)
        }
    }
}

fn trained() -> Day {
    let mut day = Day::new(24).unwrap();
    for i in 0..500_u16 {
        day.observe(20.0 + f32::from(i % 24) + 0.1 * f32::from(i % 7));
    }
    day
}

fn saved(sequence: u32) -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    let saved = trained().save(sequence, &mut bytes).unwrap();
    bytes.truncate(saved.len());
    bytes
}

fn open(bytes: &[u8]) -> Result<Model<'_>, ModelError> {
    Model::open(bytes, KeyId(1), b"good", &Keys, BUDGET)
}

/// The same model with some bytes replaced and the digest made right again.
fn forged(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut model = saved(1);
    model[at..at + bytes.len()].copy_from_slice(bytes);
    let end = model.len() - 32;
    let digest = Sha256::digest(&model[..end]);
    model[end..].copy_from_slice(&digest);
    model
}

#[test]
fn what_is_loaded_forecasts_as_what_was_saved() {
    let (original, bytes) = (trained(), saved(3));
    let model = open(&bytes).unwrap();
    assert_eq!((model.sequence(), model.lags(), model.period()), (3, 4, 24));
    let mut copy = Day::new(24).unwrap();
    copy.load(&model, 500).unwrap();
    // The last values are the node's own.
    for i in 500..524_u16 {
        let value = 20.0 + f32::from(i % 24) + 0.1 * f32::from(i % 7);
        copy.observe(value);
    }
    for (a, b) in copy.path().zip(original.path().skip(24)).take(10) {
        assert!((a - b).abs() < 1.5, "{a} for {b}");
    }
    let mut again = vec![0; 1024];
    let again_saved = copy.clone().save(3, &mut again).unwrap();
    assert_eq!(again_saved.len(), bytes.len());
}

#[test]
fn a_model_that_was_loaded_and_saved_at_once_is_the_same() {
    let bytes = saved(3);
    let mut copy = Day::new(0).unwrap();
    copy.load(&open(&bytes).unwrap(), 0).unwrap();
    let mut again = vec![0; bytes.len()];
    let saved = copy.save(3, &mut again).unwrap();
    assert_eq!(again, bytes);
    assert_eq!(saved.digest(), &open(&bytes).unwrap().digest());
}

#[test]
fn each_fault_is_named_with_its_place() {
    let whole = saved(1);
    let big = u32::to_le_bytes(BUDGET);
    let nan = f32::to_le_bytes(f32::NAN);
    let table: [(Vec<u8>, Option<u32>, &str); 13] = [
        (vec![], Some(0), "model is cut off at byte 0"),
        (
            whole[..100].to_vec(),
            Some(100),
            "model is cut off at byte 100",
        ),
        (
            b"GFCR\x01\x04\x18\x00".to_vec(),
            Some(0),
            "not a forecasting model",
        ),
        (forged(4, &[2]), Some(4), "model of version 2, known is 1"),
        (
            forged(5, &[33]),
            Some(5),
            "model with 33 lags is outside 1..=32",
        ),
        (
            forged(6, &[1, 0]),
            Some(6),
            "model with a cycle of 1 values is outside 2..=8192",
        ),
        (
            forged(8, &[0]),
            Some(8),
            "model says 0 bytes, its shape makes 204",
        ),
        (
            forged(12, &[1, 0, 0, 0]),
            Some(12),
            "model says 1 bytes of memory, it needs at least 288",
        ),
        (
            forged(16, &big),
            Some(12),
            "model, memory and stack take 132684 bytes, allowed are 131072",
        ),
        (
            [whole.clone(), vec![0]].concat(),
            Some(204),
            "bytes follow the model from byte 204 on",
        ),
        (
            [&whole[..203], &[!whole[203]]].concat(),
            Some(172),
            "model does not match its digest at byte 172",
        ),
        (
            forged(60, &nan),
            Some(60),
            "number at byte 60 of the model is out of range",
        ),
        (
            forged(24, &2.0_f32.to_le_bytes()),
            Some(24),
            "number at byte 24 of the model is out of range",
        ),
    ];
    for (bytes, offset, message) in table {
        let error = open(&bytes).unwrap_err();
        if !message.starts_with("model, memory") {
            assert_eq!(error.to_string(), message);
        } else {
            assert!(matches!(
                error,
                ModelError::OverBudget { budget: BUDGET, .. }
            ));
        }
        assert_eq!(error.offset(), offset, "{message}");
        assert_eq!(error.kind(), Kind::Invalid);
    }
}

#[test]
fn sizes_are_checked_before_anything_else() {
    // The header alone, with no content, no digest and no signature, is refused for what it asks.
    let mut header = saved(1)[..24].to_vec();
    header[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(open(&header), Err(ModelError::OverBudget { .. })));
    let bytes = saved(1);
    let tight = Model::open(&bytes, KeyId(1), b"good", &Keys, 1000);
    assert!(matches!(
        tight,
        Err(ModelError::OverBudget { budget: 1000, .. })
    ));
    let generous = Model::open(
        &forged(16, &u32::to_le_bytes(BUDGET)),
        KeyId(1),
        b"good",
        &Keys,
        u32::MAX,
    )
    .map(|_| ());
    assert!(matches!(
        generous,
        Err(ModelError::OverBudget { budget: BUDGET, .. })
    ));
}

#[test]
fn no_model_is_opened_without_a_good_signature() {
    let bytes = saved(1);
    let refused =
        |key, signature: &[u8]| Model::open(&bytes, key, signature, &Keys, BUDGET).unwrap_err();
    assert_eq!(
        refused(KeyId(1), b"bad"),
        ModelError::Signature(VerifyError::Mismatch)
    );
    let unknown = VerifyError::UnknownKey(KeyId(2));
    assert_eq!(refused(KeyId(2), b"good"), ModelError::Signature(unknown));
    assert_eq!(
        Model::open(&bytes, KeyId(1), b"good", &(), BUDGET)
            .unwrap_err()
            .offset(),
        None
    );
}

#[test]
fn a_model_that_does_not_fit_changes_nothing() {
    let bytes = saved(1);
    let model = open(&bytes).unwrap();
    let mut other_lags = Ensemble::<24, 3>::new(24).unwrap();
    other_lags.observe(7.0);
    assert_eq!(
        other_lags.load(&model, 0),
        Err(LoadError::Lags { model: 4, here: 3 })
    );
    assert_eq!(other_lags.ahead(1), Some(7.0));
    let mut short = Ensemble::<12, 4>::new(12).unwrap();
    assert_eq!(
        short.load(&model, 0),
        Err(LoadError::Period {
            model: 24,
            here: 12
        })
    );
    assert_eq!((short.ahead(1), short.period()), (None, 12));
}

#[test]
fn what_does_not_fit_the_buffer_is_not_written() {
    let mut short = [0; 203];
    let error = trained().save(1, &mut short).unwrap_err();
    assert_eq!(
        error,
        SaveError::TooShort {
            have: 203,
            needed: 204
        }
    );
    assert_eq!(short, [0; 203]);
}

#[test]
fn the_largest_sensible_ensemble_is_within_the_budget() {
    // A day in steps of a minute, 16 lags; a week in steps of 5 min.
    type Minute = Ensemble<1440, 16>;
    type Week = Ensemble<2016, 6>;
    const { assert!(Minute::ARENA + Minute::STACK < 16 * 1024) };
    const { assert!(Week::ARENA + Week::STACK < 16 * 1024) };
    let mut minute = Minute::new(1440).unwrap();
    (0..3000_u16).for_each(|i| minute.observe(f32::from(i % 1440)));
    let mut bytes = vec![0; 8192];
    let saved = minute.save(1, &mut bytes).unwrap();
    assert!(open(&bytes[..saved.len()]).is_ok());
}

proptest! {
    #[test]
    fn any_damaged_byte_is_noticed(at in 0_usize..204, flip in 1_u8..=255) {
        let mut bytes = saved(1);
        bytes[at] ^= flip;
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn any_numbers_that_open_give_finite_forecasts(at in 24_usize..168, value in proptest::num::f32::ANY, next in -1e6_f32..1e6) {
        let bytes = forged(at / 4 * 4, &value.to_le_bytes());
        if let Ok(model) = open(&bytes) {
            let mut day = Day::new(24).unwrap();
            day.load(&model, 5).unwrap();
            for i in 0..60_u8 {
                prop_assert!(day.path().take(20).all(f32::is_finite));
                day.observe(next + f32::from(i));
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&bytes).is_err());
    }
}

#[cfg(feature = "std")]
mod slot {
    use super::*;
    use gofarm_sched::forecast::{InstallError, ModelSlot};

    #[test]
    fn only_a_checked_model_that_is_not_older_comes_into_force() {
        let slot = ModelSlot::new().at_least(5);
        assert!(slot.newer_than(None).is_none());
        let install =
            |sequence, signature: &[u8]| slot.install(&saved(sequence), KeyId(1), signature, &Keys);
        assert_eq!(
            install(4, b"good"),
            Err(InstallError::Older {
                offered: 4,
                least: 5
            })
        );
        assert!(slot.newer_than(None).is_none());
        let first = install(6, b"good").unwrap();
        let refused = install(7, b"bad");
        assert_eq!(
            refused,
            Err(InstallError::Model(ModelError::Signature(
                VerifyError::Mismatch
            )))
        );
        assert_eq!(
            install(5, b"good"),
            Err(InstallError::Older {
                offered: 5,
                least: 6
            })
        );
        let held = slot.newer_than(None).unwrap();
        assert_eq!((held.revision(), held.model().sequence()), (first, 6));
        assert!(slot.newer_than(Some(first)).is_none());
        install(7, b"good").unwrap();
        assert_eq!(held.model().sequence(), 6, "what is held does not change");
        assert_eq!(slot.newer_than(Some(first)).unwrap().model().sequence(), 7);
    }

    #[test]
    fn a_smaller_budget_of_a_slot_holds() {
        let slot = ModelSlot::new().budget(2000);
        let refused = slot.install(&saved(1), KeyId(1), b"good", &Keys);
        assert!(matches!(
            refused,
            Err(InstallError::Model(ModelError::OverBudget {
                budget: 2000,
                ..
            }))
        ));
    }

    #[test]
    fn readers_see_one_whole_model_or_another() {
        let slot = ModelSlot::new();
        let (old, new) = (saved(1), saved(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for bytes in [&old, &new] {
                    slot.install(bytes, KeyId(1), b"good", &Keys).unwrap();
                }
            });
            scope.spawn(|| {
                let mut seen = None;
                for _ in 0..1000 {
                    if let Some(newer) = slot.newer_than(seen) {
                        let digest = newer.model().digest();
                        assert!([&old, &new].iter().any(|bytes| bytes.ends_with(&digest)));
                        assert_eq!(Day::new(24).unwrap().load(&newer.model(), 0), Ok(()));
                        seen = Some(newer.revision());
                    }
                }
            });
        });
    }
}
