//! The answer on its way to the component: counted, bounded, and with the text of credentials masked.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi_http::{Error, WasiBody};

use super::mask::Mask;
use crate::usage::Budget;

/// The largest answer that is looked into for a provider's own error code.
const PEEK_BYTES: usize = 64 << 10;

/// An answer whose first part may have been read.
pub(super) struct Answer {
    pub(super) head: http::response::Parts,
    read: BytesMut,
    rest: Option<reqwest::Body>,
}

impl Answer {
    pub(super) fn new(answer: reqwest::Response) -> Self {
        let (head, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        Self { head, read: BytesMut::new(), rest: Some(body) }
    }

    /// An answer of the host itself.
    pub(super) fn own(status: http::StatusCode, headers: HeaderMap, text: &str) -> Self {
        let (mut head, ()) = http::Response::new(()).into_parts();
        (head.status, head.headers) = (status, headers);
        Self { head, read: BytesMut::from(text), rest: None }
    }

    /// The whole body, if it is small: read until it ends or is too large to look into.
    pub(super) async fn peek(&mut self) -> Result<Option<&[u8]>, Error> {
        while let Some(body) = &mut self.rest {
            if self.read.len() > PEEK_BYTES {
                return Ok(None);
            }
            match body.frame().await {
                None => self.rest = None,
                Some(frame) => {
                    if let Ok(data) = frame.map_err(|_| Error::HttpResponseIncomplete)?.into_data() {
                        self.read.extend_from_slice(&data);
                    }
                }
            }
        }
        Ok(Some(&self.read))
    }

    /// What the component gets.
    pub(super) fn hand_over(
        mut self,
        mask: Mask,
        budget: &Arc<Budget>,
        place: OwnedSemaphorePermit,
    ) -> http::Response<WasiBody> {
        clean(&mut self.head.headers, &mask);
        let body = Counted {
            first: Some(self.read.freeze()).filter(|bytes| !bytes.is_empty()),
            rest: self.rest,
            held: BytesMut::new(),
            mask,
            budget: Arc::clone(budget),
            _place: place,
        };
        http::Response::from_parts(self.head, body.boxed_unsync())
    }
}

/// Headers of a connection say nothing about the message that the component gets; credentials are no business of its.
fn clean(headers: &mut HeaderMap, mask: &Mask) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TRAILER] {
        headers.remove(name);
    }
    headers.remove(HeaderName::from_static("keep-alive"));
    if mask.is_empty() {
        return;
    }
    for value in headers.values_mut() {
        let mut bytes = value.as_bytes().to_vec();
        if mask.apply(&mut bytes) {
            *value = HeaderValue::from_bytes(&bytes).unwrap_or(HeaderValue::from_static("*"));
        }
    }
}

/// A body that ends with an error where the budget of the call ends.
struct Counted {
    first: Option<Bytes>,
    rest: Option<reqwest::Body>,
    /// The beginning of what may be a secret.
    held: BytesMut,
    mask: Mask,
    budget: Arc<Budget>,
    _place: OwnedSemaphorePermit,
}

impl Counted {
    /// Trailers are left out: no provider that this host talks to says anything in them.
    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        while let Some(body) = &mut self.rest {
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    self.rest = None;
                    let timeout = error.is_timeout();
                    return Poll::Ready(Some(Err(if timeout {
                        Error::ConnectionReadTimeout
                    } else {
                        Error::HttpResponseIncomplete
                    })));
                }
                None => self.rest = None,
            }
        }
        Poll::Ready(None)
    }

    fn masked(&mut self, data: Bytes) -> Bytes {
        if self.mask.is_empty() {
            return data;
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(&data);
        self.mask.apply(&mut bytes);
        let finished = bytes.len() - self.mask.unfinished(&bytes);
        self.held = bytes.split_off(finished);
        bytes.freeze()
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            let data = match ready!(self.poll_data(context)) {
                Some(Ok(data)) => self.masked(data),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // What was held back was no secret after all.
                None if !self.held.is_empty() => std::mem::take(&mut self.held).freeze(),
                None => return Poll::Ready(None),
            };
            if data.is_empty() {
                continue;
            }
            if self.budget.receive(data.len()).is_err() {
                (self.first, self.rest) = (None, None);
                self.held.clear();
                return Poll::Ready(Some(Err(Error::HttpResponseBodySize(None))));
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Secret;
    use crate::limits::Limits;

    fn budget(bytes: u64) -> Arc<Budget> {
        Arc::new(Budget::new(&Limits { http_bytes: bytes, ..Limits::default() }))
    }

    /// The body as the component gets it, from parts of this size.
    async fn handed(text: &str, part: usize, secret: &str, budget: &Arc<Budget>) -> Result<String, Error> {
        let parts: Vec<Bytes> = text.as_bytes().chunks(part).map(Bytes::copy_from_slice).collect();
        let answer = Answer {
            head: http::Response::new(()).into_parts().0,
            read: BytesMut::new(),
            rest: Some(reqwest::Body::wrap(Parts(parts.into_iter()))),
        };
        let response = answer.hand_over(Mask::new([&Secret::new(secret)]), budget, budget.open().unwrap());
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    struct Parts(std::vec::IntoIter<Bytes>);

    impl Body for Parts {
        type Data = Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(self.0.next().map(|part| Ok(Frame::data(part))))
        }
    }

    #[tokio::test]
    async fn a_secret_is_masked_however_the_body_is_cut() {
        let text = "before TOKEN-0123456789 between TOKEN-0123456789TOKEN-01234 after TOKEN-";
        let masked = "before **************** between ****************TOKEN-01234 after TOKEN-";
        for part in 1..text.len() {
            let budget = budget(1_000);
            assert_eq!(handed(text, part, "TOKEN-0123456789", &budget).await.unwrap(), masked, "{part}");
        }
    }

    #[tokio::test]
    async fn a_body_ends_where_the_budget_ends_and_counts_what_was_taken() {
        let budget = budget(25);
        assert!(matches!(handed(&"x".repeat(100), 10, "-", &budget).await, Err(Error::HttpResponseBodySize(None))));
        let mut usage = crate::Usage::default();
        budget.note(&mut usage);
        assert_eq!(usage.http_received, 20);
    }
}
