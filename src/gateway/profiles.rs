//! Which company (profile) a call works in: the argument, the wall set by flag or setting, or the one
//! chosen at login. A key that reaches several profiles writes nothing until one is chosen.

use std::sync::{PoisonError, RwLock};

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::failure::{Exit, Failure};

/// A profile as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub id: String,
    pub name: String,
}

impl Profile {
    pub fn json(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }
}

/// The profiles a key reaches, and which one is meant.
pub struct Profiles {
    /// Fixed by flag, environment or config: arguments cannot leave it.
    wall: Option<String>,
    /// Chosen at login: used unless an argument says otherwise.
    chosen: Option<String>,
    known: RwLock<Option<Vec<Profile>>>,
    /// The time zones that records of profiles name, by id.
    zones: RwLock<Vec<(String, TimeZone)>>,
}

/// The profile of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effective {
    /// Named in the request's `X-Profile-Id`.
    Chosen(Profile),
    /// The key reaches this one only; no header is needed.
    Only(Profile),
    /// None is chosen and these are reached; only reads go on.
    Several(Vec<Profile>),
    /// Not asked yet; only reads go on.
    Unknown,
}

impl Effective {
    /// The value of `X-Profile-Id`.
    pub fn header(&self) -> Option<String> {
        match self {
            Self::Chosen(profile) => Some(profile.id.clone()),
            Self::Only(_) | Self::Several(_) | Self::Unknown => None,
        }
    }

    /// What confirmations are bound to.
    pub fn id(&self) -> &str {
        match self {
            Self::Chosen(profile) | Self::Only(profile) => &profile.id,
            Self::Several(_) | Self::Unknown => "",
        }
    }

    pub fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Chosen(profile) | Self::Only(profile) => Some(profile),
            Self::Several(_) | Self::Unknown => None,
        }
    }
}

impl Profiles {
    /// `known` comes from login; an empty list means that nobody asked yet.
    pub fn new(wall: Option<String>, chosen: Option<String>, known: Vec<Profile>) -> Self {
        let known = RwLock::new((!known.is_empty()).then_some(known));
        Self { wall, chosen, known, zones: RwLock::new(Vec::new()) }
    }

