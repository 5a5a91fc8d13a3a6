-- The stray payments of a day, as the channel counts them.
CREATE INDEX stray_payments_traded ON stray_payments (traded_at);
