//! What goes in and out about the sign-in of the back office.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garde::Validate;
use mallcore_actors::values::text::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::captcha::LIVES;
use super::login::Credentials;
use super::menus::Menu;
use super::profile::{AVATAR_CHARACTERS_MAX, EMAIL_CHARACTERS_MAX, Masked, Profile, Unfit, is_picture};
use super::repository::Admin;
use super::rights::Role;
use super::service::Drawn;
use super::signed::Signed;
use crate::platform::http::problem::Problem;
use crate::platform::http::{typed, wording};
use crate::platform::rfc3339::Rfc3339;

/// Longest text that is taken for a name or a password; what is longer than they may be is answered like any wrong one.
const TYPED_BYTES_MAX: usize = 256;
/// Longest text that is taken for a captcha's id or letters.
const CAPTCHA_BYTES_MAX: usize = 64;
/// A number with its country's code and some blanks.
const PHONE_BYTES_MAX: usize = 24;

/// A captcha to solve.
#[derive(Serialize, ToSchema)]
#[schema(as = Captcha)]
pub struct CaptchaBody {
    /// Names the captcha at the log-in.
    pub captcha_id: String,
    /// The picture, a `data:` URL of an SVG.
    #[schema(example = "data:image/svg+xml;base64,PHN2ZyB4…")]
    pub image: String,
    /// Seconds for which it is good.
    pub expires_in: u64,
}

impl From<&Drawn> for CaptchaBody {
    fn from(drawn: &Drawn) -> Self {
        let image = format!("data:image/svg+xml;base64,{}", STANDARD.encode(&drawn.picture));
        Self { captcha_id: drawn.id.as_str().to_owned(), image, expires_in: LIVES.as_secs() }
    }
}

/// A log-in of an administrator.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdminLogin)]
pub struct AdminLoginBody {
    /// The name; case and width of its letters do not matter.
    #[garde(length(min = 1, max = TYPED_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 256, example = "admin")]
    pub username: String,
    /// The password, as it was typed.
    #[garde(length(min = 1, max = TYPED_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 256)]
    pub password: String,
    /// Id of the captcha that they solved.
    #[garde(length(min = 1, max = CAPTCHA_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 64)]
    pub captcha_id: String,
    /// The letters of its picture, in any case.
    #[garde(length(min = 1, max = CAPTCHA_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 64, example = "AK47")]
    pub captcha: String,
}

impl From<AdminLoginBody> for Credentials {
    fn from(body: AdminLoginBody) -> Self {
        let AdminLoginBody { username, password, captcha_id, captcha } = body;
        Self { username, password, captcha_id, captcha }
    }
}

/// A role of an administrator.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminRole)]
pub struct RoleBody {
    /// What programs ask for.
    #[schema(example = "super_admin")]
    pub code: String,
    /// What people read.
    #[schema(example = "超级管理员")]
    pub name: String,
}

impl From<&Role> for RoleBody {
    fn from(role: &Role) -> Self {
        Self { code: role.code.clone(), name: role.name.clone() }
    }
}

/// How a menu is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = MenuMeta)]
pub struct MetaBody {
    /// What people read.
    pub title: String,
    /// Name of a picture.
    pub icon: Option<String>,
    /// Its place among its siblings, lowest first.
    pub order: i64,
}

/// A menu or a page of the back office, as Vben Admin takes its routes.
#[derive(Serialize, ToSchema)]
#[schema(as = Menu)]
pub struct MenuBody {
    /// The permission's code.
    #[schema(example = "product:list")]
    pub name: String,
    /// Path of the page.
    pub path: Option<String>,
    /// The page's component.
    pub component: Option<String>,
    /// How it is shown.
    pub meta: MetaBody,
    /// Menus and pages below it.
    #[schema(no_recursion)]
    pub children: Vec<Self>,
}

impl From<&Menu> for MenuBody {
    fn from(menu: &Menu) -> Self {
        let permission = &menu.permission;
        let meta = MetaBody { title: permission.name.clone(), icon: permission.icon.clone(), order: permission.sort_order };
        Self {
            name: permission.code.clone(),
            path: permission.path.clone(),
            component: permission.component.clone(),
            meta,
            children: menu.children.iter().map(Self::from).collect(),
        }
    }
}

