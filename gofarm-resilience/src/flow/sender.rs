//! [`FlowSender`]: the end that has to hold back.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{FlowConfig, FlowReport, ItemHeader, Stamp};
use crate::policy::{ConfigError, Rate, Reason, Rejected, TokenBucket, TokenBucketConfig};

/// Says when an item may be sent.
///
/// Contract: [`try_send`](Self::try_send) before each item, which goes out with the header that it gives;
/// [`handle_report`](Self::handle_report) for each report that arrives, in whatever order.
#[derive(Debug)]
pub struct FlowSender {
    config: FlowConfig,
    bucket: TokenBucket,
    /// In thousandths of an item a second.
    rate: u64,
    session: u64,
    /// Items sent in this session.
    sent: u64,
    sent_at: Instant,
    /// The items among them that are no longer on their way: seen by the receiver, or given up.
    settled: u64,
    /// How many may be on their way.
    window: u64,
    heard: Option<Heard>,
    /// The smoothed round trip.
    rtt: Option<Duration>,
}

/// The last report in order.
#[derive(Clone, Copy, Debug)]
struct Heard {
    order: (u64, u64),
    at: Instant,
    remote: u64,
}

/// Rates in thousandths of an item a second are tokens in a thousand seconds.
const PER: Duration = Duration::from_secs(1_000);

