//! A mapping that an organization made itself, for tests: names in capitals, and telephone numbers as they are.

use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
use rollcall_sdk::{Attribute, Layout, NoSettings, Problem, Slot};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    display_name: Option<String>,
    mobile_phone: Option<String>,
}

/// The mapping.
#[derive(Debug)]
pub struct Shout {
    layout: Layout,
    name: Slot,
    phone: Slot,
}

impl Mapping for Shout {
    type Settings = NoSettings;

    fn configure(_: NoSettings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
        let mut layout = Layout::of(inherited);
        let name = layout.add(Attribute::text("name"));
        let phone = layout.add(Attribute { matching: Some(1), ..Attribute::text("phone_number") });
        let schema = Schema {
            attributes: layout.attributes().to_vec(),
            properties: vec!["displayName".into(), "mobilePhone".into()],
            looked_up_properties: vec![],
        };
        Ok((Self { layout, name, phone }, schema))
    }

    fn map(&self, person: &Person) -> Outcome {
        let Ok(user) = person.read::<User>() else { return Outcome::Reject("is no user".into()) };
        let (Some(name), Some(phone)) = (user.display_name, user.mobile_phone) else {
            return Outcome::Skip("has no name or no telephone".into());
        };
        let mut row = self.layout.row(&person.inherited);
        row.set(self.name, name.to_uppercase());
        row.set(self.phone, phone);
        row.into()
    }
}

rollcall_sdk::export_mapping!(Shout);
