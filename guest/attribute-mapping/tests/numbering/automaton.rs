//! Regular expressions over digits as one small automaton without cycles.
//!
//! A national number has at most 17 digits, so the automaton of a country is a tree of at most that depth; equal subtrees are
//! kept once, over all countries, which makes the whole world some thousand states.

use std::collections::HashMap;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::{primitives::StateID, start, syntax};
use regex_automata::{Anchored, MatchKind, nfa::thompson};

/// The longest national number (libphonenumber: MAX_LENGTH_FOR_NSN).
const LONGEST: usize = 17;

/// Marks an edge that leads to an accepting state.
const ACCEPTS: u16 = 0x8000;

type State = [u16; 10];
type Dfa = dense::DFA<Vec<u32>>;

/// All states. State 0 accepts nothing and has no way out.
pub struct Automata {
    states: Vec<State>,
    known: HashMap<State, u16>,
}

impl Default for Automata {
    fn default() -> Self {
        Self { states: vec![[0; 10]], known: HashMap::from([([0; 10], 0)]) }
    }
}

impl Automata {
    /// Adds the numbers that match any of the patterns as a whole, and the general one if there is one. Answers the state to
    /// begin with.
    pub fn add(&mut self, patterns: &[String], general: Option<&String>) -> u16 {
        let any: Vec<Dfa> = patterns.iter().map(|pattern| dfa(pattern)).collect();
        let general = dfa(general.map_or("[0-9]*", String::as_str));
        let starts = any.iter().map(begin).collect();
        let edge = self.edge(&any, &general, (starts, begin(&general)), 0, &mut HashMap::new());
        edge & !ACCEPTS
    }

    fn edge(
        &mut self,
        any: &[Dfa],
        general: &Dfa,
        at: (Vec<StateID>, StateID),
        depth: usize,
        seen: &mut HashMap<(Vec<StateID>, StateID, usize), u16>,
    ) -> u16 {
        let (states, general_state) = &at;
        let dead = states.iter().zip(any).all(|(state, dfa)| dfa.is_dead_state(*state));
        if dead || general.is_dead_state(*general_state) || depth > LONGEST {
            return 0;
        }
        if let Some(edge) = seen.get(&(states.clone(), *general_state, depth)) {
            return *edge;
        }
        let matches = |dfa: &Dfa, state: StateID| dfa.is_match_state(dfa.next_eoi_state(state));
        let accepts =
            matches(general, *general_state) && states.iter().zip(any).any(|(state, dfa)| matches(dfa, *state));
        let mut state = [0; 10];
        for (digit, place) in (b'0'..=b'9').zip(&mut state) {
            let next = states.iter().zip(any).map(|(state, dfa)| dfa.next_state(*state, digit)).collect();
            *place = self.edge(any, general, (next, general.next_state(*general_state, digit)), depth + 1, seen);
        }
        let number = self.number(state) | if accepts { ACCEPTS } else { 0 };
        seen.insert((states.clone(), *general_state, depth), number);
        number
    }

    fn number(&mut self, state: State) -> u16 {
        if let Some(number) = self.known.get(&state) {
            return *number;
        }
        let number = u16::try_from(self.states.len()).ok().filter(|number| *number < ACCEPTS);
        let number = number.expect("the world's numbering plans have less than 32,768 states");
        self.states.push(state);
        self.known.insert(state, number);
        number
    }

    /// The lengths of the numbers that are accepted from a state, as bits.
    pub fn lengths(&self, root: u16) -> u32 {
        let mut lengths = 0;
        let mut level = vec![root];
        for depth in 1..=LONGEST {
            let edges: Vec<u16> = level.iter().flat_map(|state| self.states[usize::from(*state)]).collect();
            if edges.iter().any(|edge| edge & ACCEPTS != 0) {
                lengths |= 1 << depth;
            }
            level = edges.into_iter().map(|edge| edge & !ACCEPTS).filter(|state| *state != 0).collect();
            level.sort_unstable();
            level.dedup();
        }
        lengths
    }

    /// The states as they are read: ten edges of two bytes each, little-endian.
    pub fn bytes(&self) -> Vec<u8> {
        self.states.iter().flatten().flat_map(|edge| edge.to_le_bytes()).collect()
    }
}

fn dfa(pattern: &str) -> Dfa {
    dense::Builder::new()
        .configure(dense::Config::new().start_kind(StartKind::Anchored).match_kind(MatchKind::All))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false))
        .build(&format!("(?:{pattern})$"))
        .unwrap_or_else(|error| panic!("the pattern {pattern} of the metadata: {error}"))
}

fn begin(dfa: &Dfa) -> StateID {
    dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).expect("it begins anchored")
}
