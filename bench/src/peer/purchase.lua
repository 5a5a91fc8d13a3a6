-- One purchase, whole or not at all.
-- KEYS: the item's pieces left, its buyers, what became of this user's key. ARGV: user, pieces wanted, limit, number for a new order.
local seen = redis.call('GET', KEYS[3])
if seen then
  return {1, seen}
end
local wanted = tonumber(ARGV[2])
local bought = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
if bought + wanted > tonumber(ARGV[3]) then
  return {2, ''}
end
if tonumber(redis.call('GET', KEYS[1]) or '0') < wanted then
  return {3, ''}
end
redis.call('DECRBY', KEYS[1], wanted)
redis.call('HINCRBY', KEYS[2], ARGV[1], wanted)
redis.call('SET', KEYS[3], ARGV[4] .. ',' .. ARGV[2])
return {0, ARGV[4]}
