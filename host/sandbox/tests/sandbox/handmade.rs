//! Components made by hand, for what no compiler would write. The format: <https://github.com/WebAssembly/component-model>, Binary.md.

/// The binary form of a core module, up to its sections.
pub struct Module {
    /// Pages of 64 KiB of each memory.
    pub memories: Vec<u32>,
    /// Elements of each table.
    pub tables: Vec<u32>,
    /// The function that runs when it is instantiated.
    pub start: Start,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Start {
    Nothing,
    Spin,
    Trap,
}

fn number(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn length(bytes: &[u8]) -> Vec<u8> {
    number(u32::try_from(bytes.len()).unwrap())
}

fn name(text: &str) -> Vec<u8> {
    [length(text.as_bytes()), text.as_bytes().to_vec()].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], length(content), content.to_vec()].concat()
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [number(u32::try_from(items.len()).unwrap()), items.concat()].concat()
}

impl Module {
    fn bytes(&self) -> Vec<u8> {
        let tables: Vec<Vec<u8>> = self.tables.iter().map(|size| [vec![0x70, 0], number(*size)].concat()).collect();
        let memories: Vec<Vec<u8>> = self.memories.iter().map(|pages| [vec![0], number(*pages)].concat()).collect();
        // Two functions of no arguments and no results: one that does nothing, and the one to start with.
        let start: &[u8] = match self.start {
            Start::Nothing => &[0x00, 0x0b],
            Start::Spin => &[0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b],
            Start::Trap => &[0x00, 0x00, 0x0b],
        };
        let body = |code: &[u8]| [length(code), code.to_vec()].concat();
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &list(&[vec![0x60, 0, 0]])),
            section(3, &list(&[vec![0], vec![0]])),
            section(4, &list(&tables)),
            section(5, &list(&memories)),
            section(7, &list(&[[name("f"), vec![0, 0]].concat()])),
            section(8, &number(1)),
            section(10, &list(&[body(&[0x00, 0x0b]), body(start)])),
        ]
        .concat()
    }
}

const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component with one instance of each module, which exports functions under the names of a mapping's (but not of their types, which
/// matters to nobody before they are called).
pub fn mapping(modules: &[Module]) -> Vec<u8> {
    let plain = |text: &str| [vec![0x00], name(text)].concat();
    let mut bytes = PREAMBLE.to_vec();
    for module in modules {
        bytes.extend(section(1, &module.bytes()));
    }
    let instances: Vec<Vec<u8>> =
        (0..modules.len()).map(|at| [vec![0x00], number(u32::try_from(at).unwrap()), vec![0]].concat()).collect();
    bytes.extend(section(2, &list(&instances)));
    // (alias core export 0 "f" (core func)), (type (func)), (canon lift)
    bytes.extend(section(6, &list(&[[vec![0x00, 0x00, 0x01, 0x00], name("f")].concat()])));
    bytes.extend(section(7, &list(&[vec![0x40, 0x00, 0x01, 0x00]])));
    bytes.extend(section(8, &list(&[vec![0x00, 0x00, 0x00, 0x00, 0x00]])));
    let functions = ["configure", "map-people", "explain"].map(|function| [plain(function), vec![0x01, 0x00]].concat());
    bytes.extend(section(5, &list(&[[vec![0x01], list(&functions)].concat()])));
    bytes.extend(section(11, &list(&[[plain("rollcall:sync/mapping@0.1.0"), vec![0x05, 0x00, 0x00]].concat()])));
    bytes
}

/// The same with an import of an instance that offers nothing.
pub fn mapping_that_imports(import: &str) -> Vec<u8> {
    let quiet = Module { memories: Vec::new(), tables: Vec::new(), start: Start::Nothing };
    let whole = mapping(&[quiet]);
    let import = [vec![0x00], name(import), vec![0x05, 0x00]].concat();
    // (type (instance)) before all, so that the function's type is the second.
    let types = section(7, &list(&[vec![0x42, 0x00]]));
    let imports = section(10, &list(&[import]));
    let mut bytes = [PREAMBLE.to_vec(), types, imports, whole[PREAMBLE.len()..].to_vec()].concat();
    // The lifted function has type 1 now, and the exported instance is the second.
    let lift = section(8, &list(&[vec![0x00, 0x00, 0x00, 0x00, 0x00]]));
    let at = bytes.windows(lift.len()).position(|part| part == lift).unwrap();
    bytes[at + lift.len() - 1] = 1;
    let export = bytes.len() - 2;
    bytes[export] = 1;
    bytes
}
