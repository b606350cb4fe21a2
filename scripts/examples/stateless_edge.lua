-- stateless_edge.lua: an edge that spreads calls over the proxies behind it and remembers nothing.
--
-- forward() keeps no transaction: retransmissions take the same way again, because the way depends on the Call-ID alone.
-- SPDX-License-Identifier: Apache-2.0

local PROXIES = {
  "<sip:proxy1.example.test;lr>",
  "<sip:proxy2.example.test;lr>",
  "<sip:proxy3.example.test;lr>",
}

-- The same number for the same text: FNV-1a.
local function hash(text)
  local h = 0x811c9dc5
  for i = 1, #text do h = ((h ~ text:byte(i)) * 0x01000193) & 0xffffffff end
  return h
end

function on_request(req)
  if req.in_dialog then return req:forward() end -- along the route set

  if req:header("User-Agent") == "friendly-scanner" then return 403 end
  req:set_header("Route", PROXIES[hash(req.call_id) % #PROXIES + 1]) -- the Request-URI stays what it is
  return req:forward()
end
