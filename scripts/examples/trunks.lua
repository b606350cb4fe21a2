-- trunks.lua: calls to telephone numbers leave through the carrier's gateways, and calls from these come in.
--
-- Set 1 of table dispatcher holds the gateways: viactl dispatcher add 1 sip:192.0.2.7 0 0 weight=70
-- They are probed; who is silent gets no calls. A call whose gateway turns out dead goes on through the next.
-- SPDX-License-Identifier: Apache-2.0

local auth       = require "viaduct.auth"
local dispatcher = require "viaduct.dispatcher"
local log        = require "viaduct.log"
local registrar  = require "viaduct.registrar"

local GATEWAYS     = 1
local ANSWER_FIRST = 3 -- seconds until a gateway must have said anything, 100 Trying at least

-- It said nothing, or that it cannot serve now: another may. All else is an answer, "busy" too.
local function try_another(answer) return answer.status == 408 or answer.status >= 500 and answer.status < 600 end

local function call_out(req)
  local answer = 503
  for _, gateway in ipairs(dispatcher.targets(req, GATEWAYS, { algorithm = "weight" })) do
    answer = req:relay(gateway, { answer_within = ANSWER_FIRST })
    if answer.is_local then dispatcher.failed(GATEWAYS, gateway) end
    if not try_another(answer) then break end
    log.warning("%s: %d", gateway, answer.status)
  end
  return answer
end

function on_request(req)
  if req.follows_route then return req:relay() end

  if not dispatcher.is_from(req, GATEWAYS) then
    local user, challenge = auth.verify(req)
    if not user then return challenge end
    if req.method == "REGISTER" then return registrar.save(req, user) end
    auth.consume(req)
    if req.uri.user:match("^%+%d+$") then return call_out(req) end
  end
  if not req.uri:is_local() then return 403 end
  return req:relay(registrar.lookup(req.uri))
end
