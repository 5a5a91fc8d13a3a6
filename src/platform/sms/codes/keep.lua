-- Keeps a code for a phone (KEYS[1]), if phone (KEYS[2]) and address (KEYS[3]) have not had too many. Times are milliseconds since 1970.
-- ARGV: now, the code's hash, how long it lives, the pause between two, a day, how many a day, an hour, how many an hour.
-- Answers 0, or how many milliseconds to wait.
local now, lives, pause = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local day, day_max, hour, hour_max = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local sent = redis.call('HMGET', KEYS[2], 'last', 'began', 'count')
local from = redis.call('HMGET', KEYS[3], 'began', 'count')
local last = tonumber(sent[1] or false)
local day_began, day_count = tonumber(sent[2] or now), tonumber(sent[3] or 0)
if now >= day_began + day then day_began, day_count = now, 0 end
local hour_began, hour_count = tonumber(from[1] or now), tonumber(from[2] or 0)
if now >= hour_began + hour then hour_began, hour_count = now, 0 end
local wait = 0
if last and last + pause > now then wait = math.max(wait, last + pause - now) end
if day_count >= day_max then wait = math.max(wait, day_began + day - now) end
if hour_count >= hour_max then wait = math.max(wait, hour_began + hour - now) end
if wait > 0 then return wait end
-- Numbers turn into text with 14 digits by themselves.
local text = function(number) return string.format('%.0f', number) end
redis.call('HSET', KEYS[2], 'last', text(now), 'began', text(day_began), 'count', day_count + 1)
redis.call('PEXPIRE', KEYS[2], text(day))
redis.call('HSET', KEYS[3], 'began', text(hour_began), 'count', hour_count + 1)
redis.call('PEXPIRE', KEYS[3], text(hour))
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'hash', ARGV[2], 'until', text(now + lives), 'tries', 0)
redis.call('PEXPIRE', KEYS[1], text(lives))
return 0
