//! Never finishes the body of its request, and waits for the answer.

use crate::component::wasi::http::outgoing_handler;
use crate::http::{self, Method};

pub(super) fn run(url: &str) -> String {
    let Ok(request) = http::request(url, &[]) else { return "refused".to_owned() };
    let _ = request.set_method(&Method::Post);
    let _body = request.body();
    let Ok(future) = outgoing_handler::handle(request, None) else { return "not handled".to_owned() };
    future.subscribe().block();
    "answered".to_owned()
}
