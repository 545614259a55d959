// SPDX-License-Identifier: AGPL-3.0-or-later
// Everybody at a glance: what needs a look and why, then a row an agent.
import {h, section, windowed} from './dom.js';
import {found, leaseClock, mono, pathText, person, plural, quiet, shortName, span} from './format.js';
import {pathsOf} from './paths.js';
import {concerns} from './world.js';

const shownConcerns = 5;

export function part(p) {
	if (typeof p === 'string') return p;
	if (p.agent !== undefined) return h('b', {title: p.agent}, shortName(p.agent));
	return pathText(p.path);
}

function concern(one, now, act) {
	return h('li', {key: one.key},
		h('button', {class: `concern ${one.level}`,
			onclick: () => one.claim ? act.select('task', one.claim.task_id) : one.agent && act.select('agent', one.agent)},
			h('span', {class: `tag ${one.level}`}, one.level === 'bad' ? '▲ ' : '● ', one.word),
			h('span.why', one.parts.map(part)),
			h('span.when',
				one.since ? h('span', span(now - one.since)) : null,
				one.until ? h('span.until', `lease ends in ${span(one.until - now)}`) : null)));
}

export function attention(world, ui, act, now) {
	const all = concerns(world, now);
	const shown = ui.allConcerns ? all.slice(0, 200) : all.slice(0, shownConcerns);
	const bad = all.filter((c) => c.level === 'bad').length;
	return h('section', {class: `attention ${all.length ? '' : 'calm'}`, 'aria-labelledby': 'attention-title'},
		h('header',
			h('h2', {id: 'attention-title'}, all.length === 0 ? 'Everybody can move' : 'Needs a look'),
			all.length === 0 ? h('p', world.waiting().length
				? `${plural(world.waiting().length, 'claim')} ${world.waiting().length === 1 ? 'waits' : 'wait'}, none for long.`
				: 'Nobody waits, no lease is about to end, nobody is deaf.') :
				h('p', bad ? `${bad} stuck` : '', bad && all.length > bad ? ', ' : '',
					all.length > bad ? `${all.length - bad} to watch` : '')),
		h('ul', shown.map((one) => concern(one, now, act))),
		all.length > shownConcerns && h('button.more', {onclick: () => act.set({allConcerns: !ui.allConcerns})},
			ui.allConcerns ? 'Show fewer' : `Show ${all.length - shownConcerns} more`));
}

// What an agent is up to, in a word with a sign.
export function stateOf(world, agent) {
	if (world.isBlind) return {word: 'not recorded', sign: '?', kind: 'away'};
	if (!agent.online) return {word: 'away', sign: '○', kind: 'away'};
	if (world.listens(agent)) return {word: 'listening', sign: '◉', kind: 'listens'};
	return {word: 'online', sign: '●', kind: 'online'};
}

const linesMax = 2;

// A line a path, as far as they fit; those of claims that end first come first.
function holds(claims, now) {
	const all = [];
	for (const claim of [...claims].sort((a, b) => a.lease_expires_at - b.lease_expires_at)) {
		const paths = claim.scope === 'none' ? [null] : pathsOf(claim);
		for (const path of paths) all.push({claim, path});
	}
	return all.slice(0, linesMax).map(({claim, path}, i) => h('div.claim-line',
		path === null ? mono(claim.task_id) : pathText(path),
		i + 1 === linesMax && all.length > linesMax && h('span.plus', `+${all.length - linesMax}`),
		leaseClock(claim, now)));
}

function waitLines(waits, now) {
	const wait = waits[0];
	if (!wait) return null;
	const holder = wait.claims[0] ? wait.claims[0].owner : wait.ahead[0]?.agent;
	return [
		h('div.claim-line', holder ? h('b', {title: holder}, shortName(holder)) : 'its turn',
			quiet(wait.since ? `for ${span(now - wait.since)}` : ''),
			waits.length > 1 && h('span.plus', `+${waits.length - 1}`)),
		h('div.claim-line', wait.paths?.length ? pathText(wait.paths[0]) :
			mono(wait.task_id))];
}

