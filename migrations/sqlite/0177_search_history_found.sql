-- The latest searches of all shoppers that found something: hot words begin with them.
CREATE INDEX search_history_found ON search_history (found, searched_at);
