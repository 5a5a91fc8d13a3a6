-- Reviews by status for the back office, newest first.
CREATE INDEX reviews_to_moderate ON reviews (status, id);
