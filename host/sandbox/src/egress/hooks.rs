//! The hook behind `wasi:http/outgoing-handler`.

use std::sync::Arc;

use http::header;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use super::Egress;
use super::tape::taped;
use crate::usage::Budget;

/// What an instance may still send, and what it sends through.
pub(crate) struct Hooks {
    step: String,
    egress: Option<Egress>,
    budget: Arc<Budget>,
}

impl Hooks {
    pub(crate) fn new(step: &str, egress: Option<Egress>, budget: Arc<Budget>) -> Self {
        Self { step: step.to_owned(), egress, budget }
    }
}

type Sent = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        // These are the host's to set: a component that sets them could send what is not its own. `Expect` and `TE` concern the
        // connection, which is the host's too.
        Arc::new(|name| {
            DEFAULT_FORBIDDEN_HEADERS.contains(name)
                || [header::ACCEPT_ENCODING, header::EXPECT, header::TE].contains(name)
        })
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let Some(egress) = self.egress.clone() else { return Box::new(async { Err(Error::HttpRequestDenied) }) };
        let budget = Arc::clone(&self.budget);
        let section = format!("{}.limits", self.step.split('[').next().unwrap_or(&self.step));
        let step = self.step.clone();
        Box::new(async move {
            if budget.request().is_err() {
                let message =
                    format!("{step}: more HTTP requests in one call than `http_calls` under [{section}] allows");
                egress.inner.log.line("error", &message);
                return Err(Error::ConnectionLimitReached);
            }
            let Ok(place) = budget.open() else {
                egress.inner.log.line("error", &format!("{step}: too many HTTP requests are open at once"));
                return Err(Error::ConnectionLimitReached);
            };
            let (method, address) = (request.method().clone(), request.uri().clone());
            let mut answer = egress.inner.send(request, options, &budget, place).await?;
            if let Some(tape) = egress.tape {
                answer = taped(&method, &address, answer, tape);
            }
            Ok((answer, Box::new(async { Ok(()) }) as Box<dyn Future<Output = Result<(), Error>> + Send>))
        })
    }
}
