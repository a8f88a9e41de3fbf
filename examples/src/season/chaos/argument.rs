//! [`ChaosArgument`]: the value of `--chaos`.

use core::str::FromStr;
use std::path::PathBuf;

/// What goes wrong, as a command line says it: `default`, `none`, or a file.
///
/// A file of one of these two names is given as `./none`.
///
/// ```
/// use gofarm_examples::season::chaos::ChaosArgument;
///
/// assert_eq!("none".parse(), Ok(ChaosArgument::None));
/// assert_eq!("bad_year.toml".parse(), Ok(ChaosArgument::File("bad_year.toml".into())));
/// assert_eq!(ChaosArgument::default(), ChaosArgument::Default);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChaosArgument {
    /// What the seed draws: [`Chaos::draw`](super::Chaos::draw).
    #[default]
    Default,
    /// Nothing: [`Chaos::none`](super::Chaos::none).
    None,
    /// What is in a file: [`Chaos::read`](super::Chaos::read).
    File(PathBuf),
}

/// The value of `--chaos` is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wanted is `default`, `none` or a file")]
pub struct EmptyArgument;

impl FromStr for ChaosArgument {
    type Err = EmptyArgument;

    fn from_str(text: &str) -> Result<Self, EmptyArgument> {
        match text {
            "" => Err(EmptyArgument),
            "default" => Ok(Self::Default),
            "none" => Ok(Self::None),
            path => Ok(Self::File(path.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_argument_is_refused() {
        assert_eq!("".parse::<ChaosArgument>(), Err(EmptyArgument));
        for (text, wanted) in [
            ("default", ChaosArgument::Default),
            ("none", ChaosArgument::None),
            ("./none", ChaosArgument::File("./none".into())),
            ("None", ChaosArgument::File("None".into())),
        ] {
            assert_eq!(text.parse(), Ok(wanted));
        }
    }
}