/// Whoever is signed in, and what they may do.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminProfile)]
pub struct AdminProfileBody {
    /// Id of the administrator.
    pub id: u64,
    /// The name that they log in with.
    pub username: String,
    /// What they are called.
    pub real_name: Option<String>,
    /// The mask of their mail address.
    #[schema(example = "w***@example.com")]
    pub email: Option<String>,
    /// The mask of their mobile number.
    #[schema(example = "138****5678")]
    pub phone: Option<String>,
    /// Address of their picture.
    pub avatar: Option<String>,
    /// When they logged in last.
    pub last_login_time: Option<Rfc3339>,
    /// From where they logged in last.
    pub last_login_ip: Option<String>,
    /// Since when the account exists.
    pub created_at: Rfc3339,
    /// The roles that they have, by code.
    pub roles: Vec<RoleBody>,
    /// The codes of all that is permitted: of menus, pages and buttons.
    pub permissions: Vec<String>,
    /// The menus and pages that they see, as a tree.
    pub menus: Vec<MenuBody>,
    /// To be sent as `X-CSRF-Token` with everything that is no GET.
    pub csrf_token: String,
}

impl AdminProfileBody {
    /// Of this account, in this session.
    pub fn of(admin: Admin, signed: &Signed) -> Self {
        let rights = &signed.rights;
        Self {
            id: admin.id,
            username: admin.username,
            real_name: admin.real_name,
            email: admin.email,
            phone: admin.phone,
            avatar: admin.avatar,
            last_login_time: admin.last_login_time.map(Rfc3339::from),
            last_login_ip: admin.last_login_ip,
            created_at: admin.created_at.into(),
            roles: rights.roles.iter().map(RoleBody::from).collect(),
            permissions: rights.codes.iter().cloned().collect(),
            menus: rights.menus.iter().map(MenuBody::from).collect(),
            csrf_token: signed.csrf(),
        }
    }
}

/// The whole profile: what is left out is empty from now on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SetAdminProfile)]
pub struct SetAdminProfileBody {
    /// What they are called.
    #[garde(inner(length(chars, min = 1, max = super::profile::NAME_CHARACTERS_MAX)))]
    #[schema(min_length = 1, max_length = 50)]
    #[serde(default)]
    pub real_name: Option<String>,
    /// Their mail address, or the mask that is shown, which stays then.
    #[garde(inner(length(chars, min = 1, max = EMAIL_CHARACTERS_MAX)))]
    #[schema(min_length = 1, max_length = 100, example = "wang.li@example.com")]
    #[serde(default)]
    pub email: Option<String>,
    /// Their mobile number, or the mask that is shown, which stays then.
    #[garde(inner(length(min = 1, max = PHONE_BYTES_MAX)))]
    #[schema(min_length = 1, max_length = 24, example = "13800138000")]
    #[serde(default)]
    pub phone: Option<String>,
    /// Address of their picture, by https.
    #[garde(inner(length(chars, min = 1, max = AVATAR_CHARACTERS_MAX)))]
    #[schema(schema_with = avatar)]
    #[serde(default)]
    pub avatar: Option<String>,
}

fn avatar() -> ObjectBuilder {
    typed::picture_or_null(AVATAR_CHARACTERS_MAX)
}

impl SetAdminProfileBody {
    /// The profile, with what is wrong named by its field.
    ///
    /// # Errors
    /// 422 naming the field.
    pub fn parsed(self) -> Result<Profile, Problem> {
        let real_name = self.real_name.map(|name| Text::typed(&name).map_err(|_| Problem::invalid("real_name", wording::TYPED)));
        if self.avatar.as_ref().is_some_and(|avatar| !is_picture(avatar)) {
            return Err(Problem::invalid("avatar", wording::PICTURE));
        }
        Ok(Profile {
            real_name: real_name.transpose()?,
            email: self.email.as_deref().map(Masked::email),
            phone: self.phone.as_deref().map(Masked::phone),
            avatar: self.avatar,
        })
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Email => Self::invalid("email", wording::EMAIL),
            Unfit::Phone => Self::invalid("phone", wording::PHONE),
        }
    }
}

/// A new password.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SetAdminPassword)]
pub struct SetAdminPasswordBody {
    /// The password that counts now.
    #[garde(length(min = 1, max = TYPED_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 256)]
    pub old_password: String,
    /// The one that counts from now on: 12 characters or more, 71 bytes at most, 6 different characters, without the user name.
    #[garde(length(min = 1, max = TYPED_BYTES_MAX))]
    #[schema(min_length = 1, max_length = 256)]
    pub new_password: String,
}
