// SPDX-License-Identifier: AGPL-3.0-or-later
// Which paths of claims meet, as far as a page has to know: the hub decides, this only explains.

// What a claim covers; blank: the whole work tree.
export const pathsOf = (claim) => (claim.scope === 'none' ? [] : claim.paths?.length ? claim.paths : ['']);

// Where each sign of a pattern stands in brackets of its own, a file of that name is meant.
const quoted = /\[([*?[{\\(])\]/g;
export const isGlob = (text) => /[*?[{\\]/.test(text.replace(quoted, ''));
// A path, or a segment, as its file is called.
export const called = (path) => (isGlob(path) ? path : path.replace(quoted, '$1'));

// Whether two segments of paths, either of which may be a pattern, can name the same thing.
const segmentsMeet = (a, b) =>
	a === b || (isGlob(a) ? isGlob(b) || matches(a, b) : isGlob(b) && matches(b, a));

const compiled = new Map();
function matches(pattern, text) {
	let regex = compiled.get(pattern);
	if (!regex) {
		if (compiled.size > 5000) compiled.clear();
		// What is more than stars and question marks is taken for whatever it could mean.
		regex = /[[{\\]/.test(pattern) ? /^/ : new RegExp(
			`^${pattern.replace(/[.+^$()|}\]]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');
		compiled.set(pattern, regex);
	}
	return regex.test(text);
}

// A path covers itself and all below it.
export function pathsMeet(a, b) {
	if (a === '' || b === '') return true;
	const x = a.split('/');
	const y = b.split('/');
	for (let i = 0; i < Math.min(x.length, y.length); i++) {
		if (x[i] === '**' || y[i] === '**') return true;
		if (!segmentsMeet(x[i], y[i])) return false;
	}
	return true;
}

// The paths of a work tree that anything is known of, as a tree of their segments: who claims them,
// who waits for them, who was refused. It is changed as claims come and go, and keeps its sums on
// the way up, so that ten thousand claims needn't be looked at to draw forty rows.
class Node {
	constructor(parent, name, worktree) {
		this.parent = parent;
		this.name = name;
		this.worktree = worktree;
		this.path = parent?.path ? `${parent.path}/${name}` : parent ? name : '';
		this.children = new Map();
		this.patterns = new Set();  // Those of the children that are patterns.
		this.claims = new Set();
		this.waits = new Set();
		this.refusal = null;
		this.total = 0;    // Claims here and below, and so on.
		this.queued = 0;
		this.refused = 0;
		this.nodes = 1;
	}
	get isRoot() { return this.parent === null; }
}

const lookMax = 3000;  // Nodes, for one question.

export class PathTree {
	constructor() { this.roots = new Map(); }

	node(worktree, path) {
		let node = this.roots.get(worktree);
		if (!node) this.roots.set(worktree, node = new Node(null, worktree, worktree));
		for (const segment of path.split('/')) {
			if (segment === '') continue;
			let next = node.children.get(segment);
			if (!next) {
				next = new Node(node, segment, worktree);
				node.children.set(segment, next);
				if (isGlob(segment)) node.patterns.add(next);
				for (let up = node; up; up = up.parent) up.nodes++;
			}
			node = next;
		}
		return node;
	}

	find(worktree, path) {
		return path.split('/').reduce((node, segment) => (segment ? node?.children.get(segment) : node), this.roots.get(worktree));
	}

	count(node, what, step) {
		for (let up = node; up; up = up.parent) up[what] += step;
	}

	each(scope, visit) {
		for (const path of pathsOf(scope)) visit(this.node(scope.worktree || '', path));
	}

	add(scope, list = 'claims', sum = 'total') {
		this.each(scope, (node) => {
			if (node[list].has(scope)) return;
			node[list].add(scope);
			this.count(node, sum, 1);
		});
	}

	remove(scope, list = 'claims', sum = 'total') {
		this.each(scope, (node) => {
			if (node[list].delete(scope)) this.count(node, sum, -1);
			this.prune(node);
		});
	}

	refuse(worktree, path, at, agent) {
		const node = this.node(worktree, path);
		node.refusal ||= {count: 0, last: 0, agents: new Set()};
		node.refusal.count++;
		node.refusal.last = at;
		node.refusal.agents.add(agent);
		this.count(node, 'refused', 1);
		return node;
	}

	forgive(node) {
		if (!node.refusal) return;
		this.count(node, 'refused', -node.refusal.count);
		node.refusal = null;
		this.prune(node);
	}

	prune(node) {
		while (node && !node.claims.size && !node.waits.size && !node.refusal && !node.children.size) {
			const parent = node.parent;
			if (!parent) return void this.roots.delete(node.worktree);
			parent.children.delete(node.name);
			parent.patterns.delete(node);
			for (let up = parent; up; up = up.parent) up.nodes--;
			node = parent;
		}
	}

	// What is in `list` of the paths that meet those of a scope.
	meeting(scope, list = 'claims') {
		const found = new Set();
		const root = this.roots.get(scope.worktree || '');
		for (const path of root ? pathsOf(scope) : []) this.look(root, path, list, found);
		return found;
	}

	look(root, path, list, found) {
		let left = lookMax;
		const below = (node) => {
			if (left-- <= 0) return;
			if (node[list].size && pathsMeet(node.path, path)) for (const one of node[list]) found.add(one);
			for (const child of node.children.values()) below(child);
		};
		let node = root;
		for (const segment of path.split('/')) {
			if (segment === '') continue;
			for (const one of node[list]) found.add(one);
			if (isGlob(segment)) return below(node);
			for (const pattern of node.patterns) below(pattern);
			node = node.children.get(segment);
			if (!node) return;
		}
		below(node);
	}
}
