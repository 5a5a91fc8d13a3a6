-- Counts a try for each of the keys, if none of them has reached its bound. ARGV: milliseconds that a count lives after its last try, then the
-- bound of each key. Answers 0, or how many milliseconds to wait.
local wait = 0
for place, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[place + 1]) then
    wait = math.max(wait, redis.call('PTTL', key), 1)
  end
end
if wait > 0 then return wait end
for _, key in ipairs(KEYS) do
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, ARGV[1])
end
return 0
