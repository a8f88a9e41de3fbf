//! Colours by what they stand for: [`Ink`].
//!
//! A plot must be readable on a light and on a dark screen and on paper, so its colours are the style sheet's to
//! choose. The plotting crate writes fixed ones; each ink is given a colour that nothing else has, and it is replaced
//! by a class.

use plotters::style::{Color, RGBColor, ShapeStyle};

/// What a line, an area or a text of a plot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Writing.
    Text,
    /// Grid and axes.
    Grid,
    /// The ground of a strip: nothing to tell.
    Track,
    /// What the model says.
    Model,
    /// What the probes say.
    Probe,
    /// What an instrument says that the season does not use.
    Outside,
    /// Field capacity.
    Capacity,
    /// Where trouble begins: stress, or a limit.
    Limit,
    /// Wilting point.
    Wilting,
    /// Rain.
    Rain,
    /// Water given.
    Irrigation,
    /// Something that should not be: stress, a link that is down, an open breaker, a refused reading.
    Trouble,
    /// Work done.
    Activity,
    /// Where an incident was.
    Incident,
}

impl Ink {
    /// All inks.
    pub(super) const ALL: [Self; 14] = [
        Self::Text,
        Self::Grid,
        Self::Track,
        Self::Model,
        Self::Probe,
        Self::Outside,
        Self::Capacity,
        Self::Limit,
        Self::Wilting,
        Self::Rain,
        Self::Irrigation,
        Self::Trouble,
        Self::Activity,
        Self::Incident,
    ];

    /// Its name in the style sheet: the colour is `--name`, a line is `.s-name`, an area `.f-name`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Grid => "grid",
            Self::Track => "track",
            Self::Model => "model",
            Self::Probe => "probe",
            Self::Outside => "outside",
            Self::Capacity => "capacity",
            Self::Limit => "limit",
            Self::Wilting => "wilting",
            Self::Rain => "rain",
            Self::Irrigation => "irrigation",
            Self::Trouble => "trouble",
            Self::Activity => "activity",
            Self::Incident => "incident",
        }
    }

    /// The colour that the plotting crate is given.
    pub(super) const fn rgb(self) -> RGBColor {
        RGBColor(1, 0, self as u8)
    }

    /// An area.
    pub(super) fn filled(self) -> ShapeStyle {
        self.rgb().filled()
    }

    /// A line of this width in the units of the drawing.
    pub(super) fn stroke(self, width: u32) -> ShapeStyle {
        self.rgb().stroke_width(width)
    }
}

/// The classes of all inks.
pub(super) fn classes() -> String {
    let rules = Ink::ALL.map(|ink| {
        let name = ink.name();
        format!(".s-{name}{{stroke:var(--{name})}}.f-{name}{{fill:var(--{name})}}\n")
    });
    rules.concat()
}

/// `svg` with classes in the place of the colours of inks.
pub(super) fn with_classes(mut svg: String) -> String {
    for ink in Ink::ALL {
        let RGBColor(r, g, b) = ink.rgb();
        for (attribute, class) in [("fill", 'f'), ("stroke", 's')] {
            // In text a quotation mark is escaped, so only an attribute can read like this.
            let colour = format!("{attribute}=\"#{r:02X}{g:02X}{b:02X}\"");
            svg = svg.replace(&colour, &format!("class=\"{class}-{}\"", ink.name()));
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ink_has_one_colour_of_its_own_in_light_and_in_dark() {
        let sheet = include_str!("style.css");
        for ink in Ink::ALL {
            let defined = format!("--{}:", ink.name());
            assert_eq!(
                sheet.matches(&defined).count(),
                3,
                "{defined} in screen light, dark and print"
            );
        }
    }

    #[test]
    fn an_ink_is_replaced_where_it_is_a_colour_and_nowhere_else() {
        let drawn = "<rect fill=\"#010003\" stroke=\"none\"/><text>fill=&quot;#010003&quot;</text>";
        assert_eq!(
            with_classes(drawn.into()),
            "<rect class=\"f-model\" stroke=\"none\"/><text>fill=&quot;#010003&quot;</text>"
        );
    }
}
