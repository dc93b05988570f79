//! A deliberately simple evaluator, and a generator of random rules and people.
//!
//! The generator makes the *meaning* of a rule first and writes it down as text afterwards, in one of the many spellings that the
//! language allows. So the evaluator here knows nothing of the parser, of columns or of folding: it lowers texts and compares.

use serde_json::{Map, Value as Json, json};

/// Random numbers (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"), so that a seed is a case.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// What a rule means.
#[derive(Debug, Clone)]
pub enum Meaning {
    Text(&'static str, Operator, String),
    In(&'static str, bool, Vec<String>),
    Pattern(&'static str, bool, usize),
    /// True for `-ne null`.
    Null(&'static str, bool),
    Truth(&'static str, bool, bool),
    /// `-ge` when true; the offset from now in days, or a fixed day.
    Date(bool, Bound),
    DateEquals(bool, i64),
    Number(&'static str, i64),
    Items(&'static str, bool, Box<Meaning>),
    Not(Box<Meaning>),
    And(Vec<Meaning>),
    Or(Vec<Meaning>),
    Reports(String),
    MemberOf(Vec<String>),
}

#[derive(Debug, Clone, Copy)]
pub enum Bound {
    Day(i64),
    Now(i64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operator {
    Eq,
    Ne,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Contains,
    NotContains,
}

const OPERATORS: [(Operator, &str); 8] = [
    (Operator::Eq, "eq"),
    (Operator::Ne, "ne"),
    (Operator::StartsWith, "startsWith"),
    (Operator::NotStartsWith, "notStartsWith"),
    (Operator::EndsWith, "endsWith"),
    (Operator::NotEndsWith, "notEndsWith"),
    (Operator::Contains, "contains"),
    (Operator::NotContains, "notContains"),
];

/// Rule names with where Graph has the value.
const TEXTS: [(&str, &str); 8] = [
    ("user.department", "department"),
    ("user.city", "city"),
    ("user.mobile", "mobilePhone"),
    ("user.mail", "mail"),
    ("user.extensionAttribute3", "onPremisesExtensionAttributes.extensionAttribute3"),
    ("user.telephoneNumber", "businessPhones"),
    ("user.extension_c272a57b722d4eb29bfe327874ae79cb_Room", "extension_c272a57b722d4eb29bfe327874ae79cb_Room"),
    ("profile.title", "profile.title"),
];
const TRUTHS: [(&str, &str); 2] =
    [("user.accountEnabled", "accountEnabled"), ("user.dirSyncEnabled", "onPremisesSyncEnabled")];
const COLLECTIONS: [(&str, &str); 4] = [
    ("user.otherMails", "otherMails"),
    ("user.proxyAddresses", "proxyAddresses"),
    ("user.assignedPlans", "assignedPlans"),
    ("profile.skills", "profile.skills"),
];
const PLAN: [(&str, &str); 3] = [
    ("assignedPlan.servicePlanId", "servicePlanId"),
    ("assignedPlan.service", "service"),
    ("assignedPlan.capabilityStatus", "capabilityStatus"),
];
const IDS: [&str; 3] = [
    "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
    "f1a2b3c4-0001-4a00-9b00-000000000001",
    "f1a2b3c4-0002-4a00-9b00-000000000002",
];
const VALUES: [&str; 14] = ["", "a", "A", "ab", "AB", "abc", "b", "ba", "Üb", "üB", "a b", "null", "営業", "o'b\"c"];
/// Patterns, each with its meaning over the lowered value.
#[allow(clippy::type_complexity)]
const PATTERNS: [(&str, fn(&str) -> bool); 12] = [
    ("^a", |v| v.starts_with('a')),
    ("B$", |v| v.ends_with('b')),
    ("b", |v| v.contains('b')),
    ("^(a|AB)$", |v| v == "a" || v == "ab"),
    (".*b.*", |v| v.contains('b')),
    ("^[ab]+$", |v| !v.is_empty() && v.chars().all(|c| c == 'a' || c == 'b')),
    ("^(?!a)", |v| !v.starts_with('a')),
    (r"^(.)b\1?$", |v| {
        v.chars().nth(1) == Some('b')
            && (v.chars().count() == 2 || v.chars().count() == 3 && v.chars().next() == v.chars().nth(2))
    }),
    ("", |_| true),
    ("^$", str::is_empty),
    ("ü|x", |v| v.contains('ü') || v.contains('x')),
    (r"\s", |v| v.contains(' ')),
];

/// 2026-11-23T06:30:00Z, in days and in ticks of 100 nanoseconds.
const TODAY: i64 = 20_780;
pub const NOW: i64 = (TODAY * 86_400 + 23_400) * 10_000_000;
pub const DAY: i64 = 86_400 * 10_000_000;

fn day(day: i64) -> String {
    // Days around now are all in November and December 2026.
    let (month, day) = match day - TODAY + 23 {
        day @ 1..=30 => (11, day),
        day => (12, day - 30),
    };
    format!("2026-{month:02}-{day:02}T00:00:00Z")
}

pub fn meaning(random: &mut Random) -> Meaning {
    match random.below(40) {
        0 => Meaning::Reports((*random.pick(&IDS)).to_owned()),
        1 => Meaning::MemberOf((0..=random.below(2)).map(|_| (*random.pick(&IDS)).to_owned()).collect()),
        _ => part(random, 3),
    }
}

fn part(random: &mut Random, depth: usize) -> Meaning {
    let choice = if depth == 0 { 4 + random.below(12) } else { random.below(16) };
    match choice {
        0 => Meaning::Not(Box::new(part(random, depth - 1))),
        1 => Meaning::And((0..2 + random.below(3)).map(|_| part(random, depth - 1)).collect()),
        2 | 3 => Meaning::Or((0..2 + random.below(3)).map(|_| part(random, depth - 1)).collect()),
        4 => {
            let (name, _) = *random.pick(&TRUTHS);
            if random.chance(20) {
                Meaning::Null(name, random.chance(50))
            } else {
                Meaning::Truth(name, random.chance(50), random.chance(50))
            }
        }
        5 => match random.below(4) {
            0 => Meaning::Null("user.employeeHireDate", random.chance(50)),
            1 => Meaning::DateEquals(random.chance(50), TODAY + random.below(5) as i64),
            _ => {
                let offset = random.below(9) as i64 - 4;
                Meaning::Date(
                    random.chance(50),
                    if random.chance(60) { Bound::Now(offset) } else { Bound::Day(TODAY + offset) },
                )
            }
        },
        6 => Meaning::Number(random.pick::<&str>(&["eq", "ne", "le", "ge"]), random.below(6) as i64 - 2),
        7 | 8 => {
            let (name, _) = *random.pick(&COLLECTIONS);
            let plans = name == "user.assignedPlans";
            Meaning::Items(name, random.chance(60), Box::new(item(random, plans, 2)))
        }
        _ => {
            let (name, _) = *random.pick(&TEXTS);
            text(random, name)
        }
    }
}

fn text(random: &mut Random, name: &'static str) -> Meaning {
    match random.below(12) {
        0 => Meaning::Null(name, random.chance(50)),
        1 | 2 => Meaning::In(name, random.chance(40), (0..1 + random.below(4)).map(|_| value(random)).collect()),
        3 | 4 => Meaning::Pattern(name, random.chance(40), random.below(PATTERNS.len())),
        _ => Meaning::Text(name, random.pick(&OPERATORS).0, value(random)),
    }
}

fn item(random: &mut Random, plans: bool, depth: usize) -> Meaning {
    if depth > 0 && random.chance(40) {
        let parts: Vec<Meaning> = (0..2).map(|_| item(random, plans, depth - 1)).collect();
        return match random.below(3) {
            0 => Meaning::Not(Box::new(item(random, plans, depth - 1))),
            1 => Meaning::And(parts),
            _ => Meaning::Or(parts),
        };
    }
    let name = if plans { random.pick(&PLAN).0 } else { "_" };
    text(random, name)
}

fn value(random: &mut Random) -> String {
    (*random.pick::<&str>(&VALUES)).to_owned()
}

/// A user of Graph; its profile is under the key `profile`, apart from the user.
pub fn person(random: &mut Random) -> Json {
    let mut user = Map::new();
    user.insert(
        "id".into(),
        json!(if random.chance(30) { random.pick(&IDS).to_string() } else { format!("{:x}", random.next()) }),
    );
    let maybe = |random: &mut Random| if random.chance(25) { Json::Null } else { json!(value(random)) };
    for name in ["department", "city", "mobilePhone", "mail", "extension_c272a57b722d4eb29bfe327874ae79cb_Room"] {
        if random.chance(85) {
            user.insert(name.into(), maybe(random));
        }
    }
    user.insert("onPremisesExtensionAttributes".into(), json!({"extensionAttribute3": maybe(random)}));
    let texts = |random: &mut Random| -> Json { (0..random.below(4)).map(|_| json!(value(random))).collect() };
    for name in ["businessPhones", "otherMails", "proxyAddresses"] {
        user.insert(name.into(), texts(random));
    }
    for (_, name) in TRUTHS {
        user.insert(name.into(), random.pick(&[json!(true), json!(false), Json::Null]).clone());
    }
    let hired = TODAY + random.below(9) as i64 - 4;
    user.insert("employeeHireDate".into(), if random.chance(20) { Json::Null } else { json!(day(hired)) });
    let plans: Vec<Json> = (0..random.below(4))
        .map(|_| json!({"servicePlanId": maybe(random), "service": maybe(random), "capabilityStatus": maybe(random), "assignedDateTime": "x"}))
        .collect();
    user.insert("assignedPlans".into(), json!(plans));
    if random.chance(60) {
        user.insert("manager".into(), json!({"id": random.pick(&IDS)}));
    }
    let groups: Vec<Json> = (0..random.below(3)).map(|_| json!({"id": random.pick(&IDS)})).collect();
    user.insert("memberOf".into(), json!(groups));
    let level = if random.chance(20) { Json::Null } else { json!(random.below(6) as i64 - 2) };
    user.insert("profile".into(), json!({"title": maybe(random), "level": level, "skills": texts(random)}));
    Json::Object(user)
}

/// Whether it is true of this person. Nothing clever.
pub fn holds(meaning: &Meaning, person: &Json, now: i64) -> bool {
    let read = |name: &str| -> Option<String> {
        let found = match TEXTS.iter().find(|(rule, _)| *rule == name) {
            Some((_, "businessPhones")) => person["businessPhones"][0].clone(),
            Some((_, path)) => path.split('.').fold(person.clone(), |object, key| object[key].clone()),
            None if name == "_" => person.clone(),
            None => person[PLAN.iter().find(|(rule, _)| *rule == name).unwrap().1].clone(),
        };
        found.as_str().map(str::to_lowercase)
    };
    match meaning {
        Meaning::Text(name, operator, wanted) => {
            let wanted = wanted.to_lowercase();
            let is = |test: fn(&str, &str) -> bool| read(name).is_some_and(|value| test(&value, &wanted));
            match operator {
                Operator::Eq => is(|a, b| a == b),
                Operator::Ne => !is(|a, b| a == b),
                Operator::StartsWith => is(|a, b| a.starts_with(b)),
                Operator::NotStartsWith => !is(|a, b| a.starts_with(b)),
                Operator::EndsWith => is(|a, b| a.ends_with(b)),
                Operator::NotEndsWith => !is(|a, b| a.ends_with(b)),
                Operator::Contains => is(|a, b| a.contains(b)),
                Operator::NotContains => !is(|a, b| a.contains(b)),
            }
        }
        Meaning::In(name, negated, wanted) => {
            read(name).is_some_and(|value| wanted.iter().any(|wanted| wanted.to_lowercase() == value)) != *negated
        }
        Meaning::Pattern(name, negated, pattern) => {
            read(name).is_some_and(|value| PATTERNS[*pattern].1(&value)) != *negated
        }
        Meaning::Null("user.employeeHireDate", negated) => person["employeeHireDate"].is_null() != *negated,
        Meaning::Null(name, negated) => match TRUTHS.iter().find(|(rule, _)| rule == name) {
            Some((_, path)) => person[*path].is_null() != *negated,
            None => read(name).is_none() != *negated,
        },
        Meaning::Truth(name, negated, truth) => {
            let path = TRUTHS.iter().find(|(rule, _)| rule == name).unwrap().1;
            (person[path].as_bool() == Some(*truth)) != *negated
        }
        Meaning::Date(at_least, bound) => person["employeeHireDate"].as_str().is_some_and(|text| {
            let hired = ticks(text);
            let limit = match bound {
                Bound::Day(day) => day * DAY,
                Bound::Now(days) => now + days * DAY,
            };
            if *at_least { hired >= limit } else { hired <= limit }
        }),
        Meaning::DateEquals(negated, day) => {
            person["employeeHireDate"].as_str().is_some_and(|text| ticks(text) == day * DAY) != *negated
        }
        Meaning::Number(operator, wanted) => {
            let level = person["profile"]["level"].as_i64();
            match *operator {
                "eq" => level == Some(*wanted),
                "ne" => level != Some(*wanted),
                "le" => level.is_some_and(|level| level <= *wanted),
                _ => level.is_some_and(|level| level >= *wanted),
            }
        }
        Meaning::Items(name, any, body) => {
            let path = COLLECTIONS.iter().find(|(rule, _)| rule == name).unwrap().1;
            let list = path.split('.').fold(person.clone(), |object, key| object[key].clone());
            let mut items = list.as_array().unwrap().iter();
            if *any { items.any(|item| holds(body, item, now)) } else { items.all(|item| holds(body, item, now)) }
        }
        Meaning::Not(inner) => !holds(inner, person, now),
        Meaning::And(parts) => parts.iter().all(|part| holds(part, person, now)),
        Meaning::Or(parts) => parts.iter().any(|part| holds(part, person, now)),
        Meaning::Reports(id) => person["manager"]["id"] == json!(id) || person["id"] == json!(id),
        Meaning::MemberOf(ids) => {
            person["memberOf"].as_array().unwrap().iter().any(|group| ids.iter().any(|id| group["id"] == json!(id)))
        }
    }
}

fn ticks(text: &str) -> i64 {
    (TODAY - 4..TODAY + 6).find(|number| day(*number) == text).unwrap() * DAY
}

/// Writes the rule down, in one of its spellings.
pub fn written(meaning: &Meaning, random: &mut Random) -> String {
    match meaning {
        Meaning::Reports(id) => format!(
            "{} {} {} \"{}\"",
            spelt("Direct", random),
            spelt("Reports", random),
            spelt("for", random),
            spelt(id, random)
        ),
        Meaning::MemberOf(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
            format!(
                "user.memberOf {} (group.objectId {} [{}])",
                operator("any", random),
                operator("in", random),
                ids.join(",")
            )
        }
        _ => expression(meaning, random),
    }
}

fn expression(meaning: &Meaning, random: &mut Random) -> String {
    let text = match meaning {
        Meaning::Text(name, op, wanted) => {
            let name_of = OPERATORS.iter().find(|(known, _)| known == op).unwrap().1;
            format!("{} {} {}", spelt(name, random), operator(name_of, random), quoted(wanted, random))
        }
        Meaning::In(name, negated, wanted) => {
            let wanted: Vec<String> = wanted.iter().map(|wanted| quoted(wanted, random)).collect();
            let comma = if random.chance(50) { "," } else { " , " };
            format!(
                "{} {} [{}]",
                spelt(name, random),
                operator(if *negated { "notIn" } else { "in" }, random),
                wanted.join(comma)
            )
        }
        Meaning::Pattern(name, negated, pattern) => {
            let name_of = if *negated { "notMatch" } else { "match" };
            format!("{} {} \"{}\"", spelt(name, random), operator(name_of, random), PATTERNS[*pattern].0)
        }
        Meaning::Null(name, negated) => {
            let null = *random.pick(&["null", "$null", "NULL"]);
            format!("{} {} {null}", spelt(name, random), operator(if *negated { "ne" } else { "eq" }, random))
        }
        Meaning::Truth(name, negated, truth) => {
            let word = if random.chance(30) { format!("\"{truth}\"") } else { spelt(&truth.to_string(), random) };
            format!("{} {} {word}", spelt(name, random), operator(if *negated { "ne" } else { "eq" }, random))
        }
        Meaning::Date(at_least, bound) => {
            let bound = match bound {
                Bound::Day(number) if random.chance(50) => format!("\"{}\"", day(*number)),
                Bound::Day(number) => day(*number),
                Bound::Now(0) => "system.now".to_owned(),
                Bound::Now(days) => {
                    let sign = operator(if *days < 0 { "minus" } else { "plus" }, random);
                    let duration =
                        if random.chance(50) { format!("P{}D", days.abs()) } else { format!("pt{}h", days.abs() * 24) };
                    let now = format!("system.now {sign} {duration}");
                    if random.chance(50) { format!("({now})") } else { now }
                }
            };
            format!(
                "{} {} {bound}",
                spelt("user.employeeHireDate", random),
                operator(if *at_least { "ge" } else { "le" }, random)
            )
        }
        Meaning::DateEquals(negated, number) => {
            format!("user.employeeHireDate {} {}", operator(if *negated { "ne" } else { "eq" }, random), day(*number))
        }
        Meaning::Number(op, wanted) => format!("profile.level {} {wanted}", operator(op, random)),
        Meaning::Items(name, any, body) => {
            let body = expression(body, random);
            format!("{} {} ({body})", spelt(name, random), operator(if *any { "any" } else { "all" }, random))
        }
        Meaning::Not(inner) => format!("{} ({})", operator("not", random), expression(inner, random)),
        Meaning::And(parts) => joined(parts, "and", random),
        Meaning::Or(parts) => joined(parts, "or", random),
        Meaning::Reports(_) | Meaning::MemberOf(_) => unreachable!("these are whole rules"),
    };
    if random.chance(20) { format!("( {text})") } else { text }
}

fn joined(parts: &[Meaning], word: &str, random: &mut Random) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            let text = expression(part, random);
            // -and binds closer than -or.
            let needed =
                matches!(part, Meaning::Or(_)) || matches!(part, Meaning::And(_)) && word == "or" && random.chance(50);
            if needed { format!("({text})") } else { text }
        })
        .collect();
    let space = *random.pick(&[" ", "\n  ", "\t"]);
    parts.join(&format!("{space}{} ", operator(word, random)))
}

fn operator(word: &str, random: &mut Random) -> String {
    format!("{}{}", random.pick(&["-", "-", "-", "", "\u{2013}"]), spelt(word, random))
}

/// In any case.
fn spelt(word: &str, random: &mut Random) -> String {
    match random.below(6) {
        0 => word.to_ascii_lowercase(),
        1 => word.to_ascii_uppercase(),
        _ => word.to_owned(),
    }
}

fn quoted(text: &str, random: &mut Random) -> String {
    let text = text.replace('\'', "''").replace('"', "`\"");
    if random.chance(20) { format!("'{text}'") } else { format!("\"{text}\"") }
}
