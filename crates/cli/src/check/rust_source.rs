//! Rust source with everything blanked out that is not code, so that a rule which looks for a word
//! does not find it in a comment, a string or a test's fixture.

/// Replaces comments and the insides of string and character literals by spaces. Line breaks stay,
/// so lines and columns of the result are those of the source (columns counted in characters).
pub(super) fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = token_end(&chars, at);
        match end {
            // A literal keeps its first and last quote; a comment keeps nothing.
            Some(end) => {
                let quoted = chars[at] != '/';
                for (index, c) in chars[at..end].iter().enumerate() {
                    let edge = quoted && (index == 0 || at + index + 1 == end);
                    out.push(if *c == '\n' || edge { *c } else { ' ' });
                }
                at = end;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `None` if none starts there.
fn token_end(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => Some(find(chars, at, |c| c == '\n')),
        '/' if next == Some('*') => Some(block_comment_end(chars, at)),
        '"' => Some(string_end(chars, at + 1)),
        'r' if !follows_word(chars, at) => raw_string_end(chars, at + 1),
        'b' | 'c' if next == Some('r') && !follows_word(chars, at) => raw_string_end(chars, at + 2),
        '\'' => char_end(chars, at),
        _ => None,
    }
}

fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn find(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    chars[from..]
        .iter()
        .position(|c| stop(*c))
        .map_or(chars.len(), |offset| from + offset)
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `from` is behind the `r`. A raw identifier (`r#type`) is no string.
fn raw_string_end(chars: &[char], from: usize) -> Option<usize> {
    let open = find(chars, from, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let hashes = open - from;
    let mut at = open + 1;
    loop {
        at = find(chars, at, |c| c == '"');
        if at >= chars.len() {
            return Some(chars.len());
        }
        let closing = chars[at + 1..].iter().take_while(|c| **c == '#').count();
        at += 1;
        if closing >= hashes {
            return Some(at + hashes);
        }
    }
}

/// Tells a character (`'a'`, `'\''`) from a lifetime (`'a`).
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match (chars.get(at + 1)?, chars.get(at + 2)) {
        ('\\', Some(_)) => Some((find(chars, at + 3, |c| c == '\'') + 1).min(chars.len())),
        (_, Some('\'')) => Some(at + 3),
        _ => None,
    }
}

/// The numbers (from 1) of the lines of blanked code on which `word` stands as a whole: not as a
/// part of a longer name.
pub(super) fn lines_with<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.lines()
        .enumerate()
        .filter(move |(_, line)| contains_word(line, word))
        .map(|(index, _)| index + 1)
}

/// Whether `word` stands in `text` and no letter, digit or underscore touches it.
pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let part_of_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        let opens = word.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let closes = word.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        !(opens && part_of_name(before) || closes && part_of_name(after))
    })
}

/// The attributes in blanked code, each with the line on which it starts: the text between the
/// brackets of `#[…]` and `#![…]`.
pub(super) fn attributes(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let starts = code.match_indices('#').filter_map(|(at, _)| {
        let rest = &code[at + 1..];
        let open = at + 1 + usize::from(rest.starts_with('!'));
        code[open..].starts_with('[').then_some(open + 1)
    });
    for start in starts {
        let mut depth = 1_usize;
        let end = code[start..].char_indices().find_map(|(offset, c)| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(start + offset)
        });
        if let Some(end) = end {
            found.push((code[..start].matches('\n').count() + 1, &code[start..end]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_line_for_line() {
        for (source, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */\n d */ e", "a             \n      e"),
            (r#"f("a\"b", c)"#, r#"f("    ", c)"#),
            (r##"f(r#"a"b"#, c)"##, r##"f(r      #, c)"##),
            (
                "let a: &'a str = x('\\'', 'b');",
                "let a: &'a str = x('  ', ' ');",
            ),
            ("var r#type = b;", "var r#type = b;"),
            ("x = \"a\nb\"; c", "x = \" \n \"; c"),
        ] {
            assert_eq!(blank(source), code, "{source}");
        }
    }

    #[test]
    fn an_unfinished_literal_ends_with_the_file() {
        for source in ["\"abc", "r#\"abc\"", "/* abc", "'\\", "\"abc\\"] {
            assert_eq!(blank(source).chars().count(), source.chars().count());
        }
    }

    #[test]
    fn words_are_whole() {
        // Words of the rules that use this, in texts.
        assert!(contains_word("a.todo!()", "todo!"));
        assert!(!contains_word("my_todo!()", "todo!"));
        assert!(!contains_word("thread::sleepy()", "thread::sleep"));
        assert_eq!(lines_with("a\nb a\nab", "a").collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn attributes_are_found_with_their_lines() {
        let code = "#![a]\n#[b([c])]\nfn d(e: [u8; 1]) {}\n#[f(\n  g,\n)]";
        assert_eq!(
            attributes(code),
            [(1, "a"), (2, "b([c])"), (4, "f(\n  g,\n)")]
        );
    }
}
