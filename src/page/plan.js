// SPDX-License-Identifier: AGPL-3.0-or-later
// The plan: tasks in columns, each right of what it depends on.
import {h, section} from './dom.js';
import {button} from './operate.js';
import {clock, found, mono, person, plural, quiet, span} from './format.js';

const cardWidth = 224;
const cardHeight = 92;
const columnWidth = 282;
const rowHeight = 108;
const drawnMax = 240;

const signs = {open: '○', ready: '▷', in_progress: '◐', blocked: '■', done: '✓', cancelled: '⊘'};
const names = {open: 'not ready', ready: 'ready', in_progress: 'in progress', blocked: 'blocked',
	done: 'done', cancelled: 'cancelled'};
const ranks = {blocked: 0, in_progress: 1, ready: 2, open: 3, done: 4, cancelled: 5};

export function statusOf(world, task) {
	if (task.status !== 'open') return task.status;
	const isOver = (id) => {
		const one = world.tasks.get(id);
		return one && (one.status === 'done' || one.status === 'cancelled');
	};
	return task.depends_on.every(isOver) ? 'ready' : 'open';
}
export const statusText = (status) => `${signs[status]} ${names[status]}`;

function layers(world, tasks) {
	const shown = new Set(tasks.map((t) => t.task_id));
	const depth = new Map();
	// Without recursion: chains may be as long as the plan.
	const stack = tasks.map((t) => t.task_id);
	const open = new Set();
	while (stack.length) {
		const id = stack[stack.length - 1];
		const before = world.tasks.get(id).depends_on.filter((d) => shown.has(d));
		const todo = before.filter((d) => !depth.has(d) && !open.has(d));
		open.add(id);
		if (todo.length && !depth.has(id)) {
			stack.push(...todo);
			continue;
		}
		stack.pop();
		depth.set(id, Math.max(0, ...before.map((d) => (depth.get(d) ?? -1) + 1)));
	}
	return depth;
}

function place(world, tasks) {
	const depth = layers(world, tasks);
	const columns = [];
	const put = (column, item) => (columns[column] = columns[column] || []).push(item);
	for (const task of tasks) put(depth.get(task.task_id), {key: task.task_id, task, before: task.depends_on});
	// A dependency that leaps over columns has a lane through each of them, so that it crosses no card.
	for (const task of tasks) {
		for (const id of task.depends_on) {
			if (!depth.has(id)) continue;
			let last = id;
			for (let column = depth.get(id) + 1; column < depth.get(task.task_id); column++) {
				const lane = `${id}\n${task.task_id}\n${column}`;
				put(column, {key: lane, before: [last]});
				last = lane;
			}
		}
	}
	const places = new Map();
	columns.forEach((list, column) => {
		const wish = (item) => {
			const rows = item.before.map((d) => places.get(d)).filter(Boolean).map((p) => p.row);
			return rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : 1e3 + ranks[statusOf(world, item.task)];
		};
		const wishes = new Map(list.map((item) => [item, wish(item)]));
		list.sort((a, b) => wishes.get(a) - wishes.get(b) || (a.key < b.key ? -1 : 1));
		list.forEach((item, row) => places.set(item.key, {column, row}));
	});
	return {places, columns: columns.length, rows: Math.max(...columns.map((c) => c.length))};
}

// From card to card, through the lanes in between.
function route(from, to, lanes) {
	let x = from.column * columnWidth + cardWidth;
	let y = from.row * rowHeight + cardHeight / 2;
	let d = `M${x} ${y}`;
	const curve = (x2, y2) => {
		const mid = (x + x2) / 2;
		d += `C${mid} ${y} ${mid} ${y2} ${x2} ${y2}`;
		[x, y] = [x2, y2];
	};
	for (const lane of lanes) {
		const laneY = lane.row * rowHeight + cardHeight / 2;
		curve(lane.column * columnWidth, laneY);
		x += cardWidth;
		d += `H${x}`;
	}
	curve(to.column * columnWidth - 2, to.row * rowHeight + cardHeight / 2);
	return d;
}

