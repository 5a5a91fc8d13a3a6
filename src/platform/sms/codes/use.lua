-- Uses a phone's code (KEYS[1]) up, if it is still this one (ARGV: its hash). Answers 1 if it was.
if redis.call('HGET', KEYS[1], 'hash') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
