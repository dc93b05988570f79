//! The test's own server: a project says what it answers, so that a component that talks to a service is tried without one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

use super::project::{Answer, FILE, Project, SERVER};
use crate::refusal::Refusal;

/// A server on loopback, as long as it lives.
pub struct Server {
    /// Its address, such as `http://127.0.0.1:40123`.
    pub address: String,
    task: JoinHandle<()>,
}

/// The largest body that is taken.
const LARGEST: usize = 64 << 20;

impl Server {
    /// Starts a server that answers as the project says.
    pub async fn start(project: &Project) -> Result<Self, Refusal> {
        let failed = |error: std::io::Error| Refusal::failed(format!("the test's server does not start: {error}"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = format!("http://{}", listener.local_addr().map_err(failed)?);
        let mut answers = project.answers.clone();
        for answer in &mut answers {
            if let Some(file) = &answer.file {
                let path = project.folder.join(file);
                answer.body = std::fs::read_to_string(&path)
                    .map_err(|error| Refusal::wrong(format!("{} cannot be read: {error}", path.display())))?;
            }
            answer.body = answer.body.replace(SERVER, &address);
        }
        let given = Arc::new(Given { answers, times: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(given);
        let task = tokio::spawn(async move {
            // It ends with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The answers of a project, and how often each request came.
struct Given {
    answers: Vec<Answer>,
    times: Mutex<HashMap<String, usize>>,
}

impl Given {
    /// The answer for a request: the first that is for it. Of several that are for the same, each in turn, and the last one from then on.
    fn next(&self, asked: &str) -> Option<&Answer> {
        let first = self.answers.iter().find(|answer| matches(&answer.request, asked))?;
        let of: Vec<&Answer> = self.answers.iter().filter(|answer| answer.request == first.request).collect();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let before = times.entry(asked.to_owned()).or_default();
        let found = of.get(*before).or(of.last()).copied();
        *before += 1;
        found
    }
}

async fn answer(State(given): State<Arc<Given>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let asked = format!("{} {path}", request.method());
    let _: Bytes = axum::body::to_bytes(request.into_body(), LARGEST).await.unwrap_or_default();
    let Some(found) = given.next(&asked) else {
        return (StatusCode::NOT_FOUND, format!("{FILE} has no [[answer]] for {asked}")).into_response();
    };
    let status = StatusCode::from_u16(found.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if found.body.starts_with(['{', '[']) { "application/json" } else { "text/plain; charset=utf-8" };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], found.body.clone()).into_response();
    for (name, value) in &found.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether a request is the one that an answer is for. Without a query in the answer, any query will do.
fn matches(pattern: &str, asked: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => asked.starts_with(start),
        None => asked == pattern || (!pattern.contains('?') && asked.split('?').next() == Some(pattern)),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn an_answer_is_for_its_path_with_any_query_or_for_one_query() {
        assert!(matches("GET /a", "GET /a"));
        assert!(matches("GET /a", "GET /a?b=1"));
        assert!(matches("GET /a?b=1", "GET /a?b=1"));
        assert!(matches("PUT /a/*", "PUT /a/b/c?d"));
        assert!(!matches("GET /a?b=1", "GET /a?b=2"));
        assert!(!matches("GET /a", "POST /a"));
        assert!(!matches("GET /a", "GET /ab"));
    }
}
