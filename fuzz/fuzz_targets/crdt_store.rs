//! A store file with anything changed in it: opening gives an error or records that were written, never a panic
//! that gets out, and a refused file is left as it was.
#![no_main]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use arbitrary::Arbitrary;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::fault::FaultyDisk;
use gofarm_crdt::store::{Record, RedbStore, Store, Table};
use libfuzzer_sys::fuzz_target;

type Content = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Arbitrary, Debug)]
enum Damage {
    Flip { bit: u32 },
    Header { byte: u16, value: u8 },
    Write { at: u32, bytes: Vec<u8> },
    Copy { from: u32, to: u32, len: u16 },
    Cut { len: u32 },
}

impl Damage {
    fn apply(self, image: &mut Vec<u8>) {
        let Some(last) = image.len().checked_sub(1) else {
            return;
        };
        let place = |n: u32| n as usize % (last + 1);
        match self {
            Self::Flip { bit } => image[place(bit / 8)] ^= 1 << (bit % 8),
            Self::Header { byte, value } => image[usize::from(byte % 320).min(last)] = value,
            Self::Write { at, bytes } => {
                for (old, new) in image[place(at)..].iter_mut().zip(bytes) {
                    *old = new;
                }
            }
            Self::Copy { from, to, len } => {
                let len = usize::from(len).min(last + 1 - place(from).max(place(to)));
                image.copy_within(place(from)..place(from) + len, place(to));
            }
            Self::Cut { len } => image.truncate(place(len)),
        }
    }
}

/// The image of a closed store and of one whose power went, each with what the last two commits left.
fn images() -> &'static [(Vec<u8>, [Content; 2]); 2] {
    static IMAGES: OnceLock<[(Vec<u8>, [Content; 2]); 2]> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let disk = FaultyDisk::new(0);
        let mut store = RedbStore::create_on(disk.clone(), ReplicaId::new(7)).unwrap();
        let mut states = [Content::new(), Content::new()];
        for n in 0..60u8 {
            let value = vec![n; usize::from(n)];
            let key = [n % 20];
            let record = Record {
                table: Table::Cells,
                key: &key,
                value: Some(&value),
            };
            store.commit(&mut [record].into_iter()).unwrap();
            states = [content(&mut store).unwrap(), states[0].clone()];
        }
        let cut = disk.image();
        drop(store);
        let last = [states[0].clone(), states[0].clone()];
        [(disk.image(), last), (cut, states)]
    })
}

fn content(store: &mut RedbStore) -> Option<Content> {
    let mut content = Content::new();
    let scanned = store.scan(Table::Cells, &mut |key, value| {
        content.insert(key.to_vec(), value.to_vec());
    });
    scanned.ok().map(|()| content)
}

fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |input: (bool, Vec<Damage>)| {
    let (image, allowed) = &images()[usize::from(input.0)];
    let mut damaged = image.clone();
    for damage in input.1 {
        damage.apply(&mut damaged);
    }
    let disk = FaultyDisk::holding(damaged.clone(), 0);
    match RedbStore::open_on(disk.clone()) {
        Ok(mut store) => {
            let found = content(&mut store);
            // A panic would be swallowed by the hook: stop here.
            if !found.is_some_and(|found| allowed.contains(&found)) {
                std::process::abort();
            }
        }
        Err(_) if disk.image() != damaged => std::process::abort(),
        Err(_) => {}
    }
});
