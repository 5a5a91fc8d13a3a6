-- Takes the counts of a name (KEYS[1]) away, and one try of an address (KEYS[2]).
redis.call('DEL', KEYS[1])
if tonumber(redis.call('GET', KEYS[2]) or 0) > 0 then redis.call('DECR', KEYS[2]) end
return 1