function card(world, task, p, ui, act, now) {
	const status = statusOf(world, task);
	const claim = world.claims.get(task.task_id);
	const isChosen = act.isChosen('plan', task.task_id);
	return h('button', {key: task.task_id, type: 'button',
		class: `card ${status} ${isChosen ? 'chosen' : ''}`,
		vars: {'--x': `${p.column * columnWidth}px`, '--y': `${p.row * rowHeight}px`},
		onclick: () => act.select('plan', task.task_id)},
	h('span.card-head', h('span.mono.id', task.task_id),
		h('span', {class: `status ${status}`}, statusText(status))),
	h('span.card-title', task.title),
	h('span.card-foot', claim ? person(claim.owner) : task.suggested_owner ?
		quiet('for ', task.suggested_owner) : quiet('nobody'),
	quiet(span(now - task.updated_at))));
}

function graph(world, tasks, ui, act, now) {
	const {places, columns, rows} = place(world, tasks);
	const width = (columns - 1) * columnWidth + cardWidth;
	const height = rows * rowHeight;
	const lines = [];
	for (const task of tasks) {
		const to = places.get(task.task_id);
		for (const id of task.depends_on) {
			const from = places.get(id);
			if (!from) continue;
			const lanes = [];
			for (let column = from.column + 1; column < to.column; column++) {
				lanes.push(places.get(`${id}\n${task.task_id}\n${column}`));
			}
			const isOver = ['done', 'cancelled'].includes(world.tasks.get(id).status);
			lines.push(h('path', {key: `${id}\n${task.task_id}`, class: isOver ? 'dep over' : 'dep',
				d: route(from, to, lanes), 'marker-end': 'url(#dep)'}));
		}
	}
	return h('div.graph.plan-graph', {tabindex: '0', role: 'group', 'aria-label': 'The plan as a graph'},
		h('div.sheet', {vars: {'--w': `${width}px`, '--h': `${height}px`}},
			h('svg', {width, height, 'aria-hidden': 'true'},
				h('defs', h('marker', {id: 'dep', viewBox: '0 0 8 8', refX: '7', refY: '4', markerWidth: '7',
					markerHeight: '7', orient: 'auto'}, h('path', {d: 'M0 0 8 4 0 8z', class: 'arrow'}))), lines),
			tasks.map((t) => card(world, t, places.get(t.task_id), ui, act, now))));
}

export function progressList(notes, limit) {
	return h('ul.notes', notes.slice(-limit).reverse().map((note, i) => h('li', {key: `${note.posted_at} ${i}`},
		h('header', person(note.author), note.task_id ? mono(note.task_id) : null,
			note.kind !== 'note' && h('span.tag', note.kind), h('time', clock(note.posted_at))),
		h('p', note.text))));
}

export function plan(world, ui, act, now) {
	const {filter} = ui;
	const all = [...world.tasks.values()].filter((t) => found(filter, t.task_id, t.title, t.suggested_owner));
	const counts = {};
	for (const task of all) {
		const status = statusOf(world, task);
		counts[status] = (counts[status] || 0) + 1;
	}
	let tasks = all;
	if (tasks.length > drawnMax) {
		tasks = [...all].sort((a, b) => ranks[statusOf(world, a)] - ranks[statusOf(world, b)] ||
			b.updated_at - a.updated_at).slice(0, drawnMax);
	}
	act.list(tasks.map((t) => ({kind: 'plan', id: t.task_id})));
	return section('plan', 'Plan',
		[h('p.legend', ['blocked', 'in_progress', 'ready', 'open', 'done', 'cancelled'].filter((s) => counts[s])
			.map((s) => h('span', {key: s, class: `status ${s}`}, `${statusText(s)} ${counts[s]}`))), button(act, 'declare')],
		all.length === 0 ? h('div.empty.big',
			h('p', filter ? 'No task matches the filter.' : 'There is no plan yet.'),
			filter ? null : h('p.quiet', 'Declare a task with ', h('code', 'synapse task declare ID --title …'), '.')) :
			graph(world, tasks, ui, act, now),
		all.length > tasks.length && h('p.quiet.note',
			`${plural(all.length, 'task')}; these are the ${tasks.length} that matter now. Filter to see others.`),
		world.progress.length > 0 && [h('h3', 'Progress'), progressList(world.progress, 30)]);
}
