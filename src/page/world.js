// SPDX-License-Identifier: AGPL-3.0-or-later
// The bus as the page knows it: tables that a snapshot fills and activity changes, and what follows
// from them. Knows neither socket nor document.
import {pathsOf, PathTree} from './paths.js';

const linesMax = 600;
const talkMax = 600;
const pastMax = 4000;  // Lines about claims that were or were not had.
const pastKinds = new Set(['granted', 'released', 'expired', 'handed_off', 'refused', 'queued', 'unqueued']);
const refusalsMax = 2000;
const lapsedMax = 1024;
const placesMax = 2000;  // Of claims that wait, those whose place in line is worked out.

const queueKey = (agent, task) => `${agent}\n${task}`;

export class World {
	constructor() { this.clear(); }

	clear() {
		this.agents = new Map();    // name: {name, online, sockets, unread, last_seen}
		this.claims = new Map();    // by task
		this.held = new Map();      // owner: Set of claims
		this.queue = new Map();     // by agent and task
		this.waits = new Map();     // agent: task
		this.lapsed = new Map();    // by agent and task
		this.tasks = new Map();
		this.cards = new Map();
		this.progress = [];
		this.talk = new Map();      // msg_id: {msg_id, frame, recipients: Map, thread}
		this.lines = [];            // newest last
		this.past = [];             // those of pastKinds, newest last
		this.tree = new PathTree();
		this.refusedNodes = [];     // of the tree, the oldest refusal first
		this.waited = [];           // seconds, of claims that were granted from the queue
		this.counters = {};
		this.readOnly = '';
		this.hub = '';
		this.version = (this.version || 0) + 1;
		this.ticket = 0;
	}

	// A page of a snapshot.
	take(frame, isFirst) {
		if (isFirst) {
			this.clear();
			for (const line of frame.events) this.addLine(line);
		}
		this.version++;
		this.hub = frame.hub_id;
		this.counters = frame.counters;
		this.readOnly = frame.read_only_reason || '';
		this.isBlind = Boolean(frame.not_recorded);  // To who was there.
		for (const one of frame.agents) this.agents.set(one.agent, {...one, name: one.agent});
		for (const claim of frame.claims) this.setClaim(claim);
		for (const one of frame.queue) {
			this.setQueued(one);
			this.ticket = Math.max(this.ticket, one.ticket);
		}
		for (const one of frame.waits) this.waits.set(one.agent, one.task_id);
		for (const one of frame.lapsed) this.lapsed.set(queueKey(one.owner, one.task_id), one);
		for (const task of frame.tasks) this.tasks.set(task.task_id, task);
		for (const card of frame.cards) this.cards.set(card.agent, card);
		this.progress = [...frame.progress, ...this.progress];
		for (const one of frame.talk) this.addTalk(one);
	}

	apply(frame) {
		this.version++;
		for (const item of frame.items) {
			if (item.kind) this.happened(item);
			else this.told(item);
		}
		for (const task in frame.renewed || {}) {
			const claim = this.claims.get(task);
			if (!claim) continue;
			claim.lease_expires_at = frame.renewed[task];
			claim.renewed_at = frame.timestamp;
		}
		for (const name in frame.heard || {}) this.agent(name).last_seen = frame.heard[name];
		for (const name in frame.sockets || {}) this.agent(name).sockets = frame.sockets[name];
	}

	agent(name) {
		let agent = this.agents.get(name);
		if (!agent) {
			agent = {name, online: false, sockets: [], unread: 0, last_seen: 0};
			this.agents.set(name, agent);
		}
		return agent;
	}

	// A line of activity.
	happened(line) {
		if (line.unread) {
			for (const name in line.unread) this.agent(name).unread = line.unread[name];
			this.mailMoved(line);
			return;
		}
		this.addLine(line);
		switch (line.kind) {
			case 'joined':
				Object.assign(this.agent(line.agent), {online: true, last_seen: line.at, since: line.at});
				break;
			case 'left':
				Object.assign(this.agent(line.agent), {online: false, last_seen: line.at, since: line.at});
				this.waits.delete(line.agent);
				for (const one of [...this.queue.values()]) if (one.agent === line.agent) this.dropQueued(one.agent, one.task_id);
				for (const [waiter, task] of this.waits) {
					const claim = this.claims.get(task);
					if (claim?.owner === line.agent) this.waits.delete(waiter);
				}
				this.cards.delete(line.agent);
				if (/^(anon-|operator:)/.test(line.agent)) this.agents.delete(line.agent);  // A drawn name: nobody comes back under it.
				break;
			case 'queued': {
				const old = this.queue.get(queueKey(line.agent, line.task_id));
				this.setQueued({agent: line.agent, task_id: line.task_id, worktree: line.worktree || '',
					paths: line.paths || [], since: old ? old.since : line.at,
					scope: line.paths || line.worktree ? undefined : 'none', ticket: ++this.ticket});
				break;
			}
			case 'unqueued':
				this.dropQueued(line.agent, line.task_id);
				break;
			case 'waits':
				this.waits.set(line.agent, line.task_id);
				break;
			case 'checkpoint': {
				const claim = this.claims.get(line.task_id);
				if (claim) claim.checkpoint = line.text;
				break;
			}
			case 'read_only':
				this.readOnly = line.text;
				break;
		}
	}

