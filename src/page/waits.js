// SPDX-License-Identifier: AGPL-3.0-or-later
// Who waits for whom: a picture, from those that hold on the left to those that wait on the right,
// and the same in words with how long it has taken so far and usually takes.
import {h, section} from './dom.js';
import {countdown, found, hue, leaseClock, mono, pathText, person, plural, quiet, shortName, span} from './format.js';
import {stateOf} from './fleet.js';
import {percentile} from './history.js';

const nodeWidth = 190;
const nodeHeight = 46;
const columnWidth = 300;
const rowHeight = 62;
const drawnMax = 60;

function edgesOf(world) {
	const edges = new Map();
	for (const wait of world.waiting()) {
		const holders = wait.claims.length ? wait.claims.map((c) => c.owner) :
			wait.ahead.slice(-1).map((w) => w.agent);
		for (const holder of new Set(holders)) {
			if (holder === wait.agent) continue;
			const key = `${wait.agent}\n${holder}`;
			const known = edges.get(key) || {from: wait.agent, to: holder, waits: []};
			known.waits.push(wait);
			edges.set(key, known);
		}
	}
	return [...edges.values()];
}

// Columns by how many others stand between an agent and one that does not wait.
function layout(edges) {
	const names = new Set(edges.flatMap((e) => [e.from, e.to]));
	const out = new Map();
	const into = new Map();
	for (const edge of edges) {
		if (!out.has(edge.from)) out.set(edge.from, []);
		if (!into.has(edge.to)) into.set(edge.to, []);
		out.get(edge.from).push(edge.to);
		into.get(edge.to).push(edge.from);
	}
	const depth = new Map();
	const measure = (name, path) => {
		if (depth.has(name)) return depth.get(name);
		if (path.has(name)) return 0;
		path.add(name);
		const d = Math.max(0, ...(out.get(name) || []).map((n) => measure(n, path) + 1));
		path.delete(name);
		depth.set(name, d);
		return d;
	};
	for (const name of names) measure(name, new Set());
	// Each root's waiters are next to it.
	const order = [];
	const seen = new Set();
	const visit = (name) => {
		if (seen.has(name)) return;
		seen.add(name);
		order.push(name);
		for (const waiter of into.get(name) || []) visit(waiter);
	};
	const load = (name) => (into.get(name) || []).length;
	[...names].filter((n) => depth.get(n) === 0).sort((a, b) => load(b) - load(a)).forEach(visit);
	names.forEach(visit);
	const next = [];
	const place = new Map();
	let row = 0;
	for (const name of order) {
		const column = depth.get(name);
		if (column === 0) row = Math.max(row, ...next, 0);
		const y = Math.max(next[column] || 0, column === 0 ? row : place.get((out.get(name) || [])[0])?.row ?? 0);
		place.set(name, {column, row: y, blocks: load(name)});
		next[column] = y + 1;
	}
	return place;
}

