/// Keys whose values may be shown: nobody takes one of these for a password's.
const SHOWN: [&str; 20] = [
    "drills",
    "skip",
    "only",
    "deadline",
    "expect_failure",
    "initiate_replica_set",
    "vantage_image",
    "image_pull_secrets",
    "provider",
    "name",
    "nodes",
    "config",
    "node_image",
    "engine",
    "port",
    "user",
    "database",
    "data_directory",
    "tls",
    "tls_ca",
];

/// The tables that there are.
const TABLES: [&str; 4] = ["workload", "cluster", "image_overrides", "storage_classes"];

/// The text with every byte starred that may be a password's: places stay where they are.
///
/// A key that is misspelt may have been `password`. So what is shown are keys, the headings of tables, and the values of
/// keys that are known to hold something else. Of a file with texts of several lines nothing is shown.
pub(super) fn masked(text: &str) -> String {
    let has_blocks = text.contains("\"\"\"") || text.contains("'''");
    let mut masked = String::with_capacity(text.len());
    // Whether the line is one of a list's whose values may be shown.
    let mut in_list = false;
    for line in text.split_inclusive('\n') {
        let shown = if has_blocks { 0 } else { shown(line, &mut in_list) };
        masked.push_str(&line[..shown]);
        for character in line[shown..].chars() {
            match character {
                '\n' | '\r' => masked.push(character),
                other => masked.extend(std::iter::repeat_n('*', other.len_utf8())),
            }
        }
    }
    masked
}

/// How many bytes of a line may be shown.
fn shown(line: &str, in_list: &mut bool) -> usize {
    // Behind the text may stand what was left out of the file.
    let end = line.find('#').unwrap_or(line.len());
    if *in_list {
        *in_list = !line.contains(']');
        return end;
    }
    let heading = line.trim_start().strip_prefix('[').map(str::trim_start);
    if let Some(heading) = heading {
        return if TABLES.iter().any(|table| heading.starts_with(table)) {
            end
        } else {
            0
        };
    }
    let Some(equals) = line.find('=') else { return 0 };
    let (key, value) = (&line[..equals], &line[equals + 1..]);
    let key = key.rsplit('.').next().unwrap_or(key);
    if SHOWN.contains(&key.trim_matches([' ', '\t', '"', '\''])) {
        *in_list = value.trim_start().starts_with('[') && !value.contains(']');
        end.max(equals + 1)
    } else {
        equals + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_headings_and_harmless_values_are_shown_and_nothing_else() {
        for (text, shown) in [
            ("port = 70000\n", "port = 70000\n"),
            ("drills = [\n  \"drian\",\n]\n", "drills = [\n  \"drian\",\n]\n"),
            ("[workload.\"a/b\"]\n", "[workload.\"a/b\"]\n"),
            (
                "workload.\"a/b\".user = \"x\"\n",
                "workload.\"a/b\".user = \"x\"\n",
            ),
            ("user = \"x\" # y\n", "user = \"x\" ***\n"),
            ("passwd = \"x\"\r\n", "passwd =****\r\n"),
            ("password: \"x\"\n", "*************\n"),
            ("[\"x\"]\n", "*****\n"),
            (
                "workload.\"a/b\".password = \"ü\"",
                "workload.\"a/b\".password =*****",
            ),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(masked(text).len(), text.len());
        }
    }
}
