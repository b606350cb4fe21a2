---@meta
-- viaduct.lua: the names scripts can use, for the Lua language server. Written by the server: change its sources.
-- SPDX-License-Identifier: Apache-2.0

---@alias viaduct.Targets viaduct.Target|viaduct.Uri|string|(viaduct.Target|viaduct.Uri|string)[]
---@alias viaduct.Result integer|viaduct.Response|viaduct.Answer

-- The script defines this: it is called for every request, and returns the answer.
---@param req viaduct.Request
---@return viaduct.Result? answer
---@return string? reason
function on_request(req) end

-- The script may define this: it is called once on every worker after the script was loaded. It may wait.
function on_start() end

-- The script may define this.
-- A connection ended: its transport, ip, port and connection, as req.flow had them.
---@param connection table
function on_connection_closed(connection) end

-- The script may define this when the configuration has [module.websocket].
-- Called when a WebSocket is to be opened: path, query, host, origin, user_agent, source, secure, fields. False or a status refuses it.
---@param handshake table
---@return boolean|integer?
function on_handshake(handshake) end

-- The request a handler decides about.
---@class viaduct.Request
---@field method string "INVITE", "REGISTER", ...
---@field uri viaduct.Uri The Request-URI. Assign a URI or the text of one to change it.
---@field in_dialog boolean Has a To tag: belongs to a call (or subscription) that stands.
---@field follows_route boolean Belongs to a call that was let in: it came along the Record-Route this server gave that very call.
---@field follows_path boolean Goes to a phone that is connected here: another node sent it, along the Path this server put into the registration.
---@field is_for_proxy boolean The Request-URI is this server itself, without a user.
---@field source viaduct.Source Where it came from: ip, port, transport.
---@field flow viaduct.Flow The connection it came over: TLS, the peer's certificate, the WebSocket handshake.
---@field from viaduct.Address The From header field.
---@field to viaduct.Address The To header field.
---@field call_id string The Call-ID header field.
---@field cseq integer The number in CSeq.
---@field body string "" when there is none.
---@field content_type string Of the body; "" when there is none.
---@field user_agent string? The User-Agent header field.
local Request = {}

-- The first line of that header field; names in any case, short or long.
---@param name string
---@return string?
function Request:header(name) end

-- All values of that header field, in order.
---@param name string
---@return string[]
function Request:headers(name) end

-- Replaces all lines of that header field by one.
---@param name string
---@param value string
function Request:set_header(name, value) end

-- Adds a line.
---@param name string
---@param value string
function Request:add_header(name, value) end

-- Removes all lines; true when there were any.
---@param name string
---@return boolean
function Request:remove_header(name) end

-- Replaces the body; "", "" removes it.
---@param content_type string
---@param body string
function Request:set_body(content_type, body) end

-- Sends the request on and waits for the final response. No targets: to where Request-URI and Route lead.
---@param targets? viaduct.Targets
---@param options? viaduct.RelayOptions
---@return viaduct.Answer
function Request:relay(targets, options) end

-- Sends the request on statelessly and forgets it; what the handler returns after this is ignored.
---@param target? viaduct.Target|viaduct.Uri|string
function Request:forward(target) end

-- Sends a 1xx at once; the handler goes on.
---@param status integer
---@param reason? string
function Request:reply_provisional(status, reason) end

-- Makes a response to add header fields to and return.
---@param status integer
---@param reason? string
---@return viaduct.Response
function Request:response(status, reason) end

-- Is its host a domain of ours ([server] domains, module domain), or an address of this server?
---@param uri viaduct.Uri|string
---@return boolean
function Request:is_local(uri) end

-- What came of a relay; returning it sends it.
---@class viaduct.Answer
---@field status integer Of the best final response (RFC 3261 section 16.7 step 6).
---@field reason string Its reason phrase.
---@field is_local boolean No peer said this: time ran out (408), no way to send (503), no target.
---@field target string The Request-URI of the branch that gave it.
local Answer = {}

-- The first line of that header field.
---@param name string
---@return string?
function Answer:header(name) end

-- All values of that header field, in order.
---@param name string
---@return string[]
function Answer:headers(name) end

