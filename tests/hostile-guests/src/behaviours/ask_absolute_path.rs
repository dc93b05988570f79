//! Names another host in the place of the path.

use crate::http::{self, Fields, OutgoingRequest};

pub(super) fn run(url: &str) -> String {
    let (scheme, authority, _) = http::parts(url);
    let tricks = ["http://169.254.169.254/latest", "@evil.example/", "//evil.example/x", "\\evil.example/"];
    let mut seen = Vec::new();
    for path in tricks {
        let request = OutgoingRequest::new(Fields::new());
        let _ = request.set_scheme(Some(&scheme));
        let _ = request.set_authority(Some(authority));
        seen.push(match request.set_path_with_query(Some(path)) {
            Err(()) => format!("{path} refused"),
            Ok(()) => format!("{path} {}", http::send(request).map_or_else(|error| error, |answer| answer.status().to_string())),
        });
    }
    seen.join("\n")
}
