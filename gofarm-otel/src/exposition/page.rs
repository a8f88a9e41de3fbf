//! A page of samples, line by line.

use core::fmt::{self, Write};

use super::escape::Help;
use super::family::{Content, Family, Kind, Point, families, rendered};
use super::number::{Either, Real, Seconds};
use super::{Format, Written};
use crate::instrument::{Exemplar, Number};
use crate::resource::Resource;
use crate::snapshot::{HistogramPoint, Snapshot};

struct Page<'a, W> {
    out: &'a mut W,
    format: Format,
    samples: usize,
}

pub(super) fn write(
    out: &mut impl Write,
    format: Format,
    snapshot: &Snapshot,
    resource: &Resource,
) -> Result<Written, fmt::Error> {
    let mut page = Page {
        out,
        format,
        samples: 0,
    };
    page.target(resource)?;
    let (families, left_out) = families(snapshot);
    for family in &families {
        page.family(family)?;
    }
    if format == Format::OpenMetrics {
        page.out.write_str("# EOF\n")?;
    }
    Ok(Written {
        samples: page.samples,
        left_out,
    })
}

impl<W: Write> Page<'_, W> {
    /// The resource, as an info metric with the value 1.
    fn target(&mut self, resource: &Resource) -> fmt::Result {
        let (name, kind) = match self.format {
            Format::Text => ("target_info", "gauge"),
            Format::OpenMetrics => ("target", "info"),
        };
        writeln!(self.out, "# HELP {name} What is true of everything below")?;
        writeln!(self.out, "# TYPE {name} {kind}")?;
        self.sample("target_info", "", &rendered(resource.attributes()))?;
        self.out.write_str("1\n")
    }

    fn family(&mut self, family: &Family<'_>) -> fmt::Result {
        let Family { name, kind, .. } = family;
        let total = match (self.format, kind) {
            (Format::Text, Kind::Counter) => "_total",
            _ => "",
        };
        writeln!(self.out, "# TYPE {name}{total} {}", kind.as_str())?;
        if self.format == Format::OpenMetrics && !family.unit.is_empty() {
            writeln!(self.out, "# UNIT {name} {}", family.unit)?;
        }
        if !family.help.is_empty() {
            let help = Help(family.help, self.format);
            writeln!(self.out, "# HELP {name}{total} {help}")?;
        }
        for point in &family.points {
            match point.value {
                Content::Number(value, exemplar) => {
                    self.number(family, point, value, exemplar)?;
                }
                Content::Histogram(edges, histogram) => {
                    self.histogram(name, point, edges, histogram)?;
                }
            }
        }
        Ok(())
    }

    fn number(
        &mut self,
        family: &Family<'_>,
        point: &Point<'_>,
        value: Number,
        exemplar: Option<&Exemplar>,
    ) -> fmt::Result {
        // OpenMetrics allows a counter to have an exemplar, but not a gauge.
        let (suffix, exemplar) = match family.kind {
            Kind::Counter => ("_total", exemplar),
            Kind::Gauge | Kind::Histogram => ("", None),
        };
        self.sample(&family.name, suffix, &point.labels)?;
        write!(self.out, "{}", Either(value))?;
        self.end(exemplar)
    }

    fn histogram(
        &mut self,
        name: &str,
        point: &Point<'_>,
        edges: &[f64],
        histogram: &HistogramPoint,
    ) -> fmt::Result {
        let mut below = 0;
        for (place, count) in histogram.buckets.iter().enumerate() {
            below += count;
            let edge = edges.get(place).copied().unwrap_or(f64::INFINITY);
            let exemplar = histogram.exemplars.iter().find(|(of, _)| *of == place);
            self.bucket(name, &point.labels, edge)?;
            write!(self.out, "{below}")?;
            self.end(exemplar.map(|(_, exemplar)| exemplar))?;
        }
        // With negative edges the sum is no counter: OpenMetrics forbids it, and a count without it.
        let negative = edges.first().is_some_and(|&edge| edge < 0.0);
        if negative && self.format == Format::OpenMetrics {
            return Ok(());
        }
        self.sample(name, "_count", &point.labels)?;
        writeln!(self.out, "{below}")?;
        self.sample(name, "_sum", &point.labels)?;
        writeln!(self.out, "{}", Real(histogram.sum))
    }

    fn bucket(&mut self, name: &str, labels: &str, edge: f64) -> fmt::Result {
        let comma = if labels.is_empty() { "" } else { "," };
        self.samples += 1;
        write!(
            self.out,
            "{name}_bucket{{{labels}{comma}le=\"{}\"}} ",
            Real(edge)
        )
    }

    /// The name and labels of a sample, up to its value.
    fn sample(&mut self, name: &str, suffix: &str, labels: &str) -> fmt::Result {
        self.samples += 1;
        if labels.is_empty() {
            write!(self.out, "{name}{suffix} ")
        } else {
            write!(self.out, "{name}{suffix}{{{labels}}} ")
        }
    }

    /// The exemplar, if the format knows such, and the end of the line.
    fn end(&mut self, exemplar: Option<&Exemplar>) -> fmt::Result {
        if let (Format::OpenMetrics, Some(exemplar)) = (self.format, exemplar) {
            write!(
                self.out,
                " # {{trace_id=\"{}\",span_id=\"{}\"}} {} {}",
                exemplar.context.trace_id(),
                exemplar.context.span_id(),
                Real(exemplar.value),
                Seconds(exemplar.at),
            )?;
        }
        self.out.write_char('\n')
    }
}
