-- Change or remove records of a failed list and, with the same step, enqueue their payloads again.
-- KEYS  1 the failed list   2 queues   3.. queue:<n> to push to (2 and 3.. only with a payload)
-- ARGV  for each record six: its SHA-1, the index at which it was seen, the record to put in its
--       place, or '', payload to push, or '', queue name, and which of KEYS is that queue
-- Returns for each record 1; 0 if another record, or none, stands at that index now; or the error
-- of its push. A record that got no 1 is as it was.

local function push(key, payload, name)
  -- The type is asked for first: a queue must not be made known, nor a record be changed, if the
  -- payload cannot be pushed.
  for _, command in ipairs({{'LLEN', key}, {'SADD', KEYS[2], name}, {'RPUSH', key, payload}}) do
    local reply = redis.pcall(unpack(command))
    if type(reply) == 'table' and reply.err then return reply.err end
  end
end

local total = redis.call('LLEN', KEYS[1])
local results, tombstone, removed, lowest, highest = {}, 'removed:' .. ARGV[1], 0, total, 0
for at = 1, #ARGV, 6 do
  local index = tonumber(ARGV[at + 1])
  if index < 0 then index = index + total end
  local record = redis.call('LINDEX', KEYS[1], index)
  local result = 0
  if record and redis.sha1hex(record) == ARGV[at] then
    local payload = ARGV[at + 3]
    result = payload ~= '' and push(KEYS[tonumber(ARGV[at + 5])], payload, ARGV[at + 4]) or 1
  end
  if result == 1 then
    local replacement = ARGV[at + 2]
    if replacement == '' then
      -- Marked first and removed together, so that the other indexes stay what they are.
      replacement, removed = tombstone, removed + 1
      lowest, highest = math.min(lowest, index), math.max(highest, index)
    end
    redis.call('LSET', KEYS[1], index, replacement)
  end
  results[#results + 1] = result
end
if removed > 0 then
  -- Searched from the nearer end, for a list may be long.
  local nearer_end = total - lowest < highest
  redis.call('LREM', KEYS[1], nearer_end and -removed or removed, tombstone)
end
return results
