-- What is forgotten with a shopper's account.
CREATE INDEX pick_ups_of_a_user ON pick_ups (user_id);
