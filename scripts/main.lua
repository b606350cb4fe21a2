-- main.lua: how this proxy answers each request.
--
-- A handler returns the final answer: a status code, or a response. Whatever has to wait
-- (the database, DNS, a ringing phone) just takes longer; other calls go on meanwhile.
-- Try a change with `viaduct check` and `viaduct test`, then put it in force with `viactl reload`.
-- SPDX-License-Identifier: Apache-2.0

local auth      = require "viaduct.auth"
local media     = require "viaduct.media"
local nat       = require "viaduct.nat"
local options   = require "viaduct.options"
local registrar = require "viaduct.registrar"

local RING_FOR = 60 -- seconds until a call that nobody takes ends with 408

-- A call, or anything else, to one of our users.
local function reach(req)
  local contacts = registrar.lookup(req.uri)
  if #contacts == 0 then return 404 end -- unknown, or not registered: strangers need not learn which
  if req.method ~= "INVITE" then return req:relay(contacts) end
  media.bridge(req) -- a browser and a plain phone hear each other, until one of them hangs up
  return req:relay(contacts, { ring_for = RING_FOR }) -- all phones of the user at once; the first to answer has the call
end

function on_request(req)
  nat.fix(req)                                 -- the Contact of a phone behind a NAT becomes where it was seen
  if req.follows_route then return req:relay() end -- within a call that was let in, RFC 3261 section 16.4
  if req.follows_path then return req:relay() end  -- another node let it in; the phone is connected here

  local answer = options.answer(req)           -- somebody asks whether we are alive
  if answer then return answer end

  local user, challenge = auth.verify(req)     -- waits for the database
  if not user then return challenge end        -- this line sends the 401 or 407

  if req.method == "REGISTER" then return registrar.save(req, user) end
  if req.from.uri.user ~= user then return 403, "From Is Somebody Else" end

  auth.consume(req)                            -- the credentials are ours: the next hop does not get them
  if not req.uri:is_local() then return 403 end -- we relay for our own users, to our own users
  return reach(req)
end
