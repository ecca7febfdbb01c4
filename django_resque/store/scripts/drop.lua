-- Begins with ending.lua.
-- Drop a job that waits for others, and tell those that wait for it.
-- KEYS  1 waiting:<id>
-- ARGV  1 what comes before the name of a key   2 the time in epoch seconds   3 id
-- Returns 1; 0 if it does not wait (any more).

if redis.call('HGET', KEYS[1], 'state') ~= 'waiting' then return 0 end
tell_ended(ARGV[1], ARGV[2], drop(ARGV[1], ARGV[3]))
return 1
