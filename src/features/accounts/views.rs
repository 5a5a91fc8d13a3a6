//! What goes in and out about accounts.

use garde::Validate;
use mallcore_actors::values::text::BadText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::agreements::{Acceptance, Agreement};
use super::login::{CodeSent, LoggedIn};
use super::profile::{AVATAR_CHARACTERS_MAX, AvatarUrl, NICKNAME_CHARACTERS_MAX, Nickname, Profile};
use super::repository::User;
use super::sessions::Tokens;
use crate::platform::auth::refresh::REFRESH_TOKEN_BYTES_MAX;
use crate::platform::http::problem::Problem;
use crate::platform::http::{typed, wording};
use crate::platform::rfc3339::Rfc3339;

/// Longest code of WeChat that is sent on.
const CODE_BYTES_MAX: usize = 128;
/// A number with its country's code and some blanks.
const PHONE_BYTES_MAX: usize = 24;
const SMS_CODE_DIGITS: usize = 6;

/// A log-in: either `code`, or `phone` and `sms_code`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub struct LoginBody {
    /// The code of `wx.login`.
    #[garde(inner(length(min = 1, max = CODE_BYTES_MAX)))]
    #[schema(min_length = 1, max_length = 128)]
    #[serde(default)]
    pub code: Option<String>,
    /// A mobile number of mainland China.
    #[garde(inner(length(min = 1, max = PHONE_BYTES_MAX)))]
    #[schema(min_length = 1, max_length = 24, example = "13800138000")]
    #[serde(default)]
    pub phone: Option<String>,
    /// The six digits that were sent to it.
    #[garde(inner(length(min = SMS_CODE_DIGITS, max = SMS_CODE_DIGITS)))]
    #[schema(min_length = 6, max_length = 6, example = "123456")]
    #[serde(default)]
    pub sms_code: Option<String>,
}

/// Names somebody: by WeChat's code, or by a phone and the code that was sent to it.
pub enum Named {
    /// The code of `wx.login`.
    Code(String),
    /// Phone and code, as they were typed.
    Phone(String, String),
}

impl LoginBody {
    /// Exactly one of the two ways.
    ///
    /// # Errors
    /// 422 naming what is missing or too much.
    pub fn named(self) -> Result<Named, Problem> {
        match (self.code, self.phone, self.sms_code) {
            (Some(code), None, None) => Ok(Named::Code(code)),
            (None, Some(phone), Some(code)) => Ok(Named::Phone(phone, code)),
            (Some(_), Some(_), _) => Err(both("phone")),
            (Some(_), None, Some(_)) => Err(both("sms_code")),
            (None, None, None) => Err(Problem::field("code", "required")),
            (None, Some(_), None) => Err(Problem::field("sms_code", "required")),
            (None, None, Some(_)) => Err(Problem::field("phone", "required")),
        }
    }
}

/// `code` and this field are of two ways to say who one is.
fn both(field: &'static str) -> Problem {
    Problem::invalid("code", wording::ONE_WAY).naming_because(field, "invalid", wording::ONE_WAY)
}

/// A phone to bind: either the `code` of `getPhoneNumber`, or `phone` and `sms_code`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BindPhone)]
pub struct PhoneBody {
    /// The code of `getPhoneNumber`.
    #[garde(inner(length(min = 1, max = CODE_BYTES_MAX)))]
    #[schema(min_length = 1, max_length = 128)]
    #[serde(default)]
    pub code: Option<String>,
    /// A mobile number of mainland China.
    #[garde(inner(length(min = 1, max = PHONE_BYTES_MAX)))]
    #[schema(min_length = 1, max_length = 24, example = "13800138000")]
    #[serde(default)]
    pub phone: Option<String>,
    /// The six digits that were sent to it.
    #[garde(inner(length(min = SMS_CODE_DIGITS, max = SMS_CODE_DIGITS)))]
    #[schema(min_length = 6, max_length = 6, example = "123456")]
    #[serde(default)]
    pub sms_code: Option<String>,
}

impl PhoneBody {
    /// As [`LoginBody::named`].
    ///
    /// # Errors
    /// The same.
    pub fn named(self) -> Result<Named, Problem> {
        LoginBody { code: self.code, phone: self.phone, sms_code: self.sms_code }.named()
    }
}

/// A phone that a code is wanted for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SmsCodeWish)]
pub struct SmsCodeBody {
    /// A mobile number of mainland China.
    #[garde(length(min = 1, max = PHONE_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 24, example = "13800138000")]
    pub phone: String,
}

/// A code is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SmsCodeSent)]
pub struct SmsCodeSentBody {
    /// Seconds for which the code is good.
    pub expires_in: u64,
    /// Seconds after which another one can be asked for.
    pub retry_after: u64,
}

impl From<CodeSent> for SmsCodeSentBody {
    fn from(sent: CodeSent) -> Self {
        Self { expires_in: sent.expires_in, retry_after: sent.retry_after }
    }
}

/// A session's newest refresh token.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub struct RefreshBody {
    /// As the last log-in or refresh answered it.
    #[garde(length(min = 1, max = REFRESH_TOKEN_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 160)]
    pub refresh_token: String,
}

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensBody {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// The scheme, always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds for which the access token is good.
    #[schema(example = 900)]
    pub expires_in: u64,
    /// For the next refresh; each is used once.
    pub refresh_token: String,
    /// Seconds for which the refresh token is good, if it is not used.
    pub refresh_expires_in: u64,
}

