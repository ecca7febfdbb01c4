-- Begins with ending.lua.
-- Let a job wait for others, and enqueue those of them that come with it, in one atomic step.
-- KEYS  1 waiting:<id>  2 waiting:<id>:open  3 waiting  4.. queue:<n> to push to
-- ARGV  1 what comes before the name of a key   2 the time in epoch seconds   3 id
--       then three lists, each as its length and its words: names and values of the hash; names
--       under which members of a group tell of their ends; ids of jobs that it waits for
--       last, the commands that push, as an ending
-- Returns {'waiting', 'queued' (nothing is left to wait for) or 'cancelled', errors of the pushes,
--          ids of those jobs of which nothing is kept}.

local prefix, now, id, at = ARGV[1], ARGV[2], ARGV[3], 4
local function list()
  local first = at + 1
  at = first + tonumber(ARGV[at])
  return first, at - 1
end

-- The types are asked for first: nobody must wait for what then cannot be pushed.
for i = 4, #KEYS do redis.call('LLEN', KEYS[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - WAITING_TTL)

local first, last = list()
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'state', 'waiting')
for i = first, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], WAITING_TTL)
redis.call('ZADD', KEYS[3], now, id)
redis.call('EXPIRE', KEYS[3], WAITING_TTL)

first, last = list()
for i = first, last do redis.call('SADD', KEYS[2], ARGV[i]) end

local ended, unknown = {}, {}
first, last = list()
for i = first, last do
  local job = ARGV[i]
  redis.call('SADD', KEYS[2], job)
  redis.call('SADD', prefix .. 'dependents:' .. job, id)
  redis.call('EXPIRE', prefix .. 'dependents:' .. job, WAITING_TTL)
  local record = redis.pcall('GET', prefix .. 'result:' .. job)
  local status = type(record) == 'string' and string.match(record, '^{"id":".-","status":"(%l+)"')
  if not status then
    unknown[#unknown + 1] = job
  elseif status ~= 'retrying' then
    ended[#ended + 1] = {job, status == 'succeeded'}
  end
end
redis.call('EXPIRE', KEYS[2], WAITING_TTL)

if redis.call('SCARD', KEYS[2]) == 0 then let_go(prefix, now, id) end
local state = 'queued'
for _, each in ipairs(ended) do
  local dropped = meet(prefix, now, id, each[1], each[2])
  if dropped then
    tell_ended(prefix, now, dropped)
    state = 'cancelled'
  end
  if each[2] then redis.call('SREM', prefix .. 'dependents:' .. each[1], id) end
end
if redis.call('ZSCORE', KEYS[3], id) then state = 'waiting' end

local errors = {}
write_ending(at, errors, true)
return {state, errors, unknown}
