//! Running a program for one person.
//!
//! Evaluation is total: it ends, it does not panic, and it needs no more memory than the limits here allow, whatever the
//! expression and the person. What cannot be computed is a [`Fault`] at its place.

pub mod casing;
pub mod coercion;
pub mod comparison;
pub mod dates;
pub mod encoding;
pub mod lists;
pub mod plain;
pub mod random;
pub mod replacing;
pub mod roles;
pub mod text;
pub mod trace;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use crate::attributes::Attributes;
use crate::environment::Environment;
use crate::language::catalogue::Function;
use crate::language::fault::{Fault, Span};
use crate::phone::{PhoneFault, Phones};
use crate::program::{Kind, Node, Slot, Tables};
use crate::regular::MATCHES_EACH;
use crate::value::Value;
use trace::Step;

/// The longest text that an expression may make, in bytes. No attribute of a directory is near it, and a chain of `Replace`
/// could multiply a text at every step.
pub const LONGEST_TEXT: usize = 64 << 10;

/// The most bytes that all values of a list may have together.
pub const LONGEST_LIST: usize = 1 << 20;

/// What the settings give to every expression.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The tables for `Lookup`.
    pub tables: Tables,
    /// The tenant's default domain.
    pub default_domain: Option<String>,
}

/// One person's evaluation.
pub struct Evaluation<'a> {
    slots: &'a [Value<'a>],
    attributes: &'a Attributes,
    given: &'a Given,
    environment: &'a dyn Environment,
    phones: &'a Phones,
    /// The region of numbers without a country code.
    region: Option<crate::phone::region::Region>,
    /// The attribute of the profile that is being made, for `SelectUniqueValue`.
    target: Cell<&'a str>,
    matches: Cell<usize>,
    phone_faults: RefCell<Vec<PhoneFault>>,
    steps: Option<RefCell<Vec<Step<'a>>>>,
    depth: Cell<u32>,
}

/// What an evaluation stands on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The person's attributes, by slot.
    pub slots: &'a [Value<'a>],
    /// Their names.
    pub attributes: &'a Attributes,
    /// What the settings give.
    pub given: &'a Given,
    /// The world.
    pub environment: &'a dyn Environment,
    /// Phone numbers.
    pub phones: &'a Phones,
    /// The region of numbers without a country code.
    pub region: Option<crate::phone::region::Region>,
}

impl<'a> Evaluation<'a> {
    /// Begins with a person.
    pub fn new(ground: Ground<'a>) -> Self {
        Self {
            slots: ground.slots,
            attributes: ground.attributes,
            given: ground.given,
            environment: ground.environment,
            phones: ground.phones,
            region: ground.region,
            target: Cell::new(""),
            matches: Cell::new(MATCHES_EACH),
            phone_faults: RefCell::default(),
            steps: None,
            depth: Cell::new(0),
        }
    }

    /// The same, noting the value of every part.
    pub fn traced(mut self) -> Self {
        self.steps = Some(RefCell::default());
        self
    }

