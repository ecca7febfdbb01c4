-- Begins with ending.lua.
-- Let a claimed job begin, or park it until its limit allows it to, in one atomic step.
-- KEYS  1 worker:<id>
-- ARGV  1 what every key begins with   2 worker id   3 rid of its claim
--       4 name of the limit, or '' for none   5 how many may be at work at once, or 0
--       6 how many may begin in each span, or 0   7 milliseconds of a span
--       8 milliseconds for which to park it whatever the limit allows, or 0
--       9 name of its queue   10 payload to park
--       11 when it was claimed, in microseconds, or 0: those that are parked wait in that order
--       12 number of commands to carry out when it begins, then each as its word count and its words
-- Returns {status, milliseconds}; status is one of
--   admitted  by this or an earlier call whose reply was lost
--   parked    the claim is gone; the job may have its turn after these milliseconds
--   gone      the claim was gone already

-- Of two workers, the one that claimed first need not be the first to get here. So a job goes
-- before those parked lately whose claims came after its own.
local function park(prefix, limit, item, claimed, score)
  local parked, order, later = prefix .. 'parked:' .. limit, prefix .. 'claimed:' .. limit, {}
  while claimed > 0 and #later < AT_ONCE do
    local last = redis.call('LINDEX', parked, -1)
    local at = last and redis.call('ZSCORE', order, redis.sha1hex(last))
    if not at or tonumber(at) <= claimed then break end
    later[#later + 1] = redis.call('RPOP', parked)
  end
  redis.call('RPUSH', parked, item)
  for at = #later, 1, -1 do redis.call('RPUSH', parked, later[at]) end
  if claimed > 0 then
    redis.call('ZREMRANGEBYSCORE', order, '-inf', string.format('%.0f', claimed - LATELY * 1000))
    redis.call('ZADD', order, score, redis.sha1hex(item))
    redis.call('PEXPIRE', order, LATELY)
  end
end

local prefix, rid, limit = ARGV[1], ARGV[3], ARGV[4]
local mark = '{"rid":"' .. rid .. '"'
if redis.call('GETRANGE', KEYS[1], 0, #mark - 1) ~= mark then return {'gone', 0} end

if limit ~= '' then
  local running, rate = prefix .. 'running:' .. limit, prefix .. 'rate:' .. limit
  local parked = prefix .. 'parked:' .. limit
  local most, count, span = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
  local now, wait, payload = now_in_ms(), tonumber(ARGV[8]), ARGV[10]
  local place = place_of(payload)

  -- The types are asked for first: the claim must not go if the job cannot be parked, or would
  -- not be found there.
  redis.call('LLEN', parked)
  redis.call('ZCARD', prefix .. 'parked')
  redis.call('ZCARD', prefix .. 'claimed:' .. limit)
  -- Those who have waited come first.
  if wait == 0 and redis.call('ZSCORE', prefix .. 'parked', limit) then
    let_in(prefix, limit, now)
  end
  local has_place = most > 0
    and (redis.call('HDEL', running, place) == 1 or redis.call('HEXISTS', running, rid) == 1)
  local has_turn = count > 0
    and (redis.call('ZREM', rate, place) == 1 or redis.call('ZSCORE', rate, rid) ~= false)
  if wait == 0 and most > 0 and not has_place then
    wait = wait_for_place(prefix, limit, most, now)
  end
  if wait == 0 and count > 0 and not has_turn then
    wait = wait_for_turn(prefix, limit, count, span, now)
  end
  if wait > 0 then
    -- The first write frees memory, so that the others are allowed even at maxmemory.
    redis.call('DEL', KEYS[1])
    local terms = ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[7] .. ' ' .. #ARGV[9] .. ':'
    local item = terms .. ARGV[9] .. payload
    if has_place or has_turn then
      redis.call('LPUSH', parked, item)
    else
      park(prefix, limit, item, tonumber(ARGV[11]), ARGV[11])
    end
    local known = redis.call('ZSCORE', prefix .. 'parked', limit)
    if not known or tonumber(known) > now + wait then
      redis.call('ZADD', prefix .. 'parked', now + wait, limit)
    end
    return {'parked', wait}
  end
  take_place(prefix, limit, most, count, span, rid, ARGV[2], now)
end

write_ending(12, {}, true)
return {'admitted', 0}
