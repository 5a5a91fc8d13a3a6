-- Clicks of the last days, for whoever shows them.
CREATE INDEX banner_clicks_of_a_day ON banner_clicks (day, banner_id);
