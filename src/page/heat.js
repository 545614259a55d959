// SPDX-License-Identifier: AGPL-3.0-or-later
// Where agents stand in each other's way: files by claims, refusals and waiting, and what to split.
import {h, section} from './dom.js';
import {clock, found, pathText, plural, span} from './format.js';
import {heat as rowsOf, history, percentile} from './history.js';

const shownMax = 200;

function row(one, most, ui, act) {
	const isSplit = one.agents.size > 1 && (one.refusals > 0 || one.waits > 0);
	const half = percentile(one.spans, 0.5);
	const key = `${one.worktree}\n${one.path}`;
	const choose = () => act.select('path', key);
	return h('tr', {key, class: act.isChosen('path', key) ? 'row chosen' : 'row', onclick: choose},
		h('th', {scope: 'row'}, h('button.plain', {onclick: (e) => { e.stopPropagation(); choose(); }},
			pathText(one.path)), isSplit && h('span.tag.warn', '◆ split'),
		h('span.warmth', {'aria-hidden': 'true', vars: {'--share': (most > 0 ? one.weight / most : 0).toFixed(3)}})),
		[one.refusals, one.waited && span(one.waited), one.claims, one.agents.size].map((n) => h('td', n ? n.toLocaleString('en') : '')),
		h('td', half === null ? '' : span(half)), h('td', half === null ? '' : span(percentile(one.spans, 0.9))));
}

export function heat(world, ui, act, now) {
	const {filter} = ui;
	const rows = rowsOf(world, now).filter((r) => found(filter, r.path));
	const most = rows.length ? rows[0].weight : 0;
	const since = history(world).since;
	act.list(rows.slice(0, shownMax).map((r) => ({kind: 'path', id: `${r.worktree}\n${r.path}`})));
	return section('heat', 'Where agents meet', [h('p', since ? `${plural(rows.length, 'path')} since ${clock(since)}` : '')],
		rows.length === 0 ? h('div.empty.big', h('p', filter ? 'No path matches the filter.' : 'No file has been claimed yet.')) :
			h('div.scroll-x', {tabindex: '0', role: 'region', 'aria-label': 'Paths'}, h('table.heat-table',
				h('thead', h('tr', ['Path', 'Refused', 'Waited', 'Claims', 'Agents', 'Held, median', 'Held, 90 %'].map((t) => h('th', {scope: 'col'}, t)))),
				h('tbody', rows.slice(0, shownMax).map((r) => row(r, most, ui, act))))),
		rows.length > shownMax && h('p.quiet.note', `${rows.length - shownMax} more paths; filter to see them.`),
		h('p.quiet.note', 'Marked to be split: several agents wanted it, and some were refused or had to wait. ',
			h('code', 'synapse stats'), ' counts over the whole log.'));
}
