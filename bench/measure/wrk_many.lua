-- As wrk.lua, but each request is for another one of the many files, in an order that no cache could
-- have been made for. The requests are made before the run.
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "wrk.lua")

local requests = {}
local at = 0

function init(args)
  local count = tonumber(args[1])
  for i = 0, count - 1 do
    requests[i] = wrk.format("GET", string.format("/many/%d/%d.txt", math.floor(i / 100), i % 100))
  end
end

function request()
  -- A step that has no divisor in common with the number of files comes to each of them.
  at = (at + 7919) % (#requests + 1)
  return requests[at]
end
