//! [`Screen`]: the terminal.

use core::time::Duration;
use std::io::{self, IsTerminal};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::draw::draw;
use super::{Frames, LiveError, View, Wish};

/// The whole terminal, until it is dropped.
///
/// ```no_run
/// use std::time::Instant;
/// use gofarm_examples::season::live::{Pace, Screen, View, Wish};
///
/// let (started, pace) = (Instant::now(), Pace::default());
/// let mut screen = Screen::start()?;
/// for played in 1..=145 {
///     // The season plays its next day here.
///     screen.show(started.elapsed(), &View { played, days: 145, ..View::default() })?;
///     loop {
///         let left = pace.left(played, started.elapsed());
///         if screen.wait(Some(left))? == Wish::End {
///             return Ok(());
///         }
///         if left.is_zero() {
///             break;
///         }
///     }
/// }
/// let _ = screen.wait(None)?;
/// # Ok::<(), gofarm_examples::season::live::LiveError>(())
/// ```
#[derive(Debug)]
pub struct Screen {
    terminal: DefaultTerminal,
    frames: Frames,
    /// What was shown last, to draw it again in a terminal of another size.
    last: View,
}

impl Screen {
    /// Takes over the terminal; a panic gives it back before it is told.
    ///
    /// # Errors
    /// [`LiveError::NoTerminal`] if standard output is none, and [`LiveError::Io`] if it cannot be used.
    pub fn start() -> Result<Self, LiveError> {
        if !io::stdout().is_terminal() {
            return Err(LiveError::NoTerminal);
        }
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        Ok(Self {
            terminal,
            frames: Frames::default(),
            last: View::default(),
        })
    }

    /// Draws `view`, unless something was drawn less than [`Frames::EVERY`] before; `since_start` is real time.
    ///
    /// # Errors
    /// [`LiveError::Io`] if the terminal is gone.
    pub fn show(&mut self, since_start: Duration, view: &View) -> Result<(), LiveError> {
        self.last.clone_from(view);
        if self.frames.is_due(since_start) {
            self.draw()?;
        }
        Ok(())
    }

    /// Waits for what a person wants, and no longer than `at_most`; `None` is until the end is wanted.
    ///
    /// It returns early when something else is typed: whoever keeps a [`Pace`](super::Pace) asks it what is
    /// left, and waits again. With nothing left to wait it still hears what was typed.
    ///
    /// # Errors
    /// [`LiveError::Io`] if the terminal is gone.
    pub fn wait(&mut self, at_most: Option<Duration>) -> Result<Wish, LiveError> {
        let Some(time) = at_most else {
            // What was shown last may not have been due.
            self.draw()?;
            while self.hear()? == Wish::GoOn {}
            return Ok(Wish::End);
        };
        if event::poll(time)? {
            return self.hear();
        }
        Ok(Wish::GoOn)
    }

    /// Takes the next event, which may have to come first.
    fn hear(&mut self) -> Result<Wish, LiveError> {
        match event::read()? {
            Event::Key(key) if is_end(key) => return Ok(Wish::End),
            Event::Resize(..) => self.draw()?,
            _ => {}
        }
        Ok(Wish::GoOn)
    }

    fn draw(&mut self) -> io::Result<()> {
        let view = &self.last;
        self.terminal.draw(|frame| draw(frame, view))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// q, Esc, or Ctrl-C, which is a key like others while the screen is there.
fn is_end(key: KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release
        && match key.code {
            KeyCode::Char('c') => is_control,
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => true,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_escape_and_control_c_end_and_nothing_else_does() {
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        for key in [plain(KeyCode::Char('q')), plain(KeyCode::Esc), control('c')] {
            assert!(is_end(key), "{key:?}");
        }
        for key in [
            plain(KeyCode::Char('c')),
            plain(KeyCode::Enter),
            control('z'),
        ] {
            assert!(!is_end(key), "{key:?}");
        }
    }
}
