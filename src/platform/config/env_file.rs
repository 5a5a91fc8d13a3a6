//! Files of variables: `config/environments/<APP_ENV>.env`.
//! - E1 Nothing is substituted: `$` means itself. Text that other readers of such files would substitute or unescape is refused, not guessed.
//! - E2 A line that is refused is named by its number and never shown: it may hold a secret.
//!
//! The format: `NAME=value` a line, optionally after `export`; lines that begin with `#` and text after a space and `#` are comments;
//! `'…'` is taken letter for letter; in `"…"` the escapes `\"`, `\\`, `\$` and `\n` are known.

use std::collections::BTreeMap;

/// A line that is not a variable, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong and what to write instead; never the line's text.
    pub reason: String,
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// All variables of a file, or all lines that are wrong.
pub fn parse(file: &[u8]) -> Result<BTreeMap<String, String>, Vec<BadLine>> {
    if UTF16_MARKS.iter().any(|mark| file.starts_with(mark)) {
        return Err(vec![BadLine { number: 1, reason: "is UTF-16 text: save the file as UTF-8".to_owned() }]);
    }
    // Editors on Windows begin a UTF-8 file with a byte order mark, which says nothing.
    let file = file.strip_prefix(UTF8_MARK).unwrap_or(file);
    let (mut variables, mut lines, mut bad) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (number, text) in (1..).zip(file.split(|byte| *byte == b'\n')) {
        match line(text) {
            Ok(None) => {}
            Ok(Some((name, value))) => match lines.insert(name.clone(), number) {
                None => drop(variables.insert(name, value)),
                Some(first) => bad.push(BadLine { number, reason: format!("sets {name} again, after line {first}: remove one of them") }),
            },
            Err(reason) => bad.push(BadLine { number, reason: reason.to_owned() }),
        }
    }
    if bad.is_empty() { Ok(variables) } else { Err(bad) }
}

/// Name and value; none of an empty line or a comment.
fn line(text: &[u8]) -> Result<Option<(String, String)>, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "is not UTF-8 text: save the file as UTF-8")?.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let text = text.strip_prefix("export ").unwrap_or(text);
    let (name, value) = text.split_once('=').ok_or("has no `=`: NAME=value is wanted")?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("does not begin with a variable's name: letters, digits and `_` are wanted before the `=`");
    }
    Ok(Some((name.to_owned(), parse_value(value)?)))
}

fn parse_value(text: &str) -> Result<String, &'static str> {
    let trimmed = text.trim();
    match trimmed.chars().next() {
        Some('\'') => single_quoted(&trimmed[1..]),
        Some('"') => double_quoted(&trimmed[1..]),
        _ => bare(text),
    }
}

const UNCLOSED: &str =
    "has a quote that is not closed on the same line; a secret of several lines belongs in the file that <NAME>_FILE names";
const SUBSTITUTED: &str =
    "has `${` or `$(`: nothing is substituted here. Write the value itself, between single quotes if it really holds this";

fn single_quoted(rest: &str) -> Result<String, &'static str> {
    let (value, after) = rest.split_once('\'').ok_or(UNCLOSED)?;
    nothing_but_a_comment(after)?;
    Ok(value.to_owned())
}

fn double_quoted(rest: &str) -> Result<String, &'static str> {
    let (mut value, mut letters) = (String::new(), rest.chars());
    loop {
        match letters.next().ok_or(UNCLOSED)? {
            '"' => break,
            '\\' => value.push(match letters.next().ok_or(UNCLOSED)? {
                'n' => '\n',
                letter @ ('"' | '\\' | '$') => letter,
                _ => {
                    return Err(
                        r#"has an unknown escape: between double quotes \", \\, \$ and \n are known, between single quotes all is literal"#,
                    );
                }
            }),
            '$' if letters.as_str().starts_with(['{', '(']) => return Err(SUBSTITUTED),
            letter => value.push(letter),
        }
    }
    nothing_but_a_comment(letters.as_str())?;
    Ok(value)
}

fn bare(text: &str) -> Result<String, &'static str> {
    let comment = text.match_indices('#').map(|(at, _)| at).find(|at| text[..*at].ends_with([' ', '\t']));
    let value = comment.map_or(text, |at| &text[..at]).trim();
    if value.contains(['\'', '"', '\\', '`']) {
        return Err("has a quote or a backslash inside: put the whole value between single quotes, where all is literal");
    }
    if value.contains("${") || value.contains("$(") {
        return Err(SUBSTITUTED);
    }
    Ok(value.to_owned())
}

fn nothing_but_a_comment(after: &str) -> Result<(), &'static str> {
    let is_comment = after.starts_with([' ', '\t']) && after.trim_start().starts_with('#');
    if after.trim().is_empty() || is_comment { Ok(()) } else { Err("has text after the closing quote") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(format!("NAME={text}").as_bytes()).unwrap_or_else(|bad| panic!("{text}: {bad:?}")).remove("NAME").unwrap()
    }

    #[test]
    fn a_dollar_means_itself() {
        assert_eq!(value("pa$word9"), "pa$word9");
        assert_eq!(value("\"pa$word9\""), "pa$word9");
        assert_eq!(value("'pa${word}9'"), "pa${word}9");
        assert_eq!(value(r#""pa\${word}9""#), "pa${word}9");
    }

    #[test]
    fn quotes_and_comments_are_what_they_are_elsewhere() {
        for (text, expected) in [
            ("plain", "plain"),
            (" spaced  ", "spaced"),
            ("two words", "two words"),
            ("value # comment", "value"),
            ("#ff0000", "#ff0000"),
            (" # comment", ""),
            ("a#b", "a#b"),
            ("'a # b' # comment", "a # b"),
            (r"'back\slash'", r"back\slash"),
            (r#""say \"hi\"\\""#, r#"say "hi"\"#),
            ("amqp://u:p=@h/%2f", "amqp://u:p=@h/%2f"),
            ("", ""),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert_eq!(parse(b"# comment\r\n\r\nexport A=1\r\n").unwrap(), BTreeMap::from([("A".to_owned(), "1".to_owned())]));
    }

    #[test]
    fn a_byte_order_mark_says_nothing() {
        assert_eq!(parse(b"\xef\xbb\xbfA=1").unwrap().remove("A").unwrap(), "1");
    }

    #[test]
    fn what_could_mean_two_things_is_refused_by_the_lines_number() {
        for text in [
            "no equals sign",
            "=value",
            "9LIVES=1",
            "MY-NAME=1",
            "A=pa${word}",
            "A=\"pa${word}\"",
            "A=$(whoami)",
            r"A=pa\$word",
            "A=it's",
            "A='open",
            "A=\"open",
            "A='closed'and more",
            r#"A="\t""#,
            "FIRST=again",
        ] {
            let bad = parse(format!("FIRST=1\n\n{text}\n").as_bytes()).unwrap_err();
            assert_eq!(bad.iter().map(|bad| bad.number).collect::<Vec<_>>(), [3], "{text}: {bad:?}");
            assert!(!bad[0].reason.contains("word"), "{bad:?}");
        }
    }

    #[test]
    fn all_bad_lines_are_told_and_other_encodings_by_name() {
        let bad = parse(b"A\nB=1\nC=\xff\n").unwrap_err();
        assert_eq!(bad.iter().map(|bad| bad.number).collect::<Vec<_>>(), [1, 3]);
        assert!(bad[1].reason.contains("UTF-8"), "{bad:?}");
        assert!(parse(b"\xff\xfeA\0=\0").unwrap_err()[0].reason.contains("UTF-16"));
    }
}
