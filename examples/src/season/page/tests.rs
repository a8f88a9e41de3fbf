//! What every page must be, whatever the season was.

mod plausible;

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::{Page, Promise, Summary};
use crate::season::history::History;

const SECTIONS: [&str; 11] = [
    "promises",
    "water",
    "stress",
    "links",
    "conflicts",
    "breakers",
    "work",
    "readings",
    "latency",
    "flash",
    "numbers",
];

/// The body of a page. The void elements of HTML are in the head alone, so the body is well-formed XML.
fn body(html: &str) -> &str {
    let start = html.find("<body>").unwrap();
    let end = html.find("</html>").unwrap();
    &html[start..end]
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.text()).collect()
}

/// Checks all that holds for every page, and returns how many plots it has.
fn check(html: &str) -> usize {
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    for loads in [
        "http://", "https://", "<script", "<link", "<img", "@import", "url(", "src=",
    ] {
        assert!(!html.contains(loads), "{loads}");
    }
    assert_eq!(html.matches("#0100").count(), 0, "an ink without a class");
    for not_a_number in [">NaN", ">inf", "NaN,", ",NaN", "=\"NaN"] {
        assert!(!html.contains(not_a_number), "{not_a_number}");
    }
    let document = Document::parse(body(html)).unwrap();
    let elements = || document.descendants().filter(Node::is_element);
    let mut ids: Vec<&str> = elements().filter_map(|node| node.attribute("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id is there twice");

    for link in elements().filter_map(|node| node.attribute("href")) {
        assert!(ids.contains(&link.strip_prefix('#').unwrap()), "{link}");
    }
    for head in elements().filter(|node| node.has_tag_name("th")) {
        assert!(matches!(head.attribute("scope"), Some("col" | "row")));
    }
    let plots: Vec<Node<'_, '_>> = elements()
        .filter(|node| node.has_tag_name("svg") && node.attribute("aria-hidden").is_none())
        .collect();
    for plot in &plots {
        assert_eq!(plot.attribute("role"), Some("img"));
        assert!(plot.attribute("viewBox").is_some() && plot.attribute("width").is_none());
        let named: Vec<&str> = plot
            .attribute("aria-labelledby")
            .unwrap()
            .split(' ')
            .collect();
        let told: Vec<Node<'_, '_>> = plot
            .children()
            .filter(|node| node.has_tag_name("title") || node.has_tag_name("desc"))
            .collect();
        assert_eq!(
            told.iter()
                .filter_map(|node| node.attribute("id"))
                .collect::<Vec<_>>(),
            named
        );
        assert!(told.iter().all(|node| !text(*node).trim().is_empty()));
    }
    plots.len()
}

fn page(history: &History) -> String {
    Page::new(&plausible::summary(), history).html()
}

#[test]
fn a_whole_season_has_every_section_and_its_numbers() {
    let history = plausible::history(145, 3, 1);
    let html = page(&history);
    // Two plots of each field, and seven more; each for two widths.
    assert_eq!(check(&html), 2 * (3 * 2 + 7));

    let document = Document::parse(body(&html)).unwrap();
    let sections: Vec<Node<'_, '_>> = document
        .descendants()
        .filter(|node| node.has_tag_name("section"))
        .collect();
    let ids: Vec<&str> = sections
        .iter()
        .filter_map(|node| node.attribute("id"))
        .collect();
    assert_eq!(ids, SECTIONS);
    let told = |id| text(sections[SECTIONS.iter().position(|known| *known == id).unwrap()]);

    for promise in &plausible::summary().promises {
        assert!(
            told("promises").contains(&promise.name) && told("promises").contains(&promise.value)
        );
    }
    for field in 0..3 {
        let given = format!("irrigation ({:.1} mm", history.irrigation_mm(field));
        assert!(told("water").contains(&given), "{given}");
        let days = format!("{} day", history.stress_days(field));
        assert!(told("stress").contains(&days), "{days}");
    }
    assert!(told("water").contains("RMSE over 21 days"));
    for incident in &history.incidents {
        assert!(told("links").contains(&incident.text));
    }
    for conflict in &history.conflicts {
        assert!(told("conflicts").contains(&conflict.settled));
    }
    for choice in &history.choices {
        assert!(told("work").contains(&choice.reasons));
    }
    let refused: u32 = history
        .days
        .iter()
        .filter_map(|day| day.refused.get("rate"))
        .sum();
    assert!(told("readings").contains(&format!("{refused} refused")));
    assert!(html.contains("✓ All kept"));
}

#[test]
fn the_same_season_gives_the_same_bytes() {
    assert_eq!(
        page(&plausible::history(145, 3, 1)),
        page(&plausible::history(145, 3, 1))
    );
    assert_ne!(
        page(&plausible::history(145, 3, 1)),
        page(&plausible::history(145, 3, 2))
    );
}

#[test]
fn a_season_without_a_day_says_so() {
    let html = Page::new(&Summary::default(), &History::default()).html();
    assert_eq!(check(&html), 0);
    assert!(html.contains("No day was played.") && html.contains("No promise was checked."));
}

#[test]
fn a_season_of_one_day_has_its_plots() {
    let html = page(&plausible::history(1, 1, 1));
    assert_eq!(check(&html), 2 * (2 + 6));
    assert!(html.contains("15 Apr") && html.contains("No incident."));
}

#[test]
fn what_was_not_measured_is_left_out() {
    let mut history = plausible::history(30, 2, 1);
    history.measured.clear();
    for field in history.days.iter_mut().flat_map(|day| &mut day.fields) {
        (field.trusted, field.outside) = (None, None);
    }
    let html = page(&history);
    check(&html);
    assert!(html.contains("Nothing was measured.") && !html.contains("RMSE"));
    assert!(!html.contains("trusted probes") && !html.contains("from outside"));
}

#[test]
fn a_broken_promise_is_told_in_words() {
    let mut summary = plausible::summary();
    summary
        .promises
        .push(Promise::new("replicas that differ", "1", false));
    let html = Page::new(&summary, &plausible::history(3, 1, 1)).html();
    check(&html);
    assert!(html.contains("✗ 1 broken") && html.contains("✗ broken") && !html.contains("All kept"));
}

#[test]
fn a_year_with_very_many_events_stays_small() {
    let mut history = plausible::history(366, 3, 1);
    for _ in 0..8 {
        history.incidents.extend_from_within(..);
        history.conflicts.extend_from_within(..);
        history.choices.extend_from_within(..);
    }
    let html = page(&history);
    check(&html);
    assert!(html.contains(" more, not shown"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_becomes_markup(text in "\\PC{0,40}|<script>\\PC{0,9}|\"'&<>]]>") {
        let mut history = plausible::history(20, 1, 1);
        history.fields[0].name.clone_from(&text);
        history.incidents[0].text.clone_from(&text);
        history.conflicts[0].values[0].clone_from(&text);
        history.choices[0..].iter_mut().for_each(|choice| choice.reasons.clone_from(&text));
        history.days[0].links_down.insert(text.clone(), 0.5);
        let mut summary = plausible::summary();
        summary.title.clone_from(&text);
        summary.promises[0].value.clone_from(&text);
        summary.tables[0].rows[0][0].clone_from(&text);
        let html = Page::new(&summary, &history).html();
        let document = Document::parse(body(&html)).unwrap();
        let head = document.descendants().find(|node| node.has_tag_name("h1")).unwrap();
        prop_assert_eq!(head.text().unwrap_or_default(), text);
        prop_assert!(!html.contains("<script"));
    }

    #[test]
    fn no_number_breaks_a_page(
        bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e300, -1e300, 1e-300]),
        place in 0..11,
    ) {
        let mut history = plausible::history(5, 1, 1);
        let facts = &mut history.fields[0];
        let day = &mut history.days[2];
        let field = &mut day.fields[0];
        *match place {
            0 => &mut facts.field_capacity,
            1 => &mut facts.wilting_point,
            2 => &mut day.rain_mm,
            3 => &mut field.readily_available_mm,
            4 => &mut field.total_available_mm,
            5 => &mut field.water_content,
            6 => field.trusted.get_or_insert_default(),
            7 => &mut field.irrigation_mm,
            8 => &mut field.stress,
            9 => day.links_down.get_mut("field 1 radio").unwrap(),
            _ => &mut history.measured[1].decision_p99_us,
        } = bad;
        check(&page(&history));
    }
}
