// call: one call, over JsSIP's RTCSession. Emits "change" whenever any of its public fields did.
//
//   outgoing: calling -> ringing -> talking -> ended        incoming: incoming -> answering -> talking -> ended
//
// Digits go as telephone-events (RFC 4733), or as INFO where the other side takes none.
// SPDX-License-Identifier: Apache-2.0
import { Offers } from './offers.js';
import { call_problem, device_problem } from './problems.js';

const kDigitLength = 160; // milliseconds

export class Call extends EventTarget {
  state;
  problem = ''; // why it ended, or what did not work
  muted = false;
  held = false; // by us
  held_by_peer = false;
  sends_video = false;
  early_media = false; // the network plays its own ringing, or an announcement
  answered_at = 0;
  remote_stream = new MediaStream();
  local_stream = new MediaStream();
  #session;
  #offers;
  #camera = null;
  #asked_to_end = false;

  constructor(session, request) {
    super();
    this.#session = session;
    this.#offers = new Offers(session);
    this.incoming = session.direction === 'incoming';
    this.state = this.incoming ? 'incoming' : 'calling';
    const peer = session.remote_identity;
    this.peer = peer.display_name || peer.uri.user || peer.uri.host;
    this.peer_address = peer.uri.user ? `${peer.uri.user}@${peer.uri.host}` : peer.uri.host;
    this.offers_video = this.incoming && /^m=video [1-9]/m.test(request.body ?? '');
    this.#listen();
  }

  get connection() {
    return this.#session.connection;
  }

  // What was agreed tells it. Chromium leaves a track `muted` for ever, with its picture running, when the other side's offer overtook ours.
  get shows_video() {
    return Boolean(this.connection?.getTransceivers().some(({ currentDirection, receiver }) =>
      receiver.track.kind === 'video' && ['sendrecv', 'recvonly'].includes(currentDirection)));
  }

  answer({ video = false } = {}) {
    if (this.state !== 'incoming') return;
    this.state = 'answering';
    this.#session.answer({ mediaConstraints: { audio: true, video } });
    this.#changed();
  }

  hang_up() {
    if (this.#session.isEnded()) return;
    this.#asked_to_end = true;
    this.#session.terminate(this.state === 'incoming' ? { status_code: 603 } : {});
  }

  set_muted(muted) {
    this.#session[muted ? 'mute' : 'unmute']({ audio: true });
  }

  set_held(held) {
    this.#change((done) => this.#session[held ? 'hold' : 'unhold']({}, done));
  }

  async set_video(on) {
    if (on) await this.#start_camera();
    else this.#stop_camera();
  }

  send_digit(digit) {
    if (this.state !== 'talking') return;
    const sender = this.connection.getSenders().find((one) => one.track?.kind === 'audio');
    const events = sender?.dtmf?.canInsertDTMF;
    this.#session.sendDTMF(digit, { duration: kDigitLength, transportType: events ? 'RFC2833' : 'INFO' });
  }

  // The phone is registered again after its connection broke. An offer shows the other side, and every proxy, the new way to us
  // (RFC 3261 section 12.2, RFC 5626 section 4.3); media may have to find a new way too (RFC 8445 section 2.4).
  recover() {
    if (this.state !== 'talking') return;
    const lost = ['disconnected', 'failed'].includes(this.connection.iceConnectionState);
    this.#change((done) => this.#session.renegotiate(lost ? { rtcOfferConstraints: { iceRestart: true } } : {}, done));
  }

  #listen() {
    const session = this.#session;
    if (session.connection) this.#watch(session.connection);
    else session.on('peerconnection', ({ peerconnection }) => this.#watch(peerconnection));
    session.on('progress', ({ originator, response }) => {
      if (originator !== 'remote') return;
      this.state = 'ringing';
      this.early_media = Boolean(response.body);
      this.#changed();
    });
    session.on('accepted', () => this.#talking());
    session.on('confirmed', () => this.#talking());
    session.on('hold', (event) => this.#hold(event, true));
    session.on('unhold', (event) => this.#hold(event, false));
    session.on('muted', () => this.#update({ muted: true }));
    session.on('unmuted', () => this.#update({ muted: session.isMuted().audio }));
    session.on('ended', (event) => this.#end(event));
    session.on('failed', (event) => this.#end(event));
  }

  #watch(connection) {
    connection.addEventListener('track', ({ track }) => {
      this.remote_stream.addTrack(track);
      this.#changed();
    });
    connection.addEventListener('signalingstatechange', () => this.#changed());
    connection.addEventListener('iceconnectionstatechange', () => this.#heed(connection.iceConnectionState));
  }

  // JsSIP is still inside our own request when the first answer comes, so `talking` may be said twice.
  #talking() {
    if (this.state === 'ended') return;
    this.answered_at ||= Date.now();
    this.#find_camera();
    this.#update({ state: 'talking' });
  }

  #heed(ice) {
    if (this.state !== 'talking') return;
    if (ice === 'failed') this.recover();
    const lost = ice === 'disconnected' || ice === 'failed';
    this.#update({ problem: lost ? 'Nothing is heard from the other side. Waiting for the network.' : '' });
  }

  #hold({ originator }, on) {
    this.#update(originator === 'local' ? { held: on } : { held_by_peer: on });
  }

  #end({ originator, message, cause }) {
    this.#camera?.stop();
    const wanted = this.#asked_to_end || cause === 'Terminated' || (this.incoming && cause === 'Canceled');
    const status = originator === 'remote' ? message?.status_code : 0;
    this.#update({ state: 'ended', sends_video: false, problem: wanted ? '' : call_problem(status, cause) });
  }

  #find_camera() {
    const senders = this.connection.getSenders();
    this.#camera = senders.find((sender) => sender.track?.kind === 'video')?.track ?? null;
    this.#show_camera();
  }

  async #start_camera() {
    if (this.#camera) return;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch (error) {
      this.#update({ problem: device_problem(error, 'camera') });
      return;
    }
    [this.#camera] = stream.getVideoTracks();
    if (this.state !== 'talking') {
      this.#camera.stop();
      return;
    }
    this.connection.addTrack(this.#camera, this.local_stream);
    this.#show_camera();
    this.#change((done) => this.#session.renegotiate({}, done));
  }

  #stop_camera() {
    if (!this.#camera) return;
    const sender = this.connection.getSenders().find(({ track }) => track === this.#camera);
    this.#camera.stop();
    this.#camera = null;
    if (sender) this.connection.removeTrack(sender);
    this.#show_camera();
    this.#change((done) => this.#session.renegotiate({}, done));
  }

  #show_camera() {
    for (const track of this.local_stream.getTracks()) this.local_stream.removeTrack(track);
    if (this.#camera) this.local_stream.addTrack(this.#camera);
    this.#update({ sends_video: Boolean(this.#camera) });
  }

  async #change(start) {
    const accepted = await this.#offers.make(start);
    if (this.state === 'talking') this.#update({ problem: accepted ? '' : 'The change did not reach the other side, or was not accepted.' });
  }

  #update(fields) {
    Object.assign(this, fields);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
