//! Credentials: attached on the way out, renewed in time, and never seen by a component.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use rollcall_sandbox::OriginGrant;
use rollcall_sandbox::clock::{Clock, VirtualClock};
use rollcall_sandbox::credentials::{ClientCredentials, Credential, Kaizala, Secret, SecretStore};
use rollcall_sandbox::egress::Gate;

use crate::host::{Bench, behave};
use crate::hostile::tests;
use crate::provider::{Provider, Seen, gzip};

const CLIENT_SECRET: &str = "the-client-secret-of-a-test";

fn grants(provider: &Provider) -> Vec<OriginGrant> {
    vec![OriginGrant::parse(&provider.origin).unwrap()]
}

/// A login that answers token-1, token-2 and so on.
async fn login() -> Provider {
    Provider::new(|_, before| {
        format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"access-token-{}"}}"#, before + 1)
    })
    .await
}

fn oauth(login: &Provider, api: &Provider, clock: &Arc<VirtualClock>) -> Arc<Credential> {
    let client = ClientCredentials::new(
        login.at("/tenant/oauth2/v2.0/token"),
        "client".to_owned(),
        Secret::new(CLIENT_SECRET),
        Some("https://graph.microsoft.com/.default".to_owned()),
    );
    Arc::new(Credential::oauth(grants(api), client.with_clock(Arc::clone(clock) as Arc<dyn Clock>)))
}

fn bench(api: &[&Provider], credential: Arc<Credential>) -> Bench {
    let origins: Vec<&str> = api.iter().map(|provider| provider.origin.as_str()).collect();
    Bench::new().with_http(&origins, vec![credential], Gate::default())
}

/// An answer with everything that was sent.
fn echo(seen: &Seen) -> String {
    let headers: Vec<String> =
        seen.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    format!("{}\n{}", headers.join("\n"), seen.body)
}

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::new(1_700_000_000_000))
}

