// SPDX-License-Identifier: AGPL-3.0-or-later
// A moment of the past, asked of the hub's log: a world as it was, which the views show in place of
// the present one, and the bar that goes from moment to moment. One question is under way at a time,
// about the moment that was wished last; what happened before it is asked for when the drag rests.
import {h} from './dom.js';
import {clock, quiet} from './format.js';
import {World} from './world.js';

const linesMax = 1000;
const tick = 100;  // Milliseconds, of a play.
const tickOfStill = 1000;
const speeds = [1, 10, 60, 300, 1000];
const windows = [[300, '5 min'], [900, '15 min'], [3600, '1 h'], [86400, '1 d'], [0, 'all']];

// A line of activity, as the live ones are, of an event of the log.
const words = {claimed: 'granted', 'handed-off': 'handed_off', waits: 'queued', 'waits-no-more': 'unqueued'};
function lineOf(event) {
	const line = {...event, kind: words[event.kind] || event.kind, at: event.ts, waited: event.waited_seconds};
	if (event.kind === 'waits' && !event.paths) line.kind = 'waits';
	if (event.kind === 'planned') line.word = event.other, line.other = '';
	else line.word = event.text || '';
	return line;
}

export class Past {
	// send(frame) says whether it could; changed() that there is something to draw.
	constructor(send, changed, now) {
		Object.assign(this, {send, changed, now, span: 900, speed: 60, lines: []});
		this.live();
	}

	live() {
		clearInterval(this.timer);
		Object.assign(this, {at: null, world: null, error: '', timer: 0, asked: '', from: 0, to: 0, linesOf: null});
		this.changed();
	}

	// The window of the bar, around the moment.
	frame() {
		const known = Math.max(60, this.now() - (this.begins || this.now() - 3600));
		const length = Math.min(this.span || known, known);
		if (this.at > this.to || this.at < this.to - length || this.to - length !== this.from) {
			this.to = Math.min(this.now(), Math.max(this.at + length / 2, this.begins ? this.begins + length : 0));
		}
		this.from = this.to - length;
	}

	go(at, seq) {
		this.at = Math.min(at, this.now());
		this.seq = seq;
		this.frame();
		this.ask();
		this.changed();
	}

	// To the event that stands so many further on.
	step(by) { if (this.world) this.go(this.at, Math.max(1, this.event + by)); }

	play() {
		clearInterval(this.timer);
		if (this.timer) return void (this.timer = 0, this.changed());
		const every = matchMedia('(prefers-reduced-motion: reduce)').matches ? tickOfStill : tick;
		this.timer = setInterval(() => {
			if (this.asked === 'at_request') return;  // The hub is behind.
			const at = this.at + this.speed * every / 1000;
			if (at >= this.now()) this.live();
			else this.go(at);
		}, every);
		this.changed();
	}

	ask(after = []) {
		if (this.asked || this.at === null) return;
		const wish = this.wish = this.seq ? {seq: this.seq} : {ts: this.at};
		if (this.send({type: 'at_request', ...wish, max_bytes: 1 << 18, after})) this.asked = 'at_request';
	}

	askLines() {
		this.linesOf = this.at;
		const ask = {type: 'events_request', max_bytes: 1 << 20};
		const wish = this.begins ? {until: this.at, newest: true, limit: linesMax} : {limit: 1};
		if (this.send({...ask, ...wish})) this.asked = 'events_request';
	}

	hear(frame) {
		const asked = this.asked;
		this.asked = '';
		if (this.at === null) return;
		if (frame.type === 'error') {
			this.error = frame.payload;
		} else if (frame.type === 'at_snapshot') {
			this.error = '';
			this.take(frame);
		} else {
			if (!this.begins && frame.events.length) this.begins = frame.begins?.ts || frame.events[0].ts, this.linesOf = null, this.frame();
			else this.lines = frame.events.filter((e) => e.kind !== 'seen').flatMap((e) => Array(e.kind === 'refused' ? Math.min(e.count || 1, 50) : 1).fill(lineOf(e)));
			if (this.world) this.world.addPast(this.lines, this.at);
		}
		const isBehind = this.wish.seq !== this.seq || (!this.seq && this.wish.ts !== this.at);
		if (asked === 'at_request' && frame.next && !isBehind) this.ask(frame.next);
		else if (isBehind) this.ask();
		else if (this.linesOf !== this.at && !this.error) this.askLines();
		this.changed();
	}

	// A page of the moment; what is drawn stays until the last one is there.
	take(frame) {
		if (!this.coming || this.isLast) this.coming = new World();
		this.coming.take({...frame, events: [], counters: {}}, false);
		this.isLast = !frame.next;
		if (!this.isLast) return;
		this.world = this.coming;
		this.event = frame.seq;
		this.unknown = frame.not_recorded;
		if (this.seq) this.at = frame.ts, this.frame();
		this.world.addPast(this.lines, this.at);
	}

	lost() { this.asked = ''; this.isLast = true; this.ask(); }
}

const day = (at) => new Date(at * 1000).toLocaleDateString('en-GB', {day: 'numeric', month: 'short'});

export function bar(past, act) {
	const choose = (name, value, list, set) => h('select.tool', {'aria-label': name, value: String(value),
		onchange: (e) => set(Number(e.target.value))}, list.map(([n, text]) => h('option', {value: String(n), selected: n === value}, text)));
	const tool = (text, name, key, onclick) => h('button.tool', {title: `${name} (${key})`, 'aria-label': name, onclick}, text);
	return h('section.past-bar', {'aria-label': 'The past'},
		h('p.past-when', {role: 'status'}, h('b', `The past: ${day(past.at)}, ${clock(past.at)}`),
			past.event ? quiet(` after event ${past.event}`) : null),
		h('div.past-tools',
			tool('‹', 'The event before', '[', () => past.step(-1)),
			tool(past.timer ? '❚❚' : '▶', past.timer ? 'Pause' : 'Play', 'Space', () => past.play()),
			tool('›', 'The next event', ']', () => past.step(1)),
			choose('Speed', past.speed, speeds.map((n) => [n, `${n} ×`]), (n) => (past.speed = n, act.set({}))),
			choose('Span', past.span, windows, (n) => (past.span = n, past.go(past.at)))),
		h('input', {id: 'scrub', type: 'range', min: past.from.toFixed(3), max: past.to.toFixed(3), step: 'any', value: String(past.at),
			'aria-label': 'Moment', 'aria-valuetext': `${day(past.at)} ${clock(past.at)}`, oninput: (e) => past.go(Number(e.target.value)),
			onkeydown: (e) => {
				const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10}[e.key];
				if (step) e.preventDefault(), e.stopPropagation(), past.go(past.at + step * (past.to - past.from) / 200);
			}}),
		h('button.tool.primary', {title: 'Back to live (p)', onclick: () => act.live()}, 'Back to live'),
		past.error ? h('p.past-note', {role: 'alert'}, past.error) :
			past.unknown ? h('p.past-note', `Not recorded at that moment: ${past.unknown.join(', ')}.`) : null);
}
