//! Names as words: split at every change of spelling, singular, and in the one word that the trade's synonyms share.

mod spelled;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use spelled::{NOISE, PHRASES, SAME, VERBS};

/// What a word says is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Lists or gets: which of the two is told by the shape.
    Looks,
    Creates,
    Updates,
    Deletes,
}

static WORDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    SAME.iter().flat_map(|(word, others)| names(others).map(move |other| (other, *word))).collect()
});
static NOISE_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| names(NOISE).collect());
static DOES: LazyLock<HashMap<&'static str, Does>> = LazyLock::new(|| {
    VERBS.iter().flat_map(|(does, words)| names(words).map(move |word| (word, *does))).collect()
});

/// The names in a constant that lists them with commas.
pub fn names(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(", ")
}

/// `ClientID`, `client-id` and `clientId` are `client id`; umlauts and accents as ASCII.
pub fn split(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            push(&mut words, &mut word);
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        let starts = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase())
                    // The plural of an acronym: `IDs`.
                    && !(after == Some(&'s') && letters.get(index + 2).is_none_or(|next| !next.is_lowercase()))));
        if starts {
            push(&mut words, &mut word);
        }
        for small in letter.to_lowercase() {
            match ascii(small) {
                Some(plain) => word.push_str(plain),
                None => word.push(small),
            }
        }
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

fn ascii(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'â' | 'á' => "a",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'î' | 'ï' | 'í' => "i",
        'ô' | 'ó' => "o",
        'ù' | 'û' | 'ú' => "u",
        'ç' => "c",
        'ñ' => "n",
        _ => return None,
    })
}

/// Letters and digits alone, lower case: equal for all spellings of the same words.
pub fn squashed(name: &str) -> String {
    split(name).concat()
}

/// The singular of an English word; others come back as they are.
pub fn singular(word: &str) -> &str {
    const KEEP: &[&str] = &[
        "status", "series", "address", "news", "gross", "loss", "iris", "sales", "ges", "tos", "gdpr", "does",
    ];
    if word == "ids" {
        return "id";
    }
    if word.len() < 4 || KEEP.contains(&word) {
        return word;
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(end) {
            return word.strip_suffix("es").unwrap_or(word);
        }
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") || word.ends_with("ies") {
        return word;
    }
    word.strip_suffix('s').unwrap_or(word)
}

/// The words of a name, singular, each as the word that its synonyms share, in their order: `customerIDs` is
/// `client id`.
pub fn canonical(name: &str) -> Vec<String> {
    let mut words: Vec<String> = split(name).iter().flat_map(|word| shared(word)).collect();
    for (phrase, word) in PHRASES {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        while let Some(at) = words.windows(phrase.len()).position(|part| part == phrase.as_slice()) {
            words.splice(at..at + phrase.len(), [(*word).to_owned()]);
        }
    }
    words
}

fn shared(word: &str) -> Vec<String> {
    let lone = match word.strip_suffix("ies") {
        Some(stem) if word.len() > 4 && word != "series" => format!("{stem}y"),
        _ => singular(word).to_owned(),
    };
    let known = WORDS.get(word).or_else(|| WORDS.get(lone.as_str()));
    match known {
        Some(words) => words.split(' ').map(str::to_owned).collect(),
        None => vec![lone],
    }
}

/// Words in no order, each once: the same for `invoice recurring` and `recurring invoice`.
pub fn key<T: AsRef<str>>(words: &[T]) -> String {
    let mut words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

/// What the word does, if it is a verb of records.
pub fn does(word: &str) -> Option<Does> {
    DOES.get(word).copied()
}

/// Words that say nothing about what a name means: `controller`, `v2`, `json`, `the`.
pub fn is_noise(word: &str) -> bool {
    NOISE_WORDS.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit()) || version(word).is_some()
}

/// `v2` is 2.
pub fn version(word: &str) -> Option<u32> {
    word.strip_prefix('v')?.parse().ok()
}

/// What a verb of the trade leads to in a name: words of an operation that cannot be taken back, or that reach others.
pub fn is_dangerous(word: &str) -> bool {
    names(spelled::DANGEROUS).any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::{canonical, key, singular, split, squashed};

    #[test]
    fn every_spelling_of_a_name_has_the_same_words() {
        for name in ["client_id", "clientId", "ClientID", "client-id", "CLIENT_ID", "client.id", "client[id]"]
        {
            assert_eq!(split(name), ["client", "id"], "{name}");
            assert_eq!(squashed(name), "clientid", "{name}");
        }
        assert_eq!(split("IBANNumber"), ["iban", "number"]);
        assert_eq!(split("clientIDs"), ["client", "ids"]);
        assert_eq!(split("fälligAm"), ["faellig", "am"]);
    }

    #[test]
    fn synonyms_share_a_word() {
        assert_eq!(canonical("customerIds"), ["client", "id"]);
        assert_eq!(canonical("Bankkonten"), ["bank", "account"]);
        assert_eq!(canonical("Rechnungen"), ["invoice"]);
        assert_eq!(canonical("companies"), ["company"]);
        assert_eq!(canonical("amount_excl_vat"), ["amount", "net"]);
        assert_eq!(canonical("totalIncludingTax"), ["total", "gross"]);
        assert_eq!(canonical("amountUntaxed"), ["amount", "net"]);
        assert_eq!(key(&canonical("invoices-recurring")), key(&canonical("RecurringInvoice")));
    }

    #[test]
    fn plurals_are_taken_off_and_nothing_else() {
        for (many, one) in [
            ("invoices", "invoice"),
            ("addresses", "address"),
            ("taxes", "tax"),
            ("expenses", "expense"),
            ("purchases", "purchase"),
            ("status", "status"),
            ("gross", "gross"),
            ("vat", "vat"),
            ("bus", "bus"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
