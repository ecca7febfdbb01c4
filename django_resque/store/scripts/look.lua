-- Take or keep the master lock, and see what a scheduler has to do next.
-- KEYS  1 the master lock  2 delayed_queue_schedule  3 schedules_changed  4 schedules:off
-- ARGV  1 who asks, or '' to look only   2 milliseconds for which the lock is to hold
-- Returns {holder of the lock or '', milliseconds until it expires, the earliest score or '',
--          number of changed schedules, names of those that are off}.
-- Reading these keys is what makes Redis announce their next change, where the caller asked for it.

local holder = redis.call('GET', KEYS[1])
if ARGV[1] ~= '' then
  if not holder then
    -- A write that Redis always allows lets it allow the next, even at maxmemory: the items that
    -- are due take no more room in their queues.
    redis.call('DEL', KEYS[1])
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    holder = ARGV[1]
  elseif holder == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return {
  holder or '', redis.call('PTTL', KEYS[1]), first[2] or '', redis.call('SCARD', KEYS[3]),
  redis.call('SMEMBERS', KEYS[4]),
}
