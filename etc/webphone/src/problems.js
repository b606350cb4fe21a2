// problems: what went wrong, in words that say what to do about it.
//
// A SIP status decides where there is one (RFC 3261 section 21); the library's word for the cause elsewhere.
// SPDX-License-Identifier: Apache-2.0
const kRegistration = {
  401: 'The server refused this name or password. Check both and register again.',
  403: 'The server does not let this address register. Ask whoever runs it.',
  404: 'The server does not know this address. Check its spelling.',
  407: 'The server refused this name or password. Check both and register again.',
  423: 'The server and this page do not agree how often to register.',
  503: 'The server is busy. Trying again by itself.',
};

const kCall = {
  401: 'The server refused this name or password. Register again.',
  403: 'The server does not allow this call.',
  404: 'Nobody can be reached at this address. Check it; they may not be registered now.',
  407: 'The server refused this name or password. Register again.',
  408: 'Nobody answered. Try again later.',
  410: 'This address does not exist any more.',
  415: 'The other phone does not understand calls from a browser.',
  480: 'They cannot be reached now. Try again later.',
  484: 'The address is incomplete. Check it.',
  486: 'They are busy. Try again later.',
  487: 'The call was not answered.',
  488: 'This browser and the other phone found no common sound format.',
  500: 'The server made an error. Try again, and tell whoever runs it if it stays.',
  503: 'The server is busy. Try again in a minute.',
  600: 'They are busy. Try again later.',
  603: 'They declined the call.',
  604: 'This address does not exist. Check its spelling.',
  606: 'This browser and the other phone found no common sound format.',
};

const kCauses = {
  'Connection Error': 'The connection to the server broke. Try again when the page says "Registered".',
  'Request Timeout': 'The server did not answer. Check the network and try again.',
  'User Denied Media Access': 'The browser may not use the microphone or camera, or there is none. Allow it beside the page\'s address, and try again.',
  'Incompatible SDP': kCall[488],
  'Bad Media Description': kCall[488],
  'WebRTC Error': 'The browser could not set up the sound. Reload the page and try again.',
  'No Answer': 'Nobody answered. Try again later.',
  'No ACK': 'The other side did not confirm the call. Try again.',
  'RTP Timeout': 'Nothing was heard from the other side any more.',
  Expires: 'Nobody answered. Try again later.',
};

export function registration_problem(status, cause) {
  if (kRegistration[status]) return kRegistration[status];
  if (status >= 500) return `The server has a problem (${status}). Trying again by itself.`;
  if (status) return `The server refused to register this address (${status}). Check it and the password.`;
  return cause === 'Request Timeout' ? 'The server does not answer. Trying again by itself.' : 'The connection broke. Trying again by itself.';
}

export function connection_problem(server, was_connected) {
  if (was_connected) return 'The connection to the server broke. Connecting again by itself.';
  return `The server at ${server} cannot be reached. Check the network and this address. Trying again by itself.`;
}

export function call_problem(status, cause) {
  if (kCall[status]) return kCall[status];
  if (kCauses[cause]) return kCauses[cause];
  return status ? `The call was refused (${status}).` : `The call failed: ${cause}.`;
}

export function device_problem(error, device) {
  if (error.name === 'NotFoundError') return `No ${device} was found. Connect one and try again.`;
  if (error.name === 'NotReadableError') return `Another program uses the ${device}. Close it and try again.`;
  return `The browser may not use the ${device}. Allow it beside the page's address, and try again.`;
}
