-- Begins with limits.lua.
-- How a script writes an ending: a list of commands, each as its word count and its words.
-- KEYS  those of the script that begins with this one
-- ARGV  likewise; somewhere among them the commands
-- A command is one of Redis, or an operation that none of these can express:
--   resque.release <key> <owner>   delete the key if its value is the owner
--   resque.keep <key> <owner> <ms>   let it expire in so many milliseconds, if that is its value
--   resque.leave <prefix> <limit> <rid>   give up a job's place in a limit and let the next one in
--   resque.ended <prefix> <now> <done or failed> <group or ''> <member or ''> <job>...
--     tell those that wait for the jobs, and the group of which they are that member

local operations = {}

operations['resque.release'] = function(key, owner)
  if redis.pcall('GET', key) == owner then redis.call('DEL', key) end
end

operations['resque.keep'] = function(key, owner, milliseconds)
  if redis.pcall('GET', key) == owner then redis.call('PEXPIRE', key, milliseconds) end
end

operations['resque.leave'] = function(prefix, limit, rid)
  redis.call('HDEL', prefix .. 'running:' .. limit, rid)
  if redis.call('ZSCORE', prefix .. 'parked', limit) then let_in(prefix, limit, now_in_ms()) end
end

-- How long what waits is kept after the last change, in seconds.
local WAITING_TTL = 2592000

-- Let a job that waits for no other any more go to its queue. The time stands between the halves
-- of its payload, which must not be decoded.
local function let_go(prefix, now, id)
  local key = prefix .. 'waiting:' .. id
  local told = redis.call('HMGET', key, 'queue', 'head', 'tail', 'side')
  local payload = told[2] .. (told[3] and now .. told[3] or '')
  redis.call('SADD', prefix .. 'queues', told[1])
  redis.call(told[4] == 'front' and 'LPUSH' or 'RPUSH', prefix .. 'queue:' .. told[1], payload)
  redis.call('DEL', key, key .. ':open')
  redis.call('ZREM', prefix .. 'waiting', id)
end

-- Drop a job that waits, and tell its own handle. Returns what those that wait for it are to hear.
local function drop(prefix, id)
  local key = prefix .. 'waiting:' .. id
  local told = redis.call('HMGET', key, 'jobs', 'group', 'member', 'record', 'ttl')
  redis.call('DEL', key, key .. ':open')
  redis.call('ZREM', prefix .. 'waiting', id)
  -- So that the members of a group that wait in queues know when they are taken.
  redis.call('HSET', key, 'state', 'cancelled')
  redis.call('EXPIRE', key, WAITING_TTL)
  if told[4] then
    redis.call('SET', prefix .. 'result:' .. id, told[4], 'PX', told[5])
    redis.call('PUBLISH', prefix .. 'result:' .. id, 'ended')
  end
  local jobs = {}
  for job in string.gmatch(told[1] or '', '%S+') do jobs[#jobs + 1] = job end
  return {is_done = false, group = told[2] or '', member = told[3] or '', jobs = jobs}
end

-- Let a job that waits know that one it waits for has ended. Returns what others are to hear.
local function meet(prefix, now, id, member, is_done)
  local key = prefix .. 'waiting:' .. id
  local told = redis.call('HMGET', key, 'state', 'on_failure')
  if told[1] == 'cancelled' then
    -- Whoever performs it again means it.
    if not is_done then redis.call('HSET', key, 'failed:' .. member, '1') end
    return nil
  end
  -- Each counts once, however often it ends.
  if not told[1] or redis.call('SISMEMBER', key .. ':open', member) == 0 then return nil end
  redis.call('EXPIRE', key, WAITING_TTL)
  redis.call('EXPIRE', key .. ':open', WAITING_TTL)
  redis.call('ZADD', prefix .. 'waiting', 'XX', now, id)
  redis.call('EXPIRE', prefix .. 'waiting', WAITING_TTL)
  if not is_done and told[2] == 'wait' then return nil end
  if not is_done and told[2] == 'cancel' then
    local dropped = drop(prefix, id)
    redis.call('HSET', key, 'failed:' .. member, '1')
    return dropped
  end
  if redis.call('SCARD', key .. ':open') == 1 then
    let_go(prefix, now, id)
  else
    redis.call('SREM', key .. ':open', member)
  end
end

-- Tell all that wait for what has ended, and all that wait for what is dropped by that.
local function tell_ended(prefix, now, ended)
  local ends, failure = {ended}, nil
  while #ends > 0 do
    local each, met = table.remove(ends), {}
    if each.group ~= '' then met[1] = {each.group, each.member} end
    for _, job in ipairs(each.jobs) do
      local dependents = redis.call('SMEMBERS', prefix .. 'dependents:' .. job)
      for _, id in ipairs(dependents) do met[#met + 1] = {id, job, prefix .. 'dependents:' .. job} end
    end
    for _, pair in ipairs(met) do
      -- One that somebody spoilt must not keep the others from hearing.
      local fine, dropped = pcall(meet, prefix, now, pair[1], pair[2], each.is_done)
      if not fine then failure = dropped elseif dropped then ends[#ends + 1] = dropped end
      if each.is_done and pair[3] then redis.call('DEL', pair[3]) end
    end
  end
  if failure then error(failure) end
end

operations['resque.ended'] = function(prefix, now, outcome, group, member, ...)
  local is_done = outcome == 'done'
  tell_ended(prefix, now, {is_done = is_done, group = group, member = member, jobs = {...}})
end

-- Carry out the command that stands at these places of ARGV; return the error if there is one.
local function carry_out(first, last)
  local operation = operations[ARGV[first]]
  if operation then
    local done, failure = pcall(operation, unpack(ARGV, first + 1, last))
    if done then return nil end
    return type(failure) == 'table' and failure.err or tostring(failure)
  end
  local reply = redis.pcall(unpack(ARGV, first, last))
  if type(reply) == 'table' then return reply.err end
end

-- Write the ending whose number of commands stands at a place of ARGV, unless it is only to be
-- passed over. Returns the place after it. One command that is refused must not keep the others
-- from being written: its error goes to the end of errors.
local function write_ending(at, errors, is_wanted)
  local next_arg = at + 1
  for _ = 1, tonumber(ARGV[at]) do
    local first = next_arg + 1
    next_arg = first + tonumber(ARGV[next_arg])
    if is_wanted then errors[#errors + 1] = carry_out(first, next_arg - 1) end
  end
  return next_arg
end
