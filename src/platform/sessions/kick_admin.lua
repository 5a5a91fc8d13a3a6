-- Ends all sessions noted with an owner's (KEYS[1]). ARGV: what comes before an id in a key. Answers how many there were.
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  ended = ended + redis.call('DEL', ARGV[1] .. id)
end
redis.call('DEL', KEYS[1])
return ended