export function rowsOf(world, ui, now) {
	const level = new Map();
	for (const one of concerns(world, now)) {
		if (!one.agent) continue;
		const rank = one.level === 'bad' ? 0 : 1;
		level.set(one.agent, Math.min(level.get(one.agent) ?? 9, rank));
	}
	const waits = new Map();
	for (const wait of world.waiting()) {
		if (!waits.has(wait.agent)) waits.set(wait.agent, []);
		waits.get(wait.agent).push(wait);
	}
	const {filter} = ui;
	const rows = [];
	for (const agent of world.people()) {
		const claims = world.claimsOf(agent.name);
		if (!found(filter, agent.name, ...claims.flatMap((c) => [c.task_id, ...c.paths || []]))) continue;
		const waiting = waits.get(agent.name) || [];
		const rank = level.get(agent.name) ??
			(waiting.length ? 2 : claims.length ? 3 : agent.online ? 4 : 5);
		rows.push({agent, claims, waiting, rank});
	}
	return rows.sort((a, b) => a.rank - b.rank || (a.agent.name < b.agent.name ? -1 : 1));
}

function row({agent, claims, waiting, rank}, ui, world, now, act) {
	const state = stateOf(world, agent);
	const isChosen = act.isChosen('agent', agent.name);
	const isLate = agent.online && now - agent.last_seen > 300;
	return h('div', {key: agent.name, role: 'row', class: `row agent rank${rank} ${isChosen ? 'chosen' : ''} ${waiting.length ? 'waits' : ''}`,
		'data-key': agent.name, onclick: () => act.select('agent', agent.name)},
	h('div', {role: 'cell', class: 'c-agent'},
		h('button.plain', {onclick: (e) => { e.stopPropagation(); act.select('agent', agent.name); }},
			person(agent.name))),
	h('div', {role: 'cell', class: `c-state ${state.kind}`},
		h('span.sign', {'aria-hidden': 'true'}, state.sign), state.word,
		h('span', {class: `c-seen ${isLate ? 'late' : ''}`}, agent.last_seen ? `${span(now - agent.last_seen)} ago` : 'never here')),
	h('div', {role: 'cell', class: 'c-holds'}, holds(claims, now)),
	h('div', {role: 'cell', class: 'c-waits'}, waitLines(waiting, now)),
	h('div', {role: 'cell', class: 'c-unread'}, agent.unread ? h('span.count', agent.unread,
		h('span.sr', ' unread')) : null));
}

export function fleet(world, ui, act, now) {
	const rows = rowsOf(world, ui, now);
	act.list(rows.map((r) => ({kind: 'agent', id: r.agent.name})));
	return [
		attention(world, ui, act, now),
		section('fleet', 'Agents',
			[h('p', `${plural(rows.filter((r) => r.agent.online).length, 'agent')} online, `,
				`${plural(world.claims.size, 'claim')}, ${world.waiting().length} waiting`)],
			rows.length === 0 ? h('div.empty.big',
				h('p', ui.filter ? 'No agent matches the filter.' : 'No agent has been here yet.'),
				ui.filter ? null : h('p.quiet', 'Start one with ', h('code', 'synapse hooks install'),
					' or try ', h('code', 'synapse demo'), '.')) :
			h('div', {role: 'table', 'aria-label': 'Agents', 'aria-rowcount': rows.length + 1},
				h('div', {role: 'rowgroup'}, h('div', {role: 'row', class: 'row head'},
					['Agent', 'State', 'Holds', 'Waits for', 'Unread'].map((t, i) =>
						h('div', {role: 'columnheader', class: ['c-agent', 'c-state', 'c-holds', 'c-waits', 'c-unread'][i]}, t)))),
				h('div', {role: 'rowgroup', id: 'rows'},
					windowed(rows, ui.narrow ? 76 : 58, ui.scroll, ui.offset, (r) => row(r, ui, world, now, act))))),
	];
}