-- An answer that is sent when a handler returns it.
---@class viaduct.Response
---@field status integer 200 to 699.
---@field reason string The reason phrase; the standard one unless given.
local Response = {}

-- Adds a header field; returns the response.
---@param name string
---@param value string
---@return viaduct.Response
function Response:header(name, value) end

-- Sets the body; returns the response.
---@param content_type string
---@param body string
---@return viaduct.Response
function Response:set_body(content_type, body) end

-- Keeps no transaction: a repeated request comes to the handler again; returns the response.
---@return viaduct.Response
function Response:statelessly() end

-- A SIP, SIPS or tel URI. Equal (==) as RFC 3261 section 19.1.4 says.
---@class viaduct.Uri
---@field scheme string As written: "sip", "sips", "tel", ...
---@field user string Before the @, without a password; "" when there is none. The number of a tel: URI.
---@field host string As written; IPv6 in brackets.
---@field port integer? nil when there is none.
---@field text string The whole URI; tostring() gives it, too.
---@field address_of_record string Scheme, user and host alone: "sip:alice@example.test".
local Uri = {}

-- The value of a URI parameter, "" for a flag, nil when it is not there.
---@param name string
---@return string?
function Uri:parameter(name) end

-- Is the host a domain of ours ([server] domains, module domain), or an address of this server?
---@return boolean
function Uri:is_local() end

-- A place a request may be sent, with the way there.
---@class viaduct.Target
---@field uri viaduct.Uri Becomes the Request-URI.
---@field q number The preference of the binding, 0 to 1 (RFC 3261 section 20.10).
---@field instance string +sip.instance of the phone, "" when unknown.
---@field received string? Where the phone was seen when it is behind a NAT: "192.0.2.7:5060".
local Target = {}

-- A From or To value.
---@class viaduct.Address
---@field uri viaduct.Uri Without <>.
---@field display_name string Without quotes; "" when there is none.
---@field tag string "" when there is none.
---@field text string The whole value; tostring() gives it, too.
local Address = {}

-- Where a request came from.
---@class viaduct.Source
---@field ip string The address the request came from, as the kernel saw it.
---@field port integer And its port.
---@field transport string "udp", "tcp", "tls", "ws" or "wss".
local Source = {}

-- The connection, or UDP path, a request came over.
---@class viaduct.Flow
---@field transport string "udp", "tcp", "tls", "ws" or "wss".
---@field ip string The peer's address; behind a trusted proxy the one that proxy names.
---@field port integer And its port.
---@field local_ip string The address here that it came to.
---@field local_port integer And its port.
---@field connection string? Names the connection while the server runs; nil for UDP.
---@field secure boolean Over TLS, as far as this server sees.
---@field tls_version string? "TLSv1.3"; nil without TLS.
---@field tls_cipher string? The cipher suite in use.
---@field server_name string? The name the client asked for (SNI).
---@field certificate viaduct.Certificate? The peer's certificate, when it showed one.
---@field path string? Of the WebSocket handshake.
---@field host string? The Host of the WebSocket handshake.
---@field origin string? The Origin of the WebSocket handshake: the site the page came from.
---@field browser string? The User-Agent of the WebSocket handshake.
local Flow = {}

-- What a TLS peer proved to be.
---@class viaduct.Certificate
---@field subject string "CN=sip.example.test"; tostring() gives it, too.
---@field names string[] DNS names and SIP URIs it is for.
---@field fingerprint string SHA-256, hexadecimal.
---@field verified boolean Signed by an authority this server trusts.
---@field not_after integer When it ends, seconds since 1970.
local Certificate = {}

-- How req:relay() goes about it.
---@class viaduct.RelayOptions
---@field ring_for? number Seconds until branches without a final response are cancelled; the answer is then 408.
---@field answer_within? number Seconds by which any response at all must have come.
---@field record_route? boolean Stay in the path of the dialog this makes. Default true.
---@field serial_by_q? boolean Try targets of the highest q first, then the next. Default false: all at once.
---@field stop_at_6xx? boolean A 6xx ends all other branches. Default true.

