use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;
use gofarm_crdt::{Handle, Replica};
use serde_json::{Value, json};

use super::*;
use crate::season::state::FieldState;

/// A toy season: two replicas, a number that is added to both each day, and a power cut of one of them.
struct Toy {
    replicas: [(Replica<Disk>, Handle<FieldState>); 2],
    days: u32,
    seed: u64,
}

const NAMES: [&str; 2] = ["gateway 1", "cloud"];

fn opened(disk: Disk) -> (Replica<Disk>, Handle<FieldState>) {
    let mut replica = Replica::open(disk, Now::new(Instant::ZERO, None)).unwrap();
    let field = replica.register("field").unwrap();
    (replica, field)
}

impl Toy {
    fn start(seed: u64) -> Self {
        let disk = |id| opened(Disk::memory(ReplicaId::new(id), seed + id));
        Self {
            replicas: [disk(1), disk(2)],
            days: 0,
            seed,
        }
    }

    fn next_day(&mut self) {
        self.days += 1;
        let now = Now::new(Instant::from_secs(u64::from(self.days)), None);
        for (replica, field) in &mut self.replicas {
            let litres = u64::from(self.days) * self.seed;
            replica.update(now, field, |edit| edit.litres.add(litres));
            replica.commit().unwrap();
        }
        if self.days.is_multiple_of(3) {
            let [first, _] = &mut self.replicas;
            *first = opened(first.0.store().restored(u64::from(self.days)).unwrap());
        }
    }

    fn cut_power(&mut self) {
        let seed = u64::from(self.days) + 1_000;
        for replica in &mut self.replicas {
            *replica = opened(replica.0.store().restored(seed).unwrap());
        }
    }

    fn litres(&self) -> [u64; 2] {
        let litres = |(replica, field): &(Replica<Disk>, Handle<FieldState>)| {
            replica.read(field).litres.value()
        };
        [litres(&self.replicas[0]), litres(&self.replicas[1])]
    }

    fn kept<T>(&self, with: impl FnOnce(&Disks<'_>) -> T) -> T {
        let [first, second] = &self.replicas;
        with(&[(NAMES[0], first.0.store()), (NAMES[1], second.0.store())])
    }
}

fn options(seed: u64) -> Value {
    json!({ "seed": seed, "latitude": 52.07, "chaos": "default", "odd": 0.1 + 0.2 })
}

/// What the program does: plays again what was played, resumes, and plays to the end of day `until`.
fn play(folder: &Path, seed: u64, until: u32) -> Result<Toy, SavedError> {
    let mut saved = Saved::open(folder, &options(seed))?;
    let mut toy = Toy::start(seed);
    while toy.days < saved.days() {
        if saved.resumed_after(toy.days) {
            toy.cut_power();
        }
        toy.next_day();
    }
    toy.kept(|disks| saved.resume(disks))?;
    if saved.days() > 0 {
        toy.cut_power();
    }
    while toy.days < until {
        toy.next_day();
        toy.kept(|disks| saved.save(toy.days, disks))?;
    }
    Ok(toy)
}

fn line(error: &SavedError, folder: &Path) -> String {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1);
    text.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn a_season_that_is_stopped_and_resumed_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("a/b");
    for until in [4, 4, 5, 9, 12] {
        let toy = play(&folder, 7, until).unwrap();
        let expected: u64 = (1..=u64::from(until)).map(|day| day * 7).sum();
        assert_eq!(toy.litres(), [expected; 2], "{until}");
    }
}

#[test]
fn what_was_committed_comes_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), 7, 4).unwrap();
    let mut saved = Saved::open(folder.path(), &options(7)).unwrap();
    assert_eq!(saved.days(), 4);
    let mut toy = Toy::start(7);
    (0..4).for_each(|_| toy.next_day());
    toy.kept(|disks| saved.resume(disks)).unwrap();
    // Beside what was kept: gone with the power cut.
    let (replica, field) = &mut toy.replicas[0];
    replica.update(Now::new(Instant::ZERO, None), field, |edit| {
        edit.litres.add(1)
    });
    replica.commit().unwrap();
    assert_eq!(toy.litres(), [71, 70]);
    toy.cut_power();
    assert_eq!(toy.litres(), [70, 70]);
}

#[test]
fn a_season_that_comes_out_otherwise_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), 7, 4).unwrap();
    let mut saved = Saved::open(folder.path(), &options(7)).unwrap();
    let mut toy = Toy::start(8);
    (0..4).for_each(|_| toy.next_day());
    let error = toy.kept(|disks| saved.resume(disks)).unwrap_err();
    assert_eq!(
        line(&error, folder.path()),
        "DIR/season.redb: 4 days played again leave something else on the disk 'cloud' than was kept: another program \
         or other weather"
    );
    toy.cut_power();
    assert_eq!(toy.litres(), [80, 80], "no disk was changed");
}

#[test]
fn other_options_are_named() {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), 7, 2).unwrap();
    let error = play(folder.path(), 8, 2).map(|_| ()).unwrap_err();
    assert_eq!(
        line(&error, folder.path()),
        "DIR/season.json is a season with seed 7, not 8: give the same options or another folder"
    );
    let error = Saved::open(folder.path(), &json!({ "seed": 7 })).unwrap_err();
    assert!(line(&error, folder.path()).contains("chaos \"default\", not nothing"));
    assert!(matches!(
        Saved::open(folder.path(), &7),
        Err(SavedError::NotAnObject)
    ));
}

#[test]
fn every_byte_that_is_changed_in_the_options_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("season.json");
    options::write(&path, &options::given(&options(7)).unwrap()).unwrap();
    let whole = fs::read(&path).unwrap();
    assert_eq!(
        options::read(&path).unwrap(),
        options(7).as_object().cloned()
    );
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(options::read(&path).is_err(), "{at}");
        fs::write(&path, &whole[..at]).unwrap();
        assert!(options::read(&path).is_err(), "cut at {at}");
    }
    let body = "{\"format\":2,\"options\":{}";
    let sum = crc32fast::hash(body.as_bytes());
    fs::write(&path, format!("{body},\"crc32\":\"{sum:08x}\"}}\n")).unwrap();
    assert_eq!(
        line(&options::read(&path).unwrap_err(), folder.path()),
        "DIR/season.json has format 2, this program knows format 1"
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |folder: &Path| {
        let error = play(folder, 7, 1).map(|_| ()).unwrap_err();
        line(&error, folder)
    };
    let file = folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    assert!(refused(&file).starts_with("DIR: "));

    let used = folder.path().join("used");
    let saved = Saved::open(&used, &options(7)).unwrap();
    assert!(
        refused(&used).starts_with("DIR/season.redb: "),
        "{}",
        refused(&used)
    );
    drop(saved);

    fs::remove_file(used.join("season.redb")).unwrap();
    assert!(refused(&used).starts_with("DIR/season.redb: there is no store"));
    fs::write(used.join("season.redb"), b"something else").unwrap();
    assert!(refused(&used).starts_with("DIR/season.redb: "));

    let gateways = folder.path().join("gateways");
    fs::create_dir(&gateways).unwrap();
    drop(RedbStore::create(gateways.join("season.redb"), ReplicaId::new(1)).unwrap());
    assert!(refused(&gateways).contains("the store belongs to replica"));
    assert!(
        !gateways.join("season.json").exists(),
        "nothing half-written"
    );

    let headless = folder.path().join("headless");
    play(&headless, 7, 1).unwrap();
    fs::remove_file(headless.join("season.json")).unwrap();
    assert!(refused(&headless).starts_with("DIR/season.json: "));
}
