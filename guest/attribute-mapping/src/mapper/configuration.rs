//! From settings to a mapping.

use std::collections::HashSet;

use rollcall_sdk::{Attribute, AttributeType, Layout, Problem, Value as Out};

use super::{Manager, Mapped, Mapper, Regions, shaping};
use crate::attributes::Attributes;
use crate::compile::Compiler;
use crate::evaluation::Given;
use crate::graph;
use crate::language::catalogue::Function;
use crate::language::fault::{Fault, Span};
use crate::phone::{Phones, region::Region};
use crate::program::{Kind, Node};
use crate::projection::Projection;
use crate::settings::{AttributeSetting, Constant, Settings, SourceAttributes, Type, When};
use crate::usual;
use crate::value::Value;

/// Checks the settings and compiles the expressions.
pub fn read(mut settings: Settings, inherited: &[Attribute]) -> Result<Mapper, Problem> {
    if settings.attribute.is_empty() {
        settings.attribute = usual::attributes();
    }
    let default_region = match &settings.default_region {
        None => None,
        Some(name) => Some(Region::named(name).ok_or_else(|| {
            Problem::new(
                "default_region",
                format!("`{name}` is no country; a code such as \"IN\" or a name is expected"),
            )
        })?),
    };
    if let Some(domain) = settings.default_domain.as_deref().filter(|domain| domain.is_empty() || domain.contains('@'))
    {
        return Err(Problem::new("default_domain", format!("`{domain}` is no domain; \"contoso.com\" would be one")));
    }
    let mut attributes = Attributes::default();
    let mut layout = Layout::of(inherited);
    let mut mapped = Vec::new();
    let mut names = HashSet::new();
    for (index, setting) in settings.attribute.iter().enumerate() {
        let at = |key: &str| format!("attribute[{index}].{key}");
        check_name(setting, &mut names).map_err(|message| Problem::new(at("name"), message))?;
        let mut compiler = Compiler {
            attributes: &mut attributes,
            tables: Some(&settings.table),
            has_default_domain: Some(settings.default_domain.is_some()),
        };
        mapped.push(read_attribute(setting, &mut compiler, &mut layout, settings.source_attributes, &at)?);
    }
    let manager = manager(&mut attributes, &mapped);
    let needs_region = mapped.iter().any(|mapped: &Mapped| mapped.program.needs_region());
    let regions = needs_region
        .then(|| Regions { usage_location: attributes.slot("usageLocation"), country: attributes.slot("country") });
    // Names are unique, so without inherited attributes each adds one: in this order.
    let is_whole = inherited.is_empty() && mapped.len() == layout.attributes().len();
    Ok(Mapper {
        is_whole,
        projection: Projection::new(attributes.paths()),
        mapped,
        attributes,
        manager,
        regions,
        default_region,
        on_invalid_phone: settings.on_invalid_phone,
        given: Given { tables: settings.table, default_domain: settings.default_domain },
        phones: Phones::default(),
        layout,
    })
}

fn check_name(setting: &AttributeSetting, names: &mut HashSet<String>) -> Result<(), String> {
    let name = &setting.name;
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if name.is_empty() || !plain {
        return Err(format!("`{name}` is no name for an attribute: lower-case letters, digits and `_` make one"));
    }
    if !names.insert(name.clone()) {
        return Err(format!("there is another attribute `{name}`"));
    }
    Ok(())
}