    pub fn known(&self) -> Option<Vec<Profile>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in the answer of `GET /v1/profiles`.
    pub fn learn(&self, records: &[Value]) {
        // Some APIs number their records.
        let text = |record: &Value, name: &str| match record.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let known = records.iter().filter_map(|record| {
            let id = text(record, "id")?;
            let name =
                text(record, "company_name").or_else(|| text(record, "name")).unwrap_or_else(|| id.clone());
            Some(Profile { id, name: super::redaction::quoted(&name) })
        });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.collect());
        let zones = records.iter().filter_map(|record| {
            let zone = text(record, "time_zone").or_else(|| text(record, "timezone"))?;
            Some((text(record, "id")?, TimeZone::get(&zone).ok()?))
        });
        *self.zones.write().unwrap_or_else(PoisonError::into_inner) = zones.collect();
    }

    /// The time zone of a profile, where its record names one.
    pub fn zone(&self, id: &str) -> Option<TimeZone> {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        zones.iter().find(|(known, _)| known == id).map(|(_, zone)| zone.clone())
    }

    /// True where tools declare `profile_id`.
    pub fn several(&self) -> bool {
        self.wall.is_none() && self.known().is_some_and(|known| known.len() > 1)
    }

    /// Those that a call may name, as far as they are known: behind a wall only the fixed one.
    pub fn reachable(&self) -> Vec<Profile> {
        match &self.wall {
            Some(wall) => self.find(wall).into_iter().collect(),
            None => self.known().unwrap_or_default(),
        }
    }

    /// Behind a wall the record of another profile is not read either.
    pub fn refuse_other(&self, id: &str) -> Result<(), Failure> {
        let Some(wall) = &self.wall else { return Ok(()) };
        let fixed = self.find(wall)?;
        if fixed.id.eq_ignore_ascii_case(id) {
            return Ok(());
        }
        let other = Profile { id: id.to_owned(), name: super::redaction::quoted(id) };
        Err(beyond_the_wall(&self.find(id).unwrap_or(other), &fixed))
    }

    /// Behind a wall a list of profiles shows the fixed one only.
    pub fn leave_out_others(&self, list: &mut Map<String, Value>) {
        let Some(fixed) = self.wall.as_ref().and_then(|wall| self.find(wall).ok()) else { return };
        let Some(items) = list.get_mut("items").and_then(Value::as_array_mut) else { return };
        let is_fixed = |item: &Value| {
            item.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(&fixed.id))
        };
        items.retain(is_fixed);
        let n = items.len();
        let whole = n > 0 || list.get("complete") == Some(&Value::Bool(true));
        if whole {
            list.shift_remove("next_cursor");
            list.shift_remove("go_on");
        }
        list.insert("n".into(), json!(n));
        list.insert("of".into(), if whole { json!(n) } else { Value::Null });
        list.insert("complete".into(), json!(whole));
        list.insert("note".into(), json!("only the profile that the person fixed is served here"));
    }

    /// True where a profile is named by a name that only the list of profiles can turn into an id.
    pub fn names_need_the_list(&self, argument: Option<&str>) -> bool {
        let named = [argument, self.wall.as_deref(), self.chosen.as_deref()];
        self.known().is_none() && named.into_iter().flatten().any(|name| uuid::Uuid::parse_str(name).is_err())
    }

    /// The profile of a call whose `profile_id` argument is `argument`.
    pub fn effective(&self, argument: Option<&str>) -> Result<Effective, Failure> {
        if let Some(wall) = &self.wall {
            let fixed = self.find(wall)?;
            return match argument.map(|name| self.find(name)).transpose()? {
                Some(other) if other.id != fixed.id => Err(beyond_the_wall(&other, &fixed)),
                _ => Ok(Effective::Chosen(fixed)),
            };
        }
        if let Some(name) = argument.or(self.chosen.as_deref()) {
            return self.find(name).map(Effective::Chosen);
        }
        Ok(match self.known().filter(|known| !known.is_empty()) {
            // An API that names none leaves it to the key.
            None => Effective::Unknown,
            Some(known) => match <[Profile; 1]>::try_from(known) {
                Ok([only]) => Effective::Only(only),
                Err(several) => Effective::Several(several),
            },
        })
    }

    /// A profile by id, else by its exact name.
    fn find(&self, name: &str) -> Result<Profile, Failure> {
        let known = self.known().unwrap_or_default();
        let by_id = known.iter().find(|profile| profile.id.eq_ignore_ascii_case(name));
        let by_name = || {
            let mut hits = known.iter().filter(|profile| profile.name.eq_ignore_ascii_case(name));
            hits.next().filter(|_| hits.next().is_none())
        };
        if let Some(profile) = by_id.or_else(by_name) {
            return Ok(profile.clone());
        }
        if known.is_empty() && uuid::Uuid::parse_str(name).is_ok() {
            return Ok(Profile { id: name.to_owned(), name: name.to_owned() });
        }
        let message =
            format!("this key reaches no profile `{}`; nothing was sent", super::redaction::quoted(name));
        Err(Failure::new("unknown_profile", Exit::Refused, message)
            .hint(format!("use one of: {}", names(&known)))
            .fact("profiles", listed(&known)))
    }
}

/// A write without a chosen profile: names them all, picks none.
pub fn choose_first(tool: &str, profiles: &[Profile]) -> Failure {
    let message = format!(
        "`{tool}` would write, this key reaches {} profiles, and none is chosen; nothing was sent",
        profiles.len()
    );
    Failure::new("profile_required", Exit::Refused, message)
        .hint(format!(
            "ask the person which company is meant and call again with `profile_id`: {}",
            names(profiles)
        ))
        .fact("profiles", listed(profiles))
}