	addLine(line) {
		this.lines.push(line);
		if (this.lines.length > linesMax) this.lines.splice(0, this.lines.length - linesMax);
		if (pastKinds.has(line.kind)) {
			this.past.push(line);
			if (this.past.length > pastMax + 200) this.past.splice(0, this.past.length - pastMax);
		}
		if (line.kind === 'refused' && line.paths) {
			for (const path of line.paths) {
				const node = this.tree.refuse(line.worktree || '', path, line.at, line.agent);
				if (node.refusal.count === 1) this.refusedNodes.push(node);
			}
			while (this.refusedNodes.length > refusalsMax) this.tree.forgive(this.refusedNodes.shift());
		}
		if (line.waited) {
			this.waited.push(line.waited);
			if (this.waited.length > 200) this.waited.shift();
		}
	}

	// What had happened by a moment, in place of what was known of that.
	addPast(lines, at) {
		for (const node of this.refusedNodes) this.tree.forgive(node);
		Object.assign(this, {lines: [], past: [], refusedNodes: [], waited: []});
		for (const line of lines) if (line.at <= at) this.addLine(line);
		this.version++;
	}

	// A broadcast.
	told(frame) {
		switch (frame.type) {
			case 'claim_granted':
			case 'lease_extended':
			case 'lease_narrowed':
			case 'handoff_granted': {
				const old = this.claims.get(frame.task_id) || {};
				this.setClaim({...old, ...frame, payload: undefined,
					claimed_at: frame.type === 'claim_granted' || !old.claimed_at ? frame.timestamp : old.claimed_at,
					renewed_at: frame.timestamp});
				this.dropQueued(frame.owner, frame.task_id);
				if (this.waits.get(frame.owner) === frame.task_id) this.waits.delete(frame.owner);
				this.lapsed.delete(queueKey(frame.owner, frame.task_id));
				break;
			}
			case 'release_granted':
				this.dropClaim(frame.task_id);
				break;
			case 'lease_expired':
				this.lapsed.set(queueKey(frame.owner, frame.task_id),
					{task_id: frame.task_id, owner: frame.owner, lapsed_at: frame.timestamp,
						...pick(this.claims.get(frame.task_id), ['worktree', 'paths', 'scope'])});
				if (this.lapsed.size > lapsedMax) this.lapsed.delete(this.lapsed.keys().next().value);
				this.dropClaim(frame.task_id);
				break;
			case 'task_updated': {
				const claim = this.claims.get(frame.task_id);
				if (claim) claim.status = frame.status, claim.version = frame.version;
				break;
			}
			case 'ledger_task_posted':
			case 'ledger_task_updated':
				this.tasks.set(frame.task.task_id, frame.task);
				break;
			case 'ledger_task_forgotten':
				this.tasks.delete(frame.task_id);
				break;
			case 'ledger_progress_posted':
				this.progress.push(frame.note);
				if (this.progress.length > 2000) this.progress.shift();
				break;
			case 'capability_advertised':
				this.cards.set(frame.agent, frame.card);
				break;
			case 'operator_acted':
				if (frame.action === 'end_wait' && this.waits.get(frame.agent) === frame.task_id) this.waits.delete(frame.agent);
				break;
			case 'chat':
				this.addTalk({msg_id: frame.msg_id, frame});
				break;
		}
	}

	setClaim(claim) {
		this.dropClaim(claim.task_id, true);
		this.claims.set(claim.task_id, claim);
		let held = this.held.get(claim.owner);
		if (!held) this.held.set(claim.owner, held = new Set());
		held.add(claim);
		this.tree.add(claim);
	}

	setQueued(one) {
		this.dropQueued(one.agent, one.task_id);
		this.queue.set(queueKey(one.agent, one.task_id), one);
		this.tree.add(one, 'waits', 'queued');
	}

	dropQueued(agent, taskId) {
		const key = queueKey(agent, taskId);
		const one = this.queue.get(key);
		if (!one) return;
		this.queue.delete(key);
		this.tree.remove(one, 'waits', 'queued');
	}

