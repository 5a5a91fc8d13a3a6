-- Who accepted which version, and when first. Kept after the account is cancelled: it proves what was agreed on.
CREATE TABLE IF NOT EXISTS agreement_acceptances (
    user_id BIGINT NOT NULL,
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version INT NOT NULL,
    accepted_at DATETIME(3) NOT NULL,
    PRIMARY KEY (user_id, kind, version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