fn read_attribute(
    setting: &AttributeSetting,
    compiler: &mut Compiler<'_>,
    layout: &mut Layout,
    source_attributes: SourceAttributes,
    at: &dyn Fn(&str) -> String,
) -> Result<Mapped, Problem> {
    let (program, source) = match (&setting.expression, &setting.constant) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(at("constant"), "an attribute has an expression or a constant, not both"));
        }
        (None, None) => {
            let message = format!("`{}` has no value: an expression or a constant is missing", setting.name);
            return Err(Problem::new(at("expression"), message).suggest(format!("[{}]", setting.name)));
        }
        (None, Some(constant)) => {
            (fixed(constant, setting.kind).map_err(|message| Problem::new(at("constant"), message))?, String::new())
        }
        (Some(source), None) => {
            let refuse = |fault: Fault| problem(at("expression"), source, fault);
            let program = compiler.compile(source).map_err(refuse)?;
            check_use(&program, setting).map_err(refuse)?;
            if source_attributes == SourceAttributes::Graph {
                check_attributes(&program, compiler.attributes).map_err(refuse)?;
            }
            (program, source.clone())
        }
    };
    let default = match &setting.default {
        None => Out::Null,
        Some(default) => {
            shaping::shape_constant(default, setting.kind).map_err(|message| Problem::new(at("default"), message))?
        }
    };
    let sensitive = setting.sensitive || program.calls(Function::Redact);
    let creation_only = setting.when == When::Creation;
    let copied = match program.kind {
        Kind::Attribute(slot, _) if setting.kind == Type::Text && !creation_only => Some(slot),
        _ => None,
    };
    let position = layout.add(Attribute {
        name: setting.name.clone(),
        kind: match setting.kind {
            Type::Text => AttributeType::Text,
            Type::Number => AttributeType::Number,
            Type::WholeNumber => AttributeType::Integer,
            Type::YesNo => AttributeType::Boolean,
            Type::DateTime => AttributeType::DateTime,
            Type::List => AttributeType::Texts,
        },
        sensitive,
        creation_only,
        matching: setting.matching,
    });
    Ok(Mapped {
        name: setting.name.clone(),
        source,
        program,
        default,
        position,
        copied,
        kind: setting.kind,
        creation_only,
        required: setting.required,
        on_missing: setting.on_missing,
        sensitive,
    })
}

/// A constant as a program.
fn fixed(constant: &Constant, kind: Type) -> Result<Node, String> {
    shaping::shape_constant(constant, kind)?;
    let value = match constant {
        Constant::Boolean(value) => Value::Boolean(*value),
        Constant::Integer(number) => Value::Integer(*number),
        Constant::Number(number) => Value::Number(*number),
        Constant::Text(text) => Value::text(text.clone()),
        Constant::Texts(texts) => Value::texts(texts.iter().map(|text| text.clone().into()).collect()),
    };
    Ok(Node { kind: Kind::Constant(value), span: Span::default() })
}

/// `SelectUniqueValue` is for creation only, and not for an attribute that finds entries (the public function reference).
fn check_use(program: &Node, setting: &AttributeSetting) -> Result<(), Fault> {
    if !program.calls(Function::SelectUniqueValue) {
        return Ok(());
    }
    if setting.matching.is_some() {
        let message = "SelectUniqueValue cannot make an attribute that finds existing entries (matching)";
        return Err(Fault::at(program.span, message));
    }
    if setting.when != When::Creation {
        let message = "SelectUniqueValue is for the creation of entries only";
        return Err(Fault::at(program.span, message).suggesting(Some("when = \"creation\"")));
    }
    Ok(())
}

fn check_attributes(node: &Node, attributes: &Attributes) -> Result<(), Fault> {
    match &node.kind {
        Kind::Attribute(slot, _) => {
            let Some(path) = attributes.paths().get(*slot) else { return Ok(()) };
            graph::check(path).map_err(|refused| {
                let any = "; for another source set source_attributes = \"any\"";
                let hint = if refused.reason.contains("has no property") { any } else { "" };
                Fault::at(node.span, format!("{}{hint}", refused.reason)).suggesting(refused.suggestion)
            })
        }
        _ => node.children().try_for_each(|child| check_attributes(child, attributes)),
    }
}

/// A fault of an expression as a problem of its setting.
fn problem(setting: String, source: &str, fault: Fault) -> Problem {
    let position = fault.position(source);
    Problem { setting, message: fault.message, position: Some(position), suggestion: fault.suggestion }
}

/// What is needed to fill the manager's fields, when any is read.
fn manager(attributes: &mut Attributes, mapped: &[Mapped]) -> Option<Manager> {
    let is_used = attributes.paths().iter().any(|path| path.root() == "manager");
    if !is_used {
        return None;
    }
    let fields: Vec<(usize, String)> = attributes
        .paths()
        .iter()
        .enumerate()
        .filter(|(_, path)| path.root() == "manager" && path.segments.len() > 1)
        .map(|(slot, path)| (slot, path.segments.get(1..).unwrap_or(&[]).join(".")))
        .collect();
    let names = fields.iter().map(|(_, name)| name.clone()).collect();
    let (whole, delta) = (attributes.slot("manager"), attributes.slot("manager@delta"));
    let mut read = Vec::new();
    mapped.iter().for_each(|mapped| mapped.program.slots(&mut read));
    let is_read = read.iter().any(|(slot, other)| *slot == whole || *other == Some(whole));
    Some(Manager { whole, delta, fields, names, is_read })
}
