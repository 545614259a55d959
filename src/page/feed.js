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
const plainWord = (code) => words[code] || (code || '').replaceAll('_', ' ');

const who = (name) => (name ? h('b', {title: name}, shortName(name)) : h('b', 'an observer'));

function files(line) {
	const paths = line.paths || [];
	if (paths.length === 0) return line.task_id ? mono(line.task_id) : null;
	return [pathText(paths[0]), paths.length > 1 && quiet(` +${paths.length - 1}`)];
}

const text = (line) => quiet(line.text ? `: ${line.text}` : '');

// By kind: [sign, parts]. `me` is the agent of the line, `task` its task.
const sentences = {
	granted: (line, me) => ['+', me, ' claimed ', files(line), line.waited ? quiet(` after ${span(line.waited)} of waiting`) : null],
	extended: (line, me) => ['+', me, ' also claimed ', files(line)],
	narrowed: (line, me) => ['−', me, ' gave back ', files(line)],
	released: (line, me, task) => ['−', me, ' released ', task],
	expired: (line, me, task) => ['!', me, ' lost ', task, quiet(': its lease ran out')],
	handed_off: (line, me, task) => ['→', who(line.other), ' handed ', task, ' to ', me],
	status: (line, me, task) => ['·', me, ' is ', plainWord(line.word), ' on ', task],
	checkpoint: (line, me, task) => ['✓', me, ' saved ', task, text(line)],
	refused: (line, me) => ['×', me, ' was refused ', files(line),
		line.other ? [quiet(': '), who(line.other), quiet(' has it')] : quiet(`: ${plainWord(line.word)}`)],
	queued: (line, me) => ['…', me, ' waits for ', line.other ? who(line.other) : 'its turn', quiet(': '), files(line)],
	waits: (line, me, task) => ['…', me, ' waits for ', who(line.other), quiet(': '), task],
	unqueued: (line, me, task) => ['·', me, ' waits no more for ', task, quiet(`: ${plainWord(line.word)}`)],
	joined: (line, me) => ['●', me, ' came'],
	left: (line, me) => ['○', me, ' left'],
	said: (line, me, task, world) => ['“', me, line.other && line.other !== 'all' && [' to ', mono(line.other)],
		quiet(': '), String(world.talk.get(line.number)?.frame?.payload || line.text || '').slice(0, 200)],
	planned: (line, me, task) => ['▫', task, ` is ${plainWord(line.word)}`, text(line)],
	progress: (line, me, task) => ['▫', me, line.task_id ? [' on ', task] : null, quiet(': '), line.text || ''],
	operated: (line) => ['◆', line.text],
	read_only: (line) => ['!', 'The hub can’t write its log', text(line)],
};

// [sign, sentence]
function sentence(line, world) {
	const [sign, ...parts] = sentences[line.kind]?.(line, who(line.agent), mono(line.task_id), world) || ['·', line.sentence || line.kind];
	return [sign, parts];
}

export function row(line, world, key) {
	const [sign, parts] = sentence(line, world);
	return h('li', {key, class: `line k-${line.kind}`},
		h('time', clock(line.at)),
		h('span.sign', {'aria-hidden': 'true'}, sign),
		line.agent ? badge(line.agent) : h('span.badge.none', {'aria-hidden': 'true'}),
		h('span.what', parts));
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
	return h('section.feed', {'aria-labelledby': 'feed-title'},
		h('header.side-head',
			h('h2', {id: 'feed-title'}, 'What happened'),
			h('div.segments', {role: 'group', 'aria-label': 'What is shown'},
				choices.map(([key, text]) => h('button', {
					key, 'aria-pressed': String(chosen === key),
					onclick: () => act.set({feed: key}),
				}, text)))),
		h('ol.lines', {tabindex: '0', 'aria-label': 'What happened, the newest first'},
			list(wanted, world, 80)),
		wanted.length === 0 && h('p.empty', 'Nothing yet.'));
}

