//! Recording and alerting rules: [`Rules`].

use core::fmt::Write;

use super::Lists;
use super::catalogue::GROUPS;
use super::expression::resolve;

/// Rules for a Prometheus server (its manual, "Defining recording rules" and "Alerting rules").
///
/// They cover the golden signals (error rate below 1 % over an hour, latency, traffic, saturation) and what farms
/// fear: leaks, valves that do not confirm a close, bad readings, links, breakers, replicated state, the scheduler,
/// updates, and telemetry itself.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct Rules {
    yaml: String,
    left_out: Vec<&'static str>,
}

impl Rules {
    /// The rules whose instruments are all in `lists`.
    #[must_use]
    pub fn new(lists: &Lists<'_>) -> Self {
        let mut yaml = String::from("groups:\n");
        let mut left_out = Vec::new();
        for group in &GROUPS {
            let mut rules = String::new();
            for record in group.records {
                match resolve(record.expression, lists) {
                    Ok(expression) => {
                        line(&mut rules, "      - record", record.name);
                        line(&mut rules, "        expr", &expression);
                    }
                    Err(name) => left_out.push(name),
                }
            }
            for alert in group.alerts {
                match resolve(alert.expression, lists) {
                    Ok(expression) => {
                        line(&mut rules, "      - alert", alert.name);
                        line(&mut rules, "        expr", &expression);
                        if !alert.hold.is_empty() {
                            line(&mut rules, "        for", alert.hold);
                        }
                        rules.push_str("        labels:\n");
                        line(&mut rules, "          severity", alert.severity.as_str());
                        rules.push_str("        annotations:\n");
                        line(&mut rules, "          summary", alert.summary);
                    }
                    Err(name) => left_out.push(name),
                }
            }
            if !rules.is_empty() {
                line(&mut yaml, "  - name", group.name);
                yaml.push_str("    rules:\n");
                yaml.push_str(&rules);
            }
        }
        left_out.sort_unstable();
        left_out.dedup();
        Self { yaml, left_out }
    }

    /// The content of a rules file.
    #[must_use]
    pub fn to_yaml(&self) -> &str {
        &self.yaml
    }

    /// Names of instruments that rules wanted and `lists` did not have.
    #[must_use]
    pub fn left_out(&self) -> &[&'static str] {
        &self.left_out
    }
}

/// Writes `key: "value"`; a single-quoted YAML string needs but its quotes doubled.
fn line(yaml: &mut String, key: &str, value: &str) {
    let quoted = value.replace('\'', "''");
    let written = writeln!(yaml, "{key}: '{quoted}'");
    debug_assert!(written.is_ok(), "a String takes everything");
}
