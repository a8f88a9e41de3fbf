//! What stands at the head of a page: [`Summary`].

/// What was played, and whether its promises were kept.
///
/// ```
/// use gofarm_examples::season::page::{Promise, Summary};
///
/// let mut summary = Summary::new("Potato on sandy loam, 2003");
/// summary.promises.push(Promise::new("commands executed twice", "0", true));
/// assert!(summary.is_kept());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The title of the page.
    pub title: String,
    /// What was played: each a name and a value, such as `seed` and `1`.
    pub facts: Vec<(String, String)>,
    /// The promises.
    pub promises: Vec<Promise>,
    /// What else is to be told in numbers.
    pub tables: Vec<Table>,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// What is promised.
    pub name: String,
    /// What it was, with its unit.
    pub value: String,
    /// Whether it was kept.
    pub is_kept: bool,
}

/// A table: the first column names its row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The heads of its columns.
    pub columns: Vec<String>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// A sentence below it, if there is one.
    pub note: Option<String>,
}

impl Summary {
    /// A summary that has nothing but a title yet.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Whether every promise was kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.promises.iter().all(|promise| promise.is_kept)
    }
}

impl Promise {
    /// A promise with what came of it.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>, is_kept: bool) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            is_kept,
        }
    }
}
