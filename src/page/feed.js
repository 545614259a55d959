// SPDX-License-Identifier: AGPL-3.0-or-later
// What happened, as sentences, the newest first.
import {h} from './dom.js';
import {badge, clock, mono, pathText, quiet, shortName, span} from './format.js';

const trouble = new Set(['refused', 'queued', 'unqueued', 'expired', 'left', 'waits', 'read_only']);
const talk = new Set(['said', 'progress', 'planned', 'checkpoint']);

export const choices = [['all', 'All'], ['trouble', 'Trouble'], ['talk', 'Talk']];

const words = {
	scope_held: 'files are held', task_held: 'the task is held', claim_quota: 'too many claims',
	rate_limited: 'too many requests', read_only: 'the hub is read-only', deadlock: 'would be a deadlock',
	queue_full: 'the queue is full', wait_expired: 'its patience ended', cancelled: 'taken back',
	closed: 'its connection ended', stale_epoch: 'the lease has moved on', not_owner: 'held by another',
	not_claimed: 'nobody holds it', observing: 'observers change nothing',
};
export const plainWord = (code) => words[code] || (code || '').replaceAll('_', ' ');

const who = (name) => (name ? h('b', {title: name}, shortName(name)) : h('b', null, 'an observer'));

function files(line) {
	const paths = line.paths || [];
	if (paths.length === 0) return line.task_id ? mono(line.task_id) : null;
	return [pathText(paths[0]), paths.length > 1 ? quiet(` +${paths.length - 1}`) : null];
}

// [sign, sentence]
export function sentence(line, world) {
	switch (line.kind) {
		case 'granted':
			return ['+', [who(line.agent), ' claimed ', files(line),
				line.waited ? quiet(` after ${span(line.waited)} of waiting`) : null]];
		case 'extended':
			return ['+', [who(line.agent), ' also claimed ', files(line)]];
		case 'narrowed':
			return ['−', [who(line.agent), ' gave back ', files(line)]];
		case 'released':
			return ['−', [who(line.agent), ' released ', mono(line.task_id)]];
		case 'expired':
			return ['!', [who(line.agent), ' lost ', mono(line.task_id), quiet(': its lease ran out')]];
		case 'handed_off':
			return ['→', [who(line.other), ' handed ', mono(line.task_id), ' to ', who(line.agent)]];
		case 'status':
			return ['·', [who(line.agent), ' is ', line.word.replaceAll('_', ' '), ' on ', mono(line.task_id)]];
		case 'checkpoint':
			return ['✓', [who(line.agent), ' saved ', mono(line.task_id), quiet(`: ${line.text || ''}`)]];
		case 'refused':
			return ['×', [who(line.agent), ' was refused ', files(line),
				line.other ? [quiet(': '), who(line.other), quiet(' has it')] : quiet(`: ${plainWord(line.word)}`)]];
		case 'queued':
			return ['…', [who(line.agent), ' waits for ', line.other ? who(line.other) : 'its turn', quiet(': '), files(line)]];
		case 'waits':
			return ['…', [who(line.agent), ' waits for ', who(line.other), quiet(': '), mono(line.task_id)]];
		case 'unqueued':
			return ['·', [who(line.agent), ' waits no more for ', mono(line.task_id), quiet(`: ${plainWord(line.word)}`)]];
		case 'joined':
			return ['●', [who(line.agent), ' came']];
		case 'left':
			return ['○', [who(line.agent), ' left']];
		case 'said': {
			const known = world.talk.get(line.number);
			const text = known && known.frame ? known.frame.payload : line.text;
			return ['“', [who(line.agent), line.other && line.other !== 'all' ? [' to ', mono(line.other)] : null,
				quiet(': '), String(text || '').slice(0, 200)]];
		}
		case 'planned':
			return ['▫', [mono(line.task_id), ` is ${line.word.replaceAll('_', ' ')}`, quiet(line.text ? `: ${line.text}` : '')]];
		case 'progress':
			return ['▫', [who(line.agent), line.task_id ? [' on ', mono(line.task_id)] : null, quiet(': '), line.text || '']];
		case 'read_only':
			return ['!', ['The hub can’t write its log: ', line.text || '']];
	}
	return ['·', [line.sentence || line.kind]];
}

export function matches(line, filter) {
	if (!filter) return true;
	const text = `${line.agent || ''} ${line.other || ''} ${line.task_id || ''} ${line.text || ''} ${(line.paths || []).join(' ')}`;
	return text.toLowerCase().includes(filter);
}

export function row(line, world, key) {
	const [sign, parts] = sentence(line, world);
	return h('li', {key, class: `line k-${line.kind}`},
		h('time', null, clock(line.at)),
		h('span', {class: 'sign', 'aria-hidden': 'true'}, sign),
		line.agent ? badge(line.agent) : h('span', {class: 'badge none', 'aria-hidden': 'true'}),
		h('span', {class: 'what'}, parts));
}

export function list(lines, world, limit) {
	const rows = [];
	for (let i = lines.length - 1; i >= 0 && rows.length < limit; i--) {
		rows.push(row(lines[i], world, lineKey(lines[i])));
	}
	return rows;
}

const keys = new WeakMap();
let lastKey = 0;
function lineKey(line) {
	if (!keys.has(line)) keys.set(line, ++lastKey);
	return keys.get(line);
}

export function feed(world, ui, act) {
	const chosen = ui.feed || 'all';
	const wanted = world.lines.filter((line) => chosen === 'all' ||
		(chosen === 'trouble' ? trouble : talk).has(line.kind));
	return h('section', {class: 'feed', 'aria-labelledby': 'feed-title'},
		h('header', {class: 'side-head'},
			h('h2', {id: 'feed-title'}, 'What happened'),
			h('div', {class: 'segments', role: 'group', 'aria-label': 'What is shown'},
				choices.map(([key, text]) => h('button', {
					key, 'aria-pressed': String(chosen === key),
					onclick: () => act.set({feed: key}),
				}, text)))),
		h('ol', {class: 'lines', tabindex: '0', 'aria-label': 'What happened, the newest first'},
			list(wanted, world, 80)),
		wanted.length === 0 ? h('p', {class: 'empty'}, 'Nothing yet.') : null);
}

