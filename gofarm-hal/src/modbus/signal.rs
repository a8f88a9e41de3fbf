//! What is told to an observer about requests, on either side.
//!
//! The machines have no observer: who drives them hands on how a request ended.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Error, Served};

static REQUESTS: Instrument = Instrument::counter(
    "gofarm.modbus.requests",
    "{request}",
    "Requests of a client that ended, by outcome",
);
static SERVED: Instrument = Instrument::counter(
    "gofarm.modbus.served",
    "{request}",
    "Requests that a server did or refused, by function and exception",
);

/// Every instrument of this module, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&REQUESTS, &SERVED];

/// Tells an observer how a request ended: `answered`, or the error in one word.
///
/// ```
/// use core::cell::Cell;
/// use core::convert::Infallible;
/// use gofarm_core::observe::{LabelValue, Observer, Signal};
/// use gofarm_hal::modbus::{Error, signal};
///
/// struct Dead(Cell<u32>);
/// impl Observer for Dead {
///     fn observe(&self, signal: &Signal<'_>) {
///         if signal.labels().iter().any(|label| label.value == LabelValue::Text("timed_out")) {
///             self.0.set(self.0.get() + 1);
///         }
///     }
/// }
///
/// let dead = Dead(Cell::new(0));
/// signal::ended(&dead, &Err::<(), _>(Error::<Infallible>::TimedOut));
/// assert_eq!(dead.0.get(), 1);
/// ```
pub fn ended<T, E>(observer: &impl Observer, result: &Result<T, Error<E>>) {
    let outcome = match result {
        Ok(_) => "answered",
        Err(Error::Request(_)) => "invalid",
        Err(Error::Exception(_)) => "exception",
        Err(Error::TimedOut) => "timed_out",
        Err(Error::ReplyMismatch(_)) => "reply_mismatch",
        Err(Error::LineBusy) => "line_busy",
        Err(Error::OutOfStep) => "out_of_step",
        Err(Error::Forgotten) => "forgotten",
        Err(Error::Line(_)) => "line",
    };
    observer.observe(
        &REQUESTS
            .count(1)
            .labelled(&[Label::text("outcome", outcome)]),
    );
}

/// Tells an observer what a server did: the function, and the exception or 0.
///
/// See [`ended`] for an observer.
pub fn served(observer: &impl Observer, served: &Served) {
    let exception = served.exception.map_or(0, |exception| exception.code());
    observer.observe(&SERVED.count(1).labelled(&[
        Label::number("function", served.function.into()),
        Label::number("exception", exception.into()),
    ]));
}
