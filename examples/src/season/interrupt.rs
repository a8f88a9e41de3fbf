//! [`Interrupt`]: Ctrl-C, when it should not end the program at once.

use alloc::sync::Arc;
use core::future::{Future as _, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicU8, Ordering};
use core::task::Poll;
use std::sync::mpsc;
use std::{io, process, thread};

/// Nobody has asked for the end.
const PLAYING: u8 = 0;
/// Ctrl-C has come.
const STOPPING: u8 = 1;
/// It is no longer for this to act on Ctrl-C.
const OVER: u8 = 2;

/// Hears Ctrl-C: the first one asks for the end, a second one ends the program at once, with exit code 130.
///
/// From the moment it is dropped it does neither, and Ctrl-C does nothing: the rest of the program should not take long.
///
/// ```
/// use gofarm_examples::season::interrupt::Interrupt;
///
/// let interrupt = Interrupt::listen()?;
/// assert!(!interrupt.is_wanted());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Interrupt {
    state: Arc<AtomicU8>,
}

impl Interrupt {
    /// Begins to listen, on a thread of its own.
    ///
    /// # Errors
    /// What the system says if there is no thread for it, or no signals.
    pub fn listen() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let state = Arc::new(AtomicU8::new(PLAYING));
        let shared = Arc::clone(&state);
        let (ready, is_ready) = mpsc::channel();
        thread::Builder::new()
            .name("interrupt".to_owned())
            .spawn(move || runtime.block_on(hear(&shared, &ready)))?;
        // Heard from here on.
        is_ready.recv().map_err(io::Error::other)?;
        Ok(Self { state })
    }

    /// Whether Ctrl-C has come.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.state.load(Ordering::Relaxed) == STOPPING
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.state.store(OVER, Ordering::Relaxed);
    }
}

async fn hear(state: &AtomicU8, ready: &mpsc::Sender<()>) {
    loop {
        let mut came = pin!(tokio::signal::ctrl_c());
        // From the first poll on it is listening.
        match poll_fn(|cx| Poll::Ready(came.as_mut().poll(cx))).await {
            Poll::Ready(Err(_)) => return,
            Poll::Ready(Ok(())) => {}
            Poll::Pending => {
                let _ = ready.send(()); // only the first is waited for
                if came.await.is_err() {
                    return;
                }
            }
        }
        let set = state.compare_exchange(PLAYING, STOPPING, Ordering::Relaxed, Ordering::Relaxed);
        match set {
            Ok(_) => {}
            Err(STOPPING) => process::exit(130),
            Err(_) => return,
        }
    }
}
