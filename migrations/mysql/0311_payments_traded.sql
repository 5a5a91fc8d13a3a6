-- The payments of a day, as the channel counts them.
CREATE INDEX payments_traded ON payments (traded_at);
