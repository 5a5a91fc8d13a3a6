use super::*;

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, OsString> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect()
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/environments")
}

fn load(pairs: &[(&str, &str)]) -> Result<Config, Faults> {
    Config::load(&variables(pairs), &shipped())
}

fn faulty(pairs: &[(&str, &str)]) -> Vec<&'static str> {
    load(pairs).unwrap_err().0.iter().map(|fault| fault.variable).collect()
}

#[test]
fn nothing_configured_is_the_embedded_mode() {
    let config = load(&[]).unwrap();
    assert_eq!(config.mode, Mode::Embedded);
    assert_eq!((config.http.port, config.http.metrics_port, config.http.api_prefix.as_str()), (3000, 9464, "/v1"));
    assert_eq!((config.orders.unpaid_max_per_user, config.orders.flash_pay_window_seconds), (5, 300));
    assert_eq!(config.orders.auto_complete_seconds, 7 * 24 * 3_600);
    assert!(config.database.is_none() && config.http.demo && config.rate_limits.enabled);
}

#[test]
fn one_address_may_have_half_of_all_connections_unless_said_otherwise() {
    let limits = |pairs: &[(&str, &str)]| {
        let http = load(pairs).unwrap().http;
        (http.connections_max, http.connections_per_address_max, http.read_timeout_seconds, http.write_timeout_seconds)
    };
    assert_eq!(limits(&[]), (10_000, 5_000, 10, 30));
    assert_eq!(limits(&[("HTTP_CONNECTIONS_MAX", "1")]), (1, 1, 10, 30));
    assert_eq!(limits(&[("HTTP_CONNECTIONS_MAX", "20"), ("HTTP_CONNECTIONS_PER_ADDRESS_MAX", "20")]), (20, 20, 10, 30));
    assert_eq!(faulty(&[("HTTP_READ_TIMEOUT_SECONDS", "0"), ("HTTP_WRITE_TIMEOUT_SECONDS", "601")]).len(), 2);
}

#[test]
fn all_faults_are_shown_at_once_by_name() {
    let faults =
        faulty(&[("PORT", "web"), ("ORDER_UNPAID_MAX_PER_USER", "0"), ("TRUSTED_PROXIES", "10.0.0.0/8, nowhere"), ("JWT_SECRET", "short")]);
    assert_eq!(faults, ["PORT", "TRUSTED_PROXIES", "ORDER_UNPAID_MAX_PER_USER", "JWT_SECRET"]);
}

#[test]
fn twins_that_disagree_are_an_error() {
    assert_eq!(faulty(&[("APP_ENV", "testing"), ("NODE_ENV", "production")]), ["APP_ENV"]);
    assert_eq!(faulty(&[("NODE_ENV", "staging")]), ["NODE_ENV"]);
    assert_eq!(load(&[("NODE_ENV", "development")]).unwrap().mode, Mode::Development);
}

#[test]
fn a_mode_that_node_env_chose_is_doubted_where_it_fails() {
    let mistaken = [("NODE_ENV", "development"), ("PORT", "web")];
    assert_eq!(faulty(&mistaken), ["PORT", "NODE_ENV"]);
    let faults = load(&mistaken).unwrap_err().to_string();
    assert!(faults.contains("NODE_ENV: chose the mode development") && faults.contains("APP_ENV=embedded"), "{faults}");
    assert_eq!(faulty(&[("APP_ENV", "development"), ("NODE_ENV", "development"), ("PORT", "web")]), ["PORT"]);
    assert_eq!(load(&[("APP_ENV", "embedded"), ("NODE_ENV", "development")]).unwrap().mode, Mode::Embedded);
    assert_eq!(faulty(&[("NODE_ENV", "embedded")]), ["NODE_ENV"]);
}

/// The development mode over a file of its own.
fn load_file(file: &[u8]) -> Result<Config, Faults> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("development.env"), file).unwrap();
    Config::load(&variables(&[("APP_ENV", "development")]), folder.path())
}

const FILE: &str = "DB_HOST=db\nDB_USERNAME=mall\nDB_DATABASE=mall\nJWT_SECRET=0123456789abcdef0123456789abcdef\nDATA_KEYS=1:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=\n\
    BLIND_INDEX_KEY=MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=\n";

#[test]
fn nothing_in_a_file_is_substituted() {
    let config = load_file(format!("\u{feff}{FILE}DB_PASSWORD=pa$word9\n").as_bytes()).unwrap();
    assert_eq!(config.database.unwrap().password.unwrap().expose(), "pa$word9");
}

#[test]
fn a_bad_line_of_a_file_is_told_by_its_number_and_not_shown() {
    let faults = load_file(format!("{FILE}DB_PASSWORD=pa${{word}}9\nhunter2\n").as_bytes()).unwrap_err();
    assert_eq!(faults.0.iter().map(|fault| fault.variable).collect::<Vec<_>>(), ["APP_ENV", "APP_ENV"]);
    let told = faults.to_string();
    assert!(told.contains("development.env line 7 has") && told.contains("development.env line 8 has"), "{told}");
    assert!(!told.contains("word") && !told.contains("hunter2"), "{told}");
}

