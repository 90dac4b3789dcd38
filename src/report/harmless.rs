use std::borrow::Cow;

/// Text from a server, a manifest or a log, so that it can neither command a terminal nor turn what stands after it:
/// control characters become spaces, and those that set the reading direction (Unicode Standard Annex 9) are spelled.
///
/// Letters that are written from right to left are left as they are: it is for the format to keep them to themselves.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() || turns(c)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if turns(c) {
            clean.extend([format!("<U+{:04X}>", u32::from(c))]);
        } else {
            clean.push(if c.is_control() { ' ' } else { c });
        }
    }
    Cow::Owned(clean)
}

fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// [`harmless`] text for people: UIDs as the first eight characters, which is what people tell them apart by.
pub(super) fn readable(text: &str) -> String {
    let text = harmless(text);
    let words = text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .map(|word| {
            let uid = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            if is_uid(uid) {
                format!("{}{}", &word[..8], &word[uid.len()..])
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// Whether a word has the form of a UUID (RFC 9562, section 4), which is what Kubernetes takes for UIDs.
fn is_uid(word: &str) -> bool {
    let groups: Vec<&str> = word.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{harmless, readable};

    #[test]
    fn what_turns_the_text_is_spelled_and_letters_stay() {
        assert_eq!(harmless("pod\u{202e}gpj.exe"), "pod<U+202E>gpj.exe");
        assert_eq!(harmless("\u{1b}[2Jgone\r\n"), " [2Jgone  ");
        assert_eq!(harmless("שלום <b>"), "שלום <b>");
    }

    #[test]
    fn uids_are_shortened_and_volumes_named_after_them_are_not() {
        let uid = "0a1b2c3d-0000-4000-8000-0123456789ab";
        assert_eq!(readable(&format!("pod {uid}, gone")), "pod 0a1b2c3d, gone");
        assert_eq!(readable(uid), "0a1b2c3d");
        assert_eq!(readable(&format!("pvc-{uid}")), format!("pvc-{uid}"));
    }

    #[test]
    fn nothing_that_a_server_says_reaches_the_terminal_as_a_command() {
        assert_eq!(readable("bad\u{1b}[2J\nworse"), "bad [2J worse");
    }
}
