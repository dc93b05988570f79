//! A mapping that asks the application which embeds the host: everybody's badge number, from an interface that the contract does not have.

use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
use rollcall_sdk::{Attribute, Layout, NoSettings, Problem, Slot};

#[cfg(target_arch = "wasm32")]
mod bindings {
    #![allow(missing_docs, clippy::all, unsafe_code, reason = "generated")]
    wit_bindgen::generate!({
        inline: "
            package contoso:hr@1.0.0;
            interface badges { badge-of: func(person: string) -> option<string>; }
            world asks { import badges; }
        ",
        world: "asks",
    });
}

#[cfg(target_arch = "wasm32")]
use bindings::contoso::hr::badges::badge_of;

#[cfg(not(target_arch = "wasm32"))]
fn badge_of(_: &str) -> Option<String> {
    None
}

/// The mapping.
#[derive(Debug)]
pub struct Badges {
    layout: Layout,
    badge: Slot,
}

impl Mapping for Badges {
    type Settings = NoSettings;

    fn configure(_: NoSettings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
        let mut layout = Layout::of(inherited);
        let badge = layout.add(Attribute::text("badge"));
        let attributes = layout.attributes().to_vec();
        Ok((Self { layout, badge }, Schema { attributes, properties: vec![], looked_up_properties: vec![] }))
    }

    fn map(&self, person: &Person) -> Outcome {
        let mut row = self.layout.row(&person.inherited);
        if let Some(badge) = badge_of(&person.id) {
            row.set(self.badge, badge);
        }
        row.into()
    }
}

rollcall_sdk::export_mapping!(Badges);
