-- voicemail.lua: who is busy, does not answer, or is not registered gets voicemail.
--
-- Serial forking is just the next line: relay returns when the phones have decided, and the script goes on.
-- SPDX-License-Identifier: Apache-2.0

local auth      = require "viaduct.auth"
local nat       = require "viaduct.nat"
local registrar = require "viaduct.registrar"

local VOICEMAIL = "sip:voicemail@media.example.test"
local RING_FOR  = 25

local MISSED = { [404] = "unknown", [408] = "no-answer", [480] = "unavailable", [486] = "user-busy", [600] = "user-busy" }

local function to_voicemail(req, why)
  req:add_header("Diversion", ("<%s>;reason=%s"):format(req.uri.address_of_record, why))
  return req:relay(VOICEMAIL)
end

local function ring(req)
  local contacts = registrar.lookup(req.uri)
  if #contacts == 0 then return to_voicemail(req, MISSED[480]) end

  local answer = req:relay(contacts, { ring_for = RING_FOR })
  local why = MISSED[answer.status]
  if why then return to_voicemail(req, why) end
  return answer -- taken (a 2xx is on its way already), or declined
end

function on_request(req)
  nat.fix(req)
  if req.follows_route then return req:relay() end
  if req.follows_path then return req:relay() end -- among several nodes: another one let it in

  local user, challenge = auth.verify(req)
  if not user then return challenge end
  if req.method == "REGISTER" then return registrar.save(req, user) end
  if req.from.uri.user ~= user or not req.uri:is_local() then return 403 end

  auth.consume(req)
  if req.method == "INVITE" then return ring(req) end
  return req:relay(registrar.lookup(req.uri))
end
