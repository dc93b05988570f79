//! Rules by the thousand, and people who fit them, made up: the same for the same seed.
//!
//! | share of rules | what they ask |
//! | --- | --- |
//! | 20 % | one department |
//! | 15 % | a department and a country |
//! | 10 % | enabled members with a title in a country |
//! | 16 % | `-in` a list of 2 to 12 offices, departments or cost centres |
//! | 10 % | a title or cost centre that begins so, in a country |
//! | 8 % | a title that contains a word, in a city |
//! | 10 % | (one of two cities, or a department in a country) and not a title |
//! | 4 % | a regular expression over the mail address or the title |
//! | 7 % | negative questions: not this company, not a service account, a department other than ... in an office |
//!
//! Values are drawn by Zipf's law and independently of one another, which is the worst case for anything that remembers
//! combinations; the mail address is everybody's own.

#![allow(clippy::indexing_slicing, reason = "every place is drawn below the length of its list")]

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::generator::{id, next};

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        (next(&mut self.0) % limit.max(1) as u64) as usize
    }

    /// A place in a list of `count`, the first ones far more often (Zipf, exponent 1, by inversion of its integral).
    fn zipf(&mut self, count: usize) -> usize {
        let uniform = (next(&mut self.0) >> 11) as f64 / (1_u64 << 53) as f64;
        (((count as f64 + 1.0).powf(uniform)) as usize - 1).min(count - 1)
    }
}

const AREAS: [&str; 40] = [
    "Sales",
    "Marketing",
    "Finance",
    "Legal",
    "Research",
    "Production",
    "Logistics",
    "Purchasing",
    "Quality",
    "Facilities",
    "Security",
    "Support",
    "Training",
    "Payroll",
    "Audit",
    "Treasury",
    "Design",
    "Engineering",
    "Operations",
    "Planning",
    "Export",
    "Import",
    "Retail",
    "Wholesale",
    "Field Service",
    "Maintenance",
    "Laboratory",
    "Kitchen",
    "Reception",
    "Library",
    "Studio",
    "Press",
    "Events",
    "Insurance",
    "Claims",
    "Underwriting",
    "Nursing",
    "Pharmacy",
    "Radiology",
    "Surgery",
];
const RANKS: [&str; 12] = [
    "Assistant",
    "Junior",
    "Senior",
    "Lead",
    "Principal",
    "Head of",
    "Director of",
    "Vice President",
    "Trainee",
    "Associate",
    "Chief",
    "Deputy",
];
const COUNTRIES: [&str; 30] = [
    "US", "IN", "GB", "DE", "FR", "NO", "SE", "NG", "KE", "EG", "JP", "CN", "BR", "MX", "CA", "AU", "NZ", "ZA", "PL",
    "ES", "IT", "PT", "GR", "TR", "VN", "TH", "ID", "MY", "PH", "AR",
];
/// What a [`Person`] has, by the names of Microsoft Graph.
pub const PROPERTIES: [&str; 12] = [
    "department",
    "jobTitle",
    "city",
    "country",
    "companyName",
    "officeLocation",
    "employeeType",
    "state",
    "onPremisesExtensionAttributes.extensionAttribute1",
    "mail",
    "userType",
    "accountEnabled",
];

fn department(number: usize) -> String {
    format!("{} {}", AREAS[number % 40], number / 40 + 1)
}

fn title(number: usize) -> String {
    format!("{} {} {}", RANKS[number % 12], AREAS[number / 12 % 40], number / 480 + 1)
}

fn city(number: usize) -> String {
    format!("{} {}", ["Lagos", "Pune", "Oslo", "Bergen", "Kaduna", "Lyon", "Graz", "Turin"][number % 8], number / 8)
}

fn office(number: usize) -> String {
    format!("{}/{}", number % 60, 1000 + number)
}

fn centre(number: usize) -> String {
    format!("CC-{:02}-{number:04}", number % 90)
}

/// Texts of so many rules.
pub fn rules(count: usize, seed: u64) -> Vec<String> {
    let mut random = Random(seed);
    (0..count).map(|_| rule(&mut random)).collect()
}

