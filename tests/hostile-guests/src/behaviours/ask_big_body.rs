//! Sends a body that never ends.

use crate::http::{self, Fields, Method, OutgoingBody, OutgoingRequest};

pub(super) fn run(url: &str) -> String {
    let (scheme, authority, path) = http::parts(url);
    let request = OutgoingRequest::new(Fields::new());
    let _ = request.set_method(&Method::Post);
    let _ = request.set_scheme(Some(&scheme));
    let _ = request.set_authority(Some(authority));
    let _ = request.set_path_with_query(Some(path));
    let (Ok(body), mut sent) = (request.body(), 0) else { return "no body".to_owned() };
    let Ok(stream) = body.write() else { return "no stream".to_owned() };
    let answer = crate::component::wasi::http::outgoing_handler::handle(request, None);
    let part = vec![b'x'; 4_096];
    while sent < (64 << 20) && stream.blocking_write_and_flush(&part).is_ok() {
        sent += part.len();
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
    let Ok(answer) = answer else { return "not handled".to_owned() };
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Err(error))) => format!("{} MiB: {error:?}", sent >> 20),
        _ => format!("{} MiB: answered", sent >> 20),
    }
}