tests! {
    fn ask_credentials() {
        let api = Provider::new(|seen, _| ([("x-echo", seen.header("x-key").to_owned())], echo(seen))).await;
        let key = Credential::header(grants(&api), "x-key".parse().unwrap(), Secret::new("the-static-key"));
        let (said, _) = bench(&[&api], Arc::new(key)).behave("ask_credentials", &api.at("/")).await;
        let said = said.unwrap();
        assert!(said.starts_with("refused 6 of 6\n"), "{said}");
        assert_eq!(api.seen()[0].header("x-key"), "the-static-key", "over what the component wrote");
        assert!(!said.contains("the-static-key"), "{said}");
        assert!(said.contains("x-echo: **************\n") && said.contains("x-key: **************\n"), "{said}");
    }

    fn dump() {
        let (login, api) = (login().await, Provider::new(|seen, _| echo(seen)).await);
        let bench = bench(&[&api], oauth(&login, &api, &clock()));
        // Part of this process's environment is what a component must not see either.
        assert!(std::env::var("PATH").is_ok());
        let (said, _) = bench.behave("dump", &api.at("/")).await;
        let said = said.unwrap();
        assert!(said.starts_with("environment []\narguments []\n"), "{said}");
        assert!(said.contains("/etc/passwd is not granted") && said.contains("input \"\""), "{said}");
        for nothing in ["folder / None", "folder /etc None", "file None", "written None", "connected None", "bound None", "datagrams None"] {
            assert!(said.contains(nothing), "{nothing}: {said}");
        }
        assert_eq!(api.seen().len(), 1);
        assert_eq!(api.seen()[0].header("authorization"), "Bearer access-token-1");
        assert!(login.seen()[0].body.contains(CLIENT_SECRET));
        let everything = format!("{said}\n{}\n{:?}", bench.lines().join("\n"), bench.calls.taken());
        for secret in [CLIENT_SECRET, "access-token-1"] {
            assert!(!everything.contains(secret), "{everything}");
        }
        assert!(everything.contains("authorization: Bearer **************"), "{everything}");
    }

    fn a_token_is_fetched_once_for_many_and_renewed_before_it_ends() {
        let (login, api, clock) = (login().await, Provider::new(|_, _| "").await, clock());
        let bench = bench(&[&api], oauth(&login, &api, &clock));
        let url = api.at("/");
        let many: Vec<_> = (0..8).map(|_| bench.behave("ask_once", &url)).collect();
        for one in many {
            one.await.0.unwrap();
        }
        assert_eq!(login.seen().len(), 1);
        let form = &login.seen()[0].body;
        assert!(form.starts_with("grant_type=client_credentials&client_id=client&client_secret="), "{form}");
        assert!(form.ends_with("&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"), "{form}");
        clock.advance(Duration::from_secs(3_599 - 121));
        bench.behave("ask_once", &url).await.0.unwrap();
        assert_eq!(login.seen().len(), 1);
        clock.advance(Duration::from_secs(2));
        bench.behave("ask_once", &url).await.0.unwrap();
        assert_eq!(login.seen().len(), 2);
        assert_eq!(api.seen().last().unwrap().header("authorization"), "Bearer access-token-2");
    }

    fn a_refused_token_is_renewed_once_and_the_request_repeated() {
        let (login, clock) = (login().await, clock());
        let api = Provider::new(|seen, _| match seen.header("authorization") {
            "Bearer access-token-1" => (StatusCode::UNAUTHORIZED, "expired"),
            _ => (StatusCode::OK, "welcome"),
        }).await;
        let bench = bench(&[&api], oauth(&login, &api, &clock));
        let said = bench.behave("ask_once", &api.at("/")).await.0.unwrap();
        assert!(said.ends_with("welcome"), "{said}");
        assert_eq!((login.seen().len(), api.seen().len()), (2, 2));
    }

    fn a_token_that_is_refused_twice_is_told_to_the_component() {
        let (login, api) = (login().await, Provider::new(|_, _| (StatusCode::UNAUTHORIZED, "never")).await);
        let bench = bench(&[&api], oauth(&login, &api, &clock()));
        let said = bench.behave("ask_once", &api.at("/")).await.0.unwrap();
        assert!(said.starts_with("status 401\n") && said.ends_with("never"), "{said}");
        assert_eq!((login.seen().len(), api.seen().len()), (2, 2));
    }

    fn a_login_that_refuses_is_told_in_its_own_words_without_the_secret() {
        let login = Provider::new(|seen, _| {
            let secret = if seen.body.contains(CLIENT_SECRET) { CLIENT_SECRET } else { "" };
            let text = format!(
                r#"{{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret {secret}.\r\nTrace ID: 7"}}"#
            );
            (StatusCode::UNAUTHORIZED, text)
        }).await;
        let api = Provider::new(|_, _| "").await;
        let bench = bench(&[&api], oauth(&login, &api, &clock()));
        let said = bench.behave("ask_once", &format!("{0}\n{0}", api.at("/"))).await.0.unwrap();
        assert!(said.contains("the login was refused: invalid_client: AADSTS7000215"), "{said}");
        let lines = bench.lines();
        assert!(lines[0].starts_with("error: mapping[0]: the login was refused: invalid_client"), "{lines:?}");
        assert!(!format!("{said} {lines:?}").contains(CLIENT_SECRET), "{said}");
        assert!(api.seen().is_empty());
        assert_eq!(login.seen().len(), 1, "the login is not asked again at once");
    }

    fn an_origin_that_is_granted_but_not_the_login_s_gets_no_credential() {
        let (login, api, other) = (login().await, Provider::new(|_, _| "").await, Provider::new(|seen, _| echo(seen)).await);
        let bench = bench(&[&api, &other], oauth(&login, &api, &clock()));
        bench.behave("ask_once", &other.at("/")).await.0.unwrap();
        assert_eq!(other.seen()[0].header("authorization"), "");
        assert!(login.seen().is_empty());
    }
}

/// Keeps secrets in memory.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<String, Secret>>);

impl SecretStore for Kept {
    fn get(&self, name: &str) -> Option<Secret> {
        self.0.lock().unwrap().get(name).cloned()
    }
    fn put(&self, name: &str, secret: &Secret) -> Result<(), String> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.clone());
        Ok(())
    }
}

/// Kaizala's login and where it sends its clients. `answer` makes the token's answer of the number of exchanges before.
struct Service {
    base: Provider,
    endpoint: Provider,
    kept: Arc<Kept>,
    clock: Arc<VirtualClock>,
    bench: Bench,
}

