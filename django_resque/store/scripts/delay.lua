-- Lay items under the timestamps at which they are due.
-- KEYS  1 delayed_queue_schedule
-- ARGV  1 what comes before a timestamp in the key of its list   2 what comes before an item in the
--       key of the set of its timestamps   3.. timestamp and item in turn
-- Returns how many there were.

-- The types are asked for first: no item must lie where no schedule leads to it, nor half of them.
redis.call('ZCARD', KEYS[1])
for at = 3, #ARGV, 2 do redis.call('LLEN', ARGV[1] .. ARGV[at]) end

for at = 3, #ARGV, 2 do
  redis.call('RPUSH', ARGV[1] .. ARGV[at], ARGV[at + 1])
  -- Only an index: where somebody spoilt it, the item is due all the same.
  redis.pcall('SADD', ARGV[2] .. ARGV[at + 1], 'delayed:' .. ARGV[at])
  redis.call('ZADD', KEYS[1], ARGV[at], ARGV[at])
end
return (#ARGV - 2) / 2
