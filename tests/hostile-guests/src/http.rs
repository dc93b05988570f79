//! Requests by hand, so that each part can be wrong.

use crate::component::wasi::http::outgoing_handler;
pub(crate) use crate::component::wasi::http::types::{
    Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use crate::component::wasi::io::streams::StreamError;

/// `http://host:port/path` in its parts.
pub(crate) fn parts(url: &str) -> (Scheme, &str, &str) {
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some((_, rest)) => (Scheme::Https, rest),
        None => (Scheme::Https, url),
    };
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    (scheme, authority, path)
}

/// A request for an address, without a body.
pub(crate) fn request(url: &str, headers: &[(&str, &str)]) -> Result<OutgoingRequest, String> {
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).map_err(|error| format!("{name}: {error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let (scheme, authority, path) = parts(url);
    let set = request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)));
    set.map_err(|()| "the address was refused".to_owned())?;
    Ok(request)
}

/// Sends it and waits for the head of the answer.
pub(crate) fn send(request: OutgoingRequest) -> Result<IncomingResponse, String> {
    let future = outgoing_handler::handle(request, None).map_err(|error| format!("{error:?}"))?;
    loop {
        if let Some(answer) = future.get() {
            return answer.map_err(|()| "taken".to_owned())?.map_err(|error| format!("{error:?}"));
        }
        future.subscribe().block();
    }
}

/// Reads the body.
pub(crate) fn body(response: &IncomingResponse) -> Result<Vec<u8>, String> {
    let body = response.consume().map_err(|()| "taken".to_owned())?;
    let stream = body.stream().map_err(|()| "taken".to_owned())?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(part) => bytes.extend(part),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = crate::component::wasi::http::types::http_error_code(&error);
                return Err(code.map_or_else(|| error.to_debug_string(), |code| format!("{code:?}")));
            }
        }
    }
}

/// One header of an answer.
pub(crate) fn header(response: &IncomingResponse, name: &str) -> Option<String> {
    response.headers().get(name).first().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// Everything that can be seen of an answer.
pub(crate) fn whole(url: &str, headers: &[(&str, &str)]) -> Result<String, String> {
    let response = send(request(url, headers)?)?;
    let mut text = format!("status {}\n", response.status());
    for (name, value) in response.headers().entries() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
    }
    text.push_str(&String::from_utf8_lossy(&body(&response)?));
    Ok(text)
}
