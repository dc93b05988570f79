//! The world's numbering plans, as `tests/numbering` makes them from libphonenumber's metadata.

/// The numbering plan of a country (or of a calling code that belongs to none).
#[derive(Debug)]
pub struct Plan {
    /// ISO 3166-1 code; `001` for none.
    pub id: &'static str,
    /// The calling code.
    pub code: u16,
    /// Whether it is the main country of its calling code.
    pub main: bool,
    /// Where the automaton of the general form begins.
    pub general: u16,
    /// Where the automaton of the valid numbers begins.
    pub valid: u16,
    /// The lengths that national numbers can have, as bits.
    pub lengths: u32,
    /// Where the automaton of the leading digits begins, for a country that shares its calling code and is known by them.
    pub leading: Option<u16>,
    /// What is dialled before a number inside of the country: a regular expression.
    pub national_prefix: &'static str,
    /// What a national prefix with groups becomes.
    pub transform: &'static str,
    /// What is dialled before a number of another country: a regular expression.
    pub international_prefix: &'static str,
}

include!("plan/table.rs.in");

/// The states of all automata: ten edges each, of two bytes. The highest bit of an edge says that what it leads to accepts.
static STATES: &[u8] = include_bytes!("plan/states.bin");

const ACCEPTS: u16 = 0x8000;

/// Whether the automaton that begins at a state accepts these digits.
pub fn accepts(root: u16, digits: &[u8]) -> bool {
    let mut edge = root;
    for digit in digits {
        let place = (usize::from(edge & !ACCEPTS) * 10 + usize::from(digit.wrapping_sub(b'0').min(10))) * 2;
        let Some([low, high]) = STATES.get(place..place + 2) else { return false };
        edge = u16::from_le_bytes([*low, *high]);
        if edge == 0 {
            return false;
        }
    }
    edge & ACCEPTS != 0
}

/// The plan of a country.
pub fn of_country(id: &str) -> Option<&'static Plan> {
    let index = PLANS.binary_search_by(|plan| plan.id.cmp(id)).ok()?;
    PLANS.get(index)
}

/// The plans of a calling code, the main one first.
pub fn of_code(code: u16) -> impl Iterator<Item = &'static Plan> {
    let found = CODES.binary_search_by_key(&code, |(code, _)| *code).ok().and_then(|index| CODES.get(index));
    found.into_iter().flat_map(|(_, plans)| plans.iter()).filter_map(|index| PLANS.get(*index))
}
