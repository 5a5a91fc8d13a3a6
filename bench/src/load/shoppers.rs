//! The people of a run: bearer tokens from a file, one a line, and the user ids they claim.
//! Not here: signing and verifying (the server's business).

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// A shopper with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shopper {
    /// The `sub` of the token, as it will stand in `orders.user_id`.
    pub user_id: u64,
    /// Sent as it is.
    pub token: String,
}

/// A tokens file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read.
    #[error("failed to read tokens from {path}")]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// What went wrong underneath.
        #[source]
        cause: std::io::Error,
    },
    /// A line that is no token with a numeric `sub`.
    #[error("line {line} of the tokens is not a JWT with a numeric sub")]
    NotAToken {
        /// Counted from 1.
        line: usize,
    },
    /// Fewer tokens than users were asked for.
    #[error("{wanted} users wanted, {present} tokens present")]
    TooFew {
        /// Shoppers that the command line asks for.
        wanted: usize,
        /// Shoppers that the file has.
        present: usize,
    },
}

/// Reads the first `users_max` tokens of a file, or all.
pub fn read(path: &Path, users_max: Option<usize>) -> Result<Vec<Shopper>, TokensError> {
    let text = std::fs::read_to_string(path).map_err(|cause| TokensError::Unreadable { path: path.to_owned(), cause })?;
    from_text(&text, users_max)
}

/// The first `users_max` tokens of a text with one token a line, or all.
pub fn from_text(text: &str, users_max: Option<usize>) -> Result<Vec<Shopper>, TokensError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let shoppers: Vec<Shopper> = lines
        .take(users_max.unwrap_or(usize::MAX))
        .enumerate()
        .map(|(place, token)| {
            let user_id = claimed_user(token).ok_or(TokensError::NotAToken { line: place + 1 })?;
            Ok(Shopper { user_id, token: token.to_owned() })
        })
        .collect::<Result<_, TokensError>>()?;
    let wanted = users_max.unwrap_or(1);
    if shoppers.len() < wanted {
        return Err(TokensError::TooFew { wanted, present: shoppers.len() });
    }
    Ok(shoppers)
}

fn claimed_user(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Subject {
        Number(u64),
        Text(String),
    }
    #[derive(Deserialize)]
    struct Claims {
        sub: Subject,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    match serde_json::from_slice::<Claims>(&payload).ok()?.sub {
        Subject::Number(number) => Some(number),
        Subject::Text(text) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn the_subject_may_be_a_number_or_its_text() {
        let text = format!("{}\n\n {}\n", token(r#"{"sub":"17","exp":9}"#), token(r#"{"exp":9,"sub":18}"#));
        let users: Vec<u64> = from_text(&text, None).unwrap().iter().map(|shopper| shopper.user_id).collect();
        assert_eq!(users, [17, 18]);
    }

    #[test]
    fn what_is_no_token_is_named_by_its_line() {
        let text = format!("{}\nnonsense\n", token(r#"{"sub":1}"#));
        assert!(matches!(from_text(&text, None), Err(TokensError::NotAToken { line: 2 })));
        assert_eq!(from_text(&text, Some(1)).unwrap().len(), 1);
        assert!(matches!(from_text("", None), Err(TokensError::TooFew { wanted: 1, present: 0 })));
    }
}
