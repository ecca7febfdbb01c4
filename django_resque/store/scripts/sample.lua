-- Take a sample of the counters and a snapshot of the queues, once a minute at most.
-- KEYS  1 history:minutes  2 history:quarters  3 history:queues
--       4 stat:processed  5 stat:failed  6 stat:finished  7.. queue:<n>
-- ARGV  1 the time in epoch seconds
--       2 most minutes kept   3 most quarters of an hour   4 most snapshots
--       5 seconds of silence after which the snapshots before it tell of another time
--       then, for each queue in KEYS, its name and its name as a JSON string
-- Returns 1, or 0 if this minute has its sample already.

local now = tonumber(ARGV[1])

local function newest(key)
  local item = redis.call('LINDEX', key, -1)
  return tonumber(item and string.match(item, '%d+') or 0)
end

-- What is no number, or lies at a key of another type, counts as none.
local function count(...)
  local reply = redis.pcall(...)
  if type(reply) == 'number' then return tostring(reply) end
  if type(reply) ~= 'string' or #reply > 18 then return '0' end
  return string.match(reply, '^[1-9]%d*$') or '0'
end

local function push(key, item, most)
  redis.call('RPUSH', key, item)
  redis.call('LTRIM', key, -most, -1)
end

if math.floor(newest(KEYS[1]) / 60) == math.floor(now / 60) then return 0 end

local sample = ARGV[1] .. ' ' .. count('GET', KEYS[4]) .. ' ' .. count('GET', KEYS[5])
push(KEYS[1], sample, tonumber(ARGV[2]))
if math.floor(newest(KEYS[2]) / 900) ~= math.floor(now / 900) then
  push(KEYS[2], sample, tonumber(ARGV[3]))
end

local queues = {}
for i = 7, #KEYS do
  local at = 6 + 2 * (i - 7)
  queues[#queues + 1] = ARGV[at + 1] .. ':[' .. count('LLEN', KEYS[i]) .. ','
    .. count('HGET', KEYS[6], ARGV[at]) .. ']'
end
if now - newest(KEYS[3]) > tonumber(ARGV[5]) then redis.call('DEL', KEYS[3]) end
push(KEYS[3], '{"at":' .. ARGV[1] .. ',"queues":{' .. table.concat(queues, ',') .. '}}',
  tonumber(ARGV[4]))
return 1
