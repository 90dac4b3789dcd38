use std::borrow::Cow;

/// Text from a server, a manifest or a log, so that it can neither command a terminal nor turn what stands after it:
/// control characters become spaces, and those that set the reading direction (Unicode Standard Annex 9) are spelled.
///
/// Letters that are written from right to left are left as they are: it is for the format to keep them to themselves.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
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

/// [`harmless`] text of several lines, which stay lines; tabulators stay too.
///
/// ```
/// use stateproof::report::harmless_text;
///
/// assert_eq!(harmless_text("pg\u{1b}[2J\n\tnext\r\n"), "pg [2J\n\tnext\n");
/// ```
#[must_use]
pub fn harmless_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.trim_end_matches('\r'), "\n"),
            None => (line, ""),
        };
        for (position, part) in line.split('\t').enumerate() {
            if position > 0 {
                clean.push('\t');
            }
            clean.push_str(&harmless(part));
        }
        clean.push_str(end);
    }
    clean
}

/// A file's text to be shown with places in it marked: as long as it was, in bytes. None where it is harmless as it is.
pub(crate) fn of_same_length(text: &str) -> Option<String> {
    let harms = |c: char| turns(c) || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if !text.contains(harms) && !text.contains('\r') {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let commands = harms(c) || (c == '\r' && rest.peek() != Some(&'\n'));
        match (commands, c.len_utf8()) {
            (false, _) => clean.push(c),
            (true, 3) => clean.push(char::REPLACEMENT_CHARACTER),
            (true, length) => clean.extend(std::iter::repeat_n(' ', length)),
        }
    }
    Some(clean)
}

fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// [`harmless`] text for people: UIDs as the first eight characters, which is what people tell them apart by.
pub(crate) fn readable(text: &str) -> String {
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
    use super::{harmless, of_same_length, readable};

    #[test]
    fn what_turns_the_text_is_spelled_and_letters_stay() {
        assert_eq!(harmless("pod\u{202e}gpj.exe"), "pod<U+202E>gpj.exe");
        assert_eq!(harmless("\u{1b}[2Jgone\r\n"), " [2Jgone  ");
        assert_eq!(harmless("שלום <b>"), "שלום <b>");
    }

    #[test]
    fn what_is_marked_stays_where_it_was() {
        let text = "a: \u{202e}\u{61c}\u{9b}\u{1b}x\rb: 1\r\n\tc\n";
        let shown = of_same_length(text).unwrap();
        assert_eq!(shown, "a: \u{fffd}     x b: 1\r\n\tc\n");
        assert_eq!(shown.len(), text.len());
        assert_eq!(of_same_length("a: שלום\n\tb"), None);
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
