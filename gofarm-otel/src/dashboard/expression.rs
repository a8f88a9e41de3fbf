//! PromQL with the names of instruments in it: `rate([[gofarm.valve.events]][5m])`.

use super::{Lists, find, metric_name};

/// Writes the metric's name for each `[[name]]`.
///
/// # Errors
/// The first name that is in none of the lists.
pub(super) fn resolve(template: &'static str, lists: &Lists<'_>) -> Result<String, &'static str> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("[[") {
        let (name, after) = after.split_once("]]").ok_or(rest)?;
        let instrument = find(lists, name).ok_or(name)?;
        text.push_str(before);
        text.push_str(&metric_name(instrument));
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::observe::Instrument;

    static DELAY: Instrument = Instrument::histogram("test.delay", "s", "How late");

    #[test]
    fn a_name_becomes_the_name_that_is_exported() {
        let lists: [&[&Instrument]; 1] = [&[&DELAY]];
        assert_eq!(
            resolve("rate([[test.delay]]_bucket[5m])", &lists),
            Ok("rate(test_delay_seconds_bucket[5m])".to_owned())
        );
    }

    #[test]
    fn an_unknown_name_is_said() {
        let lists: [&[&Instrument]; 1] = [&[&DELAY]];
        assert_eq!(
            resolve("[[test.delay]] / [[test.gone]]", &lists),
            Err("test.gone")
        );
        assert!(resolve("[[test.delay", &lists).is_err());
    }
}
