//! Keeping requests and answers as a component saw them, so that a call can be made again without a network.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Uri};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, WasiBody};

/// A request of a component and the answer that it got: with the text of credentials masked, and as far as the component read it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The whole address.
    pub address: String,
    /// The status.
    pub status: u16,
    /// The headers, in order; a value that is no text is left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Who keeps exchanges.
pub trait Tape: Send + Sync {
    /// An answer was read to its end, or dropped.
    fn exchanged(&self, exchange: Exchange);
}

/// The same answer, kept on its way.
pub(super) fn taped(
    method: &Method,
    address: &Uri,
    answer: http::Response<WasiBody>,
    tape: Arc<dyn Tape>,
) -> http::Response<WasiBody> {
    let (head, body) = answer.into_parts();
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let exchange = Exchange {
        method: method.to_string(),
        address: address.to_string(),
        status: head.status.as_u16(),
        headers: head.headers.iter().filter_map(text).collect(),
        body: Vec::new(),
    };
    http::Response::from_parts(head, Taped { body, exchange: Some(exchange), tape }.boxed_unsync())
}

struct Taped {
    body: WasiBody,
    exchange: Option<Exchange>,
    tape: Arc<dyn Tape>,
}

impl Body for Taped {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match (&frame, &mut self.exchange) {
            (Some(Ok(frame)), Some(exchange)) => {
                exchange.body.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            }
            (None, exchange) => {
                if let Some(exchange) = exchange.take() {
                    self.tape.exchanged(exchange);
                }
            }
            _ => {}
        }
        Poll::Ready(frame)
    }
}

impl Drop for Taped {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            self.tape.exchanged(exchange);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http_body_util::Full;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Exchange>>);

    impl Tape for Kept {
        fn exchanged(&self, exchange: Exchange) {
            self.0.lock().unwrap().push(exchange);
        }
    }

    fn answer(tape: &Arc<Kept>) -> http::Response<WasiBody> {
        let body = Full::new(Bytes::from("seven")).map_err(|never| match never {}).boxed_unsync();
        let answer = http::Response::builder().status(201).header("x-number", "7").body(body).unwrap();
        let address = Uri::from_static("https://hr.example/numbers?of=7");
        taped(&Method::POST, &address, answer, Arc::clone(tape) as Arc<dyn Tape>)
    }

    #[tokio::test]
    async fn an_answer_is_kept_once_with_what_was_read_of_it() {
        let tape = Arc::new(Kept::default());
        let bytes = answer(&tape).into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes, "seven");
        drop(answer(&tape));
        let kept = tape.0.lock().unwrap();
        let [read, unread] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!((read.address.as_str(), read.status), ("https://hr.example/numbers?of=7", 201));
        assert_eq!(
            (read.headers.as_slice(), read.body.as_slice()),
            (&[("x-number".into(), "7".into())][..], &b"seven"[..])
        );
        assert_eq!(unread.body, b"");
    }
}
