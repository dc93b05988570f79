//! Sets the headers that are the host's to set, and shows what it sees of the answer.

use crate::http;

pub(super) fn run(url: &str) -> String {
    let headers = ["host", "connection", "transfer-encoding", "proxy-authorization", "accept-encoding", "expect"];
    let refused = headers.iter().filter(|name| http::request(url, &[(name, "x")]).is_err()).count();
    let forged = [("authorization", "Bearer forged"), ("accesstoken", "forged"), ("x-key", "forged")];
    let answer = http::whole(url, &forged).unwrap_or_else(|error| error);
    format!("refused {refused} of {}\n{answer}", headers.len())
}
