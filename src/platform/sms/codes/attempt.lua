-- Counts a try of a phone's code (KEYS[1]). ARGV: now in milliseconds since 1970, and how many tries there are.
-- Answers the code's hash if it is still good, otherwise nothing; after the last try the code is gone.
local found = redis.call('HMGET', KEYS[1], 'hash', 'until')
if not found[1] then return false end
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
if tries > tonumber(ARGV[2]) or tonumber(ARGV[1]) >= tonumber(found[2]) then
  redis.call('DEL', KEYS[1])
  return false
end
return found[1]
