-- Words that a shopper has searched for, the last 20; written behind, a second later at most.
CREATE TABLE IF NOT EXISTS search_history (
    user_id INTEGER NOT NULL,
    word TEXT NOT NULL CHECK (length(word) <= 64),
    searched_at INTEGER NOT NULL,
    found INTEGER NOT NULL,
    PRIMARY KEY (user_id, word)
) STRICT;
