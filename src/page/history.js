// SPDX-License-Identifier: AGPL-3.0-or-later
// What became of claims, from the lines of what happened: who had what from when to when, who waited,
// and what that came to path by path. Knows neither socket nor document.
import {pathsOf} from './paths.js';

const isEnd = {released: 'released', expired: 'ran out', handed_off: 'handed over', granted: 'claimed anew'};

const keyOf = (line) => `${line.agent}\n${line.task_id}`;
const begun = (line, as) => ({[as]: line.agent, task_id: line.task_id, worktree: line.worktree || '',
	paths: line.paths || null, from: line.at});

// {claims, waits, refusals, since}. A claim: {owner, task_id, worktree, paths, from, to, how}; `from`
// null: before the first line, `to` null: it is held. A wait: {agent, task_id, paths, from, to}.
export function history(world) {
	if (world.historyOf === world.version) return world.historyFound;
	const claims = [];
	const open = new Map();   // by task
	const waits = new Map();  // by agent and task
	const waited = [];
	const refusals = [];
	const end = (line, owner) => {
		const one = open.get(line.task_id) || {owner, task_id: line.task_id, worktree: line.worktree || '',
			paths: line.paths || null, from: null};
		open.delete(line.task_id);
		claims.push({...one, to: line.at, how: isEnd[line.kind]});
	};
	const endWait = (line) => {
		const one = waits.get(keyOf(line));
		if (!one) return;
		waits.delete(keyOf(line));
		waited.push({...one, to: line.at});
	};
	for (const line of world.past) {
		switch (line.kind) {
			case 'granted': {
				endWait(line);
				if (open.has(line.task_id)) end(line, line.agent);
				open.set(line.task_id, begun(line, 'owner'));
				break;
			}
			case 'handed_off':
				end(line, line.other);
				open.set(line.task_id, begun(line, 'owner'));
				break;
			case 'released':
			case 'expired':
				end(line, line.agent);
				break;
			case 'queued':
				if (!waits.has(keyOf(line))) waits.set(keyOf(line), begun(line, 'agent'));
				break;
			case 'unqueued':
				endWait(line);
				break;
			case 'refused':
				// Not those that were wrong in themselves.
				if (line.paths || line.other) refusals.push(line);
		}
	}
	// What is held now, whatever the lines leave out.
	for (const claim of world.claims.values()) {
		const one = open.get(claim.task_id);
		const from = one?.owner === claim.owner ? one.from : claim.claimed_at ?? null;
		claims.push({owner: claim.owner, task_id: claim.task_id, worktree: claim.worktree || '',
			paths: claim.scope === 'none' ? null : pathsOf(claim),
			from, to: null, until: claim.lease_expires_at});
	}
	for (const one of world.queue.values()) {
		waited.push({agent: one.agent, task_id: one.task_id, worktree: one.worktree || '', paths: one.paths, from: one.since ?? null, to: null});
	}
	world.historyOf = world.version;
	return world.historyFound = {claims, waits: waited, refusals, since: world.past.length ? world.past[0].at : null};
}

export function percentile(list, share) {
	if (list.length === 0) return null;
	const sorted = [...list].sort((a, b) => a - b);
	return sorted[Math.round(share * (sorted.length - 1))];
}

// A row a path: {worktree, path, claims, agents (that had or wanted it), refusals, waits, waited, held, spans, weight}.
export function heat(world, now) {
	const rows = new Map();
	const at = (worktree, path) => {
		const key = `${worktree}\n${path}`;
		let row = rows.get(key);
		if (!row) rows.set(key, row = {worktree, path, claims: 0, agents: new Set(), refusals: 0, waits: 0, waited: 0, held: 0, spans: []});
		return row;
	};
	const past = history(world);
	for (const claim of past.claims) {
		for (const path of claim.paths || []) {
			const row = at(claim.worktree, path);
			row.claims++;
			row.agents.add(claim.owner);
			if (claim.from === null) continue;
			const span = Math.max(0, (claim.to ?? now) - claim.from);
			row.held += span;
			if (claim.to !== null) row.spans.push(span);
		}
	}
	for (const line of past.refusals) {
		for (const path of line.paths || []) {
			const row = at(line.worktree || '', path);
			row.refusals++;
			row.agents.add(line.agent);
		}
	}
	for (const wait of past.waits) {
		for (const path of wait.paths || []) {
			const row = at(wait.worktree, path);
			row.waits++;
			row.agents.add(wait.agent);
			if (wait.from !== null) row.waited += Math.max(0, (wait.to ?? now) - wait.from);
		}
	}
	// Refusals and time that somebody waited: where agents stand in each other's way.
	for (const row of rows.values()) row.weight = 60 * row.refusals + row.waited + (row.agents.size - 1) * row.held / 10;
	return [...rows.values()].sort((a, b) => b.weight - a.weight || b.claims - a.claims || (a.path < b.path ? -1 : 1));
}
