// app: joins what a person does (view), the phone, its sounds and what is remembered.
// SPDX-License-Identifier: Apache-2.0
import { Phone } from './phone.js';
import { Ringing } from './ringing.js';
import { instance, load_settings, save_settings } from './storage.js';
import { View } from './view.js';

const ringing = new Ringing();
let phone = null;
let call = null; // the last one, ended or not

const view = new View({
  register,
  unregister: () => {
    save_settings({ ...view.settings, remember: false, password: '' });
    view.settings = load_settings();
    phone?.stop();
  },
  call: dial,
  answer: (video) => call?.answer({ video }),
  hang_up: () => call?.hang_up(),
  mute: () => call?.set_muted(!call.muted),
  hold: () => call?.set_held(!call.held),
  video: () => call?.set_video(!call.sends_video),
  digit: (digit) => call?.send_digit(digit),
});

async function register(settings) {
  phone?.stop();
  phone = null;
  view.show_problem('');
  save_settings(settings);
  const id = await instance();
  try {
    phone = new Phone(settings, id);
  } catch {
    view.show_problem('The SIP address or the WebSocket address is not valid. They look like alice@example.org and wss://example.org/ws.');
    return;
  }
  const mine = phone; // an older phone may still say its last words
  phone.addEventListener('registration', () => mine === phone && show_registration());
  phone.addEventListener('call', ({ detail }) => begin(detail));
  phone.start();
}

function show_registration() {
  const idle = view.nothing_in_use; // a person who types somewhere keeps the place
  view.show_phone(phone);
  view.show_problem(phone.problem);
  if (phone.registration === 'registered' && !phone.call && idle) view.focus('target');
}

function dial(target, video) {
  view.show_problem('');
  if (!target.trim()) {
    view.show_problem('Whom do you want to call? Type a name, a number or a SIP address.');
    view.focus('target');
    return;
  }
  if (!navigator.mediaDevices) {
    view.show_problem('Browsers allow the microphone on secure pages only. Open this page with https.');
    return;
  }
  try {
    phone.dial(target, { video });
  } catch {
    view.show_problem(`"${target}" is not an address that can be called. Check it.`);
  }
}

function begin(new_call) {
  call = new_call;
  call.addEventListener('change', show_call);
  show_call();
  view.show_problem('');
  view.focus(call.incoming ? 'answer' : 'hang-up');
}

function show_call() {
  view.show_call(call);
  view.show_phone(phone);
  ring();
  if (call.problem || call.state === 'talking') view.show_problem(call.problem || phone.problem);
  if (call.state !== 'ended') return;
  call.removeEventListener('change', show_call);
  view.show_time(0);
  view.focus('target');
}

function ring() {
  if (call.state === 'incoming') ringing.bell();
  else if (call.state === 'ringing' && !call.early_media) ringing.tone();
  else ringing.stop();
}

for (const event of ['click', 'keydown']) document.addEventListener(event, () => ringing.unlock(), { once: true });
for (const event of ['online', 'pageshow']) window.addEventListener(event, () => phone?.check());
document.addEventListener('visibilitychange', () => document.hidden || phone?.check());
window.addEventListener('pagehide', () => call?.hang_up()); // the other side need not wait for silence
setInterval(() => call?.state === 'talking' && view.show_time(Date.now() - call.answered_at), 500);

const settings = load_settings();
view.settings = settings;
view.show_phone(null);
view.show_call(null);
if (settings.remember && settings.address && settings.password) register(settings);
