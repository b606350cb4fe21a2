// A bare phone over SIP.js, for tests: window.phone does what a person would, and says what happened.
//
// Registers with an instance and reg-id 1 (RFC 5626), so a reload replaces its binding. `registration` and `call` are the
// library's own state names; `refused` is the last final status that was no success, `transferred` what the last NOTIFY of a
// REFER brought. Asked to call somebody else (RFC 3515) it does, and ends the call it was asked in when that one is answered.
// SPDX-License-Identifier: Apache-2.0
import { Inviter, Registerer, RegistererState, SessionState, SIPExtension, UserAgent } from 'sip.js';

const kInstance = '8a7ed6d1-25ba-4b3f-9a3b-5ac2c3b2d7f1';

class BarePhone {
  registration = 'Initial';
  call = 'none';
  refused = 0;
  problem = '';
  transferred = '';
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
      sipExtension100rel: SIPExtension.Supported,
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

  async dial(user, { video = false, offer = true } = {}) {
    const inviter = new Inviter(this.#agent, this.#uri(user), { ...this.#media(video), earlyMedia: true, inviteWithoutSdp: !offer });
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

  transfer(user) {
    return this.#session.refer(this.#uri(user), {
      onNotify: (notification) => {
        this.transferred = notification.request.body;
        notification.accept();
      },
    });
  }

  digit(digit) {
    this.connection.getSenders().find(({ track }) => track?.kind === 'audio').dtmf.insertDTMF(digit, 200);
  }

  hold(hold) {
    for (const { track } of this.connection.getSenders()) if (track) track.enabled = !hold;
    return this.#offer({ hold });
  }

  restart_ice() {
    return this.#offer({ offerOptions: { iceRestart: true } });
  }

  #offer(options) {
    this.#session.sessionDescriptionHandlerOptionsReInvite = options;
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

  #uri(user) {
    return UserAgent.makeURI(`sip:${user}@${this.domain}`);
  }

  // The newest call is the one that counts.
  #follow(session) {
    this.#session = session;
    this.call = session instanceof Inviter ? 'Initial' : 'Ringing';
    session.stateChange.addListener((state) => session === this.#session && (this.call = state));
    session.delegate = {
      onSessionDescriptionHandler: ({ remoteMediaStream }) => this.#hear(remoteMediaStream),
      onRefer: (referral) => this.#go_to(session, referral),
    };
  }

  #go_to(former, referral) {
    referral.accept();
    const inviter = referral.makeInviter(this.#media(false));
    this.#follow(inviter);
    inviter.stateChange.addListener((state) => state === SessionState.Established && former.bye());
    inviter.invite();
  }

  #hear(stream) {
    this.remote_stream = stream;
    document.getElementById('remote-sound').srcObject = stream;
    document.getElementById('remote-video').srcObject = stream;
  }
}

window.phone = new BarePhone();
