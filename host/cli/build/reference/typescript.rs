//! The contract as declarations for TypeScript, in the form in which a component in JavaScript gets and gives its values.
//!
//! An option is the value or null, a variant an object with `tag` and `val`, an enum a text. A function that answers a result returns what it
//! is when it went well, and throws what it is otherwise.

use std::fmt::Write;

use wit_parser::{
    Docs, Field, Function, FunctionKind, Handle, Interface, InterfaceId, Param, Result_, Type, TypeDefKind, TypeId,
};

use super::{Contract, of_resource, parameters};

/// Steps, which a component exports; everything else it may import.
const STEPS: [&str; 4] = ["source", "mapping", "grouping", "target"];

/// The words that all of them share: known everywhere without an import.
const SHARED: &str = "types";

pub fn declarations(contract: &Contract) -> String {
    let mut text = format!(
        "// The contract {} between Rollcall and its components, made by\n// `rollcall component reference --form typescript`. Do not change it.\n",
        contract.name
    );
    for (id, name, interface) in contract.interfaces() {
        let mut body = Declarations { contract, interface: id, text: String::new() };
        body.types(interface);
        let exported = STEPS.contains(&name.as_str());
        body.functions(interface, exported.then_some(name.as_str()));
        let indented = || {
            body.text
                .lines()
                .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") })
                .collect::<String>()
        };
        let _ = match name.as_str() {
            SHARED => write!(text, "\n{}", body.text),
            _ if exported => write!(text, "\ndeclare namespace {name} {{\n{}}}\n", indented()),
            _ => write!(text, "\ndeclare module \"{}\" {{\n{}}}\n", contract.full(id), indented()),
        };
    }
    text
}

struct Declarations<'a> {
    contract: &'a Contract,
    interface: InterfaceId,
    text: String,
}

