//! [`ModelSlot`]: the model in force, replaced while forecasts go on.

use core::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use alloc::boxed::Box;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::hot::{Hot, Revision, Snapshot};
use gofarm_core::verify::{KeyId, Verifier};

use super::model::Shape;
use super::{BUDGET, Model, ModelError};

/// The model that all forecasts of a kind share; put it in an `Arc`.
///
/// Who installs a model replaces the whole of it at once, and only one that passed every check of [`Model::open`] and
/// is not older than the one in force: an old model with a good signature stays out. Who forecasts looks for a newer
/// one without waiting, when it suits, and loads it into its own ensemble.
///
/// A slot forgets with the process: after a restart say [`at_least`](Self::at_least) which sequence was in force.
///
/// ```
/// use gofarm_core::verify::{KeyId, Signed, Verifier, VerifyError};
/// use gofarm_sched::forecast::{Ensemble, ModelSlot};
///
/// # struct Keys;
/// # impl Verifier for Keys {
/// #     fn verify(&self, _: &Signed<'_>) -> Result<(), VerifyError> { Ok(()) }
/// # }
/// # let keys = Keys;
/// # let mut bytes = [0; 512];
/// # let saved = Ensemble::<24, 4>::new(24)?.save(7, &mut bytes)?;
/// # let bytes = &bytes[..saved.len()];
/// let slot = ModelSlot::new();
/// let mut ensemble = Ensemble::<24, 4>::new(24)?;
/// let mut seen = None;
///
/// slot.install(bytes, KeyId(1), b"signature", &keys)?;
/// if let Some(newer) = slot.newer_than(seen) {
///     ensemble.load(&newer.model(), 0)?;
///     seen = Some(newer.revision());
/// }
/// assert!(slot.newer_than(seen).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ModelSlot {
    current: Hot<Owned, Infallible>,
    budget: u32,
    /// No model of an earlier sequence is taken; held while one is put in force.
    least: Mutex<u32>,
}

/// A checked model with its bytes.
#[derive(Debug)]
struct Owned {
    bytes: Box<[u8]>,
    /// `None` as long as there is no model.
    shape: Option<Shape>,
}

impl ModelSlot {
    /// No model yet; the budget is [`BUDGET`].
    #[must_use]
    pub fn new() -> Self {
        let none = Owned {
            bytes: Box::default(),
            shape: None,
        };
        let current = match Hot::new(none, |_| Ok(())) {
            Ok(hot) => hot,
            Err(never) => match never {},
        };
        Self {
            current,
            budget: BUDGET,
            least: Mutex::new(0),
        }
    }

    /// A smaller budget for model, memory and stack together, in bytes; a larger one counts as [`BUDGET`].
    #[must_use]
    pub const fn budget(mut self, bytes: u32) -> Self {
        self.budget = bytes;
        self
    }

    /// Refuses models of an earlier sequence, from the start.
    #[must_use]
    pub fn at_least(mut self, sequence: u32) -> Self {
        self.least = Mutex::new(sequence);
        self
    }

    /// Checks a model and puts it in force.
    ///
    /// # Errors
    /// What [`Model::open`] says, or it is older than the one in force, which stays.
    pub fn install(
        &self,
        bytes: &[u8],
        key: KeyId,
        signature: &[u8],
        verifier: &impl Verifier,
    ) -> Result<Revision, InstallError> {
        let model = Model::open(bytes, key, signature, verifier, self.budget)?;
        let new = Owned {
            bytes: bytes.into(),
            shape: Some(model.shape()),
        };
        let mut least = self.least.lock().unwrap_or_else(PoisonError::into_inner);
        if model.sequence() < *least {
            return Err(InstallError::Older {
                offered: model.sequence(),
                least: *least,
            });
        }
        *least = model.sequence();
        match self.current.replace(new) {
            Ok(revision) => Ok(revision),
            Err(never) => match never {},
        }
    }

    /// The model in force, if it is newer than what was seen; `None` also as long as there is none.
    #[must_use]
    pub fn newer_than(&self, seen: Option<Revision>) -> Option<Installed> {
        let current = self.current.load();
        if seen.is_some_and(|seen| current.revision() <= seen) {
            return None;
        }
        let shape = current.shape?;
        Some(Installed { current, shape })
    }
}

impl Default for ModelSlot {
    fn default() -> Self {
        Self::new()
    }
}

/// A model in force, unchanged for as long as it is held.
///
/// See [`ModelSlot`] for an example.
#[derive(Debug)]
pub struct Installed {
    current: Snapshot<Owned>,
    shape: Shape,
}

impl Installed {
    /// The model.
    #[must_use]
    pub fn model(&self) -> Model<'_> {
        Model::of(&self.current.bytes, self.shape)
    }

    /// Which of the slot's models this is.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.current.revision()
    }
}

/// Why a model was not put in force.
///
/// ```
/// use gofarm_sched::forecast::InstallError;
///
/// let error = InstallError::Older { offered: 3, least: 7 };
/// assert_eq!(error.to_string(), "model of sequence 3 is older than 7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// It is not a model that may be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A newer one is in force, or was before the restart.
    #[error("model of sequence {offered} is older than {least}")]
    Older {
        /// Of the model.
        offered: u32,
        /// The earliest that is taken.
        least: u32,
    },
}

impl Classify for InstallError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
