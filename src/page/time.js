// SPDX-License-Identifier: AGPL-3.0-or-later
// Who had what from when to when: a lane an agent, a bar a claim.
import {h, section} from './dom.js';
import {clock, found, hue, lastPart, person, plural, span} from './format.js';
import {history} from './history.js';
import {called} from './paths.js';

const windows = [[300, '5 min'], [900, '15 min'], [3600, '1 h'], [0, 'all']];
const lanesMax = 120;
const barsMax = 80;
const ticks = 5;

// Bars that overlap stand below each other, in so many rows at most.
const rowsMax = 5;
function stack(bars, now) {
	const ends = [];
	for (const one of bars.sort((a, b) => (a.from ?? 0) - (b.from ?? 0))) {
		let row = ends.findIndex((end) => end <= (one.from ?? 0));
		if (row < 0) row = Math.min(ends.length, rowsMax - 1);
		ends[row] = Math.max(ends[row] || 0, one.to ?? now);
		one.row = row;
	}
	return Math.max(1, ends.length);
}

const nameOf = (claim) => (claim.paths ? claim.paths.map((p) => called(p) || 'the whole work tree').join(', ') : claim.task_id);

function bar(one, from, to, now, act) {
	const begin = Math.max(from, one.from ?? from);
	const end = Math.min(to, one.to ?? now);
	if (end < from) return null;
	const share = (t) => (100 * (t - from) / (to - from)).toFixed(3);
	const isHeld = one.to === null;
	const agent = one.owner || one.agent;
	const isWait = !one.owner;
	const text = isWait ? `${agent} waited for ${nameOf(one)}` : `${agent}: ${nameOf(one)} under ${one.task_id}`;
	const when = `${one.from === null ? 'before' : 'from'} ${clock(begin)} ${isHeld ? 'until now' : `to ${clock(end)}, ${one.how || 'over'}`}`;
	return h('button', {key: `${isWait ? 'w' : 'c'} ${one.task_id} ${one.from}`, title: `${text}, ${when}`, 'aria-label': `${text}, ${when}`,
		class: `span ${isWait ? 'waited' : isHeld ? 'held' : one.how === 'ran out' ? 'lapsed' : 'over'}`,
		vars: {'--from': `${share(begin)}%`, '--wide': `${Math.max(0, share(end) - share(begin))}%`, '--hue': hue(agent), '--row': one.row},
		onclick: (e) => { e.stopPropagation(); act.select(isHeld && !isWait ? 'task' : 'agent', isHeld && !isWait ? one.task_id : agent); }},
	isWait ? '' : lastPart(called((one.paths || [])[0] || one.task_id)));
}

function lanesOf(world, from, filter) {
	const past = history(world);
	const lanes = new Map();
	const lane = (name) => {
		if (!lanes.has(name)) lanes.set(name, {name, bars: [], refusals: [], last: 0});
		return lanes.get(name);
	};
	const passes = (one, name) => found(filter, name, one.task_id, ...one.paths || []);
	for (const one of [...past.claims, ...past.waits]) {
		const name = one.owner || one.agent;
		if ((one.to ?? Infinity) < from || !passes(one, name)) continue;
		const row = lane(name);
		row.bars.push(one);
		row.last = Math.max(row.last, one.to ?? Infinity);
	}
	for (const line of past.refusals) {
		if (line.at < from || !line.agent || !passes({task_id: line.task_id || '', paths: line.paths}, line.agent)) continue;
		const row = lane(line.agent);
		row.refusals.push(line);
		row.last = Math.max(row.last, line.at);
	}
	return [...lanes.values()].sort((a, b) => (a.last === b.last ? (a.name < b.name ? -1 : 1) : b.last - a.last));
}

export function time(world, ui, act, now) {
	const past = history(world);
	const then = act.past.at === null ? null : act.past;
	const oldest = past.claims.concat(past.waits).reduce((t, one) => Math.min(t, one.from ?? t), past.since ?? now);
	// No more than there is to show.
	const known = Math.max(60, now - oldest);
	const length = then ? then.to - then.from : ui.span ? Math.min(ui.span, known) : known;
	const to = then ? then.to : now;
	const from = to - length;
	const all = lanesOf(world, from, ui.filter);
	const lanes = all.slice(0, lanesMax);
	act.list(lanes.map((lane) => ({kind: 'agent', id: lane.name})));
	return section('times', 'Who had what, when',
		[then ? null : h('div.choices', {role: 'group', 'aria-label': 'How far back'}, h('button.tool', {title: 'Into the past (p)',
			onclick: () => act.past.go(now)}, '◷ Any moment'), windows.map(([seconds, name]) =>
			h('button', {class: `tool ${ui.span === seconds ? 'chosen' : ''}`, 'aria-pressed': String(ui.span === seconds),
				onclick: () => act.set({span: seconds})}, name)))],
		lanes.length === 0 ? h('div.empty.big', h('p', ui.filter ? 'Nothing matches the filter.' : 'Nobody has claimed anything yet.')) : [
			h('div.axis', {'aria-hidden': 'true'}, Array.from({length: ticks}, (_, i) => h('span', {key: i},
				i === ticks - 1 && !then ? 'now' : clock(from + length * i / (ticks - 1))))),
			h('ul', {class: then ? 'lanes then' : 'lanes', vars: {'--at': `${(100 * (now - from) / length).toFixed(2)}%`}}, lanes.map((lane) => [lane, lane.bars.slice(-barsMax)]).map(([lane, bars]) => h('li.lane', {key: lane.name},
				h('button.plain.lane-name', {onclick: () => act.select('agent', lane.name)}, person(lane.name)),
				h('div.track', {vars: {'--rows': stack(bars, now)}},
					bars.map((one) => bar(one, from, to, now, act)),
					lane.refusals.slice(-barsMax).map((line) => h('span.refusal', {key: `r ${line.at}`, role: 'img',
						'aria-label': `refused at ${clock(line.at)}`, title: `${clock(line.at)}: refused ${nameOf(line)}${line.other ? `, ${line.other} has it` : ''}`,
						vars: {'--from': `${(100 * (line.at - from) / length).toFixed(3)}%`}}, '▲')))))),
			all.length > lanesMax && h('p.quiet.note', `${all.length - lanesMax} more agents; filter to see them.`)],
		h('p.quiet.note', then ? 'From the log, up to this moment. ' : past.since ? `What this page has seen, since ${clock(past.since)} (${span(now - past.since)}), and what is held now; ` : '',
			h('code', 'synapse log'), ' and ', h('code', 'synapse at'), ' tell what was before. ',
			`${plural(past.claims.filter((c) => c.to !== null).length, 'claim')} ended, ${plural(past.refusals.length, 'refusal')}.`));
}
