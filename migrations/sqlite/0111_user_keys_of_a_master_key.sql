-- Which master keys are still needed, and which data keys a rotation has still to wrap anew.
CREATE INDEX user_keys_of_a_master_key ON user_keys (master_key_id, user_id);
