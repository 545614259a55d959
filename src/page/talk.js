// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said: threads, and how far each message has come with each recipient.
import {h} from './dom.js';
import {badge, clock, found, person, plural, quiet, shortName, span} from './format.js';

const signs = {kept: '○', sent: '◔', received: '◑', seen: '●', answered: '✓', dropped: '×'};

export const payload = (message) => {
	const text = message.frame ? message.frame.payload : '';
	return typeof text === 'string' ? text : JSON.stringify(text ?? '');
};
const sender = (message) => (message.frame ? message.frame.sender : message.from) || '';
const target = (message) => (message.frame ? message.frame.target : '') || 'all';
const at = (message) => (message.frame ? message.frame.timestamp : message.timestamp) || 0;

// A named thread; else whoever talks to each other; else everybody.
function threadOf(message) {
	if (message.thread) return {key: `#${message.thread}`, name: message.thread, isNamed: true};
	const names = [...message.recipients.keys()];
	if (names.length === 0) return {key: 'all', name: 'Everybody'};
	if (names.length === 1) {
		const pair = [sender(message), names[0]].sort();
		return {key: pair.join('\n'), name: pair.map(shortName).join(' and '), pair};
	}
	return {key: `to ${target(message)}`, name: `to ${target(message)}`};
}

export function threads(world, filter) {
	const all = new Map();
	for (const message of world.talk.values()) {
		if (!message.frame && !message.from) continue;
		if (!found(filter, payload(message), sender(message), target(message), message.thread)) continue;
		const thread = threadOf(message);
		if (!all.has(thread.key)) all.set(thread.key, {...thread, messages: [], open: 0});
		const known = all.get(thread.key);
		known.messages.push(message);
		known.last = Math.max(known.last || 0, at(message));
		for (const r of message.recipients.values()) {
			if (r.state === 'kept' || r.state === 'sent' || r.state === 'received') known.open++;
		}
	}
	for (const thread of all.values()) thread.messages.sort((a, b) => a.msg_id - b.msg_id);
	return [...all.values()].sort((a, b) => b.last - a.last);
}

function receipt(r, now) {
	const why = r.state === 'dropped' && r.why ? `, ${r.why}` : '';
	return h('span', {key: r.agent, class: `receipt ${r.state}`, title: `${r.agent}: ${r.state}${why} at ${clock(r.at)}`},
		h('span', {'aria-hidden': 'true'}, `${signs[r.state] || '○'} `), shortName(r.agent), ' ',
		quiet(`${r.state}${why} ${span(now - r.at)} ago`));
}

function bubble(message, now) {
	return h('li.message', {key: message.msg_id},
		badge(sender(message)),
		h('div',
			h('header', h('b', {title: sender(message)}, shortName(sender(message))),
				quiet(` to ${target(message)}`), h('time', clock(at(message))),
				message.frame?.priority ? h('span.tag', 'priority') : null),
			h('p.said', message.frame ? payload(message) : 'Too long to be shown here.'),
			message.recipients.size > 0 && h('div.receipts',
				[...message.recipients.values()].slice(0, 12).map((r) => receipt(r, now)),
				message.recipients.size > 12 && quiet(`+${message.recipients.size - 12} more`))));
}

export function talk(world, ui, act, now) {
	const list = threads(world, ui.filter);
	const chosen = list.find((t) => t.key === ui.thread) || list[0];
	act.list([]);
	const isOpen = ui.narrow ? Boolean(ui.thread && chosen) : Boolean(chosen);
	return h('section', {class: `talk ${ui.narrow ? (isOpen ? 'one' : 'index') : ''}`, 'aria-labelledby': 'talk-title'},
		h('header.section-head', h('h2', {id: 'talk-title'}, 'Talk'),
			h('p', plural(world.talk.size, 'message'), ` in ${plural(list.length, 'thread')}`)),
		list.length === 0 ? h('div.empty.big',
			h('p', ui.filter ? 'No message matches the filter.' : 'Nobody has said anything.')) :
		h('div.talk-panes',
			ui.narrow && isOpen ? null : h('ul.thread-list', {'aria-label': 'Threads'}, list.map((t) => {
				const last = t.messages[t.messages.length - 1];
				return h('li', {key: t.key}, h('button', {class: `thread ${chosen === t ? 'chosen' : ''}`,
					'aria-current': chosen === t ? 'true' : undefined, onclick: () => act.set({thread: t.key})},
				h('span.thread-name', t.isNamed ? '# ' : '', t.name),
				h('span.thread-last', `${shortName(sender(last))}: ${payload(last).slice(0, 80)}`),
				h('span.thread-meta', h('time', clock(t.last)),
					t.open ? h('span.count', t.open, h('span.sr', ' not seen yet')) : null)));
			})),
			isOpen && h('div.messages',
				h('header.thread-head',
					ui.narrow && h('button.back', {onclick: () => act.set({thread: ''})}, '‹ Threads'),
					h('h3', chosen.isNamed ? '# ' : '', chosen.name),
					chosen.pair && chosen.pair.map((n) => person(n))),
				h('ol', {tabindex: '0', 'aria-label': 'Messages'}, chosen.messages.slice(-200).map((m) => bubble(m, now))))));
}
