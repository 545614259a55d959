// SPDX-License-Identifier: AGPL-3.0-or-later
// Where agents stand in each other's way: files by claims, refusals and waiting, and what to split.
import {h} from './dom.js';
import {clock, pathText, plural, span} from './format.js';
import {heat as rowsOf, history, percentile} from './history.js';

const shownMax = 200;

function row(one, most, ui, act) {
	const isSplit = one.agents.size > 1 && (one.refusals > 0 || one.waits > 0);
	const half = percentile(one.spans, 0.5);
	return h('tr', {key: `${one.worktree}\n${one.path}`, class: ui.selection && ui.selection.kind === 'path' && ui.selection.id === `${one.worktree}\n${one.path}` ? 'row chosen' : 'row', onclick: () => act.select('path', `${one.worktree}\n${one.path}`)},
		h('th', {scope: 'row'}, h('button', {class: 'plain', onclick: (e) => { e.stopPropagation(); act.select('path', `${one.worktree}\n${one.path}`); }},
			pathText(one.path)), isSplit ? h('span', {class: 'tag warn'}, '◆ split') : null,
		h('span', {class: 'warmth', 'aria-hidden': 'true', vars: {'--share': (most > 0 ? one.weight / most : 0).toFixed(3)}})),
		[one.refusals, null, one.claims, one.agents.size].map((n) => h('td', null, n === null ? (one.waited ? span(one.waited) : '') : n ? n.toLocaleString('en') : '')),
		h('td', null, half === null ? '' : span(half)), h('td', null, half === null ? '' : span(percentile(one.spans, 0.9))));
}

export function heat(world, ui, act, now) {
	const filter = ui.filter.toLowerCase();
	const rows = rowsOf(world, now).filter((r) => !filter || r.path.toLowerCase().includes(filter));
	const most = rows.length ? rows[0].weight : 0;
	const since = history(world).since;
	act.list(rows.slice(0, shownMax).map((r) => ({kind: 'path', id: `${r.worktree}\n${r.path}`})));
	return h('section', {class: 'heat', 'aria-labelledby': 'heat-title'},
		h('header', {class: 'section-head'}, h('h2', {id: 'heat-title'}, 'Where agents meet'),
			h('p', null, since ? `${plural(rows.length, 'path')} since ${clock(since)}` : '')),
		rows.length === 0 ? h('div', {class: 'empty big'}, h('p', null, filter ? 'No path matches the filter.' : 'No file has been claimed yet.')) :
			h('div', {class: 'scroll-x', tabindex: '0', role: 'region', 'aria-label': 'Paths'}, h('table', {class: 'heat-table'},
				h('thead', null, h('tr', null, ['Path', 'Refused', 'Waited', 'Claims', 'Agents', 'Held, median', 'Held, 90 %'].map((t) => h('th', {scope: 'col'}, t)))),
				h('tbody', null, rows.slice(0, shownMax).map((r) => row(r, most, ui, act))))),
		rows.length > shownMax ? h('p', {class: 'quiet note'}, `${rows.length - shownMax} more paths; filter to see them.`) : null,
		h('p', {class: 'quiet note'}, 'Marked to be split: several agents wanted it, and some were refused or had to wait. ',
			h('code', null, 'synapse stats'), ' counts over the whole log.'));
}
