// SPDX-License-Identifier: AGPL-3.0-or-later
// Who has which file: the tree of each work tree, as far as claims, waits and refusals reach.
import {h, section, windowed} from './dom.js';
import {found, leaseClock, person, plural, quiet, shortName, span} from './format.js';
import {called, isGlob, pathsMeet} from './paths.js';

const keyOf = (node) => `${node.worktree}\n${node.path}`;

function flatten(node, depth, ui, filter, isOpenByDefault, into) {
	let name = node.isRoot ? node.worktree || '(no work tree)' : node.name;
	let at = node;
	// Folders with one folder in them and nothing else make one row.
	while (!at.isRoot && at.children.size === 1 && !at.claims.size && !at.refusal && !at.waits.size) {
		at = at.children.values().next().value;
		name += `/${at.name}`;
	}
	if (filter && !subtreeMatches(at, filter)) return;
	const hasChildren = at.children.size > 0;
	const key = keyOf(at);
	const isOpen = hasChildren && (filter ? true :
		ui.toggled.has(key) ? !isOpenByDefault(depth) : isOpenByDefault(depth));
	into.push({node: at, name, depth, hasChildren, isOpen, key});
	if (!isOpen) return;
	const children = [...at.children.values()].sort((a, b) =>
		(b.children.size > 0) - (a.children.size > 0) || (a.name < b.name ? -1 : 1));
	for (const child of children) flatten(child, depth + 1, ui, filter, isOpenByDefault, into);
}

function subtreeMatches(node, filter) {
	return found(filter, node.path, ...[...node.claims].flatMap((c) => [c.owner, c.task_id])) ||
		[...node.children.values()].some((child) => subtreeMatches(child, filter));
}

// What has no claim of its own may be covered by one: of a folder around it, or by a pattern.
function within(node, world) {
	if (node.isRoot || (node.children.size && !node.waits.size && !node.refusal)) return null;
	for (const claim of world.tree.meeting({worktree: node.worktree, paths: [node.path]})) {
		const by = called((claim.paths || []).find((p) => pathsMeet(p, node.path)) || '');
		return h('span.within', {title: `${claim.owner} has ${by || 'the whole work tree'}`},
			`within ${shortName(claim.owner)}’s ${by || 'work tree'}`);
	}
	return h('span.within', 'free');
}

function row({node, name: stored, depth, hasChildren, isOpen, key}, ui, world, now, act) {
	const name = node.isRoot ? stored : called(stored);
	const isPattern = isGlob(stored);
	const [claim] = node.claims;
	const waiting = isOpen ? node.waits.size : node.queued;
	const refused = isOpen ? (node.refusal ? node.refusal.count : 0) : node.refused;
	const cut = name.replace(/\/$/, '').lastIndexOf('/');
	const flashes = node.refusal && now - node.refusal.last < 2;
	const chosen = act.isChosen('path', key) || (Boolean(claim) && act.isChosen('task', claim.task_id));
	const open = (event) => {
		event.stopPropagation();
		act.toggle(key);
	};
	const choose = () => claim ? act.select('task', claim.task_id) : node.refusal || node.waits.size ?
		act.select('path', key) : hasChildren && act.toggle(key);
	return h('div', {key, role: 'treeitem', 'aria-level': depth + 1, 'data-key': key,
		'aria-expanded': hasChildren ? String(isOpen) : undefined, 'aria-selected': String(chosen),
		class: `row file ${claim || node.waits.size || node.refusal || (!isOpen && node.total) ? '' : 'bare'} ${chosen ? 'chosen' : ''} ${flashes ? 'flash' : ''} ${node.isRoot ? 'root' : ''}`,
		vars: {'--depth': depth}, onclick: choose},
	h('span.c-name',
		hasChildren ? h('span.twisty', {onclick: open, 'aria-hidden': 'true'}, isOpen ? '▾' : '▸') :
			h('span.twisty', {'aria-hidden': 'true'}, ''),
		h('span', {class: `path ${isPattern ? 'glob' : ''}`, title: `${node.worktree}/${called(node.path)}`},
			cut < 0 || node.isRoot ? null : h('span.dir', name.slice(0, cut + 1)),
			h('span.leaf', cut < 0 || node.isRoot ? name : name.slice(cut + 1)),
			hasChildren && !node.isRoot ? '/' : ''),
		isPattern ? h('span.hint', 'pattern') : null,
		claim && hasChildren ? h('span.hint', 'and all below') : null),
	h('span.c-owner', claim ? [...node.claims].slice(0, 2).map((c) => person(c.owner)) :
		!isOpen && node.total ? quiet(plural(node.total, 'claim')) : within(node, world),
	node.claims.size > 2 && h('span.plus', `+${node.claims.size - 2}`)),
	h('span.c-task.mono', claim ? claim.task_id : ''),
	h('span.c-lease', claim && leaseClock(claim, now)),
	h('span.c-marks',
		waiting ? h('span.mark.wait', `… ${waiting} waiting`) : null,
		refused ? h('span.mark.refused', {title: node.refusal ? `the last ${span(now - node.refusal.last)} ago` : ''},
		`× ${refused} refused`) : null));
}

export function files(world, ui, act, now) {
	const roots = [...world.tree.roots.values()].sort((a, b) => (a.worktree < b.worktree ? -1 : 1));
	const {filter} = ui;
	const total = roots.reduce((sum, node) => sum + node.nodes, 0);
	const isOpenByDefault = (depth) => total < 600 || depth < 1;
	const rows = [];
	for (const root of roots) flatten(root, 0, ui, filter, isOpenByDefault, rows);
	act.list(rows.map((r) => r.node.claims.size ? {kind: 'task', id: [...r.node.claims][0].task_id} :
		{kind: 'path', id: r.key}));
	let tasks = 0;
	for (const claim of world.claims.values()) if (claim.scope === 'none') tasks++;
	return section('files', 'Who has which file',
		[h('p', plural(world.claims.size, 'claim'), ` in ${plural(roots.length, 'work tree')}`,
			tasks ? `, ${tasks} of them without files` : '')],
		rows.length === 0 ? h('div.empty.big',
			h('p', filter ? 'No file matches the filter.' : 'Nobody has a file.'),
			filter ? null : h('p.quiet', 'Files appear here as agents claim them.')) :
		h('div', {role: 'tree', id: 'rows', 'aria-label': 'Files'},
			windowed(rows, ui.narrow ? 56 : 34, ui.scroll, ui.offset, (r) => row(r, ui, world, now, act))));
}