    /// The value of an expression for an attribute of the profile.
    pub fn run(&self, target: &'a str, node: &'a Node) -> Result<Value<'a>, Fault> {
        self.target.set(target);
        self.phone_faults.borrow_mut().clear();
        self.value(node)
    }

    /// Why phone numbers were refused since the last [`run`](Self::run) began.
    pub fn phone_faults(&self) -> Vec<PhoneFault> {
        self.phone_faults.borrow().clone()
    }

    /// The parts evaluated so far, depth first.
    pub fn take_steps(&self) -> Vec<Step<'a>> {
        self.steps.as_ref().map(|steps| steps.take()).unwrap_or_default()
    }

    /// The value of a part.
    fn value(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Some(steps) = &self.steps else { return self.compute(node) };
        let at = steps.borrow().len();
        let depth = self.depth.get();
        steps.borrow_mut().push(Step { node, depth, value: Value::Null, property: None });
        self.depth.set(depth + 1);
        let value = self.compute(node);
        self.depth.set(depth);
        if let (Ok(value), Some(step)) = (&value, steps.borrow_mut().get_mut(at)) {
            step.value = value.clone();
            if let Kind::Attribute(slot, other) = &node.kind {
                let from = if self.slot(*slot).is_null() { other.unwrap_or(*slot) } else { *slot };
                step.property = Some(self.attributes.path(from));
            }
        }
        value
    }

    fn slot(&self, slot: Slot) -> Value<'a> {
        self.slots.get(slot).map(Value::borrow).unwrap_or_default()
    }

    fn attribute(&self, slot: Slot, other: Option<Slot>) -> Value<'a> {
        let value = self.slot(slot);
        match other {
            Some(other) if value.is_null() => self.slot(other),
            _ => value,
        }
    }

    fn compute(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        match &node.kind {
            Kind::Attribute(slot, other) => Ok(self.attribute(*slot, *other)),
            Kind::Constant(value) => Ok(value.borrow()),
            Kind::Comparison(sign, sides) => {
                let left = self.value(&sides.0)?;
                let right = self.value(&sides.1)?;
                comparison::compare(*sign, &left, &right)
                    .map(Value::Boolean)
                    .map_err(|reason| Fault::at(node.span, reason))
            }
            Kind::Guarded(slots, condition) => {
                if slots.iter().any(|(slot, other)| self.attribute(*slot, *other).is_null_or_empty()) {
                    return Ok(Value::Boolean(false));
                }
                self.value(condition)
            }
            Kind::Call(function, _) => self.call(*function, node),
            // These are read by the functions that take them.
            Kind::CompareMethod(method) => Ok(Value::text(method.name())),
            Kind::Interval(_) | Kind::Styles(_) | Kind::Format(_) | Kind::Regular(_) | Kind::Replacement(_) => {
                Ok(Value::Null)
            }
        }
    }

    fn call(&self, function: Function, node: &'a Node) -> Result<Value<'a>, Fault> {
        match function {
            Function::And => self.all(node, false),
            Function::Append => self.append(node),
            Function::AppRoleAssignmentsComplex => self.roles(node),
            Function::BitAnd => self.bit_and(node),
            Function::CBool => Ok(Value::Boolean(self.truth_of(node, 0)?)),
            Function::CDate => self.cdate(node),
            Function::Coalesce => self.coalesce(node),
            Function::ConvertToBase64 => self.each(node, |text| Ok(encoding::base64_utf16(&text).into())),
            Function::ConvertToUTF8Hex => self.each(node, |text| Ok(encoding::hexadecimal(&text).into())),
            Function::Count => self.count(node),
            Function::CStr => Ok(self.text_of(node, 0)?.map_or(Value::Null, Value::Text)),
            Function::DateAdd => self.date_add(node),
            Function::DateDiff => self.date_diff(node),
            Function::DateFromNum => self.date_from_num(node),
            Function::DefaultDomain => self.default_domain(node),
            Function::FormatDateTime => self.format_date_time(node),
            Function::Guid => Ok(Value::text(random::guid(self.environment))),
            Function::IgnoreFlowIfNullOrEmpty => {
                let value = self.given_value(node, 0)?;
                Ok(if value.is_null_or_empty() { Value::Keep } else { value })
            }
            Function::Iif => self.given_value(node, if self.truth_of(node, 0)? { 1 } else { 2 }),
            Function::InStr => self.in_str(node),
            Function::IsNull => Ok(Value::Boolean(self.given_value(node, 0)?.is_null())),
            Function::IsNullOrEmpty => Ok(Value::Boolean(self.given_value(node, 0)?.is_null_or_empty())),
            Function::IsPresent => Ok(Value::Boolean(!self.given_value(node, 0)?.is_null_or_empty())),
            Function::IsString => {
                Ok(Value::Boolean(matches!(self.given_value(node, 0)?, Value::Text(_) | Value::Moment(_))))
            }
            Function::Item => self.item(node),
            Function::Join => self.join(node),
            Function::Left => self.left(node),
            Function::Len => Ok(Value::Integer(text::length(&self.text_of(node, 0)?.unwrap_or_default()))),
            Function::Lookup => self.lookup(node),
            Function::Mid => self.mid(node),
            Function::NormalizeDiacritics => self.each(node, |text| Ok(plain::plain_letters(text))),
            Function::Not => Ok(Value::Boolean(!self.truth_of(node, 0)?)),
            Function::Now => Ok(Value::Moment(self.environment.now())),
            Function::NumFromDate => self.num_from_date(node),
            Function::Or => self.all(node, true),
            Function::PCase => self.pcase(node),
            Function::PhoneE164 => self.phone(node),
            Function::RandomString => self.random_string(node),
            Function::Redact => self.given_value(node, 0),
            Function::RemoveDuplicates => self.remove_duplicates(node),
            Function::Replace => self.replace(node),
            Function::SelectUniqueValue => self.select_unique(node),
            Function::SingleAppRoleAssignment => self.role(node),
            Function::Split => self.split(node),
            Function::StripSpaces => self.each(node, |text| Ok(text::without_spaces(text))),
            Function::Switch => self.switch(node),
            Function::ToLower => self.change_case(node, casing::Direction::Lower),
            Function::ToUpper => self.change_case(node, casing::Direction::Upper),
            Function::Word => self.word(node),
        }
    }

    /// `And` and `Or`: the first condition that decides ends it.
    fn all(&self, node: &'a Node, decides: bool) -> Result<Value<'a>, Fault> {
        let Kind::Call(_, conditions) = &node.kind else { return Ok(Value::Null) };
        for position in 0..conditions.len() {
            if self.truth_of(node, position)? == decides {
                return Ok(Value::Boolean(decides));
            }
        }
        Ok(Value::Boolean(!decides))
    }

    fn coalesce(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Kind::Call(_, sources) = &node.kind else { return Ok(Value::Null) };
        for source in sources.iter().flatten() {
            let value = self.value(source)?;
            if !value.is_null() {
                return Ok(value);
            }
        }
        Ok(Value::Null)
    }

    fn switch(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Kind::Call(_, arguments) = &node.kind else { return Ok(Value::Null) };
        let source = self.text_of(node, 0)?.unwrap_or_default();
        for position in (2..arguments.len()).step_by(2) {
            if self.text_of(node, position)?.unwrap_or_default() == source {
                return self.given_value(node, position + 1);
            }
        }
        self.given_value(node, 1)
    }

    fn lookup(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let name = self.text_of(node, 0)?.unwrap_or_default();
        let table = self.given.tables.get(name.as_ref());
        let table =
            table.ok_or_else(|| Fault::at(node.span, format!("there is no table \"{name}\" in the settings")))?;
        let found = self.text_of(node, 1)?.and_then(|key| table.get(key.as_ref()));
        match found {
            Some(value) => Ok(Value::Text(Cow::Borrowed(value))),
            None => self.given_value(node, 2),
        }
    }

    fn default_domain(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let domain = self.given.default_domain.as_deref();
        let missing = || Fault::at(node.span, "DefaultDomain() needs the setting default_domain, which is not set");
        domain.map(Value::text).ok_or_else(missing)
    }

    fn select_unique(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let Kind::Call(_, rules) = &node.kind else { return Ok(Value::Null) };
        let mut tried = Vec::new();
        for position in 0..rules.len() {
            let Some(candidate) = self.text_of(node, position)?.filter(|candidate| !candidate.is_empty()) else {
                continue;
            };
            if !self.environment.in_use(self.target.get(), &candidate) {
                return Ok(Value::Text(candidate));
            }
            tried.push(crate::compile::shown(&candidate));
        }
        let message = if tried.is_empty() {
            "none of the rules of SelectUniqueValue gives a value".to_owned()
        } else {
            tried.dedup();
            format!("every value that SelectUniqueValue tried is in use already: {}", tried.join(", "))
        };
        Err(Fault::at(node.span, message))
    }

    fn phone(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let value = self.given_value(node, 0)?;
        let region = match self.text_of(node, 1)? {
            Some(region) if !region.is_empty() => crate::phone::region::Region::named(&region),
            _ => self.region,
        };
        let numbers: &[Cow<'_, str>] = match &value {
            Value::Texts(texts) => texts,
            _ => match &self.text_from(value, self.span(node, 0))? {
                Some(text) => return Ok(self.first_phone(std::slice::from_ref(text), region)),
                None => return Ok(Value::Null),
            },
        };
        Ok(self.first_phone(numbers, region))
    }

    fn first_phone(&self, numbers: &[Cow<'_, str>], region: Option<crate::phone::region::Region>) -> Value<'a> {
        for number in numbers.iter().filter(|number| !number.trim().is_empty()) {
            match self.phones.format(number, region) {
                Ok(formatted) => return Value::text(formatted),
                Err(reason) => {
                    self.phone_faults.borrow_mut().push(PhoneFault { number: number.clone().into_owned(), reason });
                }
            }
        }
        Value::Null
    }

    /// The place of an argument, or of the call when it was left out.
    fn span(&self, node: &Node, position: usize) -> Span {
        node.argument(position).map_or(node.span, |argument| argument.span)
    }
}
