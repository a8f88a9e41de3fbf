//! Shows a configuration in four layers being replaced, refused and restored: `cargo run --bin config_reload`.
#![expect(clippy::print_stdout, reason = "a person runs it")]

use core::error::Error;
use std::{env, fs, io, process};

use gofarm_core::hot::Hot;
use gofarm_examples::config_reload::{Loader, Remote, Rule, Settings};

/// Stands in for a server: a document, or nothing while it is away.
struct Server(Option<&'static str>);

impl Remote for Server {
    fn fetch(&mut self) -> io::Result<String> {
        let document = self.0.map(str::to_owned);
        document.ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "no answer in 5 s"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("gofarm-config-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let result = tell(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn tell(folder: &std::path::Path) -> Result<(), Box<dyn Error>> {
    fs::write(folder.join("settings.toml"), "sample_every = 600\n")?;
    let loader = Loader::new("valve-7".parse()?, folder);
    let mut server = Server(None);

    println!("The remote source is away at the first start:");
    let (settings, origin) = loader.start(&mut server)?;
    println!("  {origin:?}, degraded: {}", origin.is_degraded());
    show(&settings);

    println!("It is back, with a document for everyone:");
    server.0 = Some("version = 1\nstart_at = 0.7\n");
    reload(&loader, &settings, &mut server);

    println!("Three bad documents, one after the other:");
    for bad in [
        "version = 2\nstart_at = 85\n",
        "version = 2\nstop_at = 0.9\n",
        "version = 2\nstrat_at = 0.8\n",
    ] {
        server.0 = Some(bad);
        reload(&loader, &settings, &mut server);
    }

    println!("A power cut, and the remote source is away again:");
    server.0 = None;
    let (settings, origin) = loader.start(&mut server)?;
    println!("  {origin:?}, degraded: {}", origin.is_degraded());
    show(&settings);

    println!("A document for 10 % of a fleet of 200:");
    server.0 = Some("version = 3\nrollout_percent = 10\nlongest_run = 1800\n");
    let mut given = 0;
    for n in 0..200 {
        let place = folder.join(n.to_string());
        fs::create_dir_all(&place)?;
        let loader = Loader::new(format!("valve-{n}").parse()?, &place);
        let (settings, _) = loader.start(&mut server)?;
        given += u32::from(settings.load().longest_run == 1_800);
    }
    println!("  {given} of 200 have it");
    Ok(())
}

fn reload(loader: &Loader, settings: &Hot<Settings, Rule>, server: &mut Server) {
    match loader.reload(settings, server) {
        Ok(Some(_)) => show(settings),
        Ok(None) => println!("  not for this device yet"),
        Err(error) => println!(
            "  refused: {error}; revision {} stays",
            settings.load().revision().get()
        ),
    }
}

fn show(settings: &Hot<Settings, Rule>) {
    let now = settings.load();
    println!(
        "  revision {}: start at {}, stop at {}, runs of {} s at most, a sample every {} s",
        now.revision().get(),
        now.start_at,
        now.stop_at,
        now.longest_run,
        now.sample_every
    );
}
