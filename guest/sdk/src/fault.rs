//! Saying what went wrong: problems of settings, faults of other systems.

use crate::{Failure, Fault, Problem, Retry};

impl Problem {
    /// A problem with the setting at this path (`attribute[2].expression`; empty for the settings as a whole).
    ///
    /// ```
    /// use rollcall_sdk::Problem;
    /// let problem = Problem::new("rule[0].when", "there is no attribute `departmnet`").suggest("department").at(5);
    /// assert_eq!(problem.sentence(), "rule[0].when: there is no attribute `departmnet` (did you mean `department`?)");
    /// ```
    pub fn new(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { setting: setting.into(), message: message.into(), position: None, suggestion: None }
    }

    /// Where in the text of the setting the fault begins, in characters from 0.
    pub fn at(self, position: u32) -> Self {
        Problem { position: Some(position), ..self }
    }

    /// What would be right.
    pub fn suggest(self, suggestion: impl Into<String>) -> Self {
        Problem { suggestion: Some(suggestion.into()), ..self }
    }

    /// The whole problem as one line. (`Display` is taken: it shows the fields, for debugging.)
    pub fn sentence(&self) -> String {
        let place = if self.setting.is_empty() { String::new() } else { format!("{}: ", self.setting) };
        let hint = self.suggestion.as_ref().map(|suggestion| format!(" (did you mean `{suggestion}`?)"));
        format!("{place}{}{}", self.message, hint.unwrap_or_default())
    }
}

impl Fault {
    /// A fault of which nothing but this sentence is known.
    pub fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), status: None, code: None, request_id: None }
    }

    /// The HTTP status of the answer.
    pub fn status(self, status: u16) -> Self {
        Fault { status: Some(status), ..self }
    }

    /// The provider's code, if it gave one.
    pub fn code(self, code: Option<impl Into<String>>) -> Self {
        Fault { code: code.map(Into::into), ..self }
    }

    /// The provider's id of the request, if it gave one.
    pub fn request_id(self, id: Option<impl Into<String>>) -> Self {
        Fault { request_id: id.map(Into::into), ..self }
    }

    /// The message, with what a support case needs.
    pub fn sentence(&self) -> String {
        let details = [
            self.status.map(|status| format!("status {status}")),
            self.code.clone(),
            self.request_id.as_ref().map(|id| format!("request {id}")),
        ];
        let details: Vec<String> = details.into_iter().flatten().collect();
        if details.is_empty() { self.message.clone() } else { format!("{} ({})", self.message, details.join(", ")) }
    }

    /// To be tried again, after the time that the other system asked for, if it did.
    pub fn retry(self, after_seconds: Option<u32>) -> Retry {
        Retry { after_seconds, fault: self }
    }
}

impl Failure {
    /// The fault behind it, whichever kind it is.
    pub fn fault(&self) -> &Fault {
        match self {
            Failure::Retry(retry) => &retry.fault,
            Failure::CursorExpired(fault) | Failure::Failed(fault) => fault,
        }
    }
}

impl From<Retry> for Failure {
    fn from(retry: Retry) -> Self {
        Failure::Retry(retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_shown_with_what_a_support_case_needs() {
        let fault =
            Fault::new("Graph refused.").status(403).code(Some("Authorization_RequestDenied")).request_id(Some("r-1"));
        assert_eq!(fault.sentence(), "Graph refused. (status 403, Authorization_RequestDenied, request r-1)");
        assert_eq!(Failure::Failed(Fault::new("No.")).fault().sentence(), "No.");
    }
}
