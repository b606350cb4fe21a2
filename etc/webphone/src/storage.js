// storage: what this browser remembers between visits, and who this tab is to the registrar (RFC 5626 section 4.1).
//
// The password is kept only when asked for. The instance belongs to the tab and survives its reloads, so a reload replaces
// its binding; a duplicated tab is another phone and gets an instance of its own.
// SPDX-License-Identifier: Apache-2.0
const kSettings = 'viaduct.webphone.settings';
const kInstance = 'viaduct.webphone.instance';

export function default_server() {
  return `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/ws`;
}

export function load_settings() {
  const empty = { address: '', password: '', name: '', server: default_server(), remember: false };
  try {
    return { ...empty, ...JSON.parse(localStorage.getItem(kSettings)) };
  } catch {
    return empty; // storage is off, or holds something else
  }
}

export function save_settings(settings) {
  const kept = settings.remember ? settings : { ...settings, password: undefined };
  try {
    localStorage.setItem(kSettings, JSON.stringify(kept));
  } catch {
    // Private windows may refuse: the phone works without.
  }
}

export async function instance() {
  let id = read_instance();
  if (!id || !(await claim(id))) {
    id = new_uuid();
    await claim(id);
    write_instance(id);
  }
  return id;
}

function read_instance() {
  try {
    return sessionStorage.getItem(kInstance);
  } catch {
    return null;
  }
}

function write_instance(id) {
  try {
    sessionStorage.setItem(kInstance, id);
  } catch {
    // A new instance per visit, then.
  }
}

// RFC 4122 section 4.4. crypto.randomUUID is missing on pages without TLS.
function new_uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// False when another tab holds this instance. A page being reloaded gives its own back a moment late, hence the wait.
function claim(id) {
  if (!navigator.locks) return true;
  const { promise, resolve } = deferred();
  const giving_up = new AbortController();
  const timer = setTimeout(() => giving_up.abort(), 1000);
  navigator.locks
    .request(`${kInstance}.${id}`, { signal: giving_up.signal }, () => {
      clearTimeout(timer);
      resolve(true);
      return new Promise(() => {}); // held as long as the tab lives
    })
    .catch(() => resolve(false));
  return promise;
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
