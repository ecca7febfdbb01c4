-- Begins with ending.lua.
-- Strike a worker off, if it is still as it was when the caller decided that it is dead.
-- KEYS  1 workers  2 workers:heartbeat  3 workers:vitals  4 worker:<id>:orders
--       5 worker:<id>:settled  6 worker:<id>  7.. further keys of the worker to delete
-- ARGV  1 worker id   2 heartbeat as read, or ''   3 claim as read, or ''   4 '1' to compare the heartbeat
--       5 number of commands in the ending of its job, then each as its word count and its words
-- Returns {struck (1 or 0), errors of the ending}.

if ARGV[4] == '1' and (redis.call('HGET', KEYS[2], ARGV[1]) or '') ~= ARGV[2] then return {0, {}} end
if (redis.call('GET', KEYS[6]) or '') ~= ARGV[3] then return {0, {}} end

local known = redis.call('SREM', KEYS[1], ARGV[1]) + redis.call('HDEL', KEYS[2], ARGV[1])
known = known + redis.call('DEL', unpack(KEYS, 6))
-- By these alone nobody is known.
redis.pcall('HDEL', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[4], KEYS[5])
if known == 0 then return {0, {}} end

local errors = {}
write_ending(5, errors, true)
return {1, errors}