fn rule(r: &mut Random) -> String {
    // Rules are made for groups of all sizes, not only for large departments.
    let country = |r: &mut Random| COUNTRIES[r.zipf(30)];
    match r.below(100) {
        0..20 => format!("user.department -eq \"{}\"", department(r.below(2_000))),
        20..35 => format!(
            "(user.department -eq \"{}\") -and (user.country -eq \"{}\")",
            department(r.zipf(2_000)),
            country(r)
        ),
        35..45 => format!(
            "(user.accountEnabled -eq true) -and (user.userType -eq \"Member\") -and (user.jobTitle -eq \"{}\") -and (user.country -eq \"{}\")",
            title(r.zipf(3_000)),
            country(r)
        ),
        45..61 => {
            let (property, value): (&str, fn(usize) -> String) = [
                ("officeLocation", office as fn(usize) -> String),
                ("department", department),
                ("extensionAttribute1", centre),
            ][r.below(3)];
            let mut list = String::new();
            for place in 0..2 + r.below(11) {
                write!(list, "{}\"{}\"", if place > 0 { "," } else { "" }, value(200 + r.below(1_800)))
                    .unwrap_or_default();
            }
            format!("user.{property} -in [{list}]")
        }
        61..71 if r.below(2) == 0 => {
            format!(
                "(user.jobTitle -startsWith \"{}\") -and (user.city -eq \"{}\")",
                title(r.below(480)),
                city(r.zipf(800))
            )
        }
        61..71 => format!(
            "(user.extensionAttribute1 -startsWith \"CC-{:02}-{:02}\") -and (user.country -eq \"{}\")",
            r.below(90),
            r.below(20),
            country(r)
        ),
        71..79 => format!(
            "(user.jobTitle -contains \"{}\") -and (user.city -eq \"{}\")",
            AREAS[r.below(40)],
            city(r.below(800))
        ),
        79..89 => format!(
            "((user.city -eq \"{}\") -or (user.city -eq \"{}\") -or (user.department -eq \"{}\" -and user.country -eq \"{}\")) -and -not (user.jobTitle -startsWith \"{}\")",
            city(300 + r.below(500)),
            city(300 + r.below(500)),
            department(r.below(2_000)),
            country(r),
            RANKS[r.below(12)]
        ),
        89..91 => {
            format!("user.mail -match \"^[a-z]+\\.{}[0-9]@\"", title(r.below(3_000)).replace(' ', "").to_lowercase())
        }
        91..93 => format!("user.jobTitle -match \"^(Head of|Director of) .* {}$\"", r.below(60)),
        93..95 => format!(
            "(user.department -ne \"{}\") -and (user.officeLocation -eq \"{}\")",
            department(r.below(2_000)),
            office(r.below(2_000))
        ),
        95..97 => format!(
            "(user.mail -notStartsWith \"svc-\") -and (user.companyName -notIn [\"Fabrikam\",\"Litware\"]) -and (user.city -eq \"{}\")",
            city(r.below(800))
        ),
        97..99 => {
            format!("-not (user.state -eq null) -and user.extensionAttribute1 -eq \"{}\"", centre(r.below(2_000)))
        }
        _ => format!(
            "(user.mail -endsWith \"@{}.contoso.com\") -and (user.department -eq \"{}\")",
            country(r).to_lowercase(),
            department(r.below(2_000))
        ),
    }
}

/// One person: the values of [`PROPERTIES`], in their order.
pub type Person = Vec<Option<String>>;

/// So many people.
pub fn people(count: usize, seed: u64) -> Vec<Person> {
    let mut random = Random(seed);
    (0..count).map(|number| person(number, &mut random)).collect()
}

fn person(number: usize, r: &mut Random) -> Person {
    let country = COUNTRIES[r.zipf(30)];
    let title = title(r.zipf(3_000));
    let mail = format!(
        "p{number}.{}{}@{}.contoso.com",
        title.replace(' ', "").to_lowercase(),
        r.below(10),
        country.to_lowercase()
    );
    let some = |value: String, r: &mut Random| (r.below(100) >= 5).then_some(value);
    vec![
        some(department(r.zipf(2_000)), r),
        some(title, r),
        some(city(r.zipf(800)), r),
        Some(country.to_owned()),
        Some(["Contoso", "Fabrikam", "Litware", "Northwind", "Adatum"][r.zipf(5)].to_owned()),
        some(office(r.zipf(2_000)), r),
        some(["Employee", "Contractor", "Consultant", "Vendor"][r.zipf(4)].to_owned(), r),
        some(format!("State {}", r.zipf(50)), r),
        some(centre(r.zipf(2_000)), r),
        Some(mail),
        Some((if r.below(10) == 0 { "Guest" } else { "Member" }).to_owned()),
        Some((r.below(20) != 0).to_string()),
    ]
}

/// The value of one of the [`PROPERTIES`].
pub fn value<'a>(person: &'a Person, property: &str) -> Option<&'a str> {
    let place = PROPERTIES.iter().position(|known| *known == property)?;
    person.get(place)?.as_deref()
}

/// The same people as users of Microsoft Graph.
pub fn users(count: usize, seed: u64) -> Vec<Map<String, Value>> {
    people(count, seed).iter().enumerate().map(|(number, person)| user(number, person)).collect()
}

fn user(number: usize, person: &Person) -> Map<String, Value> {
    let mut user = Map::new();
    user.insert("id".to_owned(), id(number).into());
    user.insert("displayName".to_owned(), format!("Person {number}").into());
    user.insert("mobilePhone".to_owned(), format!("+91 98 {:08}", number % 100_000_000).into());
    for (property, value) in PROPERTIES.iter().zip(person) {
        let value = match value.as_deref() {
            None => Value::Null,
            Some("true") => true.into(),
            Some("false") => false.into(),
            Some(text) => text.into(),
        };
        match property.split_once('.') {
            Some((outer, inner)) => user.insert(outer.to_owned(), json!({ inner: value })),
            None => user.insert((*property).to_owned(), value),
        };
    }
    user.insert("userPrincipalName".to_owned(), user.get("mail").cloned().unwrap_or_default());
    user
}

/// So many rules as groups of a tenant's file.
pub fn groups_toml(count: usize, seed: u64) -> String {
    let mut text = String::new();
    for (number, rule) in rules(count, seed).iter().enumerate() {
        let _ = writeln!(text, "[[group]]\nkey = \"g{number}\"\nname = \"Group {number}\"\nrule = {}\n", json!(rule));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_rules_and_people_and_another_makes_others() {
        assert_eq!(rules(200, 1), rules(200, 1));
        assert_ne!(rules(200, 1), rules(200, 2));
        assert_eq!(users(50, 1), users(50, 1));
        assert!(groups_toml(2, 1).starts_with("[[group]]\nkey = \"g0\"\nname = \"Group 0\"\nrule = \""));
    }
}
