// connection: the WebSocket to the proxy (RFC 7118), in the shape JsSIP asks of a socket.
//
// It ends a handshake that hangs, and finds a dead connection: it sends the keep-alive of RFC 5626 section 4.4.1 (double
// CRLF) and, once the proxy has answered one, takes silence for the end. Connecting again is the library's part.
// SPDX-License-Identifier: Apache-2.0
const kHandshake = 10_000; // milliseconds
const kPingEvery = 25_000;
const kPongWithin = 10_000; // RFC 5626 section 4.4.1
const kPing = '\r\n\r\n';
const kPong = '\r\n';

export class Connection {
  #socket = null;
  #handshake = 0;
  #pinging = 0;
  #pong = 0;
  #answers_pings = false;

  // The library fills these in.
  onconnect() {}
  ondisconnect() {}
  ondata() {}

  constructor(url) {
    const { protocol, host } = new URL(url);
    this.url = url;
    this.via_transport = protocol === 'wss:' ? 'WSS' : 'WS'; // RFC 7118 section 5.1
    this.sip_uri = `sip:${host};transport=ws`;
  }

  connect() {
    this.disconnect();
    const socket = new WebSocket(this.url, 'sip');
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ wasClean, code, reason }) => this.#closed(!wasClean, code, reason);
    this.#handshake = setTimeout(() => this.#closed(true, 1006, 'no answer'), kHandshake);
  }

  disconnect() {
    this.#stop_timers();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(message);
    return true;
  }

  // Asks now whether the other end still hears us: the network changed, or the device woke up.
  check() {
    if (!this.send(kPing) || !this.#answers_pings) return;
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#closed(true, 1006, 'keep-alive unanswered'), kPongWithin);
  }

  #opened() {
    clearTimeout(this.#handshake);
    this.#pinging = setInterval(() => this.check(), kPingEvery);
    this.onconnect();
    this.check();
  }

  #received(data) {
    clearTimeout(this.#pong); // whatever comes is a sign of life
    if (data === kPong) this.#answers_pings = true;
    else this.ondata(data);
  }

  #closed(error, code, reason) {
    this.disconnect();
    this.ondisconnect(error, code, reason);
  }

  #stop_timers() {
    clearTimeout(this.#handshake);
    clearTimeout(this.#pong);
    clearInterval(this.#pinging);
  }
}
