-- Adds what one process took of each bucket (KEYS, with microseconds to refill it in ARGV) and answers how far each is from full,
-- in microseconds: the sum over all processes. ARGV's last is the furthest that a bucket may be from full.
-- The clock is this server's, so that processes need not agree about theirs.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local furthest = tonumber(ARGV[#ARGV])
local missing = {}
for i, key in ipairs(KEYS) do
  local full_at = tonumber(redis.call('GET', key) or now)
  if full_at < now then full_at = now end
  full_at = full_at + ARGV[i]
  if full_at > now + furthest then full_at = now + furthest end
  -- Numbers turn into text with 14 digits by themselves; these have 16.
  redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
  missing[i] = full_at - now
end
return missing
