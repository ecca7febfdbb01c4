-- Move payloads from one queue to the end or the front of another, or of the same.
-- KEYS  1 queue:<n> they lie in   2 queues   3 queue:<n> to move them to
-- ARGV  1 name of the queue to move them to   2 'front' or 'back'   3.. the payloads
-- Returns how many were there to be moved.

-- Asked first, for a key of another type must refuse them before any has left its queue.
redis.call('SCARD', KEYS[2])
redis.call('LLEN', KEYS[3])
local moved = 0
for i = 3, #ARGV do
  if redis.call('LREM', KEYS[1], 1, ARGV[i]) == 1 then
    if moved == 0 then redis.call('SADD', KEYS[2], ARGV[1]) end
    redis.call(ARGV[2] == 'front' and 'LPUSH' or 'RPUSH', KEYS[3], ARGV[i])
    moved = moved + 1
  end
end
return moved