-- In test files (*_test.lua) only: declares a test, which gets a fresh server.
---@param name string
---@param run fun(t: viaduct.Test)
function test(name, run) end

-- One test with a server of its own.
---@class viaduct.Test
local Test = {}

-- A phone with an address of its own; over "udp" or "tcp".
---@param name string
---@param transport? string
---@return viaduct.test.Phone
function Test:phone(name, transport) end

-- Adds a user to the database.
---@param user string
---@param domain string
---@param password string
function Test:subscriber(user, domain, password) end

-- Turns the clock; everything that falls due on the way happens.
---@param seconds number
function Test:advance(seconds) end

-- From now on this share of datagrams is lost.
---@param share number
function Test:lose(share) end

-- What the server logged so far.
---@return string[]
function Test:log() end

-- Fails when the phone has received that method or status.
---@param phone viaduct.test.Phone
---@param what string|integer
function Test:never(phone, what) end

-- Fails when the condition is false or nil.
---@param condition any
---@param message? string
function Test:expect(condition, message) end

-- Fails, showing both, when they differ.
---@param got any
---@param expected any
function Test:equal(got, expected) end

-- A phone. It answers nothing by itself.
---@class viaduct.test.Phone
---@field name string As given to t:phone().
---@field contact string Its own URI: "sip:bob@198.51.100.7:5060".
local Phone = {}

-- Sends REGISTER; returns the final status, 0 for none.
---@param domain string
---@param password? string
---@param expires? integer
---@return integer
function Phone:register(domain, password, expires) end

-- As register, and the answer must be 200.
---@param domain string
---@param password? string
---@param expires? integer
function Phone:registers(domain, password, expires) end

-- Requests that are challenged are sent again with credentials.
---@param password string
function Phone:set_password(password) end

-- Sends a request outside of a dialog.
---@param method string
---@param uri string
---@param header_fields? table<string, string>
function Phone:sends(method, uri, header_fields) end

-- Sends an INVITE; it becomes the phone's current call.
---@param uri string
---@param header_fields? table<string, string>
function Phone:invite(uri, header_fields) end

-- Answers the newest request it has not answered.
---@param status integer
---@param header_fields? table<string, string>
function Phone:responds(status, header_fields) end

-- Sends a request in its current call.
---@param method string
function Phone:sends_in_dialog(method) end

-- Sends the ACK of a 2xx.
function Phone:acks() end

-- Sends BYE.
function Phone:hangs_up() end

-- Cancels its INVITE.
function Phone:cancels() end

-- Takes the oldest message with that method or status; the test fails without.
---@param what string|integer
---@return viaduct.test.Message
function Phone:receives(what) end

-- Everything it received so far: "100", "INVITE", ...
---@return string[]
function Phone:history() end

-- A message a phone received.
---@class viaduct.test.Message
---@field method string Of a response, the method in its CSeq.
---@field status integer 0 for a request.
---@field reason string The reason phrase of a response.
---@field uri string The Request-URI of a request.
---@field body string "" when there is none.
---@field text string The whole message.
local Message = {}

-- The first line of that header field.
---@param name string
---@return string?
function Message:header(name) end

-- All values of that header field.
---@param name string
---@return string[]
function Message:headers(name) end

-- Log lines with the Call-ID and the script's file:line.
---@class viaduct.log
local log = {}

-- Writes a line at level debug; more arguments go through string.format.
---@param format string
---@param ... any
function log.debug(format, ...) end

-- As debug, at level info.
---@param format string
---@param ... any
function log.info(format, ...) end

-- As debug, at level warning.
---@param format string
---@param ... any
function log.warning(format, ...) end

-- As debug, at level error. The script goes on; error() of Lua ends it.
---@param format string
---@param ... any
function log.error(format, ...) end

-- Facts about the server.
---@class viaduct.server
---@field domains string[] [server] domains, lower case.
---@field version string The server's version.
---@field worker integer This worker's number, from 0.
---@field workers integer How many workers there are.
local server = {}

-- Seconds on a clock that never jumps, for measuring; os.time() is the calendar.
---@return number
function server.now() end

-- Values that all workers share, lost when the server stops; with a module that keeps them elsewhere (redis) those of all nodes.
---@class viaduct.shared
local shared = {}

