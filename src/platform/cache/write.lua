-- Writes each of KEYS unless what is there is newer. ARGV has three for each: version, milliseconds to live, JSON.
-- Our JSON begins with its version; what does not is not ours, whatever its type, and is replaced.
local written = 0
for i, key in ipairs(KEYS) do
  local version, lives, json = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
  local stored = redis.pcall('GET', key)
  local known = type(stored) == 'string' and string.match(stored, '^{"version":(%d+)')
  if not known or tonumber(known) <= tonumber(version) then
    redis.call('SET', key, json, 'PX', lives)
    written = written + 1
  end
end
return written
