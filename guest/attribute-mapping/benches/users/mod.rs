//! Users and settings for benchmarks.

/// A user of about 1.1 KB with 30 properties; every phone number is another one, so that nothing is gained by remembering them.
pub fn user(number: usize) -> String {
    let id = format!("{number:08x}-1f2e-4d3c-8b5a-{number:012x}");
    serde_json::json!({
        "id": id, "accountEnabled": true, "displayName": format!("Person Number {number}"), "givenName": "Person",
        "surname": format!("Number {number}"), "mail": format!("person{number}@contoso.com"),
        "mobilePhone": format!("+1 425 {:03} {:04}", 200 + number / 10_000 % 700, number % 10_000),
        "businessPhones": [format!("(206) 555-{:04}", number % 10_000)], "jobTitle": "Senior Programme Manager",
        "department": "Product Marketing", "officeLocation": "18/2111", "city": "Seattle", "state": "WA",
        "country": "United States", "usageLocation": "US", "postalCode": "98052", "streetAddress": "One Example Way",
        "preferredLanguage": "en-US", "employeeId": format!("E{number:06}"), "employeeType": "Employee",
        "companyName": "Contoso", "userPrincipalName": format!("person{number}@contoso.com"), "userType": "Member",
        "createdDateTime": "2024-02-29T10:00:00Z", "mailNickname": format!("person{number}"),
        "proxyAddresses": [format!("SMTP:person{number}@contoso.com"), format!("smtp:p{number}@contoso.com")],
        "onPremisesExtensionAttributes": {"extensionAttribute1": "A1", "extensionAttribute2": null,
            "extensionAttribute3": "Cost center 4711"},
        "employeeOrgData": {"division": "North", "costCenter": "4711"}, "manager": {"id": id, "displayName": "Ana Manager"},
        "imAddresses": [format!("sip:person{number}@contoso.com")], "ageGroup": null, "faxNumber": null
    })
    .to_string()
}

/// The settings of twelve attributes that are properties as they stand.
pub fn plain() -> String {
    let names = [
        "displayName",
        "mobilePhone",
        "city",
        "mail",
        "jobTitle",
        "department",
        "officeLocation",
        "employeeId",
        "manager.displayName",
        "country",
        "employeeOrgData.division",
        "onPremisesExtensionAttributes.extensionAttribute3",
    ];
    let attribute = |(place, name): (usize, &&str)| serde_json::json!({"name": format!("a{place}"), "expression": format!("[{name}]")});
    let attributes: Vec<serde_json::Value> = names.iter().enumerate().map(attribute).collect();
    serde_json::json!({ "attribute": attributes }).to_string()
}