const INVALID: &str =
    r#"{"message":"Access token is invalid","errorCode":"InvalidToken","errorCategoryKey":"AuthException"}"#;

impl Service {
    async fn new(
        answer: impl Fn(&str, usize) -> String + Send + Sync + 'static,
        endpoint: Provider,
        granted: bool,
    ) -> Self {
        let to = endpoint.origin.clone();
        let base = Provider::new(move |_, before| answer(&to, before)).await;
        let (kept, clock) = (Arc::new(Kept::default()), clock());
        let endpoints = if granted { grants(&endpoint) } else { Vec::new() };
        let kaizala = Kaizala::new(
            url::Url::parse(&base.origin).unwrap(),
            format!("connector of {}", base.origin),
            Secret::new("the-application-secret"),
            Secret::new("the-first-refresh-token"),
            endpoints,
            Arc::clone(&kept) as Arc<dyn SecretStore>,
        );
        let kaizala = kaizala.with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        let mut origins = grants(&base);
        origins.extend(grants(&endpoint));
        let bench = bench(&[&base, &endpoint], Arc::new(Credential::kaizala(origins, kaizala)));
        Self { base, endpoint, kept, clock, bench }
    }

    async fn ask(&self) -> String {
        self.bench.behave("ask_once", &self.base.at("/v1/groups")).await.0.unwrap()
    }
}

fn token(endpoint: &str, number: usize, expiry: u64, refresh: &str) -> String {
    format!(
        r#"{{"accessToken":"kaizala-token-{number}","endpointUrl":"{endpoint}","accessTokenExpiry":{expiry},"refreshToken":{refresh},"scope":"token.write"}}"#
    )
}

const DAY: u64 = 1_700_000_000_000 + 86_400_000;

