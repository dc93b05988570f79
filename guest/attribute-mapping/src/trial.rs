//! One expression tried on one user, without a tenant: what `rollcall mapping try --expression` shows.

use crate::attributes::Attributes;
use crate::compile::Compiler;
use crate::environment::Environment;
use crate::evaluation::{Evaluation, Given, Ground};
use crate::language::fault::Fault;
use crate::phone::Phones;
use crate::phone::region::Region;
use crate::projection::Projection;
use crate::value::Value;

/// What a trial may know besides the user.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// Tables and default domain.
    pub given: Given,
    /// The country of phone numbers, where the user does not say it.
    pub default_region: Option<Region>,
}

/// What came of a trial.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The value, or what went wrong.
    pub value: Result<Value<'static>, Fault>,
    /// The parts of the expression with their values, depth first; empty when it was not understood.
    pub parts: Vec<Part>,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// How deep it stands; the whole expression has 0.
    pub depth: u32,
    /// As it was written.
    pub expression: String,
    /// What it came to.
    pub value: Value<'static>,
    /// The property that it read, if it is an attribute.
    pub property: Option<String>,
}

impl Trial {
    /// `{"value": ...}`, or `{"error": {"message": ..., "position": ...}}` with the position in characters from 0.
    pub fn to_json(&self, expression: &str) -> serde_json::Value {
        match &self.value {
            Ok(value) => serde_json::json!({ "value": value.to_json() }),
            Err(fault) => {
                let message = match &fault.suggestion {
                    Some(suggestion) => format!("{} (did you mean {suggestion}?)", fault.message),
                    None => fault.message.clone(),
                };
                serde_json::json!({ "error": { "message": message, "position": fault.position(expression) } })
            }
        }
    }
}

/// Tries an expression on a user, given as JSON text.
///
/// ```
/// use attribute_mapping::environment::Alone;
/// use attribute_mapping::moment::Moment;
/// use attribute_mapping::trial::{Knowledge, run};
///
/// let alone = Alone { now: Moment::from_unix(0).unwrap(), seed: 1 };
/// let user = r#"{"surname": "Doe", "givenName": "John"}"#;
/// let trial = run(r#"Join(", ", "", [surname], [givenName])"#, user, &Knowledge::default(), &alone);
/// assert_eq!(trial.value.unwrap().to_json(), "Doe, John");
/// ```
pub fn run(expression: &str, user: &str, knowledge: &Knowledge, environment: &dyn Environment) -> Trial {
    let failed = |fault: Fault| Trial { value: Err(fault), parts: Vec::new() };
    let mut attributes = Attributes::default();
    let mut compiler = Compiler { attributes: &mut attributes, tables: None, has_default_domain: None };
    let program = match compiler.compile(expression) {
        Ok(program) => program,
        Err(fault) => return failed(fault),
    };
    let countries = [attributes.slot("usageLocation"), attributes.slot("country")];
    let slots = match Projection::new(attributes.paths()).read(user) {
        Ok(slots) => slots,
        Err(error) => return failed(Fault::at(program.span, format!("the user is no JSON object: {error}"))),
    };
    let region = countries.iter().find_map(|slot| match slots.get(*slot) {
        Some(Value::Text(text)) => Region::named(text),
        _ => None,
    });
    let phones = Phones::default();
    let evaluation = Evaluation::new(Ground {
        slots: &slots,
        attributes: &attributes,
        given: &knowledge.given,
        environment,
        phones: &phones,
        region: region.or(knowledge.default_region),
    })
    .traced();
    let value = evaluation.run("", &program).map(Value::into_owned);
    let parts = evaluation.take_steps().into_iter().map(|step| Part {
        depth: step.depth,
        expression: step.node.span.of(expression).to_owned(),
        value: step.value.into_owned(),
        property: step.property.map(str::to_owned),
    });
    Trial { parts: parts.collect(), value }
}
