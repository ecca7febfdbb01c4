-- Begins with limits.lua.
-- Let those jobs go back to their queues whose limit allows them to begin by now.
-- KEYS  1 parked
-- ARGV  1 what every key begins with
-- Returns in how many milliseconds to do so again; -1 if no job waits.

local now = now_in_ms()
for _, limit in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
  if not pcall(let_in, ARGV[1], limit, now) then
    -- Somebody spoilt its keys: it must not keep the others from going.
    redis.call('ZADD', KEYS[1], now + LOOK_AGAIN, limit)
  end
end
return next_look(KEYS[1])
