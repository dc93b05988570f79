//! Every call, in its order, so that tests can assert on traffic.

use serde::Serialize;

use crate::Service;

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// For whom.
    pub service: Service,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status that was answered; 0 when the answer was lost.
    pub status: u16,
    /// How many things the body was about: members, people.
    pub items: usize,
    /// The version that it was meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
}

impl Call {
    /// Whether it changed something at a target.
    pub fn writes(&self) -> bool {
        matches!(self.service, Service::Kaizala | Service::Scim) && self.method != "GET"
    }
}

/// The calls so far.
#[derive(Debug)]
pub struct Record {
    keep: bool,
    calls: Vec<Call>,
    /// How many there were, kept or not.
    pub count: u64,
}

impl Record {
    pub(crate) fn new(keep: bool) -> Self {
        Self { keep, calls: Vec::new(), count: 0 }
    }

    pub(crate) fn add(&mut self, call: Call) {
        self.count += 1;
        if self.keep {
            self.calls.push(call);
        }
    }

    /// The calls that were kept.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.calls.clear();
    }
}
