//! The reference of the contract, made from its WIT: as a page to read, and as types for TypeScript.

mod markdown;
mod typescript;

use std::collections::BTreeMap;
use std::path::PathBuf;

use wit_parser::{
    Function, FunctionKind, Interface, InterfaceId, Resolve, SourceMap, Type, TypeDefKind, TypeId, TypeOwner,
};

/// Our interfaces in the order in which an author meets them.
const INTERFACES: [&str; 11] = [
    "types",
    "source",
    "mapping",
    "grouping",
    "target",
    "packed-mapping",
    "packed-grouping",
    "lookup",
    "scheduling",
    "outbox",
    "inbox",
];

/// The page and the types of a contract: the paths of its files from its folder, and where they are.
pub fn made(files: &[(String, PathBuf)]) -> (String, String) {
    let contract = Contract::read(files);
    (markdown::page(&contract), typescript::declarations(&contract))
}

/// The contract, parsed.
struct Contract {
    resolve: Resolve,
    /// Such as `rollcall:sync@0.1.0`.
    name: String,
    /// Ours first, in the order of [`INTERFACES`].
    interfaces: Vec<InterfaceId>,
}

impl Contract {
    fn read(files: &[(String, PathBuf)]) -> Self {
        let mut packages: BTreeMap<&str, SourceMap> = BTreeMap::new();
        for (path, file) in files.iter().filter(|(path, _)| path.ends_with(".wit")) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let text = std::fs::read_to_string(file).expect("the contract can be read");
            packages.entry(folder).or_default().push_str(path, text);
        }
        let parse = |sources: SourceMap| sources.parse().map_err(|(_, error)| error).expect("the contract is WIT");
        let own = parse(packages.remove("").expect("the contract has files"));
        let others = packages.into_values().map(parse).collect();
        let mut resolve = Resolve::default();
        let package = resolve.push_groups(own, others).expect("the contract is whole");
        let name = resolve.packages.get(package).map(|package| package.name.to_string()).unwrap_or_default();
        let place = |interface: &Interface| {
            let ours = INTERFACES.iter().position(|name| interface.name.as_deref() == Some(name));
            ours.filter(|_| interface.package == Some(package)).unwrap_or(INTERFACES.len())
        };
        let mut interfaces: Vec<_> = resolve.interfaces.iter().map(|(id, interface)| (place(interface), id)).collect();
        interfaces.sort_by_key(|(place, _)| *place);
        let interfaces = interfaces.into_iter().map(|(_, id)| id).collect();
        Self { resolve, name, interfaces }
    }

    /// The interfaces with their names, such as `mapping` for one of ours and `wasi:keyvalue/store@0.2.0-draft2` for another.
    fn interfaces(&self) -> impl Iterator<Item = (InterfaceId, String, &Interface)> {
        self.interfaces.iter().filter_map(|id| Some((*id, self.short(*id)?, self.resolve.interfaces.get(*id)?)))
    }

    /// The whole name of an interface.
    fn full(&self, id: InterfaceId) -> String {
        self.resolve.id_of(id).unwrap_or_default()
    }

    /// The name of an interface: without its package if that is ours.
    fn short(&self, id: InterfaceId) -> Option<String> {
        let full = self.resolve.id_of(id)?;
        let (package, version) = self.name.split_once('@')?;
        let own = full.strip_prefix(package).and_then(|name| name.strip_prefix('/')?.strip_suffix(version));
        Some(own.and_then(|name| name.strip_suffix('@')).map_or_else(|| full.clone(), str::to_owned))
    }

    /// A type that is declared: its name, and the interface that it belongs to.
    fn declared(&self, id: TypeId) -> Option<(&str, InterfaceId)> {
        // What an interface uses of another is that one's.
        let mut id = id;
        loop {
            let declared = self.resolve.types.get(id)?;
            match (&declared.kind, &declared.name) {
                (TypeDefKind::Type(Type::Id(other)), Some(name))
                    if self.resolve.types.get(*other)?.name.as_ref() == Some(name) =>
                {
                    id = *other;
                }
                (_, Some(name)) => {
                    let TypeOwner::Interface(owner) = declared.owner else { return None };
                    return Some((name, owner));
                }
                _ => return None,
            }
        }
    }

    /// Whether a type of an interface is another's.
    fn is_used(&self, interface: InterfaceId, id: TypeId) -> bool {
        self.declared(id).is_some_and(|(_, owner)| owner != interface)
    }
}

/// The resource that a function belongs to, and its own name there.
fn of_resource(function: &Function) -> Option<(TypeId, &str)> {
    match function.kind {
        FunctionKind::Method(resource) | FunctionKind::Static(resource) => {
            Some((resource, function.name.rsplit('.').next().unwrap_or(&function.name)))
        }
        FunctionKind::Constructor(resource) => Some((resource, "constructor")),
        _ => None,
    }
}

/// What is given to a function besides the resource that it belongs to.
fn parameters(function: &Function) -> impl Iterator<Item = &wit_parser::Param> {
    let itself = usize::from(matches!(function.kind, FunctionKind::Method(_)));
    function.params.iter().skip(itself)
}