impl From<Tokens> for TokensBody {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in.as_secs(),
            refresh_token: tokens.refresh_token,
            refresh_expires_in: tokens.refresh_expires_in.as_secs(),
        }
    }
}

/// Somebody is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = LoggedIn)]
pub struct LoggedInBody {
    /// Tokens of the new session.
    #[serde(flatten)]
    pub tokens: TokensBody,
    /// Whether this was their first log-in, which has registered them.
    pub is_new: bool,
    /// Who they are.
    pub user: UserBody,
}

impl From<LoggedIn> for LoggedInBody {
    fn from(LoggedIn { user, is_new, tokens }: LoggedIn) -> Self {
        Self { tokens: tokens.into(), is_new, user: user.into() }
    }
}

/// As a shopper wants to be addressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// The shopper has not told.
    #[default]
    Unknown,
    /// Addressed as male.
    Male,
    /// Addressed as female.
    Female,
}

impl Gender {
    const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Male => 1,
            Self::Female => 2,
        }
    }

    const fn of(number: u8) -> Self {
        match number {
            1 => Self::Male,
            2 => Self::Female,
            _ => Self::Unknown,
        }
    }
}

/// A shopper's own account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// Id of the user.
    pub user_id: u64,
    /// How they want to be called.
    pub nickname: Option<String>,
    /// Address of their picture.
    pub avatar_url: Option<String>,
    /// As they want to be addressed.
    pub gender: Gender,
    /// Their phone number, masked; none if no phone is bound.
    #[schema(example = "138****8000")]
    pub phone: Option<String>,
    /// When they logged in first.
    pub created_at: Rfc3339,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            user_id: user.id.get(),
            nickname: user.nickname,
            avatar_url: user.avatar_url,
            gender: Gender::of(user.gender),
            phone: user.phone,
            created_at: user.created_at.into(),
        }
    }
}

/// The whole profile: what is left out or null is empty from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Profile)]
pub struct ProfileBody {
    /// 1 to 32 characters; normalised (NFC), without blanks at its ends.
    #[garde(inner(length(chars, min = 1, max = NICKNAME_CHARACTERS_MAX * 2)))]
    #[schema(min_length = 1, max_length = 32, example = "小明")]
    #[serde(default)]
    pub nickname: Option<String>,
    /// The address of a picture: https only.
    #[garde(inner(length(max = AVATAR_CHARACTERS_MAX)))]
    #[schema(schema_with = avatar)]
    #[serde(default)]
    pub avatar_url: Option<String>,
    /// As they want to be addressed.
    #[garde(skip)]
    #[serde(default)]
    pub gender: Option<Gender>,
}

fn avatar() -> ObjectBuilder {
    typed::picture_or_null(AVATAR_CHARACTERS_MAX)
}

impl ProfileBody {
    /// Checked and normalised.
    ///
    /// # Errors
    /// 422 naming each field that is wrong.
    pub fn parsed(&self) -> Result<Profile, Problem> {
        let nickname = self.nickname.as_deref().map(Nickname::parse).transpose();
        let avatar = self.avatar_url.as_deref().map(AvatarUrl::parse);
        let mut problem = Problem::fields(Vec::new());
        match nickname {
            Ok(_) => {}
            Err(BadText::Blank) => problem = problem.naming("nickname", "too_short"),
            Err(BadText::Long { .. }) => problem = problem.naming("nickname", "too_long"),
            Err(BadText::Control | BadText::Hidden) => problem = problem.naming_because("nickname", "invalid", wording::NICKNAME),
        }
        if avatar == Some(None) {
            problem = problem.naming_because("avatar_url", "invalid", wording::PICTURE);
        }
        if !problem.errors.is_empty() {
            return Err(problem);
        }
        Ok(Profile { nickname: nickname.ok().flatten(), avatar: avatar.flatten(), gender: self.gender.unwrap_or_default().number() })
    }
}

/// A version that is accepted.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptAgreement)]
pub struct AcceptBody {
    /// Kind of the text, such as `privacy`.
    #[garde(length(chars, min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32, example = "privacy")]
    pub kind: String,
    /// Which version: the one that was shown.
    #[garde(range(min = 1, max = 2_147_483_647))]
    #[schema(minimum = 1, maximum = 2147483647, example = 1)]
    pub version: u32,
}

/// That a version was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acceptance)]
pub struct AcceptanceBody {
    /// Kind of the text.
    pub kind: String,
    /// The version that was accepted.
    pub version: u32,
    /// When it was accepted first.
    pub accepted_at: Rfc3339,
}

impl From<Acceptance> for AcceptanceBody {
    fn from(acceptance: Acceptance) -> Self {
        Self { kind: acceptance.kind, version: acceptance.version, accepted_at: acceptance.accepted_at.into() }
    }
}

/// A text that shoppers accept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agreement)]
pub struct AgreementBody {
    /// Kind of the text.
    #[schema(example = "privacy")]
    pub kind: String,
    /// Grows with each text of this kind.
    pub version: u32,
    /// Heading of the text.
    pub title: String,
    /// The text itself.
    pub content: String,
    /// Since when it is in force.
    pub published_at: Rfc3339,
}

impl From<Agreement> for AgreementBody {
    fn from(agreement: Agreement) -> Self {
        let Agreement { kind, version, title, content, published_at } = agreement;
        Self { kind, version, title, content, published_at: published_at.into() }
    }
}

/// The texts in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agreements)]
pub struct AgreementsBody {
    /// One of each kind.
    pub items: Vec<AgreementBody>,
}
