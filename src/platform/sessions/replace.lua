-- Keeps a value (KEYS[1]) in place of the one that is expected. ARGV: the new value, milliseconds to live, and what is expected; without a
-- third one, that there is none. Answers 1 if it did.
local found = redis.call('GET', KEYS[1])
if found ~= (ARGV[3] or false) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
