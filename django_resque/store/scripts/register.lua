-- Make a worker known and alive.
-- KEYS  1 workers  2 workers:heartbeat  3 worker:<id>:started
-- ARGV  1 worker id  2 heartbeat  3 start time
-- After a write that Redis always allows, it allows the others as well, even at maxmemory: the
-- workers that could empty a full Redis must be able to begin.

redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SET', KEYS[3], ARGV[3], 'NX')
return 1