function picture(world, edges, ui, act, now) {
	const place = layout(edges);
	const columns = 1 + Math.max(...[...place.values()].map((p) => p.column));
	const rows = 1 + Math.max(...[...place.values()].map((p) => p.row));
	const width = (columns - 1) * columnWidth + nodeWidth + 4;
	const height = rows * rowHeight;
	const at = (name) => {
		const p = place.get(name);
		return {x: 2 + p.column * columnWidth, y: p.row * rowHeight + 6};
	};
	return h('div.graph', {tabindex: '0', role: 'img', 'aria-label':
		`${plural(edges.length, 'wait')}; the same stands below in words`},
	h('svg', {width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true'},
		h('defs', h('marker', {id: 'arrow', viewBox: '0 0 8 8', refX: '7', refY: '4',
			markerWidth: '7', markerHeight: '7', orient: 'auto'}, h('path', {d: 'M0 0 8 4 0 8z', class: 'arrow'}))),
		edges.map((edge) => {
			const a = at(edge.from);
			const b = at(edge.to);
			const x1 = a.x;
			const y1 = a.y + nodeHeight / 2;
			const x2 = b.x + nodeWidth;
			const y2 = b.y + nodeHeight / 2;
			const mid = (x1 + x2) / 2;
			const longest = Math.max(0, ...edge.waits.map((w) => (w.since ? now - w.since : 0)));
			return h('g', {key: `${edge.from}\n${edge.to}`, class: longest > 120 ? 'edge long' : 'edge'},
				h('path', {d: `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2 + 3} ${y2}`, 'marker-end': 'url(#arrow)'}),
				h('text', {x: x1 - 8, y: y1 - 6, 'text-anchor': 'end'}, longest ? span(longest) : 'waits'));
		}),
		[...place].map(([name, p]) => {
			const {x, y} = at(name);
			const agent = world.agents.get(name);
			const state = agent ? stateOf(world, agent) : {word: 'unknown', sign: '○'};
			return h('g', {key: name, class: `node ${p.column === 0 ? 'root' : ''}`, transform: `translate(${x} ${y})`,
				onclick: () => act.select('agent', name)},
			h('rect', {width: nodeWidth, height: nodeHeight, rx: 9}),
			h('rect.tint', {width: 5, height: nodeHeight - 16, x: 8, y: 8, rx: 2.5, vars: {'--hue': hue(name)}}),
			h('text.title', {x: 22, y: 20}, clip(shortName(name), 20)),
			h('text.sub', {x: 22, y: 36}, p.blocks ?
				`${state.sign} ${state.word}, ${p.blocks} waiting for it` : `${state.sign} ${state.word}`));
		})));
}

const clip = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function words(world, wait, usual, now, act) {
	const claim = wait.claims[0];
	return h('li', {key: `${wait.agent} ${wait.task_id} ${wait.kind}`},
		h('button.wait-row', {onclick: () => act.select('agent', wait.agent)},
			h('span.w-who', person(wait.agent)),
			h('span.w-place', wait.kind === 'queue' ? `${ordinal(wait.position)} in line` : 'waits'),
			h('span.w-what', wait.paths?.length ? pathText(wait.paths[0]) :
				mono(wait.task_id)),
			h('span.w-for', claim ? [person(claim.owner), leaseClock(claim, now)] :
				wait.ahead.length ? ['behind ', person(wait.ahead[0].agent)] : 'next'),
			h('span.w-time', wait.since ? `${span(now - wait.since)} so far` : '',
				usual !== null && wait.kind === 'queue' && quiet(`, usually ${countdown(usual)}`))));
}

export function ordinal(n) {
	const tail = n % 100 > 10 && n % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] || 'th';
	return `${n}${tail}`;
}

export function waits(world, ui, act, now) {
	const {filter} = ui;
	const list = world.waiting().filter((w) => found(filter, w.agent, w.task_id, ...w.paths || []));
	const edges = edgesOf(world).filter((e) => !filter || list.some((w) => e.waits.includes(w)));
	const usual = percentile(world.waited, 0.5);
	act.list(list.map((w) => ({kind: 'agent', id: w.agent})));
	return section('waits', 'Who waits for whom',
		[h('p', list.length ? `${plural(list.length, 'claim')} ${list.length === 1 ? 'waits' : 'wait'}` : '',
			usual !== null ? `, a wait has usually taken ${countdown(usual)}` : '')],
		list.length === 0 ? h('div.empty.big',
			h('p', filter ? 'No wait matches the filter.' : 'Nobody waits for anybody.'),
			filter ? null : h('p.quiet', 'Agents that ask for a file which another has stand here in line.')) : [
			edges.length > 0 && edges.length <= drawnMax && picture(world, edges, ui, act, now),
			edges.length > drawnMax && h('p.quiet.note', `${edges.length} waits are too many to draw; filter to see some.`),
			h('ul.wait-list', list.slice(0, 60).map((w) => words(world, w, usual, now, act))),
			list.length > 60 && h('p.quiet.note', `${list.length - 60} more wait; filter to see them.`)]);
}
