//! What an UPDATE sets is computed from the row as it was, in SQLite; MySQL computes from left to right with what it has just set, and joined
//! updates in no promised order. A list that does not depend on it means the same on both: none of its expressions names another column of it.

use super::Error;

/// Refuses an UPDATE with an expression that reads a column that the same list sets (its own column may be read).
pub(super) fn check(text: &str) -> Result<(), Error> {
    match reads_what_it_writes(text) {
        None => Ok(()),
        Some(column) => {
            let told = format!("the SET list reads {column}, which it also sets: MySQL and SQLite would compute different values: {text}");
            Err(Error::Refused(sqlx::Error::Encode(told.into())))
        }
    }
}

fn reads_what_it_writes(text: &str) -> Option<String> {
    let (_, after) = text.split_once("UPDATE ")?;
    let (_, list) = after.split_once(" SET ")?;
    let assignments: Vec<(&str, &str)> =
        pieces(list).filter_map(|piece| piece.split_once('=')).map(|(name, to)| (column(name.trim()), to)).collect();
    for (own, expression) in &assignments {
        let read = names(expression).filter(|name| !name.starts_with("n.")).map(column);
        for name in read {
            if name != *own && assignments.iter().any(|(written, _)| *written == name) {
                return Some(name.to_owned());
            }
        }
    }
    None
}

/// The column without the table's alias.
fn column(name: &str) -> &str {
    name.strip_prefix("t.").unwrap_or(name)
}

/// The assignments of a list: up to the word that ends it, cut at the commas that stand in no parentheses.
fn pieces(list: &str) -> impl Iterator<Item = &str> {
    let end = [" WHERE ", " FROM "].iter().filter_map(|word| list.find(word)).min().unwrap_or(list.len());
    let mut depth = 0_u32;
    list[..end].split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

/// Names and key words of an expression; what stands in quotes is neither.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let outside = expression.split('\'').step_by(2);
    outside
        .flat_map(|text| text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '.')))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_read_what_it_does_not_set() {
        for text in [
            "SELECT a FROM t",
            "INSERT INTO t (a, b) VALUES (?, ?)",
            "UPDATE t SET a = a + 1, b = COALESCE(?, b) WHERE a = ? AND b = ?",
            "UPDATE t SET a = c, b = c, d = 'a and b' WHERE id = ?",
            "UPDATE skus AS t JOIN (SELECT ? AS a) AS n ON t.id = n.id SET t.a = t.a + n.a, t.b = COALESCE(n.a, t.b)",
            "WITH n (a) AS (VALUES (?)) UPDATE OR FAIL skus AS t SET a = t.a + n.a, b = n.a FROM n WHERE t.a = n.b",
        ] {
            assert_eq!(reads_what_it_writes(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_that_reads_what_it_sets_is_found_in_each_dialect() {
        for text in [
            "UPDATE t SET a = ?, b = a WHERE id = ?",
            "UPDATE t SET b = CASE WHEN a > 0 THEN 1 ELSE 2 END, a = a - 1",
            "UPDATE skus AS t JOIN (SELECT ? AS a) AS n ON t.id = n.id SET t.a = t.a + n.a, t.b = t.a",
            "WITH n (a) AS (VALUES (?)) UPDATE OR FAIL skus AS t SET a = n.a, b = MAX(t.b, t.a) FROM n WHERE t.id = n.id",
        ] {
            assert_eq!(reads_what_it_writes(text).as_deref(), Some("a"), "{text}");
        }
    }
}
