//! [`KeptJournal`]: RAM that outlives a reset, as the storage of a lease.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering, compiler_fence};

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
    pages: &'static mut [Page; 2],
}

impl KeptJournal {
    /// The journal, the first time.
    pub fn take() -> Option<Self> {
        // One core, and no interrupt comes here: no read-modify-write is needed.
        if IS_TAKEN.load(Ordering::Relaxed) {
            return None;
        }
        IS_TAKEN.store(true, Ordering::Relaxed);
        let pages = PAGES.0.get();
        // SAFETY: it does nothing. For the compiler it may have written the pages, which is what the run before a
        // reset, or the power that came on, did.
        unsafe { asm!("/* {0} */", in(reg) pages, options(nostack, preserves_flags)) };
        // SAFETY: this is the only reference, for it is made once. The pages are integers, for which every pattern is
        // a value, and they are written, as said above.
        let pages = unsafe { (*pages).assume_init_mut() };
        Some(Self { pages })
    }

    /// Which page was written last, and its number; 0 if none was.
    fn newest(&self) -> (usize, u32) {
        let [first, second] = self.pages.each_ref().map(Page::number);
        if second > first {
            (1, second)
        } else {
            (0, first)
        }
    }
}

impl Page {
    /// The number of the save; 0 if it was not written to its end.
    fn number(&self) -> u32 {
        if self.number ^ self.check == MARK {
            self.number
        } else {
            0
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
        let Page { len, bytes, .. } = &self.pages[page];
        let len = *len as usize;
        if let (Some(room), Some(bytes)) = (buffer.get_mut(..len), bytes.get(..len)) {
            room.copy_from_slice(bytes);
        }
        Ok(Some(len))
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), JournalFull> {
        let (newest, number) = self.newest();
        let page = &mut self.pages[1 - newest];
        let Some(room) = page.bytes.get_mut(..snapshot.len()) else {
            return Err(JournalFull {
                len: snapshot.len(),
                max: ROOM,
            });
        };
        // Up to the last line the other page is the newest; fences keep the order for a reset in between.
        page.check = !(page.number ^ MARK);
        compiler_fence(Ordering::SeqCst);
        room.copy_from_slice(snapshot);
        page.len = snapshot.len() as u32;
        page.number = number.wrapping_add(1);
        compiler_fence(Ordering::SeqCst);
        page.check = page.number ^ MARK;
        Ok(())
    }
}
