//! A token that is fetched once for all who wait for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::{CredentialError, Secret};
use crate::clock::{Clock, SystemClock};

/// How long a refusal holds. Everybody who waited for the same token would ask the login again otherwise, and some logins lock an
/// account after a few wrong secrets.
const REFUSAL: Duration = Duration::from_secs(10);

/// A token with its end.
pub(super) struct Token {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
enum Kept {
    #[default]
    Nothing,
    Good {
        token: Secret,
        until: Duration,
    },
    Refused {
        error: CredentialError,
        until: Duration,
    },
}

impl Default for Token {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::default()))
    }
}

impl Token {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The token. When there is none, or its time is over, `renew` fetches one with the time for which it can be used; calls that come
    /// meanwhile wait for it.
    pub(super) async fn get<F>(&self, renew: impl FnOnce() -> F) -> Result<Secret, CredentialError>
    where
        F: Future<Output = Result<(Secret, Duration), CredentialError>>,
    {
        let mut kept = self.kept.lock().await;
        let now = self.clock.elapsed();
        match &*kept {
            Kept::Good { token, until } if *until > now => return Ok(token.clone()),
            Kept::Refused { error, until } if *until > now => return Err(error.clone()),
            _ => {}
        }
        match renew().await {
            Ok((token, usable)) => {
                *kept = Kept::Good { token: token.clone(), until: self.clock.elapsed() + usable };
                Ok(token)
            }
            Err(error) => {
                if matches!(error, CredentialError::Refused(_)) {
                    *kept = Kept::Refused { error: error.clone(), until: self.clock.elapsed() + REFUSAL };
                }
                Err(error)
            }
        }
    }

    /// Forgets this token, if it is still the one: another call may have renewed it already.
    pub(super) async fn forget(&self, used: &Secret) {
        let mut kept = self.kept.lock().await;
        if matches!(&*kept, Kept::Good { token, .. } if token == used) {
            *kept = Kept::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::clock::VirtualClock;

    fn token() -> (Arc<VirtualClock>, Token) {
        let clock = Arc::new(VirtualClock::new(0));
        (Arc::clone(&clock), Token::new(clock))
    }

    async fn issue(count: &AtomicU32) -> Result<(Secret, Duration), CredentialError> {
        tokio::task::yield_now().await;
        let number = count.fetch_add(1, Ordering::Relaxed);
        Ok((Secret::new(format!("token {number}")), Duration::from_secs(60)))
    }

    #[tokio::test]
    async fn those_who_wait_get_the_token_that_the_first_fetched() {
        let (clock, token) = token();
        let count = AtomicU32::new(0);
        let (one, two) = tokio::join!(token.get(|| issue(&count)), token.get(|| issue(&count)));
        assert_eq!((one.unwrap(), two.unwrap()), (Secret::new("token 0"), Secret::new("token 0")));
        clock.advance(Duration::from_secs(60));
        assert_eq!(token.get(|| issue(&count)).await.unwrap(), Secret::new("token 1"));
    }

    #[tokio::test]
    async fn a_token_that_another_call_renewed_is_not_forgotten_again() {
        let (_, token) = token();
        let count = AtomicU32::new(0);
        let first = token.get(|| issue(&count)).await.unwrap();
        token.forget(&first).await;
        let second = token.get(|| issue(&count)).await.unwrap();
        token.forget(&first).await;
        assert_eq!(token.get(|| issue(&count)).await.unwrap(), second);
    }

    #[tokio::test]
    async fn a_refusal_holds_for_a_while_and_an_outage_does_not() {
        let (clock, token) = token();
        let count = AtomicU32::new(0);
        let refused = || async { Err(CredentialError::Refused("wrong secret".to_owned())) };
        let unreachable = || async { Err(CredentialError::Unreachable("no route".to_owned())) };
        assert!(token.get(unreachable).await.is_err());
        assert!(token.get(refused).await.is_err());
        assert_eq!(token.get(|| issue(&count)).await, Err(CredentialError::Refused("wrong secret".to_owned())));
        clock.advance(REFUSAL);
        assert!(token.get(|| issue(&count)).await.is_ok());
    }
}
