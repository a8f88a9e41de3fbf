//! [`KeptJournal`]: RAM that outlives a reset, as the storage of a lease.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use gofarm_core::command::{Journal, JournalFull, snapshot_len};

const ROOM: usize = snapshot_len(16);

/// What tells a page that was written from the noise of a power-up.
const MARK: u32 = 0x6F46_6172;

#[derive(Clone, Copy)]
#[repr(C)]
struct Page {
    /// The number of the save, and the same against the mark; written last.
    number: u32,
    check: u32,
    len: u32,
    bytes: [u8; ROOM],
}

struct Pages(UnsafeCell<MaybeUninit<[Page; 2]>>);

// SAFETY: only the one `KeptJournal` reaches them, and it lives in one thread.
unsafe impl Sync for Pages {}

/// Not touched by the start of the program: a reset leaves them as they are.
#[unsafe(link_section = ".uninit.PAGES")]
static PAGES: Pages = Pages(UnsafeCell::new(MaybeUninit::uninit()));

static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Two pages of RAM written in turn. They outlive a reset, not a loss of power: a product keeps them in flash or FRAM.
///
/// Noise that looks like a page is found out by the checksum in the snapshot.
pub struct KeptJournal {
    pages: *mut Page,
}

impl KeptJournal {
    /// The journal, the first time.
    pub fn take() -> Option<Self> {
        // Of one core, and before there are tasks: no read-modify-write is needed.
        if IS_TAKEN.load(Ordering::Relaxed) {
            return None;
        }
        IS_TAKEN.store(true, Ordering::Relaxed);
        Some(Self {
            pages: PAGES.0.get().cast(),
        })
    }

    fn read(&self, page: usize) -> Page {
        // SAFETY: `page` is 0 or 1 and nobody else reaches the pages. What a reset left is unknown to the compiler, so
        // it is read as from a device; a page is integers, for which every pattern is a value.
        unsafe { self.pages.add(page).read_volatile() }
    }

    fn write(&mut self, page: usize, value: Page) {
        // SAFETY: as above.
        unsafe { self.pages.add(page).write_volatile(value) }
    }

    /// Which page was written last, and its number; 0 if none was.
    fn newest(&self) -> (usize, u32) {
        let number = |page| {
            let Page { number, check, .. } = self.read(page);
            if number ^ check == MARK { number } else { 0 }
        };
        let (first, second) = (number(0), number(1));
        if second > first {
            (1, second)
        } else {
            (0, first)
        }
    }
}

impl Journal for KeptJournal {
    type Error = JournalFull;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, JournalFull> {
        let (page, number) = self.newest();
        if number == 0 {
            return Ok(None);
        }
        let Page { len, bytes, .. } = self.read(page);
        let len = len as usize;
        if let (Some(room), Some(bytes)) = (buffer.get_mut(..len), bytes.get(..len)) {
            room.copy_from_slice(bytes);
        }
        Ok(Some(len))
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), JournalFull> {
        let mut bytes = [0; ROOM];
        let Some(room) = bytes.get_mut(..snapshot.len()) else {
            return Err(JournalFull {
                len: snapshot.len(),
                max: ROOM,
            });
        };
        room.copy_from_slice(snapshot);
        let (newest, number) = self.newest();
        let page = Page {
            number: 0, // up to the second write the other page is the newest
            check: 0,
            len: snapshot.len() as u32,
            bytes,
        };
        self.write(1 - newest, page);
        let number = number.wrapping_add(1);
        let check = number ^ MARK;
        self.write(
            1 - newest,
            Page {
                number,
                check,
                ..page
            },
        );
        Ok(())
    }
}
