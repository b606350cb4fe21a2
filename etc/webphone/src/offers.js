// offers: changes of a running session (RFC 3261 section 14, RFC 3264 section 8), one at a time.
//
// An offer that meets the other side's (491) or is refused leaves the call as it was; it is made again after the random wait
// of RFC 3261 section 14.1, twice at most. JsSIP would end the call for it, and answers an offer that it refused with 491
// all the same: both are kept from it here. A 200 that the other side sends again (RFC 3261 section 13.3.1.4: after T1, 500 ms;
// SIP.js then even though the ACK came) JsSIP acknowledges with the newest CSeq, be that offer answered or not: the next offer
// waits that long.
// SPDX-License-Identifier: Apache-2.0
const kTries = 3;
const kBusy = 200; // milliseconds until we look again whether the dialog is free
const kApart = 600; // milliseconds from one offer's end to the next
// JsSIP's words as it ends the call for an offer's sake; the last when the connection broke under way.
const kRefusals = new Set(['Hold Failed', 'Unhold Failed', 'Media Renegotiation Failed', 'Connection Error']);

export class Offers {
  #session;
  #end = null; // of the offer under way: called with whether it was accepted
  #last = Promise.resolve();

  constructor(session) {
    this.#session = session;
    const terminate = session.terminate.bind(session);
    session.terminate = (options = {}) => {
      if (this.#end && kRefusals.has(options.reason_phrase)) this.#end(false);
      else terminate(options);
    };
    session.on('reinvite', ({ reject }) => this.#end && reject({ status_code: 491 }));
    for (const event of ['ended', 'failed']) session.on(event, () => this.#end?.(false));
  }

  // Makes the offer after those before it. `start(done)` is hold, unhold or renegotiate of the session, and false while it may
  // not. Resolves to whether the other side accepted.
  make(start) {
    const made = this.#last.then(() => this.#make(start));
    this.#last = made.then(() => pause(kApart));
    return made;
  }

  async #make(start) {
    for (let tries = 1; !this.#session.isEnded(); tries += 1) {
      await this.#until_free();
      // Hold is JsSIP's own state, set by its first try; what follows only says it again.
      if (await this.#offer(tries === 1 ? start : (done) => this.#session.renegotiate({}, done))) return true;
      await this.#roll_back();
      if (tries === kTries) return false;
      await pause(this.#random_wait());
    }
    return false;
  }

  #offer(start) {
    return new Promise((resolve) => {
      this.#end = (accepted) => {
        this.#end = null;
        resolve(accepted);
      };
      if (!start(() => this.#end?.(true))) this.#end?.(false);
    });
  }

  async #until_free() {
    while (!this.#session.isEnded() && !this.#session.isReadyToReOffer()) await pause(kBusy);
  }

  async #roll_back() {
    if (this.#session.isEnded() || this.#session.connection.signalingState !== 'have-local-offer') return;
    await this.#session.connection.setLocalDescription({ type: 'rollback' });
  }

  // RFC 3261 section 14.1: who made the Call-ID waits longer, so the two do not meet again.
  #random_wait() {
    return this.#session.direction === 'outgoing' ? 2100 + Math.random() * 1900 : Math.random() * 2000;
  }
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
