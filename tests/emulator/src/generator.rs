//! Directories of any size, the same for the same seed.

use serde_json::{Map, Value, json};

/// The next number of a sequence (SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GIVEN: [&str; 24] = [
    "Asha", "Björn", "Chen", "Dalia", "Emeka", "Fatima", "Giulia", "Hiro", "Ines", "João", "Katya", "Liam", "Mei",
    "Noor", "Olga", "Priya", "Quentin", "Rosa", "Sven", "Tariq", "Ursula", "Vikram", "Wanjiru", "Yusuf",
];
const FAMILY: [&str; 24] = [
    "Okafor",
    "Sharma",
    "Müller",
    "Tanaka",
    "García",
    "Nguyen",
    "Kowalski",
    "Haddad",
    "Ivanova",
    "Silva",
    "O'Brien",
    "Yilmaz",
    "Andersson",
    "Mwangi",
    "Rossi",
    "Dubois",
    "Khan",
    "Petrov",
    "Costa",
    "Iyer",
    "Larsen",
    "Weber",
    "Moreau",
    "Singh",
];
/// Departments, the first ones larger than the last.
pub const DEPARTMENTS: [&str; 12] = [
    "Sales",
    "Engineering",
    "Operations",
    "Support",
    "Finance",
    "Marketing",
    "HR",
    "Legal",
    "IT",
    "Logistics",
    "Research",
    "Facilities",
];
const TITLES: [&str; 8] =
    ["Manager", "Senior Manager", "Analyst", "Engineer", "Assistant", "Director", "Consultant", "Technician"];
/// City, country, and how its mobile numbers begin and how many digits follow.
const PLACES: [(&str, &str, &str, u32); 8] = [
    ("Pune", "IN", "+9198", 8),
    ("Lagos", "NG", "+234803", 7),
    ("Berlin", "DE", "+49151", 8),
    ("Seattle", "US", "+1206555", 4),
    ("Nairobi", "KE", "+254722", 6),
    ("São Paulo", "BR", "+551198", 7),
    ("Tokyo", "JP", "+8190", 8),
    ("Warsaw", "PL", "+48601", 6),
];

/// The id of the user with a number.
pub fn id(number: usize) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", number.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

/// So many users: people with unique phone numbers, a few meeting rooms, a few without a number or with one that is none, a few that
/// are disabled, in departments of unequal size, with managers above them.
pub fn users(count: usize, seed: u64) -> Vec<Map<String, Value>> {
    (0..count).map(|number| user(number, seed)).collect()
}

/// The user with a number.
pub fn user(number: usize, seed: u64) -> Map<String, Value> {
    let mut state = seed ^ (number as u64).wrapping_mul(0x2545_f491_4f6c_dd1d);
    let mut draw = |below: usize| usize::try_from(next(&mut state) % below as u64).unwrap_or(0);
    let pick = |list: &[&'static str], at: usize| list.get(at).copied().unwrap_or_default();
    let given = pick(&GIVEN, draw(GIVEN.len()));
    let family = pick(&FAMILY, draw(FAMILY.len()));
    let room = draw(200) == 0;
    // The smaller of two draws: the first departments have most of the people.
    let department = pick(&DEPARTMENTS, draw(DEPARTMENTS.len()).min(draw(DEPARTMENTS.len())));
    let title = pick(&TITLES, draw(TITLES.len()));
    let (city, country, prefix, digits) = PLACES.get(draw(PLACES.len())).copied().unwrap_or(("Pune", "IN", "+9198", 8));
    // Numbers are unique as long as the digits reach; beyond that they are put behind a longer Indian one.
    let phone = if (number as u64) < 10u64.pow(digits) {
        format!("{prefix}{number:0width$}", width = digits as usize)
    } else {
        format!("+9197{number:08}")
    };
    let phone = match draw(100) {
        0 => Value::Null,
        1 => json!("ext. 42"),
        _ => json!(phone),
    };
    let name = if room { format!("Conf Room {family} {number}") } else { format!("{given} {family}") };
    let mail = format!("user{number}@contoso.example");
    let manager = if number == 0 { Value::Null } else { json!(id(number / 8)) };
    let object = json!({
        "id": id(number), "displayName": name, "mail": mail, "userPrincipalName": mail, "accountEnabled": draw(50) != 0,
        "givenName": if room { Value::Null } else { json!(given) }, "surname": if room { Value::Null } else { json!(family) },
        "mobilePhone": if room { Value::Null } else { phone }, "businessPhones": [],
        "department": if room { Value::Null } else { json!(department) }, "jobTitle": if room { Value::Null } else { json!(title) },
        "city": city, "country": country, "usageLocation": country, "officeLocation": format!("{}/{}", draw(40), draw(4000)),
        "employeeId": format!("E{number:07}"), "userType": if draw(30) == 0 { "Guest" } else { "Member" },
        "manager": manager,
    });
    object.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people_with_phone_numbers_of_their_own() {
        assert_eq!(users(300, 5), users(300, 5));
        assert_ne!(users(300, 5), users(300, 6));
        let people = users(20_000, 1);
        let phones: Vec<&str> =
            people.iter().filter_map(|user| user.get("mobilePhone")?.as_str()).filter(|p| p.starts_with('+')).collect();
        assert_eq!(phones.iter().collect::<BTreeSet<_>>().len(), phones.len());
        assert!(phones.len() > 19_000);
    }
}
