-- Taken off the goods: payable_fen = total_amount_fen - discount_fen + freight_fen.
ALTER TABLE orders ADD COLUMN discount_fen BIGINT NOT NULL DEFAULT 0;