impl FlowSender {
    /// A sender that knows nothing of its receiver, and sends nothing until the first report.
    ///
    /// `session` must be larger after each restart: a boot counter, or wall time.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: FlowConfig, session: u64) -> Result<Self, ConfigError> {
        config.check()?;
        checked(config.local_rate)?;
        Ok(Self {
            config,
            bucket: bucket(&config, 0).build()?,
            rate: 0,
            session,
            sent: 0,
            sent_at: Instant::ZERO,
            settled: 0,
            window: 0,
            heard: None,
            rtt: None,
        })
    }

    /// Asks for leave to send one item.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::RateExceeded`] and the time until a token flows in, or with [`Reason::Full`]
    /// and the report interval if the receiver's room is used up or nothing is known of it.
    pub fn try_send(&mut self, now: Instant) -> Result<ItemHeader, Rejected> {
        if self.is_silent(now) || self.on_the_way() >= self.window {
            return Err(Rejected::new(Reason::Full, self.config.report_every));
        }
        self.bucket.try_take(1, now)?;
        self.sent += 1;
        self.sent_at = now;
        Ok(ItemHeader {
            session: self.session,
            number: self.sent,
            stamp: Stamp::at(now),
        })
    }

    /// Takes in a report. One that is older than another that has arrived changes nothing.
    pub fn handle_report(&mut self, now: Instant, report: &FlowReport) {
        let order = (report.session, report.number);
        if self.heard.is_some_and(|heard| order <= heard.order) {
            return;
        }
        if let Some(seen) = report.seen
            && seen.header.session == self.session
        {
            let number = seen.header.number.min(self.sent);
            if number > self.settled {
                self.settled = number;
                let trip = now.saturating_since(seen.header.stamp.instant());
                self.measure(trip.saturating_sub(seen.held));
            }
        }
        if now.saturating_since(self.sent_at) > self.given_up_after() {
            self.settled = self.sent;
        }
        let percent = if report.average_delay < self.config.slow_from {
            self.config.quick_percent
        } else {
            self.config.slow_percent
        };
        let share = u64::from(report.free) * u64::from(percent);
        self.window = share.div_ceil(100);
        let remote = per_second(share, self.config.report_every);
        self.heard = Some(Heard {
            order,
            at: now,
            remote,
        });
        self.adjust(now);
    }

    /// Changes what the sender may send by its own limits; zero stops it.
    ///
    /// # Errors
    /// [`ConfigError`] if the rate is above 4 million items a second or for no time; nothing has changed then.
    pub fn set_local_rate(&mut self, local_rate: Rate, now: Instant) -> Result<(), ConfigError> {
        checked(local_rate)?;
        self.config.local_rate = local_rate;
        self.adjust(now);
        Ok(())
    }

    /// The rate in force in items a second; zero while nothing is known of the receiver.
    #[must_use]
    pub fn rate(&self, now: Instant) -> f64 {
        if self.is_silent(now) {
            return 0.0;
        }
        Rate::new(u32::try_from(self.rate).unwrap_or(u32::MAX), PER).per_second_f64()
    }

    /// Items that have been sent, and neither been seen by the receiver nor given up.
    #[must_use]
    pub const fn on_the_way(&self) -> u64 {
        self.sent - self.settled
    }

    /// The smoothed round trip, once one has been measured.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.rtt
    }

    /// Whether nothing was heard for three reports, or ever: then nothing is sent.
    #[must_use]
    pub fn is_silent(&self, now: Instant) -> bool {
        self.heard
            .is_none_or(|heard| now.saturating_since(heard.at) > self.config.silence())
    }

    /// Smooths as RFC 6298 does: an eighth of each new value.
    fn measure(&mut self, trip: Duration) {
        self.rtt = Some(match self.rtt {
            None => trip,
            Some(smoothed) => smoothed - smoothed / 8 + trip / 8,
        });
    }

    /// How long nothing may have been sent until what is on its way is given up: three reports, or two round trips
    /// and a report.
    fn given_up_after(&self) -> Duration {
        let trips = self.rtt.unwrap_or_default().saturating_mul(2);
        self.config
            .silence()
            .max(trips.saturating_add(self.config.report_every))
    }

    fn adjust(&mut self, now: Instant) {
        let local = self.config.local_rate;
        let local = per_second(u64::from(local.tokens()) * 100, local.per());
        let remote = self.heard.map_or(0, |heard| heard.remote);
        let rate = local.min(remote) * self.rtt_permille() / 1_000;
        let rate = rate.min(u64::from(u32::MAX));
        self.rate = rate;
        let changed = self.bucket.configure(&bucket(&self.config, rate), now);
        debug_assert!(changed.is_ok(), "{changed:?}");
    }

    /// `max(floor, 1 − rtt / scale)`, in thousandths.
    fn rtt_permille(&self) -> u64 {
        let rtt = self.rtt.unwrap_or_default().as_micros();
        let lost = rtt * 1_000 / self.config.rtt_scale.as_micros().max(1);
        let kept = 1_000 - u64::try_from(lost.min(1_000)).unwrap_or(1_000);
        kept.max(u64::from(self.config.rtt_floor_percent) * 10)
    }
}

/// The bucket for a rate in thousandths of an item a second: it holds what flows in within two refills, so that a
/// caller that comes a little late loses nothing.
fn bucket(config: &FlowConfig, rate: u64) -> TokenBucketConfig {
    let rate = u32::try_from(rate).unwrap_or(u32::MAX);
    let refill = u64::try_from(config.refill_every.as_micros()).unwrap_or(u64::MAX);
    let held = u64::from(rate).saturating_mul(refill.saturating_mul(2)) / 1_000_000_000;
    TokenBucket::at(Rate::new(rate, PER))
        .burst(u32::try_from(held).unwrap_or(u32::MAX).max(1))
        .in_steps_of(config.refill_every)
}

/// Hundredths of items in a time as thousandths of an item a second.
fn per_second(hundredths: u64, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::from(hundredths) * 10_000_000 / micros).unwrap_or(u64::MAX)
}

fn checked(local: Rate) -> Result<(), ConfigError> {
    if local.per().is_zero() {
        return Err(ConfigError::new("local_rate", "for a time above 0"));
    }
    if per_second(u64::from(local.tokens()) * 100, local.per()) > u64::from(u32::MAX) {
        return Err(ConfigError::new(
            "local_rate",
            "at most 4 million items a second",
        ));
    }
    Ok(())
}
