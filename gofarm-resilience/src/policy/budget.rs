//! [`Budget`]: how many extra calls a client may make, as a share of those that went well.
//!
//! A retry makes a call more just when the other side can bear least: with three attempts everywhere, a gateway
//! that is down for a second gets three times its load, and stays down. So extra calls are paid from a budget, as
//! in Finagle: each success puts in a part of a token, each extra call takes a whole one, and what is put in
//! expires. A reserve lets rare calls be tried again too.
//!
//! Finagle and tower read a clock and keep a queue of windows. Here time is an argument, and two windows in one
//! word are enough: tokens live for one to two windows.

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned, Word};
use crate::policy::token_bucket::{Rate, TokenBucket, TokenBucketConfig};
use crate::policy::{ConfigError, Reason, Rejected};

/// The figures of a [`Budget`].
///
/// ```
/// use gofarm_resilience::policy::BudgetConfig;
///
/// let error = BudgetConfig::percent(101).build().unwrap_err();
/// assert_eq!(error.to_string(), "percent must be from 0 to 100");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct BudgetConfig {
    percent: u8,
    window: Duration,
    reserve: Rate,
    reserve_burst: u32,
}

impl BudgetConfig {
    /// 20 extra calls for 100 that went well within 5 to 10 s, and one a second in any case, ten at once: the
    /// figures of Finagle, whose reserve is ten a second; a farm's calls are rarer.
    pub const DEFAULT: Self = Self {
        percent: 20,
        window: Duration::from_secs(5),
        reserve: Rate::per_second(1),
        reserve_burst: 10,
    };

    /// The default with this many extra calls for 100 that went well; 0 to 100.
    pub const fn percent(percent: u8) -> Self {
        Self {
            percent,
            ..Self::DEFAULT
        }
    }

    /// How long a deposit lasts at least; it lasts less than twice as long. From 10 ms to 1 h, default 5 s.
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// What flows in without any success, and how much of it is kept. A rate of zero: nothing. Default 1 a second,
    /// 10 kept.
    pub const fn reserve(mut self, rate: Rate, kept: u32) -> Self {
        self.reserve = rate;
        self.reserve_burst = kept;
        self
    }

    /// Makes a budget for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Budget, ConfigError> {
        Budget::new(self)
    }

    /// Makes a budget that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<Budget<crate::memory::Shared>, ConfigError> {
        Budget::new(self)
    }
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Pays for extra calls from a share of the calls that went well.
///
/// With `d` deposits ever made, at most `d × percent / 100` withdrawals are paid from deposits, and at most
/// `reserve_burst + rate × t` from the reserve in a time `t`. A window keeps at most 41 943 tokens.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::policy::{BudgetConfig, Rate};
///
/// let budget = BudgetConfig::percent(20).reserve(Rate::ZERO, 1).build()?;
/// let now = Instant::ZERO;
/// assert!(budget.withdraw(now).is_err());
/// (0..5).for_each(|_| budget.deposit(now));
/// assert!(budget.withdraw(now).is_ok());
/// assert!(budget.withdraw(now).is_err());
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Budget<M: Memory = Owned> {
    deposits: M::Word,
    reserve: TokenBucket<M>,
    percent: u32,
    window_micros: u64,
}

/// A token in hundredths, the unit of deposits.
const TOKEN: u32 = 100;
const HALF_BITS: u32 = 22;
const HALF_MAX: u32 = (1 << HALF_BITS) - 1;
const NUMBER_MAX: u64 = (1 << 20) - 1;

/// The deposits of two windows: 20 bits of the window's number, 22 of each window's hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Windows {
    number: u64,
    before: u32,
    current: u32,
}

impl<M: Memory> Budget<M> {
    /// A budget without deposits and with a full reserve, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &BudgetConfig) -> Result<Self, ConfigError> {
        if config.percent > 100 {
            return Err(ConfigError::new("percent", "from 0 to 100"));
        }
        if config.window < Duration::from_millis(10) || config.window > Duration::from_secs(3_600) {
            return Err(ConfigError::new("window", "from 10 ms to 1 h"));
        }
        let reserve: TokenBucketConfig =
            TokenBucket::at(config.reserve).burst(config.reserve_burst);
        Ok(Self {
            deposits: M::Word::new(0),
            reserve: TokenBucket::new(&reserve)?,
            percent: u32::from(config.percent),
            window_micros: u64::try_from(config.window.as_micros()).unwrap_or(u64::MAX),
        })
    }

    /// Puts in the share of a call that went well.
    pub fn deposit(&self, now: Instant) {
        let number = self.number(now);
        // Refused only if there is nothing to put in.
        let _ = self.deposits.update(|word| {
            let mut windows = Windows::of(word).moved_to(number);
            windows.current = (windows.current + self.percent).min(HALF_MAX);
            (self.percent > 0).then(|| windows.word())
        });
    }

    /// Pays for one extra call: from the deposits, the oldest first, or from the reserve.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::RateExceeded`] if both are used up; its time to wait is the reserve's.
    pub fn withdraw(&self, now: Instant) -> Result<(), Rejected> {
        let number = self.number(now);
        let paid = self.deposits.update(|word| {
            let mut windows = Windows::of(word).moved_to(number);
            let rest = (windows.before + windows.current).checked_sub(TOKEN)?;
            windows.before = windows.before.saturating_sub(TOKEN);
            windows.current = windows.current.min(rest - windows.before);
            Some(windows.word())
        });
        match paid {
            Ok(_) => Ok(()),
            Err(_) => self
                .reserve
                .try_take(1, now)
                .map_err(|rejected| Rejected::new(Reason::RateExceeded, rejected.retry_after())),
        }
    }

    /// The extra calls that could be paid now.
    #[must_use]
    pub fn available(&self, now: Instant) -> u32 {
        let windows = Windows::of(self.deposits.load()).moved_to(self.number(now));
        (windows.before + windows.current) / TOKEN + self.reserve.available(now)
    }

    fn number(&self, now: Instant) -> u64 {
        (now.as_micros() / self.window_micros) & NUMBER_MAX
    }
}

impl Windows {
    fn of(word: u64) -> Self {
        let half = |bits: u64| u32::try_from(bits & u64::from(HALF_MAX)).unwrap_or(0);
        Self {
            number: word >> (2 * HALF_BITS),
            before: half(word >> HALF_BITS),
            current: half(word),
        }
    }

    fn word(self) -> u64 {
        self.number << (2 * HALF_BITS)
            | u64::from(self.before) << HALF_BITS
            | u64::from(self.current)
    }

    /// The deposits as seen in the window of this number. A number slightly behind is a task that read its clock
    /// before another: it stays in the current window.
    fn moved_to(self, number: u64) -> Self {
        match number.wrapping_sub(self.number) & NUMBER_MAX {
            0 => self,
            1 => Self {
                number,
                before: self.current,
                current: 0,
            },
            ahead if ahead > NUMBER_MAX - 16 => self,
            _ => Self {
                number,
                before: 0,
                current: 0,
            },
        }
    }
}
