//! Sending over `wasi:http`.

use super::{Client, Error, Method, Request, Response, Url};
use crate::Host;
use crate::bindings::capabilities::wasi::http::outgoing_handler;
use crate::bindings::capabilities::wasi::http::types::{
    self, Fields, IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::capabilities::wasi::io::streams::{InputStream, OutputStream, StreamError};

/// The most that is read at once.
const CHUNK: u64 = 64 * 1024;

impl Client for Host {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        let url = Url::parse(&request.url)?;
        let outgoing = OutgoingRequest::new(headers(request)?);
        let set = outgoing
            .set_method(&method(request.method))
            .and_then(|()| outgoing.set_scheme(Some(&if url.is_https() { Scheme::Https } else { Scheme::Http })))
            .and_then(|()| outgoing.set_authority(Some(url.authority())))
            .and_then(|()| outgoing.set_path_with_query(Some(url.path_and_query())));
        set.map_err(|()| Error::Invalid(format!("`{}` cannot be asked for", request.url)))?;
        // A body that is taken is sent in chunks even if it is empty, and some servers cannot read that: none is taken for none.
        let body = request.body.as_deref().map(|bytes| outgoing.body().map(|body| (body, bytes))).transpose();
        let body = body.map_err(|()| Error::Invalid("the body was taken already".to_owned()))?;
        let answer = outgoing_handler::handle(outgoing, Some(options(request))).map_err(Error::of_code)?;
        if let Some((body, bytes)) = body {
            send_body(body, bytes)?;
        }
        loop {
            match answer.get() {
                Some(Ok(Ok(response))) => return receive(&response, request.largest_answer),
                Some(Ok(Err(code))) => return Err(Error::of_code(code)),
                Some(Err(())) => return Err(Error::Interrupted("the answer was taken already".to_owned())),
                None => answer.subscribe().block(),
            }
        }
    }
}

fn headers(request: &Request) -> Result<Fields, Error> {
    let fields = Fields::new();
    let length = request.body.as_ref().map(|body| ("content-length".to_owned(), body.len().to_string()));
    for (name, value) in request.headers.iter().chain(length.iter()) {
        fields
            .append(name, value.as_bytes())
            .map_err(|error| Error::Invalid(format!("the header `{name}`: {error:?}")))?;
    }
    Ok(fields)
}

fn method(method: Method) -> types::Method {
    match method {
        Method::Get => types::Method::Get,
        Method::Head => types::Method::Head,
        Method::Post => types::Method::Post,
        Method::Put => types::Method::Put,
        Method::Patch => types::Method::Patch,
        Method::Delete => types::Method::Delete,
    }
}

/// A host that knows no timeouts refuses to set them, and has its own.
fn options(request: &Request) -> RequestOptions {
    let nanoseconds = |time: std::time::Duration| Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(nanoseconds(request.timeouts.connect));
    let _ = options.set_first_byte_timeout(nanoseconds(request.timeouts.first_byte));
    let _ = options.set_between_bytes_timeout(nanoseconds(request.timeouts.between_bytes));
    options
}

/// A server may answer before it has read the whole body (413, 429), or vanish: the answer, or its error, says more than the
/// stream that broke, so a broken stream is not looked at.
fn send_body(body: OutgoingBody, bytes: &[u8]) -> Result<(), Error> {
    let stream = body.write().map_err(|()| Error::Invalid("the body was taken already".to_owned()))?;
    let written = write_all(&stream, bytes);
    drop(stream);
    match written {
        Ok(()) => OutgoingBody::finish(body, None).map_err(Error::of_code),
        Err(_broken) => Ok(()),
    }
}

fn write_all(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX).min(rest.len());
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = rest.split_at(room);
        stream.write(now)?;
        rest = later;
    }
    stream.blocking_flush()
}

fn receive(response: &IncomingResponse, limit: usize) -> Result<Response, Error> {
    let headers = response.headers().entries();
    let headers =
        headers.into_iter().map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect();
    let body = response.consume().map_err(|()| Error::Interrupted("the body was taken already".to_owned()))?;
    Ok(Response { status: response.status(), headers, body: receive_body(&body, limit)? })
}

fn receive_body(body: &IncomingBody, limit: usize) -> Result<Vec<u8>, Error> {
    let stream: InputStream =
        body.stream().map_err(|()| Error::Interrupted("the body was taken already".to_owned()))?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(part) if bytes.len() + part.len() > limit => {
                return Err(Error::TooLarge(format!("more than {limit} bytes")));
            }
            Ok(part) => bytes.extend_from_slice(&part),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = types::http_error_code(&error);
                return Err(code.map_or_else(|| Error::Interrupted(error.to_debug_string()), Error::of_code));
            }
        }
    }
}
