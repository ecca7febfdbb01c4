-- Find an item of a list by the SHA-1 of its bytes, looking outward from where it was seen.
-- KEYS  1 the list
-- ARGV  1 SHA-1 of the item   2 index at which it was seen   3 most items to look at
--       4 most bytes to look at
-- Returns {index, item}, or nothing if it is not there. A key that is no list is empty.

local total = redis.pcall('LLEN', KEYS[1])
if type(total) == 'table' then
  if not string.find(total.err, 'WRONGTYPE', 1, true) then return total end
  total = 0
end
local hint, most, room = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if hint < 0 or hint >= total then hint = total - 1 end

-- The removal of older ones moves an item towards the head, so that side comes first.
local low, high, size = hint, hint + 1, 1
while most > 0 and room > 0 and (low >= 0 or high < total) do
  for _, side in ipairs({'low', 'high'}) do
    local from = side == 'low' and math.max(0, low - size + 1) or high
    local to = side == 'low' and low or math.min(total, high + size) - 1
    if to >= from then
      local items = redis.call('LRANGE', KEYS[1], from, to)
      -- The nearest first: of two with the same bytes it is the one that was meant.
      for i = 1, #items do
        local offset = side == 'low' and #items - i or i - 1
        local item = items[offset + 1]
        most, room = most - 1, room - #item
        if redis.sha1hex(item) == ARGV[1] then return {from + offset, item} end
        if most <= 0 or room <= 0 then return false end
      end
    end
    if side == 'low' then low = from - 1 else high = to + 1 end
  end
  size = math.min(16, 2 * size)
end
return false
