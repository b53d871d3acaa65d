//! Features of a service that an account may not have: known by the words of its errors, and said clearly. Pure.

use super::super::redaction::quoted;
use crate::failure::{Exit, Failure, Sent};

/// One feature.
struct Feature {
    service: &'static str,
    /// In the service's errors, and on its pages.
    name: &'static str,
    /// What it is for.
    does: &'static str,
}

const FEATURES: &[Feature] = &[
    Feature { service: "faktoora", name: "PRODUCT_BUNDLE", does: "product bundles" },
    Feature { service: "faktoora", name: "invoiceDeleteMode", does: "deleting invoices" },
];

/// The refusal of `tool`, where what the service said is that the account lacks a feature.
pub fn missing(service: &str, tool: &str, said: &str) -> Option<Failure> {
    let plain = squeezed(said);
    let known = FEATURES.iter().filter(|feature| feature.service == service);
    let feature = known.into_iter().find(|feature| plain.contains(&squeezed(feature.name)))?;
    let Feature { name, does, .. } = feature;
    let message = format!("`{tool}` was refused: {does} ({name}) is not enabled on this {service} account");
    Some(
        Failure::new("feature_not_enabled", Exit::Refused, message)
            .because(format!("{service} says: {}", quoted(said)))
            .hint(format!(
                "tell the person to enable {name} in the settings of their {service} account, or to ask {service}'s support for it; calling again changes nothing before"
            ))
            .sent(Sent::Refused)
            .fact("feature", *name)
            .fact("retryable", false),
    )
}

/// `PRODUCT_BUNDLE`, `productBundle` and `product bundle` are one name.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_missing_feature_is_named_with_where_to_enable_it() {
        let said = "{\"code\":\"FORBIDDEN\",\"message\":\"Feature PRODUCT_BUNDLE is not enabled\"}";
        let failure = missing("faktoora", "create_product_bundle", said).unwrap();
        assert_eq!(failure.code, "feature_not_enabled");
        assert!(
            failure.message.contains("product bundles (PRODUCT_BUNDLE) is not enabled"),
            "{}",
            failure.message
        );
        assert!(failure.hint.unwrap().contains("settings of their faktoora account"));
        let other = missing("faktoora", "delete_invoice", "invoice delete mode is disabled").unwrap();
        assert_eq!(other.facts["feature"], "invoiceDeleteMode");
    }

    #[test]
    fn other_errors_and_other_services_are_left_alone() {
        assert!(missing("faktoora", "delete_invoice", "invoice not found").is_none());
        assert!(missing("billbot", "x", "PRODUCT_BUNDLE is not enabled").is_none());
    }
}
