//! `defaults` derives `Default` from the contract.

use gofarm_core::text::Text;
use gofarm_core::{Device, Validate};

use super::{Mode, Zone};

#[test]
fn defaults_are_written_once() {
    let zone = Zone {
        water: 0.25,
        valve: Some(2),
        spare: None,
        mode: Mode::Manual,
    };
    assert_eq!(Zone::default(), zone);

    #[derive(Device, Debug, PartialEq)]
    #[device(model = "a", version = 1, defaults)]
    struct Config {
        #[prop(config, range = 10..=3600, default = 300)]
        every: u16,
        #[prop(config, max_len = 8, default = "farm")]
        topic: String,
        #[prop(config, default = "north")]
        label: Text<8>,
        #[prop(range = -2.5.., default = -1)]
        offset: f64,
        #[prop(default = false)]
        on: bool,
        zones: [Zone; 40],
    }
    let config = Config::default();
    assert_eq!(
        (config.every, &*config.topic, &*config.label),
        (300, "farm", "north")
    );
    assert_eq!((config.offset, config.on), (-1.0, false));
    assert_eq!(config.zones[39], zone);
    assert_eq!(config.validate(), Ok(()));
}
