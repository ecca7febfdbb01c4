-- Change or remove one record of a failed list and, with the same step, enqueue its payload again.
-- KEYS  1 the failed list   2 queues   3 queue:<n> to push to (2 and 3 only with a payload)
-- ARGV  1 SHA-1 of the record   2 index at which it was seen   3 the record to put in its place, or ''
--       4 payload to push, or ''   5 queue name
-- Returns 1, or 0 if another record, or none, stands at that index now.

local record = redis.call('LINDEX', KEYS[1], ARGV[2])
if not record or redis.sha1hex(record) ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then
  redis.call('LSET', KEYS[1], ARGV[2], ARGV[3])
else
  local tombstone = 'removed:' .. ARGV[1]
  redis.call('LSET', KEYS[1], ARGV[2], tombstone)
  -- Searched from the nearer end, for a list may be long.
  local direction = 1
  if 2 * tonumber(ARGV[2]) > redis.call('LLEN', KEYS[1]) then direction = -1 end
  redis.call('LREM', KEYS[1], direction, tombstone)
end
if ARGV[4] ~= '' then
  redis.call('SADD', KEYS[2], ARGV[5])
  redis.call('RPUSH', KEYS[3], ARGV[4])
end
return 1
