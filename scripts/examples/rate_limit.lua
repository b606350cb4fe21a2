-- rate_limit.lua: an address that sends too much is refused before any work is done for it; all workers count together,
-- and with [module.redis] all nodes.
-- SPDX-License-Identifier: Apache-2.0

local auth      = require "viaduct.auth"
local log       = require "viaduct.log"
local registrar = require "viaduct.registrar"
local shared    = require "viaduct.shared"

local WINDOW   = 10  -- seconds
local MOST     = 50  -- requests of one address in a window
local BAN      = 300 -- seconds a user's guesses are refused
local MOST_BAD = 10  -- wrong passwords of one address in a window

-- True when the address has used up its share of the window.
local function is_above(what, ip, most)
  local count = shared.incr(what .. ":" .. ip, 1, WINDOW)
  return count ~= nil and count > most -- nil: full, or the store is away, which is no reason to refuse anybody
end

local function refuse(req, seconds)
  return req:response(503):header("Retry-After", tostring(seconds))
end

function on_request(req)
  if req.follows_route then return req:relay() end -- calls that stand are left alone
  if req.follows_path then return req:relay() end -- among several nodes: another one let it in

  local ip = req.source.ip
  if shared.get("banned:" .. ip) then return 403 end
  if is_above("requests", ip, MOST) then return refuse(req, WINDOW) end

  local user, challenge = auth.verify(req)
  if not user then
    local tried = req:header("Authorization") or req:header("Proxy-Authorization")
    if tried and is_above("wrong", ip, MOST_BAD) then
      shared.set("banned:" .. ip, true, BAN)
      log.warning("%s is banned for %d seconds: too many wrong passwords", ip, BAN)
      return 403
    end
    return challenge
  end

  if req.method == "REGISTER" then return registrar.save(req, user) end
  if req.from.uri.user ~= user or not req.uri:is_local() then return 403 end
  auth.consume(req)
  return req:relay(registrar.lookup(req.uri))
end