impl Declarations<'_> {
    fn types(&mut self, interface: &Interface) {
        for (name, id) in &interface.types {
            if self.contract.is_used(self.interface, *id) {
                continue;
            }
            let Some(declared) = self.contract.resolve.types.get(*id) else { continue };
            let name = upper(name);
            self.docs(&declared.docs, "");
            match &declared.kind {
                TypeDefKind::Record(record) => {
                    let field = |field: &Field, kind: String| format!("{}: {kind};", lower(&field.name));
                    let fields = record.fields.iter().map(|part| (&part.docs, field(part, self.kind(&part.ty))));
                    let fields = fields.collect();
                    self.block(&format!("interface {name} {{"), fields);
                }
                TypeDefKind::Flags(flags) => {
                    let flags =
                        flags.flags.iter().map(|flag| (&flag.docs, format!("{}?: boolean;", lower(&flag.name))));
                    self.block(&format!("interface {name} {{"), flags.collect());
                }
                TypeDefKind::Variant(variant) => {
                    self.line(&format!("type {name} ="));
                    for case in &variant.cases {
                        self.docs(&case.docs, "  ");
                        let value =
                            case.ty.as_ref().map(|kind| format!("; val: {}", self.kind(kind))).unwrap_or_default();
                        self.line(&format!("  | {{ tag: \"{}\"{value} }}", case.name));
                    }
                    self.end();
                }
                TypeDefKind::Enum(choices) => {
                    self.line(&format!("type {name} ="));
                    for case in &choices.cases {
                        self.docs(&case.docs, "  ");
                        self.line(&format!("  | \"{}\"", case.name));
                    }
                    self.end();
                }
                TypeDefKind::Resource => self.resource(&name, *id, interface),
                other => {
                    let other = self.shape(other);
                    self.line(&format!("type {name} = {other};"));
                }
            }
        }
    }

    fn block(&mut self, head: &str, parts: Vec<(&Docs, String)>) {
        self.line(head);
        for (docs, part) in parts {
            self.docs(docs, "  ");
            self.line(&format!("  {part}"));
        }
        self.line("}");
    }

    fn resource(&mut self, name: &str, id: TypeId, interface: &Interface) {
        let functions = interface.functions.values();
        let own = functions.filter_map(|function| Some((function, of_resource(function)?)));
        let own = own.filter(|(_, (resource, _))| *resource == id).map(|(function, (_, name))| {
            let word = if matches!(function.kind, FunctionKind::Static(_)) { "static " } else { "" };
            (&function.docs, format!("{word}{}{};", lower(name), self.signature(function)))
        });
        let own = own.collect();
        self.block(&format!("class {name} {{"), own);
    }

    /// Functions to import, or what a component exports as a step.
    fn functions(&mut self, interface: &Interface, step: Option<&str>) {
        let plain = interface.functions.values().filter(|function| of_resource(function).is_none());
        let plain = plain.map(|function| (&function.docs, lower(&function.name) + &self.signature(function)));
        let plain: Vec<(&Docs, String)> = plain.collect();
        match step {
            Some(step) => {
                self.line(&format!("/** What a component exports as `{step}`. */"));
                self.block("interface Step {", plain.into_iter().map(|(docs, text)| (docs, text + ";")).collect());
            }
            None => {
                for (docs, text) in plain {
                    self.docs(docs, "");
                    self.line(&format!("function {text};"));
                }
            }
        }
    }

    fn signature(&self, function: &Function) -> String {
        let parameter = |given: &Param| format!("{}: {}", unreserved(lower(&given.name)), self.kind(&given.ty));
        let parameters: Vec<String> = parameters(function).map(parameter).collect();
        if matches!(function.kind, FunctionKind::Constructor(_)) {
            return format!("({})", parameters.join(", "));
        }
        let result = function.result.as_ref().map_or("void".to_owned(), |kind| match self.result(kind) {
            // What goes wrong is thrown.
            Some(result) => self.part(result.ok.as_ref()),
            None => self.kind(kind),
        });
        format!("({}): {result}", parameters.join(", "))
    }

    fn result(&self, kind: &Type) -> Option<&Result_> {
        let Type::Id(id) = kind else { return None };
        match &self.contract.resolve.types.get(*id)?.kind {
            TypeDefKind::Result(result) => Some(result),
            _ => None,
        }
    }

    fn part(&self, kind: Option<&Type>) -> String {
        kind.map_or("void".to_owned(), |kind| self.kind(kind))
    }

    fn kind(&self, kind: &Type) -> String {
        match kind {
            Type::Bool => "boolean".to_owned(),
            Type::String | Type::Char => "string".to_owned(),
            Type::Id(id) => self.named(*id),
            Type::ErrorContext => "unknown".to_owned(),
            // Whole numbers of 64 bits too: QuickJS has them as far as they are exact.
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => "number".to_owned(),
            Type::S8 | Type::S16 | Type::S32 | Type::S64 | Type::F32 | Type::F64 => "number".to_owned(),
        }
    }

    fn named(&self, id: TypeId) -> String {
        if let Some((name, owner)) = self.contract.declared(id) {
            return self.from(owner) + &upper(name);
        }
        self.contract.resolve.types.get(id).map_or("unknown".to_owned(), |declared| self.shape(&declared.kind))
    }

    /// A type without its name.
    fn shape(&self, kind: &TypeDefKind) -> String {
        match kind {
            TypeDefKind::List(Type::U8) => "Uint8Array".to_owned(),
            TypeDefKind::List(kind) => {
                let kind = self.kind(kind);
                if kind.contains(' ') { format!("({kind})[]") } else { format!("{kind}[]") }
            }
            TypeDefKind::Option(kind) => format!("{} | null", self.kind(kind)),
            TypeDefKind::Result(result) => format!(
                "{{ tag: \"ok\"; val: {} }} | {{ tag: \"err\"; val: {} }}",
                self.part(result.ok.as_ref()),
                self.part(result.err.as_ref())
            ),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => self.named(*id),
            TypeDefKind::Tuple(tuple) => {
                let all: Vec<String> = tuple.types.iter().map(|kind| self.kind(kind)).collect();
                format!("[{}]", all.join(", "))
            }
            TypeDefKind::Type(other) => self.kind(other),
            _ => "unknown".to_owned(),
        }
    }

    /// What leads to the types of an interface from the one at hand.
    fn from(&self, owner: InterfaceId) -> String {
        match self.contract.short(owner).as_deref() {
            _ if owner == self.interface => String::new(),
            Some(SHARED) => String::new(),
            Some(step) if STEPS.contains(&step) => format!("{step}."),
            _ => format!("import(\"{}\").", self.contract.full(owner)),
        }
    }

    fn docs(&mut self, docs: &Docs, indent: &str) {
        let Some(text) = &docs.contents else { return };
        let lines: Vec<&str> = text.trim().lines().collect();
        match lines.as_slice() {
            [one] => self.line(&format!("{indent}/** {one} */")),
            lines => {
                self.line(&format!("{indent}/**"));
                lines.iter().for_each(|line| self.line(format!("{indent} * {line}").trim_end()));
                self.line(&format!("{indent} */"));
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Ends a declaration of several lines.
    fn end(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(";\n");
    }
}

/// `target-limits` as `TargetLimits`.
fn upper(name: &str) -> String {
    name.split('-')
        .map(|part| part.get(..1).unwrap_or_default().to_uppercase() + part.get(1..).unwrap_or_default())
        .collect()
}

/// `looked-up-properties` as `lookedUpProperties`.
fn lower(name: &str) -> String {
    let name = upper(name);
    name.get(..1).unwrap_or_default().to_lowercase() + name.get(1..).unwrap_or_default()
}

/// A parameter whose name is a word of the language gets another one: nobody calls it by its name.
fn unreserved(name: String) -> String {
    const RESERVED: [&str; 12] =
        ["case", "class", "default", "delete", "enum", "export", "function", "import", "in", "new", "return", "with"];
    if RESERVED.contains(&name.as_str()) { name + "_" } else { name }
}
