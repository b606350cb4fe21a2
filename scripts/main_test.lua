-- main_test.lua: what main.lua promises. Run with: viaduct --config etc/viaduct.toml test scripts
-- SPDX-License-Identifier: Apache-2.0

local DOMAIN = "example.test"

-- A phone whose user exists and who has registered.
local function registered(t, name)
  local phone = t:phone(name)
  t:subscriber(name, DOMAIN, "secret")
  phone:set_password("secret")
  phone:registers(DOMAIN, "secret")
  return phone
end

local function uri(name) return "sip:" .. name .. "@" .. DOMAIN end

test("a registered phone calls another, and hangs up", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob")
  bob:receives("INVITE")
  bob:responds(180)
  alice:receives(180)
  bob:responds(200)
  alice:receives(200)
  alice:acks()
  bob:receives("ACK")
  alice:hangs_up()
  bob:receives("BYE")
  bob:responds(200)
  alice:receives(200)
end)

test("a busy phone's answer reaches the caller", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob")
  bob:receives("INVITE")
  bob:responds(486)
  alice:receives(486)
  bob:receives("ACK")
end)

test("a call that nobody takes ends after a minute", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob")
  bob:receives("INVITE")
  bob:responds(180)
  t:advance(59)
  t:never(alice, 408)
  t:advance(2)
  bob:receives("CANCEL")
end)

test("a caller who gives up stops the ringing", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob")
  bob:receives("INVITE")
  bob:responds(180)
  alice:receives(180)
  alice:cancels()
  bob:receives("CANCEL")
end)

test("a user who is not registered is 404", function(t)
  local alice = registered(t, "alice")
  alice:invite(uri "nobody")
  alice:receives(404)
end)

test("a wrong password does not register", function(t)
  t:subscriber("alice", DOMAIN, "secret")
  local alice = t:phone("alice")
  local status = alice:register(DOMAIN, "guess")
  t:expect(status == 401 or status == 403, "registered with " .. status)
end)

test("a caller without a password is challenged and reaches nobody", function(t)
  local bob, mallory = registered(t, "bob"), t:phone("mallory")
  mallory:invite(uri "bob")
  mallory:receives(407)
  t:never(bob, "INVITE")
end)

test("nobody calls in somebody else's name", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob", { From = "<sip:carol@" .. DOMAIN .. ">;tag=1" })
  alice:receives(403)
  t:never(bob, "INVITE")
end)

test("calls to other domains are refused", function(t)
  local alice = registered(t, "alice")
  alice:invite("sip:bob@elsewhere.test")
  alice:receives(403)
end)

test("credentials are not passed on", function(t)
  local alice, bob = registered(t, "alice"), registered(t, "bob")
  alice:invite(uri "bob")
  local invite = bob:receives("INVITE")
  t:expect(not invite:header("Proxy-Authorization"), "Proxy-Authorization reached bob")
end)
