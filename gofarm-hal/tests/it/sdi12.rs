//! SDI-12: the recorder against sensors of our own over a simulated wire, watched by a monitor that knows neither.

mod faults;
mod hostile;
mod measuring;
mod monitor;
mod stuck_port;
mod timing;
mod wire;
