-- Delete a list, and with it what is known of a queue.
-- KEYS  1 the list   2 queues   3 queues:paused   4 stat:finished (2.. only to forget a queue)
-- ARGV  1 name of the queue
-- Returns how many items the list had; a key that is no list has none.
-- No transaction, for which there is no room at maxmemory, when room is to be made by this.

local size = redis.pcall('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
if #KEYS > 1 then
  redis.pcall('SREM', KEYS[2], ARGV[1])
  redis.pcall('SREM', KEYS[3], ARGV[1])
  redis.pcall('HDEL', KEYS[4], ARGV[1])
end
return type(size) == 'number' and size or 0
