-- Read a part of a list: no more items, and hardly more bytes, than asked for.
-- KEYS  1 the list
-- ARGV  1 index to begin at, or -1 for the end   2 most items   3 most bytes
--       4 'up' (towards the tail) or 'down' (towards the head)
-- Returns {length, index of the first item, items}; the first item comes whatever its size.
-- A key that is no list is empty.

local total = redis.pcall('LLEN', KEYS[1])
if type(total) == 'table' then
  if not string.find(total.err, 'WRONGTYPE', 1, true) then return total end
  total = 0
end
local first, most, room = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local up = ARGV[4] == 'up'
if first < 0 or (first >= total and not up) then first = total - 1 end
if first < 0 then first = 0 end
most = math.min(most, up and total - first or math.min(total, first + 1))

-- In pieces, for nothing tells how large items are but reading them. A piece is short, so that
-- the first large ones after many small ones do not come in their hundreds.
local items, largest = {}, 1
while #items < most do
  local piece = math.min(16, most - #items, 2 * #items + 1, math.max(1, math.floor(room / largest)))
  local at = up and first + #items or first - #items - piece + 1
  local read = redis.call('LRANGE', KEYS[1], at, at + piece - 1)
  for i = 1, piece do
    local item = read[up and i or piece - i + 1]
    if #items > 0 and #item > room then return {total, first, items} end
    room, largest = room - #item, math.max(largest, #item)
    items[#items + 1] = item
  end
end
return {total, first, items}
