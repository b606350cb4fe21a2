-- hunt_group.lua: sip:sales@... rings its members one after the other, the one who waited longest first.
--
-- Who took the last call is kept in the shared dictionary, so all workers take turns together.
-- SPDX-License-Identifier: Apache-2.0

local auth      = require "viaduct.auth"
local log       = require "viaduct.log"
local registrar = require "viaduct.registrar"
local server    = require "viaduct.server"
local shared    = require "viaduct.shared"

local DOMAIN = server.domains[1]
local GROUPS = {
  sales   = { "alice", "bob", "carol" },
  support = { "dave", "erin" },
}
local RING_EACH = 15 -- seconds

local function member_uri(name) return "sip:" .. name .. "@" .. DOMAIN end

local function hunt(req, group, members)
  local first = shared.incr("hunt:" .. group) or 1 -- the next call begins one further
  local answer
  for i = 0, #members - 1 do
    local member = members[(first + i) % #members + 1]
    local contacts = registrar.lookup(member_uri(member))
    if #contacts > 0 then
      answer = req:relay(contacts, { ring_for = RING_EACH })
      if answer.status < 300 then return answer end
      log.info("%s of %s: %d", member, group, answer.status)
    end
  end
  return answer or 480 -- the last one's answer; 480 when nobody was there
end

function on_request(req)
  if req.follows_route then return req:relay() end
  if req.follows_path then return req:relay() end -- among several nodes: another one let it in

  local user, challenge = auth.verify(req)
  if not user then return challenge end
  if req.method == "REGISTER" then return registrar.save(req, user) end
  if req.from.uri.user ~= user or not req.uri:is_local() then return 403 end

  auth.consume(req)
  local members = GROUPS[req.uri.user]
  if members and req.method == "INVITE" then return hunt(req, req.uri.user, members) end
  return req:relay(registrar.lookup(req.uri))
end
