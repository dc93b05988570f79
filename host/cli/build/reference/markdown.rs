//! The contract as a page: every type and function with its documentation.

use std::fmt::Write;

use wit_parser::{Docs, Function, Handle, Type, TypeDefKind, TypeId};

use super::{Contract, INTERFACES, of_resource, parameters};

pub fn page(contract: &Contract) -> String {
    let mut text = format!(
        "# The contract `{}`, item by item\n\nMade from the WIT by `rollcall component reference`. How it belongs together is explained in the \
         [README](README.md); what a step may import of WASI stands in `deps/`.\n",
        contract.name
    );
    for (id, name, interface) in contract.interfaces().filter(|(_, name, _)| INTERFACES.contains(&name.as_str())) {
        let _ = write!(text, "\n## {name}\n\n{}", paragraph(&interface.docs));
        for (type_name, type_id) in interface.types.iter().filter(|(_, type_id)| !contract.is_used(id, **type_id)) {
            declared(contract, &mut text, type_name, *type_id);
        }
        for function in interface.functions.values() {
            let own = of_resource(function).map(|(resource, own)| {
                let resource = contract.declared(resource).map_or("", |(name, _)| name);
                format!("{resource}.{own}")
            });
            let own = own.unwrap_or_else(|| function.name.clone());
            let _ = write!(text, "\n### `{own}{}`\n\n{}", signature(contract, function), paragraph(&function.docs));
        }
    }
    text
}

fn declared(contract: &Contract, text: &mut String, name: &str, id: TypeId) {
    let Some(declared) = contract.resolve.types.get(id) else { return };
    let mut section = |word: &str, rows: Vec<(String, &Docs)>| {
        let _ = write!(text, "\n### {word} `{name}`\n\n{}", paragraph(&declared.docs));
        if !rows.is_empty() {
            text.push('\n');
        }
        for (what, docs) in rows {
            let told = line(docs);
            let _ = writeln!(text, "* `{what}`{}{told}", if told.is_empty() { "" } else { ": " });
        }
    };
    match &declared.kind {
        TypeDefKind::Record(record) => {
            let row = |field: &wit_parser::Field| format!("{}: {}", field.name, kind(contract, &field.ty));
            section("record", record.fields.iter().map(|field| (row(field), &field.docs)).collect());
        }
        TypeDefKind::Variant(variant) => {
            let row = |case: &wit_parser::Case| match &case.ty {
                Some(value) => format!("{}({})", case.name, kind(contract, value)),
                None => case.name.clone(),
            };
            section("variant", variant.cases.iter().map(|case| (row(case), &case.docs)).collect());
        }
        TypeDefKind::Enum(choices) => {
            section("enum", choices.cases.iter().map(|case| (case.name.clone(), &case.docs)).collect());
        }
        TypeDefKind::Flags(flags) => {
            section("flags", flags.flags.iter().map(|flag| (flag.name.clone(), &flag.docs)).collect());
        }
        TypeDefKind::Resource => section("resource", Vec::new()),
        TypeDefKind::Type(other) => section(&format!("`{}`, called", kind(contract, other)), Vec::new()),
        _ => {}
    }
}

fn signature(contract: &Contract, function: &Function) -> String {
    let parameters: Vec<String> = parameters(function)
        .map(|parameter| format!("{}: {}", parameter.name, kind(contract, &parameter.ty)))
        .collect();
    let result = function.result.as_ref().map(|result| format!(" -> {}", kind(contract, result))).unwrap_or_default();
    format!("({}){result}", parameters.join(", "))
}

/// A type as WIT writes it.
fn kind(contract: &Contract, kind_of: &Type) -> String {
    let optional = |part: &Option<Type>| part.as_ref().map_or("_".to_owned(), |part| kind(contract, part));
    match kind_of {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::ErrorContext => "error-context".to_owned(),
        Type::Id(id) => {
            if let Some((name, _)) = contract.declared(*id) {
                return name.to_owned();
            }
            match contract.resolve.types.get(*id).map(|declared| &declared.kind) {
                Some(TypeDefKind::List(part)) => format!("list<{}>", kind(contract, part)),
                Some(TypeDefKind::Option(part)) => format!("option<{}>", kind(contract, part)),
                Some(TypeDefKind::Result(result)) => {
                    format!("result<{}, {}>", optional(&result.ok), optional(&result.err))
                }
                Some(TypeDefKind::Tuple(tuple)) => {
                    let all: Vec<String> = tuple.types.iter().map(|part| kind(contract, part)).collect();
                    format!("tuple<{}>", all.join(", "))
                }
                Some(TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id))) => kind(contract, &Type::Id(*id)),
                _ => "unknown".to_owned(),
            }
        }
    }
}

fn paragraph(docs: &Docs) -> String {
    docs.contents.as_ref().map(|text| format!("{}\n", text.trim())).unwrap_or_default()
}

fn line(docs: &Docs) -> String {
    docs.contents.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