#[test]
fn hosts_with_ports_are_told_where_the_port_belongs() {
    for (variable, port) in [("HOST", "PORT"), ("DB_HOST", "DB_PORT"), ("REDIS_HOST", "REDIS_PORT")] {
        let fault = load(&[("APP_ENV", "development"), (variable, "some.host:1234")]).unwrap_err().0.remove(0);
        assert_eq!(fault.variable, variable);
        assert!(fault.reason.contains(&format!("{port} to 1234")), "{fault}");
    }
    assert_eq!(load(&[("HOST", "[::1]")]).unwrap().http.host, "::1");
}

#[test]
fn origins_are_spelled_as_browsers_spell_them() {
    let origins = load(&[("CORS_ORIGIN", "https://Shop.Example.com:443, http://localhost:5173")]).unwrap().http.cors_origins;
    assert_eq!(origins, ["https://shop.example.com", "http://localhost:5173"]);
    assert_eq!(faulty(&[("CORS_ORIGIN", "https://商城.example.com,https://*.example.com")]), ["CORS_ORIGIN", "CORS_ORIGIN"]);
}

#[test]
fn kubernetes_service_links_are_known() {
    let linked = [("APP_ENV", "development"), ("REDIS_PORT", "tcp://10.0.0.1:6379"), ("METRICS_PORT", "tcp://10.0.0.2:80")];
    let faults = load(&linked).unwrap_err();
    assert_eq!(faults.0.iter().map(|fault| fault.variable).collect::<Vec<_>>(), ["METRICS_PORT", "REDIS_PORT"]);
    assert!(faults.0.iter().all(|fault| fault.reason.contains("enableServiceLinks: false")), "{faults}");
    // Where there is no Redis, nobody looks at it.
    assert!(load(&[("REDIS_PORT", "tcp://10.0.0.1:6379")]).is_ok());
}

#[test]
fn real_variables_win_over_the_file() {
    let config = load(&[("APP_ENV", "development"), ("DB_DATABASE", "another")]).unwrap();
    let database = config.database.unwrap();
    assert_eq!(database.name, "another");
    assert_eq!(load(&[("APP_ENV", "development")]).unwrap().database.unwrap().name, "wechat_mall_dev");
    assert_eq!(load(&[("APP_ENV", "testing")]).unwrap().database.unwrap().name, "wechat_mall_test");
}

#[test]
fn lag_budgets_come_from_the_journals_and_stay_below_it() {
    const GIB: u64 = 1 << 30;
    let lag = load(&[("JOURNAL_BUDGET_BYTES", "17179869184")]).unwrap().lag;
    assert_eq!((lag.database_bytes_max, lag.broker_bytes_max), (12 * GIB, 8 * GIB));
    assert_eq!(faulty(&[("LAG_BROKER_BYTES_MAX", "8589934592")]), ["LAG_BROKER_BYTES_MAX"]);
    assert_eq!(faulty(&[("LAG_ALERT_PERCENT", "80")]), ["LAG_ALERT_PERCENT"]);
}

#[test]
fn an_exchange_has_a_name_that_needs_no_quoting() {
    let exchange = |name| production_but(&[("RABBITMQ_EXCHANGE", name)]).map(|config| config.broker.unwrap().exchange);
    assert_eq!(production_but(&[]).unwrap().broker.unwrap().exchange, "mall.events");
    assert_eq!(exchange("mall.events-2").unwrap(), "mall.events-2");
    assert!(exchange("mall events").is_err());
}

#[test]
fn a_broker_url_that_cannot_be_read_is_told_without_its_password() {
    for url in ["amqp://mall:12/hunter2@mq.example.com/%2f", "amqp://mall:hunter2@mq.example.com/", "mall:hunter2@mq.example.com"] {
        let faults = production_but(&[("RABBITMQ_URL", url)]).unwrap_err();
        assert_eq!(faults.0.iter().map(|fault| fault.variable).collect::<Vec<_>>(), ["RABBITMQ_URL"]);
        assert!(!faults.to_string().contains("hunter2"), "{faults}");
    }
    // A password with a slash hid the host: this one is remote, and in the clear.
    let faults = production_but(&[("RABBITMQ_URL", "amqp://mall:a%2Fb@mq.example.com/%2f")]).unwrap_err();
    assert!(faults.to_string().contains("remote host mq.example.com"), "{faults}");
}

#[test]
fn a_database_without_a_mode_is_a_mistake() {
    assert_eq!(faulty(&[("DB_HOST", "db.example.com")]), ["DB_HOST"]);
}

