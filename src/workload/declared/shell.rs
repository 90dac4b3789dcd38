//! As much of the shell's grammar as it takes to tell which programs a script calls, and with which words
//! (POSIX.1-2024, "Shell Command Language"). It does not follow variables, functions and here-documents.

/// Words in front of a command that are none themselves.
const PREFIXES: [&str; 14] = [
    "if", "then", "else", "elif", "until", "while", "do", "!", "time", "exec", "eval", "sudo", "env", "nohup",
];

/// The simple commands of a script, each as its words, without what stands in front of the program: keywords,
/// variables, `exec`. A redirection keeps its operator as a word of its own.
///
/// ```
/// use stateproof::workload::declared::simple_commands;
///
/// let commands = simple_commands("until pg_isready -q; do sleep 1; done && A=1 exec psql -c 'select 1; select 2' > /tmp/out");
/// assert_eq!(commands[0], ["pg_isready", "-q"]);
/// assert_eq!(commands[1], ["sleep", "1"]);
/// assert_eq!(commands[3], ["psql", "-c", "select 1; select 2", ">", "/tmp/out"]);
/// ```
#[must_use]
pub fn simple_commands(script: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, reader.quote()) {
            ('\'', Some('\'')) | ('"', Some('"')) => {
                reader.nesting.pop();
            }
            (c, Some('\'')) => reader.word.push(c),
            ('\\', _) => {
                if let Some(escaped) = chars.next().filter(|&c| c != '\n') {
                    reader.word.push(escaped);
                }
            }
            ('$', _) if next == Some('(') => {
                chars.next();
                reader.end_command();
                reader.nesting.push('(');
            }
            (c, Some('"')) => reader.word.push(c),
            (')', _) => {
                reader.end_command();
                reader.close();
            }
            ('\'' | '"', _) => {
                reader.nesting.push(c);
                reader.quoted = true;
            }
            ('#', _) if reader.word.is_empty() && !reader.quoted => {
                while chars.peek().is_some_and(|&c| c != '\n') {
                    chars.next();
                }
            }
            (';' | '\n' | '|' | '(' | '`', _) => reader.end_command(),
            // `2>&1` and `&>` are redirections.
            ('&', _) if next != Some('>') && !reader.is_redirecting() => reader.end_command(),
            ('>' | '<', _) => reader.redirect(c),
            (c, _) if c.is_whitespace() => reader.end_word(),
            (c, _) => reader.word.push(c),
        }
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Vec<String>>,
    command: Vec<String>,
    word: String,
    /// Whether a part of the word was quoted: an empty one counts then.
    quoted: bool,
    /// The quotes and substitutions that are open.
    nesting: Vec<char>,
}

impl Reader {
    fn quote(&self) -> Option<char> {
        self.nesting.last().copied().filter(|&c| c != '(')
    }

    /// Ends a substitution, if one is open.
    fn close(&mut self) {
        if self.nesting.last() == Some(&'(') {
            self.nesting.pop();
        }
    }

    fn is_redirecting(&self) -> bool {
        self.word.is_empty() && self.command.last().is_some_and(|word| word.ends_with(['>', '<']))
    }

    fn redirect(&mut self, operator: char) {
        // The number of a file descriptor belongs to the operator.
        if !self.word.is_empty() && self.word.bytes().all(|byte| byte.is_ascii_digit()) {
            self.word.clear();
        }
        self.end_word();
        match self.command.last_mut() {
            Some(word) if word.ends_with(operator) && word.len() < 2 => word.push(operator),
            _ => self.command.push(operator.to_string()),
        }
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        let quoted = std::mem::take(&mut self.quoted);
        if word.is_empty() && !quoted {
            return;
        }
        let in_front = PREFIXES.contains(&word.as_str()) || is_assignment(&word);
        if !(self.command.is_empty() && in_front && !quoted_assignment(&word, quoted)) {
            self.command.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        if !command.is_empty() {
            self.commands.push(command);
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// A word that was quoted is a keyword never, an assignment still.
fn quoted_assignment(word: &str, quoted: bool) -> bool {
    quoted && !is_assignment(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(script: &str) -> Vec<String> {
        let commands = simple_commands(script);
        commands
            .into_iter()
            .map(|mut command| command.remove(0))
            .collect()
    }

    #[test]
    fn programs_are_told_from_words() {
        for (script, expected) in [
            ("mongosh --eval 'rs.status()'", vec!["mongosh"]),
            ("A=$(mongosh --quiet)", vec!["mongosh"]),
            (
                "echo \"is $(mongosh --eval 'x; y') there\"",
                vec!["echo", "mongosh", " there"],
            ),
            ("# mongosh\nmongo", vec!["mongo"]),
            (
                "if ! mysqladmin ping; then echo no; fi",
                vec!["mysqladmin", "echo", "fi"],
            ),
            ("a && b || c | d & e", vec!["a", "b", "c", "d", "e"]),
            ("f > /dev/null 2>&1; g", vec!["f", "g"]),
            ("", vec![]),
            ("'unclosed", vec!["unclosed"]),
            (")))(((", vec![]),
        ] {
            assert_eq!(programs(script), expected, "{script}");
        }
    }
}
