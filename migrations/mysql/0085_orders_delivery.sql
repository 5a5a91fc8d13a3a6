-- The address as it was, in a form that only the edge can read.
ALTER TABLE orders ADD COLUMN delivery VARBINARY(4096) NULL;