#[test]
fn production_needs_its_servers_and_its_own_secrets() {
    let faults = faulty(&[("APP_ENV", "production")]);
    for wanted in ["JWT_SECRET", "SESSION_SECRET", "DB_HOST", "DB_PASSWORD", "REDIS_HOST", "RABBITMQ_URL", "DATA_KEYS", "BLIND_INDEX_KEY"] {
        assert!(faults.contains(&wanted), "{wanted} in {faults:?}");
    }
}

const PRODUCTION: [(&str, &str); 11] = [
    ("APP_ENV", "production"),
    ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
    ("SESSION_SECRET", "fedcba9876543210fedcba9876543210"),
    ("DB_HOST", "db.example.com"),
    ("DB_USERNAME", "mall"),
    ("DB_PASSWORD", "a secret"),
    ("REDIS_HOST", "127.0.0.1"),
    ("RABBITMQ_URL", "amqp://mall:secret@localhost:5672/%2f"),
    ("DB_TLS", "true"),
    ("DATA_KEYS", "2:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=,1:dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA="),
    ("BLIND_INDEX_KEY", "dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA="),
];

fn production_but(changes: &[(&'static str, &'static str)]) -> Result<Config, Faults> {
    let mut pairs = PRODUCTION.to_vec();
    pairs.extend(changes);
    load(&pairs)
}

#[test]
fn production_refuses_the_clear_samples_and_the_sandbox() {
    assert!(production_but(&[]).is_ok(), "{:?}", production_but(&[]));
    for (change, variable) in [
        (("DB_TLS", "false"), "DB_TLS"),
        (("REDIS_HOST", "redis.example.com"), "REDIS_TLS"),
        (("RABBITMQ_URL", "amqp://mall:secret@mq.example.com:5672"), "RABBITMQ_URL"),
        (("WECHAT_SANDBOX", "true"), "WECHAT_SANDBOX"),
        (("JWT_SECRET", "not-a-secret-not-a-secret-not-a-secret"), "JWT_SECRET"),
        (("DATA_KEYS", "2:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=,1:bm90LWEtc2VjcmV0LXRlc3RpbmctZGF0YS1rZXktMDE="), "DATA_KEYS"),
        (("BLIND_INDEX_KEY", "bm90LWEtc2VjcmV0LXRlc3RpbmctZGF0YS1rZXktMDE="), "BLIND_INDEX_KEY"),
        (("DATA_KEYS", "1:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=,1:dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA="), "DATA_KEYS"),
        (("BLIND_INDEX_KEY", "too short"), "BLIND_INDEX_KEY"),
    ] {
        let faults = production_but(&[change]).unwrap_err();
        assert_eq!(faults.0.iter().map(|fault| fault.variable).collect::<Vec<_>>(), [variable]);
    }
}

#[test]
fn no_secret_is_printed() {
    let shown = format!("{:?}", production_but(&[]).unwrap());
    for secret in [
        "0123456789abcdef",
        "fedcba",
        "a secret",
        "mall:secret",
        "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
        "dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA=",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwt");
    std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
    let config = load(&[("JWT_SECRET_FILE", path.to_str().unwrap())]).unwrap();
    assert_eq!(config.auth.jwt_secret.unwrap().expose().len(), 32);
    assert_eq!(faulty(&[("JWT_SECRET_FILE", "/nowhere/at/all")]), ["JWT_SECRET"]);
}

#[test]
fn keys_of_personal_data_are_given_together_with_the_current_one_first() {
    let keys = production_but(&[]).unwrap().encryption.keys.unwrap();
    assert_eq!(keys.ring.ids().map(|id| id.get()).collect::<Vec<_>>(), [2, 1]);
    assert!(load(&[]).unwrap().encryption.keys.is_none(), "the embedded mode keeps them in its folder");
    assert_eq!(faulty(&[("DATA_KEYS", PRODUCTION[9].1)]), ["BLIND_INDEX_KEY"]);
    assert!(load(&[("APP_ENV", "testing")]).unwrap().encryption.keys.is_some());
}

#[test]
fn an_account_of_the_tracking_service_and_templates_are_checked_at_start() {
    assert_eq!(faulty(&[("TRACKING_PROVIDER", "kuaidi100")]), ["KUAIDI100_CUSTOMER", "KUAIDI100_KEY"]);
    let account = [("TRACKING_PROVIDER", "kuaidi100"), ("KUAIDI100_CUSTOMER", "c"), ("KUAIDI100_KEY", "k")];
    assert_eq!(load(&account).unwrap().shipping.kuaidi100.unwrap().customer, "c");
    assert_eq!(faulty(&[("WECHAT_MESSAGE_PAID", "tpl,thing1=order_no")]), ["WECHAT_MESSAGE_PAID"]);
    let told = load(&[("WECHAT_MESSAGE_PAID", "tpl,character_string1=order_no")]).unwrap().shipping.messages;
    assert!(told.is_any() && told.shipped.is_none());
    let made_up = production_but(&[("TRACKING_PROVIDER", "sandbox")]).unwrap_err();
    assert!(made_up.0.iter().any(|fault| fault.variable == "TRACKING_PROVIDER"), "{made_up}");
}
