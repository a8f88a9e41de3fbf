//! [`KeptJournal`] and [`take_saves`]: RAM that outlives a reset, as storage.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering, compiler_fence};

use gofarm_core::command::{Journal, JournalFull, snapshot_len};

const ROOM: usize = snapshot_len(16);

/// Room for one save of a board, in bytes.
pub const SAVE: usize = 512;

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

/// RAM that the start of a program does not touch: a reset leaves it as it is, power that comes on leaves noise in it.
struct Kept<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: the only way in is `take`, which gives one reference, once, to whoever comes first.
unsafe impl<T: Send> Sync for Kept<T> {}

#[unsafe(link_section = ".uninit.JOURNAL")]
static JOURNAL: Kept<[Page; 2]> = Kept(UnsafeCell::new(MaybeUninit::uninit()));
static JOURNAL_IS_TAKEN: AtomicBool = AtomicBool::new(false);

#[unsafe(link_section = ".uninit.SAVES")]
static SAVES: Kept<[[u8; SAVE]; 2]> = Kept(UnsafeCell::new(MaybeUninit::uninit()));
static SAVES_ARE_TAKEN: AtomicBool = AtomicBool::new(false);

impl<T> Kept<T> {
    /// What is kept, the first time.
    ///
    /// # Safety
    /// Every pattern of bits is a value of `T`, and `is_taken` is of this place alone.
    #[expect(clippy::mut_from_ref, reason = "it is given once")]
    unsafe fn take(&'static self, is_taken: &AtomicBool) -> Option<&'static mut T> {
        // One core, and no interrupt comes here: no read-modify-write is needed.
        if is_taken.load(Ordering::Relaxed) {
            return None;
        }
        is_taken.store(true, Ordering::Relaxed);
        let place = self.0.get();
        // SAFETY: it does nothing. For the compiler it may have written the place, which is what the run before a
        // reset did, or the power that came on.
        unsafe { asm!("/* {0} */", in(reg) place, options(nostack, preserves_flags)) };
        // SAFETY: this is the only reference, for it is made once; the place is written, as said above, and whatever
        // was written there is a value, as the caller says.
        Some(unsafe { (*place).assume_init_mut() })
    }
}

/// Two pages for the saves of a board, as flash would have them; what the power left there is damaged or blank.
pub fn take_saves() -> Option<&'static mut [[u8; SAVE]; 2]> {
    // SAFETY: bytes are values whatever their bits, and nobody else uses this flag.
    unsafe { SAVES.take(&SAVES_ARE_TAKEN) }
}

/// Two pages of RAM written in turn. They outlive a reset, not a loss of power: a product keeps them in flash or FRAM.
///
/// Noise that looks like a page is found out by the checksum in the snapshot.
pub struct KeptJournal {
    pages: &'static mut [Page; 2],
}

impl KeptJournal {
    /// The journal, the first time.
    pub fn take() -> Option<Self> {
        // SAFETY: a page is integers and bytes, values whatever their bits, and nobody else uses this flag.
        let pages = unsafe { JOURNAL.take(&JOURNAL_IS_TAKEN) }?;
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
