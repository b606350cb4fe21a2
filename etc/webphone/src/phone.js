// phone: one registered user agent, over JsSIP.
//
// Emits "registration" when `registration` or `problem` changed, and "call" with each new call, in or out. One call at a
// time: a second caller hears 486. Registers again by itself after everything but a refusal.
// SPDX-License-Identifier: Apache-2.0
import { UA, version } from 'jssip';

import { Call } from './call.js';
import { Connection } from './connection.js';
import { connection_problem, registration_problem } from './problems.js';

const kRetry = 30; // seconds until REGISTER is tried again, unless the server says how long
const kFinal = new Set([401, 403, 404, 407]); // trying again by ourselves would only lock the account

export class Phone extends EventTarget {
  registration = 'stopped'; // stopped, connecting, registering, registered, refused, offline
  problem = '';
  call = null;
  #agent;
  #connection;
  #was_connected = false;
  #retry = 0;

  constructor({ address, password, name, server }, instance_id) {
    super();
    this.server = server;
    this.#connection = new Connection(server);
    this.#agent = new UA({
      sockets: [this.#connection],
      uri: address,
      password,
      display_name: name || null,
      instance_id,
      register_expires: 600,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 10,
      no_answer_timeout: 120, // the server decides how long a phone rings
      user_agent: `Viaduct webphone (JsSIP ${version})`,
    });
    this.domain = this.#agent.configuration.uri.host;
    this.address = this.#agent.configuration.uri.toString().replace(/^sip:/, '');
    this.#listen();
  }

  start() {
    this.#say('connecting');
    this.#agent.start();
  }

  stop() {
    clearTimeout(this.#retry);
    this.#agent.stop();
    this.#say('stopped');
  }

  // After sleep, or when the network came back.
  check() {
    this.#connection.check();
  }

  // A name alone is a user of our own domain. Throws TypeError when it is no SIP address.
  dial(target, { video = false } = {}) {
    if (this.call) return;
    this.#agent.call(this.normalize(target), { mediaConstraints: { audio: true, video } });
  }

  normalize(target) {
    const address = target.trim().replace(/^sips?:/i, '').replace(/\s+/g, '');
    return `sip:${address.includes('@') ? address : `${address}@${this.domain}`}`;
  }

  #listen() {
    const agent = this.#agent;
    agent.on('connecting', () => this.registration !== 'offline' && this.#say('connecting'));
    agent.on('connected', () => {
      this.#was_connected = true;
      this.#say('registering');
    });
    agent.on('disconnected', () => {
      clearTimeout(this.#retry);
      if (this.registration !== 'stopped') this.#say('offline', connection_problem(this.server, this.#was_connected));
    });
    agent.on('registered', () => {
      this.#say('registered');
      this.call?.recover();
    });
    agent.on('unregistered', ({ cause }) => cause && this.#say('offline', registration_problem(0, cause)));
    agent.on('registrationFailed', ({ response, cause }) => this.#refused(response, cause));
    agent.on('newRTCSession', ({ session, request }) => this.#begin(session, request));
  }

  #refused(response, cause) {
    const status = response?.status_code;
    const final = kFinal.has(status);
    this.#say(final ? 'refused' : 'offline', registration_problem(status, cause));
    if (final) {
      this.#agent.stop(); // and closes the connection
    } else if (this.#agent.isConnected()) {
      const seconds = Number.parseInt(response?.getHeader('Retry-After'), 10) || kRetry;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#agent.register(), seconds * 1000);
    }
  }

  #begin(session, request) {
    if (this.call) {
      session.terminate({ status_code: 486 });
      return;
    }
    const call = new Call(session, request);
    this.call = call;
    call.addEventListener('change', () => {
      if (call.state === 'ended' && this.call === call) this.call = null;
    });
    this.dispatchEvent(new CustomEvent('call', { detail: call }));
  }

  #say(registration, problem = '') {
    if (this.registration === 'refused' && registration === 'offline') return; // the connection we closed ourselves
    this.registration = registration;
    this.problem = problem;
    this.dispatchEvent(new Event('registration'));
  }
}
