// ringing: the bell of an incoming call and the ringing tone of an outgoing one, made with WebAudio.
//
// A browser lets a page be heard after a person touched it once; until then the bell is only seen. Silence is the state
// of rest: stop() may be called at any time.
// SPDX-License-Identifier: Apache-2.0
const kBell = { frequencies: [659, 784], on: 0.9, period: 2.4, warble: 14, volume: 0.25 };
const kRingingTone = { frequencies: [425], on: 1, period: 5, warble: 0, volume: 0.1 }; // ITU-T E.180

export class Ringing {
  #context = null;
  #sounds = [];
  #timer = 0;
  #playing = null;

  // Call from a click or a key: the browser opens the loudspeaker.
  unlock() {
    this.#context ??= new AudioContext();
    this.#context.resume();
  }

  bell() {
    navigator.vibrate?.([400, 200, 400]);
    this.#play(kBell);
  }

  tone() {
    this.#play(kRingingTone);
  }

  stop() {
    clearInterval(this.#timer);
    for (const sound of this.#sounds) sound.stop();
    this.#sounds = [];
    this.#playing = null;
  }

  #play(cadence) {
    if (this.#playing === cadence) return;
    this.stop();
    this.#playing = cadence;
    if (!this.#context) return;
    this.#burst(cadence);
    this.#timer = setInterval(() => this.#burst(cadence), cadence.period * 1000);
  }

  // One ring; a bell's warble changes between its two notes.
  #burst({ frequencies, on, warble, volume }) {
    const start = this.#context.currentTime + 0.02;
    const end = start + on;
    const oscillator = new OscillatorNode(this.#context, { frequency: frequencies[0] });
    const steps = Math.floor(on * warble);
    for (let n = 1; n < steps; n += 1) oscillator.frequency.setValueAtTime(frequencies[n % frequencies.length], start + n / warble);
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setTargetAtTime(volume, start, 0.02);
    gain.gain.setTargetAtTime(0, end - 0.08, 0.02);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(start);
    oscillator.stop(end);
    oscillator.onended = () => (this.#sounds = this.#sounds.filter((one) => one !== oscillator));
    this.#sounds.push(oscillator);
  }
}
