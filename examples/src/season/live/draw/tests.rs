//! What is drawn, cell by cell.

use jiff::civil::date;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::draw;
use crate::season::live::{BreakerView, FieldView, LinkView, View};

fn view() -> View {
    let field = |number: u8| FieldView {
        name: format!("field {number}"),
        water_content: (number < 3).then_some(0.187),
        depletion_mm: 10.0 * f64::from(number),
        readily_available_mm: 28.0,
        total_available_mm: 70.0,
        is_open: [Some(true), Some(false), None][usize::from(number) - 1],
        is_up: number < 3,
        history: (0..100).map(|n| f64::from(n % 50 + number)).collect(),
    };
    let link = |name: &str, is_up| LinkView {
        name: name.into(),
        is_up,
    };
    let breaker = |name: &str, state| BreakerView {
        name: name.into(),
        state,
        is_closed: state == "closed",
    };
    View {
        title: "potato on sandy loam, seed 1".into(),
        date: Some(date(2003, 7, 1)),
        played: 78,
        days: 145,
        fields: (1..=3).map(field).collect(),
        links: vec![
            link("field 1 radio", true),
            link("field 2 radio", true),
            link("field 3 radio", false),
            link("gateway 1 backbone", true),
            link("gateway 2 backbone", true),
        ],
        breakers: vec![
            breaker("field 1 valve commands", "closed"),
            breaker("field 3 valve commands", "open"),
            breaker("field 3 probe 2 on the field bus of gateway 2", "half open"),
        ],
        decisions: vec![
            "1 Jul 06:15 field 1: open, 20.0 mm of 28.0 mm are used up".into(),
            "1 Jul 06:15 field 2: closed, enough water".into(),
        ],
        incidents: vec!["1 Jul 03:00 the radio of field 3 is down".into()],
    }
}

fn terminal(width: u16, height: u16, view: &View) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    terminal
}

/// The cells as lines without their trailing blanks.
fn text(width: u16, height: u16, view: &View) -> String {
    let terminal = terminal(width, height, view);
    let cells = terminal.backend().buffer().content();
    let lines = cells.chunks(usize::from(width)).map(|line| {
        let line: String = line.iter().map(|cell| cell.symbol()).collect();
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

#[test]
fn a_small_and_a_large_terminal_show_everything() {
    for (width, height, golden) in [
        (80, 24, include_str!("golden_80x24.txt")),
        (120, 40, include_str!("golden_120x40.txt")),
    ] {
        let drawn = text(width, height, &view());
        assert_eq!(drawn, golden, "\n{drawn}");
    }
}

#[test]
fn a_state_that_is_not_good_stands_out() {
    let terminal = terminal(80, 24, &view());
    let buffer = terminal.backend().buffer();
    let lines = text(80, 24, &view());
    let (row, line) = lines
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("field 3 radio"))
        .unwrap();
    let column = line[..line.find("down").unwrap()].chars().count();
    let cell = &buffer[(u16::try_from(column).unwrap(), u16::try_from(row).unwrap())];
    assert_eq!(cell.fg, Color::Red);
    assert!(cell.modifier.contains(Modifier::BOLD));
}

#[test]
fn no_size_and_no_view_is_too_odd_to_draw() {
    let mut odd = view();
    odd.fields[0].history = vec![f64::NAN, f64::INFINITY, -1.0, 1e300];
    odd.fields[1].total_available_mm = f64::NAN;
    (odd.played, odd.days) = (9, 0);
    odd.links.extend_from_within(..);
    odd.links.extend_from_within(..);
    for view in [View::default(), view(), odd] {
        for (width, height) in [(1, 1), (59, 40), (60, 18), (80, 10), (300, 100), (200, 18)] {
            let drawn = text(width, height, &view);
            assert_eq!(drawn.lines().count(), usize::from(height));
        }
    }
    assert!(text(40, 10, &View::default()).contains("smaller than 60x18"));
}