tests! {
    fn a_request_goes_to_where_the_login_says_with_the_token_in_its_header() {
        for slash in ["", "/"] {
            let endpoint = Provider::new(|_, _| "[]").await;
            let service = Service::new(move |to, before| token(&format!("{to}{slash}"), before, DAY, "\"\""), endpoint, true).await;
            assert!(service.ask().await.ends_with("[]"));
            let exchange = &service.base.seen()[0];
            assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("GET", "/v1/accessToken"));
            assert_eq!(exchange.header("applicationSecret"), "the-application-secret");
            assert_eq!(exchange.header("refreshToken"), "the-first-refresh-token");
            let call = &service.endpoint.seen()[0];
            assert_eq!((call.path.as_str(), call.header("accessToken")), ("/v1/groups", "kaizala-token-0"));
            assert!(service.kept.get("kaizala.refresh_token").is_none(), "an empty text means: the one you have");
        }
    }

    fn a_login_that_sends_the_host_elsewhere_is_refused() {
        let endpoint = Provider::new(|_, _| "").await;
        let service = Service::new(|to, before| token(to, before, DAY, "null"), endpoint, false).await;
        assert!(service.ask().await.contains("HttpRequestDenied"));
        assert!(service.bench.lines()[0].contains("which is not among the granted origins"));
        assert!(service.endpoint.seen().is_empty());
    }

    fn an_invalid_token_is_known_by_the_body_whatever_the_status_and_encoding() {
        for (status, packed) in [(StatusCode::OK, false), (StatusCode::BAD_REQUEST, false), (StatusCode::OK, true)] {
            let endpoint = Provider::new(move |seen, _| {
                let invalid = seen.header("accesstoken") == "kaizala-token-0";
                let (status, text) = if invalid { (status, INVALID) } else { (StatusCode::OK, "[]") };
                if packed {
                    (status, [("content-encoding", "gzip")], gzip(text.as_bytes()))
                } else {
                    (status, [("content-type", "application/json")], text.as_bytes().to_vec())
                }
            }).await;
            let service = Service::new(|to, before| token(to, before, DAY, "null"), endpoint, true).await;
            let said = service.ask().await;
            assert!(said.ends_with("[]"), "{status} {packed}: {said}");
            assert_eq!((service.base.seen().len(), service.endpoint.seen().len()), (2, 2));
        }
    }

    fn a_token_is_renewed_before_its_day_is_over() {
        let endpoint = Provider::new(|_, _| "").await;
        let service = Service::new(|to, before| token(to, before, DAY + before as u64 * 86_400_000, "null"), endpoint, true).await;
        service.ask().await;
        service.clock.advance(Duration::from_secs(86_400 - 301));
        service.ask().await;
        assert_eq!(service.base.seen().len(), 1);
        service.clock.advance(Duration::from_secs(2));
        service.ask().await;
        assert_eq!(service.base.seen().len(), 2);
        assert_eq!(service.endpoint.seen()[2].header("accesstoken"), "kaizala-token-1");
    }

    fn a_rotated_refresh_token_is_kept_and_used_from_then_on() {
        let endpoint = Provider::new(|_, _| "").await;
        let service = Service::new(|to, before| token(to, before, 0, &format!("\"refresh-token-{before}\"")), endpoint, true).await;
        service.ask().await;
        service.ask().await;
        let used: Vec<String> = service.base.seen().iter().map(|seen| seen.header("refreshToken").to_owned()).collect();
        assert_eq!(used, ["the-first-refresh-token", "refresh-token-0"]);
        assert_eq!(service.kept.get("kaizala.refresh_token"), Some(Secret::new("refresh-token-1")));
    }

    fn a_kept_refresh_token_that_is_refused_gives_way_to_the_one_of_the_file() {
        let endpoint = Provider::new(|_, _| "[]").await;
        let service = Service::new(|to, before| match before {
            0 => r#"{"message":"refresh token is dead","errorCode":"InvalidToken"}"#.to_owned(),
            _ => token(to, before, DAY, "null"),
        }, endpoint, true).await;
        service.kept.put("kaizala.refresh_token", &Secret::new("an-old-refresh-token")).unwrap();
        assert!(service.ask().await.ends_with("[]"));
        let used: Vec<String> = service.base.seen().iter().map(|seen| seen.header("refreshToken").to_owned()).collect();
        assert_eq!(used, ["an-old-refresh-token", "the-first-refresh-token"]);
    }

    fn a_refused_login_is_told_in_its_own_words() {
        let endpoint = Provider::new(|_, _| "").await;
        let service = Service::new(
            |_, _| r#"{"message":"no connector with secret the-application-secret","errorCode":"ApplicationNotFound"}"#.to_owned(),
            endpoint,
            true,
        ).await;
        let said = service.ask().await;
        assert!(said.contains("the login was refused: no connector with secret **********************"), "{said}");
    }

    fn a_service_that_moves_is_followed_to_where_it_may_go_and_no_further() {
        let new = Provider::new(|_, _| "moved").await;
        let to = new.at("/v1/groups");
        let old = Provider::new(move |_, _| (StatusCode::PERMANENT_REDIRECT, [("location", to.clone())])).await;
        for granted in [true, false] {
            let (old_origin, kept) = (old.origin.clone(), Arc::new(Kept::default()));
            let base = Provider::new(move |_, before| token(&old_origin, before, DAY, "null")).await;
            let mut endpoints = grants(&old);
            let mut providers = vec![&base, &old];
            if granted {
                endpoints.extend(grants(&new));
                providers.push(&new);
            }
            let kaizala = Kaizala::new(
                url::Url::parse(&base.origin).unwrap(),
                format!("connector of {}", base.origin),
                Secret::new("the-application-secret"),
                Secret::new("the-first-refresh-token"),
                endpoints,
                kept as Arc<dyn SecretStore>,
            ).with_clock(clock());
            let origins = providers.iter().flat_map(|provider| grants(provider)).collect();
            let bench = bench(&providers, Arc::new(Credential::kaizala(origins, kaizala)));
            let mut instance = bench.instance().await;
            let before = new.seen().len();
            for _ in 0..2 {
                let said = behave(&mut instance, "ask_once", &base.at("/v1/groups")).await.unwrap();
                assert!(said.contains(if granted { "moved" } else { "status 308" }), "{said}");
            }
            assert_eq!(new.seen().len() - before, if granted { 2 } else { 0 });
        }
        // The first time it asked the old one, found out, and went to the new one from then on.
        assert_eq!(old.seen().len(), 1 + 2);
        assert_eq!(new.seen()[0].header("accesstoken"), "kaizala-token-0");
    }
}
