-- Begins with ending.lua.
-- Take items from under a timestamp and, with the same step, do with each what is to come of it.
-- KEYS  1 the master lock   2 delayed_queue_schedule   3 delayed:<timestamp>
-- ARGV  1 who must hold the master lock, or ''   2 the timestamp
--       3 what comes before an item in the key of the set of its timestamps
--       4 '1' to leave that set as it is while an equal item remains
--       5.. for each item: its bytes, number of commands, then each as its word count and its words
-- Returns for each item 1; 0 if it is gone; or the error of its commands: it then is the first of
-- its timestamp again. Returns nothing, having done nothing, if another holds the master lock.

if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end

local member, results, next_arg = 'delayed:' .. ARGV[2], {}, 5
while next_arg <= #ARGV do
  local item, count = ARGV[next_arg], tonumber(ARGV[next_arg + 1])
  next_arg = next_arg + 2
  -- The first write frees memory, so that the others are allowed even at maxmemory.
  local result = redis.pcall('LREM', KEYS[3], 1, item)
  if type(result) == 'table' then result = 0 end
  if result == 1 and not (ARGV[4] == '1' and redis.call('LPOS', KEYS[3], item)) then
    redis.pcall('SREM', ARGV[3] .. item, member)
  end
  for _ = 1, count do
    local first = next_arg + 1
    next_arg = first + tonumber(ARGV[next_arg])
    if result == 1 then
      local failure = carry_out(first, next_arg - 1)
      if failure then
        redis.call('LPUSH', KEYS[3], item)
        redis.pcall('SADD', ARGV[3] .. item, member)
        result = failure
      end
    end
  end
  results[#results + 1] = result
end

-- Whoever adds the first item again names the timestamp again after it.
local left = redis.pcall('LLEN', KEYS[3])
if left == 0 or type(left) == 'table' then redis.call('ZREM', KEYS[2], ARGV[2]) end
return results
