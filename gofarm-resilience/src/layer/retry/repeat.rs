//! How a request is made twice: [`Repeat`].

/// Makes a copy of a request for another try, or says that there is none.
///
/// [`ByClone`] clones; any function `Fn(&Request) -> Option<Request>` is one too, for requests that cannot always be
/// cloned, or must not be sent twice.
///
/// ```
/// use gofarm_resilience::layer::Repeat;
///
/// #[derive(Clone, PartialEq, Debug)]
/// enum Request { Read(u16), Dose(u16) }
///
/// let only_reads = |request: &Request| match request {
///     Request::Read(_) => Some(request.clone()),
///     Request::Dose(_) => None,
/// };
/// assert_eq!(only_reads.repeat(&Request::Read(7)), Some(Request::Read(7)));
/// assert_eq!(only_reads.repeat(&Request::Dose(7)), None);
/// ```
pub trait Repeat<Request> {
    /// The copy; nothing if the request is to be sent once.
    fn repeat(&self, request: &Request) -> Option<Request>;
}

/// Repeats each request by its `Clone`.
///
/// See [`Repeat`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByClone;

impl<Request: Clone> Repeat<Request> for ByClone {
    fn repeat(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

impl<Request, F: Fn(&Request) -> Option<Request>> Repeat<Request> for F {
    fn repeat(&self, request: &Request) -> Option<Request> {
        self(request)
    }
}