fn beyond_the_wall(other: &Profile, fixed: &Profile) -> Failure {
    let message =
        format!("only the profile {} is served here, not {}; nothing was sent", fixed.name, other.name);
    Failure::new("profile_fixed", Exit::Refused, message)
        .hint("leave `profile_id` out; the person fixed it in the settings")
}

fn names(profiles: &[Profile]) -> String {
    profiles.iter().map(|profile| format!("{} ({})", profile.name, profile.id)).collect::<Vec<_>>().join(", ")
}

fn listed(profiles: &[Profile]) -> Value {
    Value::Array(profiles.iter().map(Profile::json).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Effective, Profile, Profiles};

    const A: &str = "7f0c1f0e-3b0e-4c55-9d1e-0c8f0f2a1b11";
    const B: &str = "7f0c1f0e-3b0e-4c55-9d1e-0c8f0f2a1b12";

    fn two() -> Vec<Profile> {
        [(A, "Muster"), (B, "Studio")].map(|(id, name)| Profile { id: id.into(), name: name.into() }).into()
    }

    #[test]
    fn none_is_chosen_by_itself() {
        assert!(
            matches!(Profiles::new(None, None, two()).effective(None).unwrap(), Effective::Several(all) if all.len() == 2)
        );
        assert_eq!(Profiles::new(None, None, vec![]).effective(None).unwrap(), Effective::Unknown);
    }

    #[test]
    fn argument_before_login_choice_and_name_as_good_as_id() {
        let profiles = Profiles::new(None, Some(A.into()), two());
        assert_eq!(profiles.effective(None).unwrap().id(), A);
        assert_eq!(profiles.effective(Some("studio")).unwrap().id(), B);
        assert_eq!(profiles.effective(Some("x")).unwrap_err().code, "unknown_profile");
    }

    #[test]
    fn an_api_that_names_no_profile_leaves_it_to_the_key() {
        let profiles = Profiles::new(None, None, vec![]);
        profiles.learn(&[]);
        assert_eq!(profiles.effective(None).unwrap(), Effective::Unknown);
    }

    #[test]
    fn a_fixed_profile_is_a_wall() {
        let profiles = Profiles::new(Some("Muster".into()), Some(B.into()), two());
        assert_eq!(profiles.effective(None).unwrap().id(), A);
        assert_eq!(profiles.effective(Some(A)).unwrap().id(), A);
        assert_eq!(profiles.effective(Some(B)).unwrap_err().code, "profile_fixed");
        assert!(!profiles.several());
        assert!(profiles.refuse_other(A).is_ok());
        assert_eq!(profiles.refuse_other(B).unwrap_err().code, "profile_fixed");
        assert_eq!(profiles.refuse_other("another").unwrap_err().code, "profile_fixed");
        let listed = |items: Value, complete: bool| {
            let list = json!({ "n": 2, "of": 2, "complete": complete, "items": items, "next_cursor": "x" });
            let mut list = list.as_object().unwrap().clone();
            profiles.leave_out_others(&mut list);
            (
                list["items"].clone(),
                list["of"].clone(),
                list["complete"].clone(),
                list.contains_key("next_cursor"),
            )
        };
        let (one, other) = (json!({ "id": A }), json!({ "id": B }));
        assert_eq!(listed(json!([other, one]), false), (json!([one]), json!(1), json!(true), false));
        assert_eq!(listed(json!([other]), false), (json!([]), Value::Null, json!(false), true));
    }

    #[test]
    fn a_key_with_one_profile_needs_no_header() {
        let profiles = Profiles::new(None, None, vec![]);
        profiles.learn(&[json!({"id": A, "company_name": "Muster\u{202e}"})]);
        let effective = profiles.effective(None).unwrap();
        assert_eq!((effective.header(), effective.id()), (None, A));
        assert!(effective.profile().unwrap().name.contains("202e"));
    }
}
