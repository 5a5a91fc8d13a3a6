-- A shopper's searches, newest first.
CREATE INDEX search_history_in_time ON search_history (user_id, searched_at, word);
