-- The address as it was, in a form that only the edge can read.
ALTER TABLE orders ADD COLUMN delivery BLOB NULL CHECK (length(delivery) <= 4096);
