// A bare phone over SIP.js, for tests: window.phone does what a person would, and says what happened.
//
// Registers with an instance and reg-id 1 (RFC 5626), so a reload replaces its binding. `registration` and `call` are the
// library's own state names; `refused` is the last final status that was no success.
// SPDX-License-Identifier: Apache-2.0
import { Inviter, Registerer, RegistererState, SessionState, UserAgent } from 'sip.js';

const kInstance = '8a7ed6d1-25ba-4b3f-9a3b-5ac2c3b2d7f1';

class BarePhone {
  registration = 'Initial';
  call = 'none';
  refused = 0;
  problem = '';
  remote_stream = new MediaStream();
  #agent;
  #session;

  async register({ address, password, server }) {
    this.domain = address.split('@')[1];
    this.#agent = new UserAgent({
      uri: UserAgent.makeURI(`sip:${address}`),
      authorizationUsername: address.split('@')[0],
      authorizationPassword: password,
      transportOptions: { server },
      instanceId: kInstance,
      instanceIdAlwaysAdded: true,
      logBuiltinEnabled: false,
      delegate: { onInvite: (invitation) => this.#follow(invitation) },
    });
    await this.#agent.start();
    const registerer = new Registerer(this.#agent, { regId: 1, instanceId: kInstance, expires: 600 });
    registerer.stateChange.addListener((state) => (this.registration = state));
    await registerer.register({ requestDelegate: { onReject: ({ message }) => (this.refused = message.statusCode) } });
    window.addEventListener('pagehide', () => this.#agent.transport.disconnect());
    return RegistererState.Registered;
  }

  async dial(user, { video = false } = {}) {
    const inviter = new Inviter(this.#agent, UserAgent.makeURI(`sip:${user}@${this.domain}`), this.#media(video));
    this.#follow(inviter);
    await inviter.invite({ requestDelegate: { onReject: ({ message }) => (this.refused = message.statusCode) } });
  }

  answer({ video = false } = {}) {
    return this.#session.accept(this.#media(video));
  }

  decline() {
    return this.#session.reject({ statusCode: 603 });
  }

  hang_up() {
    return this.#session.state === SessionState.Established ? this.#session.bye() : this.#session.cancel();
  }

  hold(hold) {
    for (const { track } of this.connection.getSenders()) if (track) track.enabled = !hold;
    this.#session.sessionDescriptionHandlerOptionsReInvite = { hold };
    // Done when the other side has answered: until then SIP.js takes no other change.
    return new Promise((resolve, reject) => {
      this.#session
        .invite({ requestDelegate: { onAccept: resolve, onReject: ({ message }) => reject(new Error(`re-INVITE: ${message.statusCode}`)) } })
        .catch(reject);
    });
  }

  get connection() {
    return this.#session?.sessionDescriptionHandler?.peerConnection;
  }

  #media(video) {
    return { sessionDescriptionHandlerOptions: { constraints: { audio: true, video } } };
  }

  #follow(session) {
    this.#session = session;
    this.call = session instanceof Inviter ? 'Initial' : 'Ringing';
    session.stateChange.addListener((state) => {
      this.call = state;
      if (state === SessionState.Established) this.#hear();
    });
  }

  #hear() {
    const { remoteMediaStream } = this.#session.sessionDescriptionHandler;
    this.remote_stream = remoteMediaStream;
    document.getElementById('remote-sound').srcObject = remoteMediaStream;
    document.getElementById('remote-video').srcObject = remoteMediaStream;
  }
}

window.phone = new BarePhone();
