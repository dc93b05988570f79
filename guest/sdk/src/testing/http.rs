//! HTTP that answers from a script.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::http::{Client, Error, Method, Request, Response};

/// HTTP that answers from a script, in order. A request that is not the next of the script ends the test. A clone is the same
/// script.
///
/// ```
/// use rollcall_sdk::http::{Client, Method, Request, Response};
/// use rollcall_sdk::testing::ScriptedHttp;
///
/// let http = ScriptedHttp::new().answer(Method::Get, "https://a.example/", Response::json_of(200, "{}"));
/// assert_eq!(http.send(&Request::get("https://a.example/")).map(|response| response.status), Ok(200));
/// http.assert_finished();
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScriptedHttp {
    script: Rc<RefCell<VecDeque<Exchange>>>,
    requests: Rc<RefCell<Vec<Request>>>,
}

#[derive(Debug)]
struct Exchange {
    method: Method,
    url: String,
    answer: Result<Response, Error>,
}

impl ScriptedHttp {
    /// An empty script: no request is expected.
    pub fn new() -> Self {
        ScriptedHttp::default()
    }

    /// Adds a request to expect, and its answer.
    pub fn answer(self, method: Method, url: impl Into<String>, answer: Response) -> Self {
        self.then(method, url, Ok(answer))
    }

    /// Adds a request to expect, which gets no answer.
    pub fn fail(self, method: Method, url: impl Into<String>, error: Error) -> Self {
        self.then(method, url, Err(error))
    }

    fn then(self, method: Method, url: impl Into<String>, answer: Result<Response, Error>) -> Self {
        self.script.borrow_mut().push_back(Exchange { method, url: url.into(), answer });
        self
    }

    /// The requests that came, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// The bodies that came, as text, in order; empty for a request without one.
    pub fn bodies(&self) -> Vec<String> {
        let text =
            |request: &Request| String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        self.requests.borrow().iter().map(text).collect()
    }

    /// Ends the test unless the whole script was played.
    ///
    /// # Panics
    ///
    /// When a request that was expected did not come.
    pub fn assert_finished(&self) {
        let rest = self.script.borrow();
        assert!(rest.is_empty(), "these requests were expected and did not come: {rest:#?}");
    }
}

impl Client for ScriptedHttp {
    #[allow(clippy::panic, reason = "a double ends the test that it is used in")]
    fn send(&self, request: &Request) -> Result<Response, Error> {
        self.requests.borrow_mut().push(request.clone());
        match self.script.borrow_mut().pop_front() {
            Some(next) if next.method == request.method && next.url == request.url => next.answer,
            Some(next) => {
                panic!("expected {:?} {}, and {:?} {} came", next.method, next.url, request.method, request.url)
            }
            None => panic!("no further request was expected, and {:?} {} came", request.method, request.url),
        }
    }
}
