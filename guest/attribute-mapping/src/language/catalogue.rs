//! Every function: its name, its parameters and what it does.
//!
//! The names and parameters are those of the public "Reference for writing expressions for attribute mappings in Microsoft
//! Entra ID". Where that text says nothing, the function's summary says which rule we chose. Two rules hold throughout:
//!
//! * A function that makes a text of a text gives null for null (unless its summary says otherwise), and for a list of texts
//!   a list with each of them changed, as the cloud sync reference shows for `Trim([proxyAddresses])`.
//! * A list with one value can stand where one value is expected. A list with more cannot: the person is held back with the
//!   advice to use `Item` or `Join`. A list without values is null.

use super::fault::{Fault, Span};
use super::syntax::Call;

mod table;

pub use table::Function;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any value.
    Any,
    /// A text, or what reads as one.
    Text,
    /// A number, or a text that reads as one.
    Number,
    /// Several values, or one.
    List,
    /// A date, or a text that reads as one.
    Date,
    /// A comparison, or anything that is true or not.
    Condition,
    /// `yyyy`, `m`, `d`, `ww`, `h`, `n` or `s`.
    Interval,
    /// `vbTextCompare` or `vbBinaryCompare`.
    Compare,
    /// A regular expression.
    Pattern,
    /// The name of a culture, such as `tr-TR`.
    Culture,
    /// A country, by its ISO 3166 code or English name.
    Region,
    /// The name of a table of the settings.
    Table,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name in the reference.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Depends on the arguments.
    Any,
    /// A text.
    Text,
    /// A text for a text, a list for a list.
    Same,
    /// A number.
    Number,
    /// A date.
    Date,
    /// True or False.
    Boolean,
    /// Several texts.
    List,
}

/// What is known about a function.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The name, as it is written.
    pub name: &'static str,
    /// The parameters, in their order.
    pub parameters: &'static [Parameter],
    /// The parameters from this position on may be repeated.
    pub repeats_from: Option<usize>,
    /// What it gives.
    pub gives: Gives,
    /// What it does.
    pub summary: &'static str,
}

impl Function {
    /// The function of this name. Names are case-sensitive; two more spellings occur in the public documentation.
    pub fn named(name: &str) -> Option<Self> {
        let name = match name {
            "IsNullorEmpty" => "IsNullOrEmpty",
            "switch" => "Switch",
            other => other,
        };
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// The name, as it is written.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The parameter that the argument at this position is for.
    pub fn parameter(self, position: usize) -> Option<&'static Parameter> {
        let entry = self.entry();
        let count = entry.parameters.len();
        match entry.repeats_from {
            Some(from) if position >= count && from < count => {
                entry.parameters.get(from + (position - from) % (count - from))
            }
            _ => entry.parameters.get(position),
        }
    }

    /// How it is called: `Left(string, numChars)`. What may be left out stands in brackets.
    pub fn signature(self) -> String {
        let entry = self.entry();
        let mut names: Vec<String> = entry
            .parameters
            .iter()
            .map(|parameter| if parameter.required { parameter.name.into() } else { format!("[{}]", parameter.name) })
            .collect();
        if entry.repeats_from.is_some() {
            names.push("...".into());
        }
        format!("{}({})", entry.name, names.join(", "))
    }
}

/// Whether a call has as many arguments as its function takes, with all that are required.
pub(super) fn check_count(call: &Call, whole: Span) -> Result<(), Fault> {
    let function = call.function;
    let entry = function.entry();
    let given = call.arguments.len();
    if entry.repeats_from.is_none() && given > entry.parameters.len() {
        let extra = call.arguments.get(entry.parameters.len()).and_then(Option::as_ref);
        let message =
            format!("{} takes {}; {given} were given", function.signature(), arguments(entry.parameters.len()));
        return Err(Fault::at(extra.map_or(call.name, |argument| argument.span), message));
    }
    // The form with three arguments, of the cloud sync reference: source, inputFormat, outputFormat.
    let short_form = function == Function::FormatDateTime && given == 3;
    let needed = entry.parameters.iter().rposition(|parameter| parameter.required).map_or(0, |last| last + 1);
    for position in 0..given.max(needed) {
        let required = function.parameter(position).is_some_and(|parameter| parameter.required);
        let present = call.arguments.get(position).is_some_and(Option::is_some);
        if required && !present && !short_form {
            let name = function.parameter(position).map_or("", |parameter| parameter.name);
            let message = format!("{} needs its argument {} ({name})", function.signature(), position + 1);
            return Err(Fault::at(Span { start: call.name.start, end: whole.end }, message));
        }
    }
    if function == Function::Switch && (given % 2 == 1) && given > 2 {
        let last = call.arguments.last().and_then(Option::as_ref).map_or(call.name, |argument| argument.span);
        let message = "Switch takes its keys and values in pairs: this key has no value";
        return Err(Fault::at(last, message));
    }
    Ok(())
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".into(),
        1 => "one argument".into(),
        count => format!("at most {count} arguments"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_sensitive_but_for_the_spellings_of_the_documentation() {
        assert_eq!(Function::named("IsNullorEmpty"), Some(Function::IsNullOrEmpty));
        assert_eq!(Function::named("switch"), Some(Function::Switch));
        assert_eq!(Function::named("toLower"), None);
    }

    #[test]
    fn a_repeated_parameter_is_found_at_every_further_position() {
        let name = |function: Function, position| function.parameter(position).map(|parameter| parameter.name);
        assert_eq!(name(Function::Join, 7), Some("source"));
        assert_eq!(name(Function::Switch, 4), Some("key"));
        assert_eq!(name(Function::Switch, 5), Some("value"));
        assert_eq!(name(Function::Left, 2), None);
    }

    #[test]
    fn every_function_has_a_name_of_its_own_and_says_what_it_does() {
        for (position, function) in Function::ALL.iter().enumerate() {
            assert!(function.entry().summary.len() > 10);
            assert_eq!(Function::ALL.iter().position(|other| other.name() == function.name()), Some(position));
        }
    }
}
