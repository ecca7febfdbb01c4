-- Note that a schedule has come as far as a time, and enqueue its job with the same step.
-- KEYS  1 the master lock  2 schedule:<name>:state  3 schedule:<name>:runs
--       4 delayed:last_enqueued_at  5 schedules:off
-- ARGV  1 who must hold the master lock   2 name   3 due as it was read, or ''   4 rule as it was read,
--       or ''   5 the new due   6 the new rule   7 seconds until what is kept of it expires
--       8 most runs to keep   9 run for the history, or ''   10 payload to push, or ''   11 its queue
--       12 when it was enqueued, in Ruby's form   13.. commands that push, each as its word count and
--       its words
-- Returns 1; 0 if it has come farther meanwhile; -1 if it was switched off; or the error of the push,
-- which then was not noted. Returns nothing, having done nothing, if another holds the master lock.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local known = redis.call('HMGET', KEYS[2], 'due', 'rule')
if (known[1] or '') ~= ARGV[3] or (known[2] or '') ~= ARGV[4] then return 0 end

if ARGV[10] ~= '' then
  if redis.call('SISMEMBER', KEYS[5], ARGV[2]) == 1 then return -1 end
  local next_arg = 13
  while next_arg <= #ARGV do
    local first = next_arg + 1
    next_arg = first + tonumber(ARGV[next_arg])
    local reply = redis.pcall(unpack(ARGV, first, next_arg - 1))
    if type(reply) == 'table' and reply.err then return reply.err end
  end
  redis.call('HSET', KEYS[2], 'payload', ARGV[10], 'queue', ARGV[11])
  -- For Ruby's pages, and for our own base should Ruby take over meanwhile.
  redis.pcall('HSET', KEYS[4], ARGV[2], ARGV[12])
end
redis.call('HSET', KEYS[2], 'due', ARGV[5], 'rule', ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[7])
if ARGV[9] ~= '' then
  local length = redis.pcall('LPUSH', KEYS[3], ARGV[9])
  if type(length) ~= 'table' then
    redis.call('LTRIM', KEYS[3], 0, tonumber(ARGV[8]) - 1)
    redis.call('EXPIRE', KEYS[3], ARGV[7])
  end
end
return 1
