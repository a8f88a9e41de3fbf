//! What a person sees of a season at one moment: [`View`].

use jiff::civil::Date;

/// A season at one moment, as plain data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// What is played, such as `potato on sandy loam, seed 1`.
    pub title: String,
    /// The day, if one was played.
    pub date: Option<Date>,
    /// Days played.
    pub played: usize,
    /// Days of the season.
    pub days: usize,
    /// Each field.
    pub fields: Vec<FieldView>,
    /// Links of fields and parties.
    pub links: Vec<LinkView>,
    /// Breakers.
    pub breakers: Vec<BreakerView>,
    /// The last decisions with their reasons, the newest first.
    pub decisions: Vec<String>,
    /// What went wrong, the newest first.
    pub incidents: Vec<String>,
}

/// One field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Water content in m³/m³ as the trusted probes tell it; `None` if too few can be trusted.
    pub water_content: Option<f64>,
    /// Water missing in the root zone, in mm.
    pub depletion_mm: f64,
    /// What may be missing before the crop is under stress, in mm.
    pub readily_available_mm: f64,
    /// What may be missing before it wilts, in mm.
    pub total_available_mm: f64,
    /// Whether water runs; `None` if that is not known.
    pub is_open: Option<bool>,
    /// Whether its radio has a link.
    pub is_up: bool,
    /// Depletion in mm at the end of each day so far, the last one last.
    pub history: Vec<f64>,
}

/// One link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkView {
    /// Its name.
    pub name: String,
    /// Whether there is a link.
    pub is_up: bool,
}

/// One breaker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakerView {
    /// Its name.
    pub name: String,
    /// Its state in a word, such as `closed`, `open` or `half open`.
    pub state: &'static str,
    /// Whether it lets everything through.
    pub is_closed: bool,
}
