-- Development: the schema and its two accounts. Run as an account that may create both (scripts/env-manager.sh setup dev does); again, it changes only passwords.
-- mall serves: it may do everything in this schema, for debugging.
-- mall_migrator brings the schema up to date (`mallcore migrate`): it may change tables, in this schema only.
-- Passwords: @app_password and @migration_password where they are set before, else samples that everybody can read.
SET @app_password = COALESCE(@app_password, 'mall'), @migration_password = COALESCE(@migration_password, 'mall');

-- A statement about accounts takes no variable, so its text is put together; without a password there is none, and it fails before anything is done.
SET @statement = CONCAT('CREATE USER IF NOT EXISTS mall@''%'' IDENTIFIED BY ', IF(@app_password IS NULL, NULL, QUOTE(@app_password)));
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('ALTER USER mall@''%'' IDENTIFIED BY ', QUOTE(@app_password));
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('CREATE USER IF NOT EXISTS mall_migrator@''%'' IDENTIFIED BY ', IF(@migration_password IS NULL, NULL, QUOTE(@migration_password)));
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = CONCAT('ALTER USER mall_migrator@''%'' IDENTIFIED BY ', QUOTE(@migration_password));
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
SET @statement = NULL, @app_password = NULL, @migration_password = NULL;

CREATE DATABASE IF NOT EXISTS wechat_mall_dev CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
ALTER DATABASE wechat_mall_dev CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

GRANT ALL PRIVILEGES ON wechat_mall_dev.* TO mall@'%';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON wechat_mall_dev.* TO mall_migrator@'%';