-- The value, or nil. With a module that keeps values elsewhere (redis), nil and "unavailable" when it is silent; so all of these, and they wait.
---@param key string
---@return boolean|number|string|nil
---@return string?
function shared.get(key) end

-- Writes a value, for `ttl` seconds or until it is deleted. nil and "full" when there is no room.
---@param key string
---@param value boolean|number|string|nil
---@param ttl? number
---@return true?
---@return string?
function shared.set(key, value, ttl) end

-- As set, but only when the key is not there; else nil and "exists".
---@param key string
---@param value boolean|number|string
---@param ttl? number
---@return true?
---@return string?
function shared.add(key, value, ttl) end

-- Adds to a number, 0 when it was not there, and returns the sum. `ttl` counts from the first.
---@param key string
---@param by? integer
---@param ttl? number
---@return integer?
---@return string?
function shared.incr(key, by, ttl) end

-- Removes a value; true when there was one.
---@param key string
---@return boolean?
---@return string?
function shared.delete(key) end

-- How many values there are; of many in another place an estimate.
---@return integer?
---@return string?
function shared.count() end

-- Waiting, and functions that run later.
---@class viaduct.timer
local timer = {}

-- Waits; other requests go on meanwhile.
---@param seconds number
function timer.sleep(seconds) end

-- Runs a function later, outside of any request. A reload of the script ends it.
---@param seconds number
---@param run fun()
function timer.after(seconds, run) end

-- Runs a function again and again, on this worker; set it in on_start.
---@param seconds number
---@param run fun()
function timer.every(seconds, run) end

-- URIs from text.
---@class viaduct.uri
local uri = {}

-- A URI from its text; nil and what is wrong otherwise.
---@param text string
---@return viaduct.Uri?
---@return string?
function uri.parse(text) end

-- Of module address: there when the configuration has [module.address].
---@class viaduct.address
local address = {}

-- Whether the request came from an address of that group (1), and the tag of the row that says so.
---@param request viaduct.Request
---@param group? integer
---@return boolean
---@return string?
function address.allowed(request, group) end

-- Of module alias_db: there when the configuration has [module.alias_db].
---@class viaduct.alias_db
local alias_db = {}

-- Whose alias the URI is; nil when it is none; nil and a 503 when the database is silent. Waits for it.
---@param uri viaduct.Uri|string
---@return viaduct.Uri?
---@return viaduct.Response?
function alias_db.lookup(uri) end

-- Of module auth: there when the configuration has [module.auth].
---@class viaduct.auth
local auth = {}

-- The user whose credentials the request carries; or nil and the challenge to return. Waits for the database.
---@param request viaduct.Request
---@param realm? string
---@return string?
---@return viaduct.Response?
function auth.verify(request, realm) end

-- The 401 (REGISTER) or 407 that asks for credentials.
---@param request viaduct.Request
---@param realm? string
---@return viaduct.Response
function auth.challenge(request, realm) end

-- Removes the credentials for our realm before the request is relayed; true when there were any.
---@param request viaduct.Request
---@param realm? string
---@return boolean
function auth.consume(request, realm) end

-- Of module dialog: there when the configuration has [module.dialog].
---@class viaduct.dialog
local dialog = {}

-- Counts the call that this INVITE begins until it ends, under a name if there is one. False, and not counted, when that many calls have the name already, or far too many calls are up.
---@param request viaduct.Request
---@param profile? string
---@param most? integer
---@return boolean
function dialog.follow(request, profile, most) end

-- Calls that are up or ring, of that name or all that are followed.
---@param profile? string
---@return integer
function dialog.count(profile) end

-- Of module dispatcher: there when the configuration has [module.dispatcher].
---@class viaduct.dispatcher
local dispatcher = {}

-- The destinations of that set that take calls, in the order to try them; their q falls. Options: algorithm (priority, round_robin, weight, random, hash_call_id, hash_from, hash_to, hash_request_user, hash), key, as_route, limit.
---@param request viaduct.Request
---@param set integer
---@param options? table
---@return viaduct.Target[]
function dispatcher.targets(request, set, options) end

