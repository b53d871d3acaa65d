//! The accepted name that was probably meant.

/// What other billing APIs and people call things, and our names for them.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("customer", &["client_name", "client_id"]),
    ("client", &["client_name", "client_id"]),
    ("customer_name", &["client_name"]),
    ("customer_id", &["client_id"]),
    ("contact_id", &["client_id", "vendor_id"]),
    ("supplier", &["vendor_name", "vendor_id"]),
    ("vendor", &["vendor_name", "vendor_id"]),
    ("supplier_id", &["vendor_id"]),
    ("supplier_name", &["vendor_name"]),
    ("items", &["lines"]),
    ("line_items", &["lines"]),
    ("positions", &["lines"]),
    ("qty", &["quantity"]),
    ("hours", &["quantity"]),
    ("unit_price", &["price"]),
    ("rate", &["price", "tax_rate"]),
    ("amount", &["price"]),
    ("vat", &["tax_rate"]),
    ("vat_rate", &["tax_rate"]),
    ("tax", &["tax_rate"]),
    ("discount", &["discount_percent"]),
    ("title", &["description", "name"]),
    ("date", &["issue_date", "as_of"]),
    ("invoice_date", &["issue_date"]),
    ("start", &["from", "start_date"]),
    ("end", &["to", "end_date"]),
    ("from_date", &["from"]),
    ("to_date", &["to"]),
    ("start_date", &["from"]),
    ("end_date", &["to"]),
    ("query", &["search"]),
    ("q", &["search"]),
    ("name", &["search"]),
    ("state", &["status"]),
    ("page", &["cursor"]),
    ("per_page", &["limit"]),
    ("page_size", &["limit"]),
    ("invoice_number", &["number"]),
    ("invoice_id", &["id"]),
    ("zip", &["postal_code"]),
    ("transaction_id", &["id"]),
];

/// The accepted name that `given` probably stands for.
pub fn find(given: &str, accepted: &[&'static str]) -> Option<&'static str> {
    let given = given.to_ascii_lowercase().replace('-', "_");
    let known = |name: &&str| accepted.iter().copied().find(|other| other == name);
    let mut synonyms = SYNONYMS.iter().filter(|(name, _)| *name == given).flat_map(|(_, ours)| *ours);
    if let Some(name) = synonyms.find_map(known) {
        return Some(name);
    }
    let near = accepted.iter().copied().map(|name| (distance(&given, name), name));
    near.min_by_key(|(steps, _)| *steps).filter(|(steps, name)| steps * 3 <= name.len()).map(|(_, name)| name)
}

/// Insertions, deletions and replacements between two names.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.bytes().take(64).enumerate() {
        let mut next = vec![index + 1];
        for (b, steps) in right.bytes().zip(row.windows(2)) {
            let [diagonal, above] = steps else { break };
            let replaced = diagonal + usize::from(a != b);
            let beside = next.last().copied().unwrap_or_default();
            next.push(replaced.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, find};

    #[test]
    fn names_that_mean_the_same_or_look_alike_are_found() {
        assert_eq!(find("customer_id", &["status", "client_id", "search"]), Some("client_id"));
        assert_eq!(find("unit-price", &["description", "quantity", "price"]), Some("price"));
        assert_eq!(find("isue_date", &["due_date", "issue_date"]), Some("issue_date"));
        assert_eq!(find("colour", &["due_date", "issue_date"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
