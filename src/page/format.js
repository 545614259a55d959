// SPDX-License-Identifier: AGPL-3.0-or-later
// Numbers, times and names for people, and the look of an agent.
import {h} from './dom.js';
import {called} from './paths.js';

// 42 s, 4 min, 3 h, 2 d: one unit, for what changes as one looks.
export function span(seconds) {
	const s = Math.max(0, Math.floor(seconds));
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min`;
	if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
	return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

// Of a lease's clock: 0:42, 12:05, 1 h 20 min.
export function countdown(seconds) {
	const s = Math.max(0, Math.ceil(seconds));
	if (s >= 3600) return span(s);
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

export function clock(at) {
	const d = new Date(at * 1000);
	const two = (n) => String(n).padStart(2, '0');
	return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

// Whether one of the texts has what is looked for.
export const found = (filter, ...texts) => !filter || texts.some((text) => text?.toLowerCase().includes(filter));

export function plural(count, one, many) {
	return `${count.toLocaleString('en')} ${count === 1 ? one : many || one + 's'}`;
}

// A stable number of a name.
function digest(text) {
	let n = 2166136261;
	for (let i = 0; i < text.length; i++) n = Math.imul(n ^ text.charCodeAt(i), 16777619);
	return n >>> 0;
}

// Hues far enough apart to be told from one another, and from the red of alarms.
const hues = [212, 32, 158, 268, 190, 82, 322, 48, 236, 128, 292, 174];
export function hue(name) { return hues[digest(name) % hues.length]; }

export function shortName(name) {
	if (name.startsWith('operator:')) return name.slice(0, name.lastIndexOf('/'));
	const at = name.indexOf('/');
	return at < 0 ? name : name.slice(at + 1);
}

function initials(name) {
	const words = shortName(name).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
	if (words.length === 0) return '?';
	const [a, b] = words.length > 1 ? [words[0], words[words.length - 1]] :
		[words[0], [...words[0]].slice(1).join('')];
	return ([...a][0] + ([...b][0] || '')).toLowerCase();
}

// An agent: its two letters on its colour, and its name.
export function badge(name) {
	return h('span.badge', {'aria-hidden': 'true', vars: {'--hue': hue(name)}},
		initials(name));
}
export function person(name, more) {
	const at = name.indexOf('/');
	return h('span.person', {title: name}, badge(name),
		h('span.name',
			at < 0 ? null : h('span.project', name.slice(0, at + 1)), name.slice(at + 1)), more);
}

export const quiet = (...text) => h('span.quiet', text);
export const mono = (...text) => h('span.mono', text);

// A path, of which the last part matters most.
export function pathText(stored) {
	const path = called(stored);
	if (path === '') return h('span.path.whole', 'whole work tree');
	const at = path.replace(/\/$/, '').lastIndexOf('/');
	return h('span.path', {title: path},
		at < 0 ? null : h('span.dir', path.slice(0, at + 1)),
		h('span.leaf', path.slice(at + 1)));
}

export function lastPart(path) {
	return path.replace(/\/+$/, '').split('/').pop() || path;
}

// The hub's tick of a lease: how much is left, as text and as a bar.
export function leaseClock(claim, now) {
	const left = claim.lease_expires_at - now;
	const whole = Math.max(30, claim.lease_expires_at - (claim.renewed_at || claim.claimed_at || now));
	const share = Math.max(0, Math.min(1, left / whole));
	const state = left < 60 ? 'short' : 'long';
	return h('span', {class: `lease ${state}`, title: `the lease ends at ${clock(claim.lease_expires_at)}`},
		h('span.bar', {'aria-hidden': 'true', vars: {'--share': share.toFixed(3)}}),
		h('span.left', left <= 0 ? 'ended' : countdown(left)));
}