-- A call to that target of the set got no answer: counts as a failed probe of the destination.
---@param set integer
---@param target viaduct.Target|viaduct.Uri|string
function dispatcher.failed(set, target) end

-- Whether the request came from the IP address of a destination of that set, or of any; and its attributes.
---@param request viaduct.Request
---@param set? integer
---@return boolean
---@return string?
function dispatcher.is_from(request, set) end

-- Of module domain: there when the configuration has [module.domain].
---@class viaduct.domain
local domain = {}

-- Whether the URI's host is a domain of the table; uri:is_local() knows those of the configuration file and our addresses, too.
---@param uri viaduct.Uri|string
---@return boolean
function domain.is_local(uri) end

-- Of module example: there when the configuration has [module.example].
---@class viaduct.example
local example = {}

-- Whether the request's User-Agent is none of the unwanted.
---@param request viaduct.Request
---@return boolean
function example.is_welcome(request) end

-- Of module group: there when the configuration has [module.group].
---@class viaduct.group
local group = {}

-- Whether the user is a member of the group; nil and a 503 when the database is silent. Waits for it.
---@param user viaduct.Uri|string
---@param group string
---@return boolean?
---@return viaduct.Response?
function group.has(user, group) end

-- Of module media: there when the configuration has [module.media].
---@class viaduct.media
local media = {}

-- Lets a browser and a phone hear each other: decides for each branch of the INVITE whether a relay is needed, and covers the whole call. Options: always, caller, callee, flags.
---@param request viaduct.Request
---@param options? table
function media.bridge(request, options) end

-- Of module nat: there when the configuration has [module.nat].
---@class viaduct.nat
local nat = {}

-- Whether Contact or Via of the request disagree with where it came from.
---@param request viaduct.Request
---@return boolean
function nat.is_behind_nat(request) end

-- Puts the source address into the request's Contact when its sender is behind a translator, and likewise into its responses'. True when the request was changed.
---@param request viaduct.Request
---@return boolean
function nat.fix(request) end

-- Of module options: there when the configuration has [module.options].
---@class viaduct.options
local options = {}

-- The 200 for an OPTIONS sent to the proxy itself; nil for anything else.
---@param request viaduct.Request
---@return viaduct.Response?
function options.answer(request) end

-- Of module registrar: there when the configuration has [module.registrar].
---@class viaduct.registrar
local registrar = {}

-- Registers the contacts of a REGISTER and makes the answer; `user` is who authenticated, and without it the script vouches for the request.
---@param req viaduct.Request
---@param user? string
---@return viaduct.Response
function registrar.save(req, user) end

-- Where the user can be reached now, best first; empty when nowhere.
---@param uri viaduct.Uri|string
---@return viaduct.Target[]
function registrar.lookup(uri) end

-- Whether all bindings of the database are in memory: false for a while after the start.
---@return boolean
function registrar.is_loaded() end

-- How many bindings there are in all.
---@return integer
function registrar.count() end

---@overload fun(name: "viaduct.log"): viaduct.log
---@overload fun(name: "viaduct.server"): viaduct.server
---@overload fun(name: "viaduct.shared"): viaduct.shared
---@overload fun(name: "viaduct.timer"): viaduct.timer
---@overload fun(name: "viaduct.uri"): viaduct.uri
---@overload fun(name: "viaduct.address"): viaduct.address
---@overload fun(name: "viaduct.alias_db"): viaduct.alias_db
---@overload fun(name: "viaduct.auth"): viaduct.auth
---@overload fun(name: "viaduct.dialog"): viaduct.dialog
---@overload fun(name: "viaduct.dispatcher"): viaduct.dispatcher
---@overload fun(name: "viaduct.domain"): viaduct.domain
---@overload fun(name: "viaduct.example"): viaduct.example
---@overload fun(name: "viaduct.group"): viaduct.group
---@overload fun(name: "viaduct.media"): viaduct.media
---@overload fun(name: "viaduct.nat"): viaduct.nat
---@overload fun(name: "viaduct.options"): viaduct.options
---@overload fun(name: "viaduct.registrar"): viaduct.registrar
---@param name string
---@return any
function require(name) end
