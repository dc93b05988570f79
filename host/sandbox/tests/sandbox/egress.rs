//! The way out: only to what is granted, only as much as is allowed, and not before it is one's turn.

use std::sync::Arc;
use std::time::Duration;

use rollcall_sandbox::CallError;
use rollcall_sandbox::OriginGrant;
use rollcall_sandbox::clock::{Clock, VirtualClock};
use rollcall_sandbox::credentials::{Credential, Secret};
use rollcall_sandbox::egress::Gate;

use crate::host::Bench;
use crate::hostile::tests;
use crate::provider::{Provider, drip, gzip, raw};

fn bench(origin: &str) -> Bench {
    Bench::new().with_http(&[origin], Vec::new(), Gate::default())
}

tests! {
    fn ask_once() {
        let provider = Provider::new(|seen, _| {
            ([("request-id", "r-1"), ("x-from", "provider")], format!("{} {}", seen.method, seen.path))
        }).await;
        let bench = bench(&provider.origin);
        let (said, usage) = bench.behave("ask_once", &provider.at("/v1/users?$select=secret")).await;
        let said = said.unwrap();
        assert!(said.starts_with("status 200\n") && said.ends_with("GET /v1/users?$select=secret"), "{said}");
        assert!(said.contains("x-from: provider\n"), "{said}");
        let calls = bench.calls.taken();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].address, provider.at("/v1/users"), "the query is nobody's business");
        assert_eq!((calls[0].status, calls[0].request_id.as_deref()), (Some(200), Some("r-1")));
        assert_eq!((usage.http_calls, usage.http_received), (1, 28));
        assert!(usage.wall >= usage.computing, "{usage:?}");
    }

    fn an_origin_that_is_not_granted_is_refused_with_the_setting_to_add() {
        let (granted, other) = (Provider::new(|_, _| "").await, Provider::new(|_, _| "").await);
        let bench = bench(&granted.origin);
        let (said, _) = bench.behave("ask_once", &other.at("/steal")).await;
        assert!(said.unwrap().contains("HttpRequestDenied"));
        let origin = &other.origin;
        let refusal = format!(
            "error: mapping[0]: the component wanted to call {origin}, which it is not granted; to grant it, write http = [\"{origin}\"] under [mapping.grants]"
        );
        assert_eq!(bench.lines(), [refusal]);
        assert!(other.seen().is_empty());
    }

    fn ask_redirect() {
        let secret = Provider::new(|_, _| "metadata").await;
        for to in ["http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://[::ffff:169.254.169.254]/", &secret.at("/")] {
            let location = to.to_owned();
            let provider = Provider::new(move |_, _| (http::StatusCode::FOUND, [("location", location.clone())])).await;
            let bench = bench(&provider.origin);
            let (said, _) = bench.behave("ask_redirect", &provider.at("/")).await;
            let said = said.unwrap();
            assert!(said.starts_with(&format!("status 302 to {to}: ErrorCode::HttpRequestDenied")), "{said}");
            assert_eq!(provider.seen().len(), 1, "the host follows no redirect itself");
        }
        assert!(secret.seen().is_empty());
    }

    fn ask_absolute_path() {
        let provider = Provider::new(|_, _| "").await;
        let bench = bench(&provider.origin);
        let (said, _) = bench.behave("ask_absolute_path", &provider.at("/")).await;
        let said = said.unwrap();
        assert!(said.contains("http://169.254.169.254/latest refused"), "{said}");
        assert_eq!(said.lines().count(), 4);
        for call in bench.calls.taken() {
            assert!(call.address.starts_with(&format!("{}/", provider.origin)), "{call:?}");
        }
    }

    fn ask_userinfo() {
        let provider = Provider::new(|_, _| "").await;
        let (said, _) = bench(&provider.origin).behave("ask_userinfo", &provider.at("/")).await;
        let said = said.unwrap();
        assert!(said.contains("HttpRequestUriInvalid") || said.contains("refused"), "{said}");
        assert!(provider.seen().is_empty());
    }

    fn ask_connect() {
        let provider = Provider::new(|_, _| "").await;
        let (said, _) = bench(&provider.origin).behave("ask_connect", &provider.at("/")).await;
        let said = said.unwrap();
        assert_eq!(said.matches("HttpRequestMethodInvalid").count(), 2, "{said}");
        assert!(provider.seen().iter().all(|seen| !matches!(seen.method.as_str(), "CONNECT" | "TRACE")), "{said}");
    }

    fn ask_endless_body() {
        let origin = raw(|stream| drip(stream, &[b'x'; 10_000], Duration::ZERO)).await;
        let mut bench = bench(&origin);
        bench.limits.http_bytes = 1 << 20;
        let (said, usage) = bench.behave("ask_endless_body", &format!("{origin}/")).await;
        let said = said.unwrap();
        assert!(said.contains("body size exceeds limit"), "{said}");
        assert!(usage.http_received <= 1 << 20, "{usage:?}");
    }

    fn a_small_answer_that_unpacks_to_a_large_one_is_counted_as_the_component_gets_it() {
        let packed = gzip(&vec![0; 32 << 20]);
        let provider = Provider::new(move |_, _| ([("content-encoding", "gzip")], packed.clone())).await;
        let mut bench = bench(&provider.origin);
        bench.limits.http_bytes = 1 << 20;
        let (said, _) = bench.behave("ask_endless_body", &provider.at("/")).await;
        let said = said.unwrap();
        assert!(said.contains("body size exceeds limit"), "{said}");
        assert_eq!(provider.seen()[0].header("accept-encoding"), "gzip");
    }

    fn a_body_that_drips_ends_with_the_time_of_the_call() {
        let origin = raw(|stream| drip(stream, b"x", Duration::from_millis(20))).await;
        let mut bench = bench(&origin);
        bench.limits.wall = Duration::from_millis(400);
        let (said, usage) = bench.behave("ask_endless_body", &format!("{origin}/")).await;
        assert!(matches!(said.unwrap_err(), CallError::OutOfTime { .. }));
        assert!(usage.http_received > 0 && usage.wall < Duration::from_secs(20), "{usage:?}");
    }

    fn a_server_that_answers_slowly_is_no_computing() {
        let provider = Provider::new(|_, _| {
            std::thread::sleep(Duration::from_millis(30));
            "late"
        }).await;
        let mut bench = bench(&provider.origin);
        // Each wait would look like a tick of 10 ms, and more than 10 of them like too much.
        bench.limits.cpu = Duration::from_millis(100);
        let urls = vec![provider.at("/"); 40].join("\n");
        let (said, usage) = bench.behave("ask_once", &urls).await;
        assert_eq!(said.unwrap().matches("late").count(), 40);
        assert!(usage.computing < Duration::from_millis(100) && usage.wall > Duration::from_secs(1), "{usage:?}");
    }

    fn ask_big_body() {
        let provider = Provider::new(|_, _| "").await;
        let (said, _) = bench(&provider.origin).behave("ask_big_body", &provider.at("/")).await;
        let said = said.unwrap();
        assert!(said.contains("HttpRequestBodySize"), "{said}");
        assert!(provider.seen().is_empty());
    }

    fn ask_nobody_finished() {
        let provider = Provider::new(|_, _| "").await;
        let mut bench = bench(&provider.origin);
        bench.limits.wall = Duration::from_millis(300);
        let (said, _) = bench.behave("ask_nobody_finished", &provider.at("/")).await;
        assert!(matches!(said.unwrap_err(), CallError::OutOfTime { .. }));
    }

    fn ask_many() {
        let provider = Provider::new(|_, _| "answer").await;
        let mut bench = bench(&provider.origin);
        bench.limits.http_calls = 150;
        let (said, usage) = bench.behave("ask_many", &provider.at("/")).await;
        assert_eq!(said.unwrap(), "at once 32, refused 68, after 50");
        assert_eq!(usage.http_calls, 150);
        assert_eq!(provider.seen().len(), 82);
        assert_eq!(
            bench.lines().last().unwrap(),
            "error: mapping[0]: more HTTP requests in one call than `http_calls` under [mapping.limits] allows"
        );
    }

    fn one_pause_holds_for_all_and_ends() {
        let clock = Arc::new(VirtualClock::new(0));
        let provider = Provider::new(|_, before| match before {
            0 => (http::StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")], "slower"),
            _ => (http::StatusCode::OK, [("x", "y")], "there you are"),
        }).await;
        let bench = Bench::new().with_http(&[&provider.origin], Vec::new(), Gate::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let urls = vec![provider.at("/"); 3].join("\n");
        let (said, usage) = bench.behave("ask_once", &urls).await;
        let said = said.unwrap();
        assert!(said.contains("slower") && said.matches("there you are").count() == 2, "the first is told at once: {said}");
        assert_eq!(clock.elapsed(), Duration::from_secs(30));
        assert!(usage.waited >= Duration::from_secs(30), "{usage:?}");
    }

    fn a_pause_that_is_too_long_is_told_to_the_component_without_a_call() {
        let clock = Arc::new(VirtualClock::new(0));
        let provider = Provider::new(|_, _| (http::StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "600")], "later")).await;
        let gate = Gate::new(Arc::clone(&clock) as Arc<dyn Clock>).with_longest_pause(Duration::from_secs(60));
        let bench = Bench::new().with_http(&[&provider.origin], Vec::new(), gate);
        let (said, _) = bench.behave("ask_once", &format!("{0}\n{0}", provider.at("/"))).await;
        let said = said.unwrap();
        assert!(said.contains("status 503") && said.contains("status 429\n"), "{said}");
        assert!(said.contains("retry-after: 600\n"), "{said}");
        assert_eq!(provider.seen().len(), 1);
        assert_eq!(clock.elapsed(), Duration::ZERO);
    }

    fn the_requests_of_a_minute_are_shared_by_all_with_the_same_login() {
        let clock = Arc::new(VirtualClock::new(0));
        let provider = Provider::new(|_, _| "").await;
        let login = || {
            let origins = vec![OriginGrant::parse(&provider.origin).unwrap()];
            let login = Credential::bearer(origins, &Secret::new("the-same-for-both-steps"));
            login.allowance().set(Some(100));
            Arc::new(login)
        };
        let bench = || Bench::new().with_http(&[&provider.origin], vec![login()], Gate::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let urls = vec![provider.at("/"); 125].join("\n");
        let (one, two) = (bench(), bench());
        let (first, second) = tokio::join!(one.behave("ask_once", &urls), two.behave("ask_once", &urls));
        assert_eq!(first.0.unwrap().matches("status 200").count() + second.0.unwrap().matches("status 200").count(), 250);
        assert_eq!(clock.elapsed(), Duration::from_secs(120), "100 at once, 100 after a minute, 50 after another");
    }
}
