//! The attributes of a profile when the settings name none.
//!
//! Name, phone number and city are what Kaizala's "Manage Mapping" began with. The phone number identifies a person there, so
//! it matches entries, and a user without a usable one (a meeting room, a service account) is skipped.

use crate::settings::{AttributeSetting, OnMissing};

/// The usual attributes: name and expression.
const USUAL: [(&str, &str); 9] = [
    ("name", "[displayName]"),
    ("phone_number", "Coalesce(PhoneE164([mobilePhone]), PhoneE164([businessPhones]))"),
    ("city", "[city]"),
    ("email", "[mail]"),
    ("job_title", "[jobTitle]"),
    ("department", "[department]"),
    ("office", "[officeLocation]"),
    ("manager_name", "[manager.displayName]"),
    ("employee_id", "[employeeId]"),
];

/// The usual attributes.
pub fn attributes() -> Vec<AttributeSetting> {
    let setting = |(name, expression): (&str, &str)| {
        let usual = AttributeSetting { name: name.into(), expression: Some(expression.into()), ..Default::default() };
        match name {
            "name" => AttributeSetting { required: true, ..usual },
            "phone_number" => {
                AttributeSetting { required: true, on_missing: OnMissing::Skip, matching: Some(1), ..usual }
            }
            _ => usual,
        }
    };
    USUAL.into_iter().map(setting).collect()
}
