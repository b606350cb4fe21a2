// view: the page's elements. Shows a phone and its call; tells what a person does through `on`.
//
// It keeps no state of its own but what is typed. What changes is said once in a live region, so a screen reader follows
// the call without looking for it.
// SPDX-License-Identifier: Apache-2.0
const kRegistration = {
  stopped: 'Not registered',
  connecting: 'Connecting …',
  registering: 'Registering …',
  registered: 'Registered',
  refused: 'Not registered',
  offline: 'Not registered',
};

const kCall = {
  calling: 'Calling …',
  ringing: 'Ringing …',
  incoming: 'Incoming call',
  answering: 'Answering …',
  talking: 'In a call',
  ended: 'Call ended',
};

const kDigits = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'],
  ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'],
  ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'],
  ['*', ''], ['0', '+'], ['#', ''],
];

const by_id = (id) => document.getElementById(id);
const set_text = (id, text) => by_id(id).textContent !== text && (by_id(id).textContent = text);
const show = (id, shown) => (by_id(id).hidden = !shown);

export class View {
  #on;
  #sent = '';

  // on: register(settings), unregister(), call(target, video), answer(video), hang_up(), mute(), hold(), video(), digit(digit)
  constructor(on) {
    this.#on = on;
    this.#make_keypad();
    by_id('account').addEventListener('submit', (event) => {
      event.preventDefault();
      on.register(this.settings);
    });
    by_id('dial').addEventListener('submit', (event) => {
      event.preventDefault();
      on.call(by_id('target').value, event.submitter?.id === 'call-with-video');
    });
    const buttons = {
      'unregister': on.unregister, 'answer': () => on.answer(false), 'answer-with-video': () => on.answer(true),
      'decline': on.hang_up, 'hang-up': on.hang_up, 'mute': on.mute, 'hold': on.hold, 'video': on.video,
    };
    for (const [id, action] of Object.entries(buttons)) by_id(id).addEventListener('click', () => action());
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  get settings() {
    const value = (id) => by_id(id).value.trim();
    return {
      address: value('address'),
      password: by_id('password').value,
      name: value('name'),
      server: value('server'),
      remember: by_id('remember').checked,
    };
  }

  set settings(settings) {
    for (const id of ['address', 'password', 'name', 'server']) by_id(id).value = settings[id] ?? '';
    by_id('remember').checked = settings.remember;
  }

  show_phone(phone) {
    const registration = phone?.registration ?? 'stopped';
    const registered = registration === 'registered';
    document.body.dataset.registration = registration;
    set_text('registration', registered ? `Registered as ${phone.address}` : kRegistration[registration]);
    show('account', !registered && !phone?.call);
    show('unregister', registered && !phone.call);
    show('dial', registered && !phone.call);
    show('keypad', (registered && !phone.call) || phone?.call?.state === 'talking');
    by_id('submit-account').disabled = ['connecting', 'registering'].includes(registration);
  }

  // Says it to everybody, and keeps it until something else is said.
  show_problem(text) {
    set_text('problem', text);
    show('problem', text !== '');
  }

  show_call(call) {
    const live = call && call.state !== 'ended';
    show('call', live);
    document.body.dataset.call = live ? call.state : 'none';
    this.#announce(call);
    this.#play(live ? call : null);
    document.title = live ? `${kCall[call.state].replace(' …', '')}: ${call.peer}` : 'Web phone';
    if (!live) {
      this.#show_digits('');
      return;
    }
    set_text('peer', call.peer);
    set_text('peer-address', call.peer_address);
    const talking = call.state === 'talking';
    const incoming = call.state === 'incoming';
    for (const id of ['answer', 'decline']) show(id, incoming);
    show('answer-with-video', incoming && call.offers_video);
    show('hang-up', !incoming);
    for (const [id, on] of [['mute', call.muted], ['hold', call.held], ['video', call.sends_video]]) {
      show(id, talking);
      by_id(id).setAttribute('aria-pressed', String(on));
    }
  }

  show_time(milliseconds) {
    const seconds = Math.floor(milliseconds / 1000);
    const two = (number) => String(number).padStart(2, '0');
    set_text('time', milliseconds ? `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}` : '');
  }

  get nothing_in_use() {
    return document.activeElement === document.body || by_id('account').contains(document.activeElement);
  }

  // The first thing a person would want to touch now.
  focus(id) {
    by_id(id).focus();
  }

  #announce(call) {
    if (!call) return set_text('call-state', '');
    const details = [kCall[call.state]];
    if (call.state === 'talking' && call.held) details[0] = 'On hold';
    else if (call.state === 'talking' && call.held_by_peer) details[0] = 'The other side holds the call';
    if (call.state === 'talking' && call.muted) details.push('microphone off');
    if (call.state === 'incoming') details[0] = call.offers_video ? 'Incoming video call' : 'Incoming call';
    set_text('call-state', details.join(', '));
  }

  #play(call) {
    const attach = (id, stream) => by_id(id).srcObject !== stream && (by_id(id).srcObject = stream);
    attach('remote-sound', call?.remote_stream ?? null);
    attach('remote-video', call?.shows_video ? call.remote_stream : null);
    attach('local-video', call?.sends_video ? call.local_stream : null);
    show('remote-video', Boolean(call?.shows_video));
    show('local-video', Boolean(call?.sends_video));
    show('videos', Boolean(call?.shows_video || call?.sends_video));
  }

  #make_keypad() {
    const keypad = by_id('keypad');
    for (const [digit, letters] of kDigits) {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.digit = digit;
      button.append(digit);
      const small = document.createElement('small');
      small.textContent = letters;
      small.setAttribute('aria-hidden', 'true');
      button.append(small);
      button.addEventListener('click', () => this.#digit(digit));
      keypad.append(button);
    }
  }

  #digit(digit) {
    if (!by_id('dial').hidden) {
      by_id('target').value += digit;
      return;
    }
    this.#on.digit(digit);
    this.#show_digits(this.#sent + digit);
  }

  #show_digits(digits) {
    this.#sent = digits.slice(-24);
    set_text('digits', this.#sent);
    show('digits', this.#sent !== '');
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
    if (!/^[0-9*#]$/.test(event.key) || document.body.dataset.call !== 'talking') return;
    event.preventDefault();
    const button = by_id('keypad').querySelector(`[data-digit="${event.key}"]`);
    button.classList.add('pressed');
    setTimeout(() => button.classList.remove('pressed'), 150);
    this.#digit(event.key);
  }
}
