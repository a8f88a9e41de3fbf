//! `/livez` and `/readyz`: [`HttpHealth`].

use alloc::boxed::Box;
use alloc::string::String;
use core::convert::Infallible;
use core::fmt::{self, Write};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use gofarm_core::time::Clock;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tower_service::Service;

use super::check::{Told, report};
use super::{Health, Text};
use crate::layer::RuntimeClock;

/// Answers `GET` and `HEAD` of `/livez` and `/readyz`: 200 or 503 over all components, within 2 s.
///
/// With `?verbose` the body has a line for each component: `[+] modbus up`, `[-] valves down`. A component that is not
/// required is listed with its status and does not make the whole unready. Other paths are 404, other methods 405.
///
/// The future is boxed: a probe comes once in seconds.
pub struct HttpHealth<C = RuntimeClock> {
    health: Health<C>,
}

#[derive(Clone, Copy)]
enum Question {
    Live,
    Ready,
}

impl<C: Clock + Clone + Send + Sync + 'static> HttpHealth<C> {
    pub(super) const fn new(health: Health<C>) -> Self {
        Self { health }
    }

    async fn answer(&self, question: Question, is_verbose: bool) -> Response<Text> {
        let told = match question {
            Question::Live => self.health.told(),
            Question::Ready => self.health.checked(None).await,
        };
        let report = report(&told);
        let (is_well, verdict) = match question {
            Question::Live if report.is_live() => (true, "live"),
            Question::Live => (false, "not live"),
            Question::Ready if report.is_ready() => (true, "ready"),
            Question::Ready => (false, "not ready"),
        };
        let mut text = String::new();
        if is_verbose {
            for told in &told {
                list(&mut text, question, told);
            }
        }
        text.push_str(verdict);
        text.push('\n');
        let status = if is_well {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        response(status, text)
    }
}

fn list(text: &mut String, question: Question, told: &Told<'_>) {
    let (is_well, word) = match question {
        Question::Live if told.is_live => (true, "live"),
        Question::Live => (false, "stuck"),
        Question::Ready => (told.status.serves(), told.status.as_str()),
    };
    let mark = if is_well { '+' } else { '-' };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "[{mark}] {} {word}", told.name);
}

fn response(status: StatusCode, text: String) -> Response<Text> {
    let mut response = Response::new(Text::new(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<B, C: Clock + Clone + Send + Sync + 'static> Service<Request<B>> for HttpHealth<C> {
    type Response = Response<Text>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Text>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let question = match request.uri().path() {
            "/livez" => Question::Live,
            "/readyz" => Question::Ready,
            _ => {
                let missing = response(StatusCode::NOT_FOUND, String::new());
                return Box::pin(core::future::ready(Ok(missing)));
            }
        };
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            let mut refused = response(StatusCode::METHOD_NOT_ALLOWED, String::new());
            let allowed = HeaderValue::from_static("GET, HEAD");
            refused.headers_mut().insert(ALLOW, allowed);
            return Box::pin(core::future::ready(Ok(refused)));
        }
        let is_verbose = request
            .uri()
            .query()
            .is_some_and(|query| query.split('&').any(is_verbose));
        let this = self.clone();
        Box::pin(async move {
            let answer = this.answer(question, is_verbose).await;
            Ok(if is_head {
                answer.map(|_| Text::default())
            } else {
                answer
            })
        })
    }
}

fn is_verbose(parameter: &str) -> bool {
    parameter.split('=').next() == Some("verbose")
}

impl<C: Clone> Clone for HttpHealth<C> {
    fn clone(&self) -> Self {
        Self {
            health: self.health.clone(),
        }
    }
}

impl<C> fmt::Debug for HttpHealth<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpHealth").field(&self.health).finish()
    }
}
