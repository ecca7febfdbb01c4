-- Begins with limits.lua.
-- Let those jobs go back to their queues whose limit allows them to begin by now.
-- KEYS  1 parked
-- ARGV  1 what every key begins with
-- Returns in how many milliseconds to do so again; -1 if no job waits.

local now = now_in_ms()
for _, limit in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)) do
  -- That somebody spoilt the keys of one must not keep the others from going.
  pcall(let_in, ARGV[1], limit, now)
end
return next_look(KEYS[1])
