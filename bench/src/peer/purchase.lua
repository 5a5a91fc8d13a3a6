-- One purchase, whole or not at all.
-- KEYS: the item's pieces left, its buyers, what became of this user's key; where orders are kept also the order, the deadlines, the events.
-- ARGV: user, pieces wanted, limit, number for a new order; where orders are kept also the item, what is to pay (fen), the deadline (ms).
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
if KEYS[4] then
  redis.call('HSET', KEYS[4], 'user', ARGV[1], 'item', ARGV[5], 'quantity', ARGV[2], 'payable', ARGV[6], 'expires', ARGV[7], 'status', 'pending')
  redis.call('ZADD', KEYS[5], ARGV[7], ARGV[4])
  redis.call('XADD', KEYS[6], '*', 'order', ARGV[4])
end
return {0, ARGV[4]}
