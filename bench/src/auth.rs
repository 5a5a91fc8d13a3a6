//! HS256 tokens as the server's development tokens are: `sub` is the user, `exp` is required.
//! Not here: anything else that authorises.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

/// Verifies bearer tokens with one secret.
pub struct Verifier {
    key: DecodingKey,
    validation: Validation,
}

impl Verifier {
    /// `secret` as in `JWT_SECRET`.
    pub fn new(secret: &[u8]) -> Self {
        Self { key: DecodingKey::from_secret(secret), validation: Validation::new(Algorithm::HS256) }
    }

    /// The user of a valid token.
    pub fn verify(&self, token: &str) -> Option<u64> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).ok()?.claims;
        claims.sub.parse().ok()
    }
}

/// A token for `user_id`, valid for a day.
pub fn sign(secret: &[u8], user_id: u64) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims { sub: user_id.to_string(), exp: jsonwebtoken::get_current_timestamp() + 86_400 };
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret))
}
