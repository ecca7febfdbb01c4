-- Begins with limits.lua.
-- Make a worker known and alive.
-- KEYS  1 workers  2 workers:heartbeat  3 worker:<id>:started  4 workers:vitals  5 parked
-- ARGV  1 worker id  2 heartbeat  3 start time  4 vitals, or ''
-- Returns in how many milliseconds somebody is to look at what waits for a limit; -1 if nothing does.
-- After a write that Redis always allows, it allows the others as well, even at maxmemory: the
-- workers that could empty a full Redis must be able to begin.

redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SET', KEYS[3], ARGV[3], 'NX')
if ARGV[4] == '' then return next_look(KEYS[5]) end

-- Vitals are only looked at: where somebody spoilt the key, the worker works all the same.
local written = redis.pcall('HSET', KEYS[4], ARGV[1], ARGV[4])
if type(written) == 'table' then return next_look(KEYS[5]) end
-- Another client that strikes off a worker of ours leaves its vitals behind.
if redis.call('HLEN', KEYS[4]) > redis.call('SCARD', KEYS[1]) then
  for _, worker in ipairs(redis.call('HKEYS', KEYS[4])) do
    if redis.call('SISMEMBER', KEYS[1], worker) == 0 then redis.call('HDEL', KEYS[4], worker) end
  end
end
return next_look(KEYS[5])