	dropClaim(taskId, isChange) {
		const claim = this.claims.get(taskId);
		if (!claim) return;
		this.claims.delete(taskId);
		this.tree.remove(claim);
		const held = this.held.get(claim.owner);
		held.delete(claim);
		if (held.size === 0) this.held.delete(claim.owner);
		if (isChange) return;
		for (const [waiter, task] of this.waits) if (task === taskId) this.waits.delete(waiter);
	}

	addTalk(one) {
		const known = this.talk.get(one.msg_id);
		const recipients = new Map((one.recipients || []).map((r) => [r.agent, r]));
		if (known) {
			known.frame = known.frame || one.frame;
			for (const [name, state] of recipients) known.recipients.set(name, state);
			known.thread = known.thread || one.thread;
			return;
		}
		this.talk.set(one.msg_id, {...one, recipients,
			thread: one.thread || (one.frame?.thread)});
		if (this.talk.size > talkMax) this.talk.delete(Math.min(...this.talk.keys()));
	}

	mailMoved(line) {
		for (const id of line.msg_ids) {
			if (!this.talk.has(id)) this.addTalk({msg_id: id});
			const message = this.talk.get(id);
			if (line.thread) message.thread = line.thread;
			for (const agent of line.agents) {
				message.recipients.set(agent,
					{agent, state: line.word, why: line.why, at: line.at, answer: line.answer});
			}
		}
	}

	// --- what follows from it ---

	claimsOf(name) { return [...(this.held.get(name) || [])]; }

	// The claims in the way of one that waits.
	blockersOf(queued) {
		const found = [];
		const own = this.claims.get(queued.task_id);
		if (own && own.owner !== queued.agent) found.push(own);
		for (const claim of this.tree.meeting(queued)) {
			if (claim.owner !== queued.agent && claim !== own) found.push(claim);
		}
		return found;
	}

	// Who waits for what: {agent, task_id, since, position, claims (in the way), paths, kind}.
	waiting() {
		if (this.waitingOf === this.version) return this.waitingList;
		const list = [];
		const queued = [...this.queue.values()].sort((a, b) => a.ticket - b.ticket);
		const byTask = new Map();
		queued.forEach((one, i) => {
			const met = i < placesMax ? this.tree.meeting(one, 'waits') : new Set();
			for (const other of byTask.get(one.task_id) || []) met.add(other);
			const ahead = [...met].filter((other) => other.agent !== one.agent && other.ticket < one.ticket)
				.sort((a, b) => a.ticket - b.ticket);
			list.push({...one, kind: 'queue', position: ahead.length + 1, ahead,
				claims: this.blockersOf(one)});
			byTask.set(one.task_id, [...(byTask.get(one.task_id) || []), one]);
		});
		for (const [agent, task_id] of this.waits) {
			const claim = this.claims.get(task_id);
			if (claim) list.push({agent, task_id, kind: 'wait', ahead: [], claims: [claim], paths: []});
		}
		this.waitingOf = this.version;
		this.waitingList = list;
		return list;
	}

	waitingOn(taskId) { return this.waiting().filter((w) => w.claims.some((c) => c.task_id === taskId)); }

	// The agents that are there to be shown: NAME-rx is NAME's waiter, not an agent.
	people() {
		const list = [];
		for (const agent of this.agents.values()) {
			const owner = agent.name.replace(/-(rx|presence)$/, '');
			if ((owner !== agent.name && this.agents.has(owner)) || owner.startsWith('operator:')) continue;
			list.push(agent);
		}
		return list;
	}

	listens(agent) {
		const rx = this.agents.get(`${agent.name}-rx`);
		return Boolean(rx?.online) || (agent.sockets || []).includes('waiter');
	}
}

function pick(record, names) {
	const picked = {};
	for (const name of names) if (record && record[name] !== undefined) picked[name] = record[name];
	return picked;
}

// --- who needs a look, and why ---

const quietAfter = 300;
const longWait = 120;
const soon = 60;

// {level: 'bad' | 'warn', word, agent, claim, since, parts: [text or {agent} or {path}]}
export function concerns(world, now) {
	const second = Math.floor(now);
	if (world.concernsOf === world.version && world.concernsAt === second) return world.concernsList;
	world.concernsOf = world.version;
	world.concernsAt = second;
	return world.concernsList = allConcerns(world, now);
}

