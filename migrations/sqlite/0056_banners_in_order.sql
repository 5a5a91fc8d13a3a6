-- Banners on show in their order.
CREATE INDEX banners_in_order ON banners (status, sort_order, id);
