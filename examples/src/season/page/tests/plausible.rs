//! A season as it might have been, without playing one.

use gofarm_core::random::{Random, SplitMix64};
use jiff::ToSpan;
use jiff::civil::date;

use crate::season::history::{
    Choice, Conflict, Day, FieldDay, FieldFacts, History, Incident, Measured,
};
use crate::season::page::{Promise, Summary, Table};

/// So many days of so many fields.
pub(super) fn history(days: usize, fields: usize, seed: u64) -> History {
    let mut random = SplitMix64::new(seed);
    let mut dice = SplitMix64::new(random.next_u64());
    let mut below = move |sides| u32::try_from(dice.below(sides)).unwrap();
    let mut chance = move || random.below(1_000_000) as f64 / 1e6;
    let first = date(2003, 4, 15);
    let mut history = History {
        fields: (1..=fields)
            .map(|number| FieldFacts {
                name: format!("field {number}"),
                crop: "potato".into(),
                soil: "sandy loam".into(),
                field_capacity: 0.23,
                wilting_point: 0.11,
            })
            .collect(),
        ..History::default()
    };
    let mut depletion = vec![10.0_f64; fields];
    for number in 0..days {
        let share = number as f64 / 145.0;
        let mut day = Day::new(first + i64::try_from(number).unwrap().days());
        day.rain_mm = if chance() < 0.3 {
            18.0 * chance() * chance()
        } else {
            0.0
        };
        day.reference_mm = 2.0 + 3.0 * (share * core::f64::consts::PI).sin() + chance();
        for (field, depletion) in depletion.iter_mut().enumerate() {
            let roots = 0.3 + 0.3 * (share * 2.0).min(1.0);
            let total = 120.0 * roots;
            let readily = 0.4 * total;
            let irrigation_mm = if *depletion > 0.9 * readily && chance() < 0.7 {
                12.0
            } else {
                0.0
            };
            let demand = day.reference_mm * (0.5 + 0.6 * share) * (0.9 + 0.1 * field as f64);
            let stress = ((total - *depletion) / (total - readily)).clamp(0.0, 1.0);
            *depletion =
                (*depletion + demand * stress - day.rain_mm - irrigation_mm).clamp(0.0, total);
            let water_content = 0.23 - *depletion / roots / 1_000.0;
            day.fields.push(FieldDay {
                depletion_mm: *depletion,
                readily_available_mm: readily,
                total_available_mm: total,
                water_content,
                trusted: (chance() < 0.95).then(|| water_content + 0.006 * (chance() - 0.5)),
                outside: (field == 0 && number % 7 == 3)
                    .then(|| water_content + 0.02 * (chance() - 0.6)),
                irrigation_mm,
                stress,
            });
            let name = format!("field {} radio", field + 1);
            let down = if chance() < 0.08 { chance() * 0.3 } else { 0.0 };
            day.links_down.insert(name, down);
            let open = if down > 0.0 { down * 0.8 } else { 0.0 };
            day.breakers_open
                .insert(format!("field {} valve commands", field + 1), open);
            let open = if chance() < 0.02 { 0.4 } else { 0.0 };
            day.breakers_open
                .insert(format!("field {} probe 2", field + 1), open);
        }
        for (name, down) in [
            ("gateway 1 backbone", 40..43),
            ("gateway 2 backbone", 90..91),
        ] {
            let down = if down.contains(&number) { 1.0 } else { 0.0 };
            day.links_down.insert(name.into(), down);
        }
        for machine in [
            "gateway 1",
            "gateway 2",
            "solar-mast",
            "cloud",
            "field-node 1",
        ] {
            let count = 4 + below(20);
            day.placed.insert(machine.into(), count);
        }
        for (reason, likely) in [
            ("not_finite", 0.3),
            ("range", 0.1),
            ("rate", 0.4),
            ("stuck", 0.05),
        ] {
            if chance() < likely {
                day.refused.insert(reason.into(), 1 + below(9));
            }
        }
        for store in [
            "gateway 1",
            "gateway 2",
            "cloud",
            "field node 1",
            "field node 2",
            "field node 3",
        ] {
            day.flash_bytes
                .insert(store.into(), 2_000 + u64::from(below(9_000)));
        }
        let median = 6.0 + 3.0 * chance();
        history.measured.push(Measured {
            decision_p50_us: median,
            decision_p99_us: median * (2.0 + 8.0 * chance()),
            commit_p99_us: (chance() < 0.98).then(|| 120.0 + 900.0 * chance()),
        });
        if number % 9 == 4 {
            let at = day.date.at(i8::try_from(number % 24).unwrap(), 30, 0, 0);
            let text = [
                "gateway 1 is cut off for 72 h",
                "the broker is killed, and started again after 4 min",
                "probe 2 of field 1 is stuck at 0.183 m³/m³",
                "the valve of field 3 does not close for 20 min",
                "the wall clock of gateway 2 jumps back by 3 h",
                "the disk of gateway 1 is full",
            ][number / 9 % 6];
            history.incidents.push(Incident {
                at,
                text: text.into(),
            });
            history.conflicts.push(Conflict {
                at,
                what: format!("field {}: stop irrigation at", 1 + number % fields.max(1)),
                values: [
                    "0.40 (gateway 1)".into(),
                    "0.25 (by hand at the valve)".into(),
                ],
                settled: "the later write holds: 0.25".into(),
            });
        }
        if number % 36 == 20 {
            history.choices.push(Choice {
                at: day.date.at(6, 15, 0, 0),
                what: "irrigation of field 1".into(),
                chosen: "gateway 1".into(),
                reasons: "0.31 = cpu 0.12 + network 0.04 + zone spread 0.10 + soil moisture 0.05 (0 is idle); refused: solar-mast \
                          (loses power in 1.2 h), cloud (not reachable for 3.1 h)"
                    .into(),
            });
        }
        history.days.push(day);
    }
    history
}

/// The head of a page.
pub(super) fn summary() -> Summary {
    let mut summary = Summary::new("One season of three fields, potato on sandy loam");
    for (name, value) in [
        ("from", "2003-04-15"),
        ("to", "2003-09-06"),
        ("seed", "1"),
        ("chaos", "default"),
        ("broker", "in process"),
    ] {
        summary.facts.push((name.into(), value.into()));
    }
    for (name, value) in [
        (
            "commands balance: issued = executed + expired + refused + indeterminate + pending",
            "412 = 391 + 14 + 2 + 5 + 0",
        ),
        ("commands executed twice", "0"),
        ("time past a lease without the close being driven", "0 s"),
        ("durably acknowledged messages lost", "0"),
        ("committed writes lost", "0"),
        ("replicas that differ at the end", "0"),
        ("99 of 100 decisions within 1 ms", "0.05 ms"),
    ] {
        summary.promises.push(Promise::new(name, value, true));
    }
    summary.tables.push(Table {
        title: "Water".into(),
        columns: vec![
            "".into(),
            "field 1".into(),
            "field 2".into(),
            "field 3".into(),
        ],
        rows: vec![
            vec![
                "given, mm".into(),
                "187.2".into(),
                "190.1".into(),
                "201.7".into(),
            ],
            vec![
                "drained, mm".into(),
                "12.0".into(),
                "14.9".into(),
                "11.2".into(),
            ],
        ],
        note: Some("What the soil could not hold.".into()),
    });
    summary
}
