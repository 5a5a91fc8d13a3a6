//! Reads what `strace -f -y -x` wrote: calls with the lines where they begin and end, the file behind the descriptor, the bytes.
//! - X1 a call that strace shows in two halves (`<unfinished ...>`, `resumed`) is one call with two lines.
//!
//! Not here: what must come before what (`syscalls.rs`).

use std::collections::HashMap;

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Such as `pwrite64`.
    pub name: String,
    /// What the first argument's descriptor is, such as a path or `socket:[17]`.
    pub file: String,
    /// All string arguments, one after the other.
    pub bytes: Vec<u8>,
    /// Line on which it began.
    pub begin: usize,
    /// Line on which it returned.
    pub end: usize,
    /// What it returned.
    pub result: i64,
}

/// All calls that returned, in the order of their ends.
pub fn calls(trace: &str) -> Vec<Call> {
    let mut halves: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, text)) = text.trim_start().split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(first) = text.strip_suffix("<unfinished ...>") {
            halves.insert(thread, (line, first.trim_end().to_owned()));
        } else if let Some(rest) = text.strip_prefix("<... ") {
            let Some((_, second)) = rest.split_once(" resumed>") else { continue };
            if let Some((begin, first)) = halves.remove(thread) {
                calls.extend(call(&format!("{first}{second}"), begin, line));
            }
        } else {
            calls.extend(call(text, line, line));
        }
    }
    calls
}

fn call(text: &str, begin: usize, end: usize) -> Option<Call> {
    let (name, arguments) = text.split_once('(')?;
    let result = arguments.rsplit_once(" = ")?.1.split_ascii_whitespace().next()?.parse().ok()?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let file = arguments.split_once('<').and_then(|(descriptor, rest)| {
        let is_descriptor = !descriptor.is_empty() && descriptor.bytes().all(|byte| byte.is_ascii_digit());
        is_descriptor.then(|| rest.split_once('>').map(|(file, _)| file.to_owned()))?
    });
    is_name.then(|| Call { name: name.to_owned(), file: file.unwrap_or_default(), bytes: strings(arguments), begin, end, result })
}

/// The bytes of every quoted string.
fn strings(arguments: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = arguments.as_bytes();
    while let Some(opening) = rest.iter().position(|byte| *byte == b'"') {
        rest = unquote(&rest[opening + 1..], &mut bytes);
    }
    bytes
}

/// Appends one string's bytes; what follows its closing quote.
fn unquote<'a>(mut rest: &'a [u8], bytes: &mut Vec<u8>) -> &'a [u8] {
    loop {
        match rest {
            [] => return rest,
            [b'"', after @ ..] => return after,
            [b'\\', b'x', high, low, after @ ..] => {
                bytes.push(16 * digit(*high) + digit(*low));
                rest = after;
            }
            [b'\\', first @ b'0'..=b'7', after @ ..] => {
                let more = after.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
                let octal = after[..more].iter().fold(digit(*first), |sum, byte| sum.wrapping_mul(8).wrapping_add(digit(*byte)));
                bytes.push(octal);
                rest = &after[more..];
            }
            [b'\\', escaped, after @ ..] => {
                bytes.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'f' => 12,
                    other => *other,
                });
                rest = after;
            }
            [plain, after @ ..] => {
                bytes.push(*plain);
                rest = after;
            }
        }
    }
}

const fn digit(character: u8) -> u8 {
    match character {
        b'a'..=b'f' => character - b'a' + 10,
        b'A'..=b'F' => character - b'A' + 10,
        _ => character.wrapping_sub(b'0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_joined_and_bytes_are_decoded() {
        let trace = "10 pwrite64(9</d/journal/1.seg>, \"\\x00\\xff\\x22\", 3, 0 <unfinished ...>\n\
                     11 write(4<socket:[7]>, \"a\\r\\n\\\"\\0012\", 5) = 5\n\
                     10 <... pwrite64 resumed>) = 3\n\
                     12 +++ exited with 0 +++\n\
                     10 fdatasync(9</d/journal/1.seg>)   = -1 EIO (Input/output error)\n\
                     13 recvfrom(5<socket:[8]>,  <unfinished ...>\n\
                     13 <... recvfrom resumed>\"GET\", 4096, 0, NULL, NULL) = 3\n";
        let found: Vec<(String, Vec<u8>, usize, usize, i64)> =
            calls(trace).into_iter().map(|call| (call.name, call.bytes, call.begin, call.end, call.result)).collect();
        assert_eq!(
            found,
            [
                ("write".to_owned(), b"a\r\n\"\x012".to_vec(), 1, 1, 5),
                ("pwrite64".to_owned(), b"\x00\xff\"".to_vec(), 0, 2, 3),
                ("fdatasync".to_owned(), Vec::new(), 4, 4, -1),
                ("recvfrom".to_owned(), b"GET".to_vec(), 5, 6, 3),
            ]
        );
        assert_eq!(calls(trace)[1].file, "/d/journal/1.seg");
        assert_eq!(calls(trace)[3].file, "socket:[8]");
    }
}
