//! Logging in by WeChat and by phone, and binding a phone. Whoever comes for the first time is registered.

use std::net::IpAddr;

use mallcore_actors::ids::UserId;
use mallcore_actors::values::phone::PhoneNumber;

use super::refusals::{AccountError, PHONE_TAKEN, PHONE_UNSUPPORTED, SMS_CODE, UNKNOWN_USER};
use super::repository::{self, Identity, User};
use super::service::Accounts;
use super::sessions::Tokens;
use crate::platform::database::Tx;
use crate::platform::sms::codes::{Kept, Tried};
use crate::platform::vault::{Indexed, Place};

/// A log-in that succeeded.
pub struct LoggedIn {
    /// The shopper who logged in.
    pub user: User,
    /// Whether this was their first one.
    pub is_new: bool,
    /// Tokens of the new session.
    pub tokens: Tokens,
}

/// What a code was sent with.
#[derive(Debug, Clone, Copy)]
pub struct CodeSent {
    /// Seconds for which the code is good.
    pub expires_in: u64,
    /// Seconds after which another one can be asked for.
    pub retry_after: u64,
}

/// Country code of mainland China.
const COUNTRY: &str = "86";

impl Accounts {
    /// By the code of `wx.login`.
    pub async fn log_in_by_wechat(&self, code: &str) -> Result<LoggedIn, AccountError> {
        let found = self.wechat.user_of(code).await?;
        self.log_in(Identity::Wechat { openid: found.openid, unionid: found.unionid }).await
    }

    /// By a code that was sent to a phone.
    pub async fn log_in_by_phone(&self, phone: PhoneNumber, code: &str) -> Result<LoggedIn, AccountError> {
        self.check_code(&phone, code).await?;
        let index = self.vault.blind_index(Indexed::Phone(&phone));
        self.log_in(Identity::Phone(phone, index)).await
    }

    async fn log_in(&self, identity: Identity) -> Result<LoggedIn, AccountError> {
        let now = self.now();
        let (user, is_new) = self
            .writes
            .transaction(async |tx: &mut Tx| -> Result<_, AccountError> {
                if let Some(user) = repository::find(tx, &identity).await? {
                    return Ok((user, false));
                }
                let (user, is_new) = repository::register(tx, &identity, now).await?;
                if let (true, Identity::Phone(phone, _)) = (is_new, &identity) {
                    self.seal_phone(tx, user.id, phone).await?;
                }
                Ok((user, is_new))
            })
            .await?;
        let tokens = self.begin_session(&user).await?;
        Ok(LoggedIn { user, is_new, tokens })
    }

    /// Sends a code to a phone. The answer is the same whether an account has this phone or not.
    pub async fn send_code(&self, phone: &PhoneNumber, address: IpAddr) -> Result<CodeSent, AccountError> {
        let sender = self.sms.as_ref().ok_or(AccountError::NoSms)?;
        let code = self.maker.draw();
        let known = self.maker.known("phone", phone.full());
        let from = self.maker.known("address", &address.to_string());
        let hash = self.maker.hash(&known, code.expose());
        if let Kept::Wait(wait) = self.codes.keep(&known, &from, hash, self.now()).await? {
            return Err(AccountError::Wait(wait));
        }
        let lives = self.code_rules.lives.as_secs();
        sender.send(phone.full(), code.expose(), u32::try_from(lives / 60).unwrap_or(1)).await?;
        Ok(CodeSent { expires_in: lives, retry_after: self.code_rules.pause.as_secs() })
    }

    async fn check_code(&self, phone: &PhoneNumber, code: &str) -> Result<(), AccountError> {
        let known = self.maker.known("phone", phone.full());
        let hash = self.maker.hash(&known, code);
        match self.codes.attempt(&known, hash, self.now()).await? {
            Tried::Right => Ok(()),
            Tried::Wrong => Err(AccountError::Rule(&SMS_CODE)),
        }
    }

    /// Binds the phone that the code of `getPhoneNumber` stands for.
    pub async fn bind_wechat_phone(&self, user: UserId, code: &str) -> Result<User, AccountError> {
        let found = self.wechat.phone_of(code).await?;
        let phone = PhoneNumber::parse(&found.number).ok().filter(|_| found.country_code == COUNTRY);
        self.bind(user, phone.ok_or(AccountError::Rule(&PHONE_UNSUPPORTED))?).await
    }

    /// Binds a phone that a code was sent to.
    pub async fn bind_phone(&self, user: UserId, phone: PhoneNumber, code: &str) -> Result<User, AccountError> {
        self.check_code(&phone, code).await?;
        self.bind(user, phone).await
    }

    async fn bind(&self, id: UserId, phone: PhoneNumber) -> Result<User, AccountError> {
        let identity = Identity::Phone(phone, self.vault.blind_index(Indexed::Phone(&phone)));
        let bound = self
            .writes
            .transaction(async |tx: &mut Tx| -> Result<_, AccountError> {
                let user = repository::lock(tx, id).await?.filter(|user| !user.is_cancelled);
                let user = user.ok_or(AccountError::Rule(&UNKNOWN_USER))?;
                match repository::find(tx, &identity).await? {
                    Some(owner) if owner.id == id => return Ok(user),
                    Some(_) => return Err(AccountError::Rule(&PHONE_TAKEN)),
                    None => {}
                }
                self.seal_phone(tx, id, &phone).await?;
                Ok(User { phone: Some(phone.mask()), ..user })
            })
            .await;
        match bound {
            // Somebody else bound it between the question and the write.
            Err(AccountError::Database(cause)) if cause.is_duplicate() => Err(AccountError::Rule(&PHONE_TAKEN)),
            bound => bound,
        }
    }

    async fn seal_phone(&self, tx: &mut Tx, id: UserId, phone: &PhoneNumber) -> Result<(), AccountError> {
        let key = self.vault.user_key(tx, id).await?;
        let sealed = key.seal(Place::new("users", "phone_sealed", id.get()), phone.full().as_bytes());
        let index = self.vault.blind_index(Indexed::Phone(phone));
        Ok(repository::set_phone(tx, id, phone, index, sealed, self.now()).await?)
    }
}
