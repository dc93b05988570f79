//! Sends many requests at once and keeps every answer, then many one after the other.

use crate::component::wasi::http::outgoing_handler;
use crate::http;

pub(super) fn run(url: &str) -> String {
    let mut waiting = Vec::new();
    for _ in 0..100 {
        if let Some(future) = http::request(url, &[]).ok().and_then(|request| outgoing_handler::handle(request, None).ok()) {
            waiting.push(future);
        }
    }
    let (mut answers, mut refused) = (Vec::new(), 0);
    for future in &waiting {
        future.subscribe().block();
        match future.get() {
            Some(Ok(Ok(answer))) => answers.push(answer),
            _ => refused += 1,
        }
    }
    let at_once = answers.len();
    drop(answers);
    drop(waiting);
    let after = (0..1_000).take_while(|_| http::request(url, &[]).and_then(http::send).is_ok()).count();
    format!("at once {at_once}, refused {refused}, after {after}")
}