function allConcerns(world, now) {
	const list = [];
	if (world.readOnly) {
		list.push({level: 'bad', word: 'read-only', key: 'ro', weight: 1e6,
			parts: ['The hub refuses every change: ', world.readOnly]});
	}
	if (world.isBlind) return list;
	for (const wait of world.waiting()) list.push(...concernOfWait(world, wait, now));
	// Who is named as the reason of a wait needs no line of its own for the same.
	const named = new Set(list.filter((c) => c.word === 'stuck').map((c) => c.claim.owner));
	for (const [name, claims] of world.held) {
		list.push(...concernsOfHolder(world, name, claims, now).filter((c) => c.word === 'lease ends' || !named.has(name)));
	}
	for (const agent of world.people()) {
		if (agent.unread > 0 && (agent.does_not_read || !agent.online || !world.listens(agent))) {
			const away = !agent.online;
			if (away && !agent.does_not_read && !world.held.has(agent.name)) continue;
			if (!agent.does_not_read && now - agent.last_seen < quietAfter) continue;
			list.push({level: 'warn', word: 'deaf', key: `deaf ${agent.name}`, agent: agent.name,
				weight: agent.unread, parts: [{agent: agent.name},
					` has ${agent.unread} unread ${agent.unread === 1 ? 'message' : 'messages'} and `,
					away ? 'is away' : 'does not listen']});
		}
	}
	list.push(...concernsOfRefusals(world, now));
	return list.sort((a, b) => a.level.localeCompare(b.level) || b.weight - a.weight);
}

function concernOfWait(world, wait, now) {
	const claim = wait.claims[0];
	const seconds = wait.since ? now - wait.since : 0;
	if (!claim) {
		if (!wait.ahead.length || seconds < longWait) return [];
		return [{level: 'warn', word: 'waits', key: `w ${wait.agent} ${wait.task_id}`, agent: wait.agent,
			weight: seconds, since: wait.since,
			parts: [{agent: wait.agent}, ' waits behind ', {agent: wait.ahead[0].agent}]}];
	}
	const holder = world.agents.get(claim.owner) || {online: false, last_seen: 0};
	const silent = now - holder.last_seen;
	const isStuck = !holder.online || silent > quietAfter;
	if (!isStuck && seconds < longWait) return [];
	const why = !holder.online ? 'which is away' : silent > quietAfter ? 'which is silent' : null;
	return [{level: isStuck ? 'bad' : 'warn', word: isStuck ? 'stuck' : 'waits',
		key: `w ${wait.agent} ${wait.task_id}`, agent: wait.agent, claim, weight: seconds + 1,
		since: wait.since,
		parts: [{agent: wait.agent}, ' waits for ', {agent: claim.owner}, why ? `, ${why}` : '', ': ',
			{path: wait.paths[0] ?? (claim.paths || [])[0] ?? claim.task_id}],
		until: claim.lease_expires_at}];
}

function concernsOfHolder(world, name, claims, now) {
	const list = [];
	const agent = world.agents.get(name) || {online: false, last_seen: 0};
	const first = [...claims][0];
	const silent = now - agent.last_seen;
	const files = claims.size === 1 ? '1 claim' : `${claims.size} claims`;
	if (!agent.online || silent > quietAfter) {
		const word = agent.online ? 'silent' : 'away';
		list.push({level: 'warn', word, key: `${word} ${name}`, agent: name, claim: first, weight: silent, since: agent.last_seen,
			parts: [{agent: name}, ` ${agent.online ? 'says nothing and' : 'left and still'} holds ${files}: `, {path: pathsOf(first)[0] ?? ''}],
			until: agent.online ? undefined : Math.max(...[...claims].map((c) => c.lease_expires_at))});
	}
	for (const claim of claims) {
		const left = claim.lease_expires_at - now;
		if (left > soon || left < 0 || claim.status === 'done' || claim.status === 'failed') continue;
		list.push({level: 'warn', word: 'lease ends', key: `ends ${claim.task_id}`, agent: name, claim,
			weight: 100 - left, parts: [{agent: name}, ' is about to lose ', {path: pathsOf(claim)[0] ?? ''}],
			until: claim.lease_expires_at});
	}
	return list;
}

function concernsOfRefusals(world, now) {
	const counts = new Map();
	for (const line of world.lines) {
		if (line.kind !== 'refused' || now - line.at > 60) continue;
		const known = counts.get(line.agent) || {count: 0, line};
		known.count++;
		known.line = line;
		counts.set(line.agent, known);
	}
	const list = [];
	for (const [agent, {count, line}] of counts) {
		if (count < 3) continue;
		list.push({level: 'warn', word: 'refused', key: `refused ${agent}`, agent, weight: count,
			parts: [{agent}, ` was refused ${count} times in a minute: `,
				line.paths ? {path: line.paths[0]} : line.word.replaceAll('_', ' '),
				line.other ? ', held by ' : '', line.other ? {agent: line.other} : '']});
	}
	return list;
}
