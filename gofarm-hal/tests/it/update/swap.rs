//! The hand-over to embassy-boot: its bootloader swaps, ours is the receiver.

use core::cell::RefCell;

use embassy_boot::{BlockingFirmwareState, BootLoader, BootLoaderConfig, State};
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use gofarm_hal::update::{Layout, Receiver, Refusal, Slot, Trial, UpdateError};

use super::device::{MODEL, Offer, layout, provision, transfer};
use super::flash::{Flash, FlashError, Random};

type Small = Flash<1, 8, 256>;

const PAGE: u32 = 256;
const SLOT: u32 = 5 * PAGE;

/// A part of a flash that several have in hand, as embassy-embedded-hal's `BlockingPartition`.
#[derive(Clone, Copy)]
struct Part<'f> {
    flash: &'f RefCell<Small>,
    start: u32,
    len: u32,
}

impl ErrorType for Part<'_> {
    type Error = FlashError;
}

impl ReadNorFlash for Part<'_> {
    const READ_SIZE: usize = Small::READ_SIZE;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), FlashError> {
        self.flash.borrow_mut().read(self.start + offset, into)
    }

    fn capacity(&self) -> usize {
        self.len as usize
    }
}

impl NorFlash for Part<'_> {
    const WRITE_SIZE: usize = Small::WRITE_SIZE;
    const ERASE_SIZE: usize = Small::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.flash
            .borrow_mut()
            .erase(self.start + from, self.start + to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.flash.borrow_mut().write(self.start + offset, bytes)
    }
}

struct Device {
    flash: RefCell<Small>,
    layout: Layout,
}

impl Device {
    /// The slots as elsewhere; behind the second one the page that DFU has more, then embassy-boot's state.
    fn new(first: &Offer) -> Self {
        let (layout, len) = layout::<Small>(5);
        let mut flash: Small = Flash::new(len + 5 * PAGE as usize, 3);
        provision(&mut flash, &layout, first);
        let end = u32::try_from(len).unwrap();
        flash.erase(end, end + 5 * PAGE).unwrap();
        let flash = RefCell::new(flash);
        Self { flash, layout }
    }

    fn part(&self, start: u32, len: u32) -> Part<'_> {
        let flash = &self.flash;
        Part { flash, start, len }
    }

    fn state(&self) -> Part<'_> {
        self.part(self.layout.start(Slot::Second) + SLOT + PAGE, 4 * PAGE)
    }

    fn open(&self) -> Receiver<'static, Part<'_>, 64> {
        let all = u32::try_from(self.flash.borrow().capacity()).unwrap();
        Receiver::open(self.part(0, all), self.layout, MODEL, Slot::First).unwrap()
    }

    /// A reset: embassy-boot's bootloader; the state is what it found.
    fn reset(&self) -> State {
        let config = BootLoaderConfig {
            active: self.part(self.layout.start(Slot::First), SLOT),
            dfu: self.part(self.layout.start(Slot::Second), SLOT + PAGE),
            state: self.state(),
        };
        let mut page = [0; PAGE as usize];
        BootLoader::new(config).prepare_boot(&mut page).unwrap()
    }

    /// What the image tells embassy-boot.
    fn mark(&self, mark: impl FnOnce(&mut BlockingFirmwareState<'_, Part<'_>>)) {
        let mut aligned = [0; Small::WRITE_SIZE];
        mark(&mut BlockingFirmwareState::new(self.state(), &mut aligned));
    }

    fn runs(&self, image: &[u8]) -> bool {
        let start = self.layout.start(Slot::First) as usize;
        self.flash.borrow().content()[start..].starts_with(image)
    }
}

#[test]
fn embassy_boot_swaps_what_was_received_and_swaps_back_what_is_not_confirmed() {
    let [first, second, third] = [1, 2, 3].map(|seed| Random(seed).bytes(900));
    let device = Device::new(&Offer::whole(&first, 0));
    assert_eq!(device.reset(), State::Boot);

    // One that confirms itself.
    let mut receiver = device.open();
    transfer(&mut receiver, &Offer::whole(&second, 2), 64).unwrap();
    receiver.hand_over().unwrap();
    device.mark(|state| state.mark_updated().unwrap());
    assert_eq!(device.reset(), State::Swap);
    assert!(device.runs(&second));
    let mut receiver = device.open();
    assert_eq!(receiver.trial(), Trial::Swapping);
    device.mark(|state| state.mark_booted().unwrap());
    receiver.confirm().unwrap();
    assert_eq!(receiver.state().floor(), 2);
    assert_eq!(device.reset(), State::Boot);
    assert!(device.runs(&second));

    // A patch on it, which does not.
    let mut receiver = device.open();
    transfer(&mut receiver, &Offer::patch(&second, &third, 7), 64).unwrap();
    receiver.hand_over().unwrap();
    device.mark(|state| state.mark_updated().unwrap());
    assert_eq!(device.reset(), State::Swap);
    assert!(device.runs(&third));
    device.reset();
    assert!(device.runs(&second));
    device.mark(|state| {
        assert_eq!(state.get_state().unwrap(), State::Revert);
        state.mark_booted().unwrap();
    });
    let mut receiver = device.open();
    let confirmed = receiver.confirm();
    assert_eq!(confirmed, Err(UpdateError::Refused(Refusal::NotOnTrial)));
    receiver.reject().unwrap();
    assert_eq!(
        (receiver.trial(), receiver.state().floor()),
        (Trial::None, 2)
    );
}
