-- Asks whether writes are taken, and changes nothing: writing no bytes is a write by all rules of the server (role, memory, disk, rights,
-- cluster) and leaves every key as it is.
for _, key in ipairs(KEYS) do
  redis.call('SETRANGE', key, 0, '')
end
return #KEYS
