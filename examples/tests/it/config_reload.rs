//! Layers, refusals, the last good copy and a part of the fleet.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use gofarm_examples::config_reload::{ConfigError, Loader, Origin, Remote};

struct Server(Option<String>);

impl Server {
    fn says(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl Remote for Server {
    fn fetch(&mut self) -> io::Result<String> {
        self.0.clone().ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

/// A fresh folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn loader(folder: &Path, variables: &[(&str, &str)]) -> Loader {
    let variables = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Loader::new("valve-7".parse().unwrap(), folder)
        .environment(variables.collect::<HashMap<_, _>>())
}

#[test]
fn each_layer_covers_the_one_below() {
    let folder = folder("layers");
    let file = "stop_at = 0.1\nstart_at = 0.5\nlongest_run = 600\n";
    fs::write(folder.join("settings.toml"), file).unwrap();
    let loader = loader(
        &folder,
        &[("GOFARM_START_AT", "0.6"), ("GOFARM_LONGEST_RUN", "700")],
    );
    let mut server = Server::says("longest_run = 800");
    let (settings, origin) = loader.start(&mut server).unwrap();
    let now = settings.load();
    assert_eq!(origin, Origin::Remote);
    assert_eq!(now.sample_every, 900); // default
    assert_eq!(now.stop_at, 0.1); // file
    assert_eq!(now.start_at, 0.6); // environment
    assert_eq!(now.longest_run, 800); // remote
}

#[test]
fn a_bad_document_is_refused_with_its_reason_and_the_old_one_stays() {
    let folder = folder("refused");
    let loader = loader(&folder, &[]);
    let mut server = Server::says("start_at = 0.7");
    let (settings, _) = loader.start(&mut server).unwrap();
    let before = settings.load();
    for (document, reason) in [
        ("start_at = 85", "start_at: 85 is outside 0.1..=0.95"),
        ("start_at = nan", "start_at: NaN is outside 0.1..=0.95"),
        ("stop_at = 0.9", "stop_at: 0.9 is not below start_at, 0.85"),
        ("strat_at = 0.8", "unknown key `strat_at`"),
    ] {
        server.0 = Some(format!("{document}\nlongest_run = 61\n"));
        let error = loader.reload(&settings, &mut server).unwrap_err();
        assert_eq!(error.to_string(), reason);
        assert_eq!(settings.load().revision(), before.revision());
        assert_eq!(settings.load().longest_run, 2_400);
    }
    server.0 = None;
    let error = loader.reload(&settings, &mut server).unwrap_err();
    assert!(matches!(error, ConfigError::Away(_)), "{error}");

    server.0 = Some("start_at = 0.6".to_owned());
    let revision = loader.reload(&settings, &mut server).unwrap().unwrap();
    assert_eq!(
        (revision.get(), settings.load().start_at, before.start_at),
        (2, 0.6, 0.7)
    );
}

#[test]
fn a_start_without_the_remote_source_uses_the_last_good_copy() {
    let folder = folder("degraded");
    let loader = loader(&folder, &[]);
    let mut away = Server(None);
    let (settings, origin) = loader.start(&mut away).unwrap();
    assert_eq!((settings.load().start_at, origin), (0.85, Origin::Local));
    assert!(origin.is_degraded());

    let _ = loader.start(&mut Server::says("start_at = 0.7")).unwrap();
    let (settings, origin) = loader.start(&mut away).unwrap();
    assert_eq!((settings.load().start_at, origin), (0.7, Origin::LastGood));

    // A document that is refused at the start is no worse than none.
    let (settings, origin) = loader.start(&mut Server::says("start_at = 85")).unwrap();
    assert_eq!((settings.load().start_at, origin), (0.7, Origin::LastGood));

    // A copy that has been damaged is not used.
    fs::write(folder.join("last_good.toml"), "start_at = 8").unwrap();
    let (settings, origin) = loader.start(&mut away).unwrap();
    assert_eq!((settings.load().start_at, origin), (0.85, Origin::Local));
}

#[test]
fn local_layers_that_break_a_rule_stop_the_start() {
    let folder = folder("local");
    let loader = loader(&folder, &[("GOFARM_SAMPLE_EVERY", "5")]);
    let error = loader.start(&mut Server(None)).unwrap_err();
    assert_eq!(error.to_string(), "sample_every: 5 is outside 60..=3600 s");

    fs::write(folder.join("settings.toml"), "strat_at = 0.8").unwrap();
    let error = loader.start(&mut Server(None)).unwrap_err();
    assert_eq!(error.to_string(), "unknown key `strat_at`");
}

#[test]
fn a_document_can_be_given_to_a_part_of_the_fleet_first() {
    let folder = folder("fleet");
    let mut given = [0, 0];
    for (count, percent) in given.iter_mut().zip([10, 100]) {
        let text = format!("version = 4\nrollout_percent = {percent}\nlongest_run = 120\n");
        for n in 0..300 {
            let place = folder.join(n.to_string());
            fs::create_dir_all(&place).unwrap();
            let device = format!("valve-{n}").parse().unwrap();
            let loader = Loader::new(device, &place).environment(HashMap::new());
            let (settings, origin) = loader.start(&mut Server::says(&text)).unwrap();
            *count += u32::from(settings.load().longest_run == 120);
            assert!(!origin.is_degraded());
        }
    }
    assert!((10..60).contains(&given[0]), "{given:?}");
    assert_eq!(given[1], 300);
}
