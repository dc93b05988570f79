//! The admin interface over HTTP, for scripts: the same as [`crate::Emulator::shared`] gives to tests.
//!
//! | call | what it does |
//! | --- | --- |
//! | `POST /admin/users` | adds a user, or sets properties of one (`manager` is an id) |
//! | `DELETE /admin/users/{id}`, `?final=true` | deletes a user, restorable or for good |
//! | `POST /admin/users/{id}/restore` | brings a deleted user back |
//! | `PUT`, `DELETE /admin/groups/{group}/members/{user}` | lets a user enter or leave a group of the directory |
//! | `GET`, `DELETE /admin/calls` | the calls so far; forgets them |
//! | `GET /admin/kaizala` | what Kaizala holds |
//! | `PUT /admin/kaizala/manners` | sets how Kaizala writes its answers ([`crate::kaizala::Manners`]) |
//! | `GET /admin/scim` | what the SCIM service holds |
//! | `PUT /admin/scim/quirks` | sets how the SCIM service differs from others ([`crate::scim::Quirks`]) |
//! | `POST /admin/faults`, `DELETE /admin/faults` | sets a fault; lets everything go well |

use axum::response::Response;
use serde_json::{Value, json};

use crate::reply::json as answer_json;
use crate::{Asked, Shared};

pub(crate) fn answer(shared: &mut Shared, asked: &Asked) -> Response {
    let parts: Vec<&str> = asked.path.trim_start_matches("/admin/").split('/').collect();
    let done = || answer_json(200, &json!({"done": true}));
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["users"]) => match asked.json() {
            Some(Value::Object(user)) if user.contains_key("id") => {
                shared.world.put(user);
                done()
            }
            _ => answer_json(400, &json!({"error": "a user is a JSON object with an id"})),
        },
        ("DELETE", ["users", id]) => {
            shared.world.delete(id, asked.parameter("final") == Some("true"));
            done()
        }
        ("POST", ["users", id, "restore"]) => {
            shared.world.restore(id);
            done()
        }
        ("PUT", ["groups", group, "members", user]) => {
            shared.world.membership(group, user, true);
            done()
        }
        ("DELETE", ["groups", group, "members", user]) => {
            shared.world.membership(group, user, false);
            done()
        }
        ("GET", ["calls"]) => answer_json(200, &serde_json::to_value(shared.record.calls()).unwrap_or_default()),
        ("DELETE", ["calls"]) => {
            shared.record.clear();
            done()
        }
        ("GET", ["kaizala"]) => {
            let (groups, people) = (&shared.kaizala.groups, &shared.kaizala.people);
            answer_json(200, &json!({"groups": groups, "people": people}))
        }
        ("GET", ["scim"]) => {
            let (users, groups) = (&shared.scim.users, &shared.scim.groups);
            answer_json(200, &json!({"quirks": shared.scim.quirks, "users": users, "groups": groups}))
        }
        ("PUT", ["scim", "quirks"]) => match serde_json::from_slice(&asked.body) {
            Ok(quirks) => {
                shared.scim.quirks = quirks;
                done()
            }
            Err(error) => refused(&error),
        },
        ("PUT", ["kaizala", "manners"]) => match serde_json::from_slice(&asked.body) {
            Ok(manners) => {
                shared.kaizala.manners = manners;
                done()
            }
            Err(error) => refused(&error),
        },
        ("POST", ["faults"]) => match serde_json::from_slice(&asked.body) {
            Ok(fault) => {
                shared.faults.add(fault);
                done()
            }
            Err(error) => refused(&error),
        },
        ("DELETE", ["faults"]) => {
            shared.faults.clear();
            done()
        }
        _ => answer_json(404, &json!({"error": "there is no such admin call"})),
    }
}

fn refused(error: &serde_json::Error) -> Response {
    answer_json(400, &json!({"error": error.to_string()}))
}
