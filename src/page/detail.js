// SPDX-License-Identifier: AGPL-3.0-or-later
// All about one thing that was chosen: an agent, a claim, a file, a task of the plan.
import {h} from './dom.js';
import {clock, leaseClock, mono, pathText, person, plural, quiet, span} from './format.js';
import * as feed from './feed.js';
import {stateOf} from './fleet.js';
import {progressList, statusOf, statusText} from './plan.js';
import {pathsMeet} from './paths.js';

const fact = (name, ...value) => [h('dt', null, name), h('dd', null, value)];

function history(world, test) {
	const lines = world.lines.filter(test);
	return [h('h3', null, 'What happened'),
		lines.length ? h('ol', {class: 'lines'}, feed.list(lines, world, 40)) :
			h('p', {class: 'quiet'}, 'Nothing that this page has seen.')];
}

function claimCard(world, claim, now, act) {
	const paths = claim.scope === 'none' ? [] : claim.paths && claim.paths.length ? claim.paths : [''];
	return h('li', {key: claim.task_id}, h('button', {class: 'held-card',
		onclick: () => act.select('task', claim.task_id)},
	h('span', {class: 'held-head'}, mono(claim.task_id), leaseClock(claim, now)),
	paths.slice(0, 4).map((p) => h('span', {class: 'held-path'}, pathText(p))),
	paths.length > 4 ? h('span', {class: 'plus'}, `+${paths.length - 4}`) : null,
	paths.length === 0 ? quiet('no files') : null));
}

function agentDetail(world, name, now, act) {
	const agent = world.agents.get(name);
	if (!agent) return [h('p', {class: 'empty'}, 'This agent is not known here.')];
	const state = stateOf(world, agent);
	const claims = world.claimsOf(name);
	const waiting = world.waiting().filter((w) => w.agent === name);
	const others = world.waiting().filter((w) => w.claims.some((c) => c.owner === name));
	const card = world.cards.get(name);
	const lapsed = [...world.lapsed.values()].filter((l) => l.owner === name);
	return [
		h('dl', {class: 'facts'},
			fact('State', `${state.sign} ${state.word}`),
			fact('Last sign', agent.last_seen ? `${span(now - agent.last_seen)} ago, ${clock(agent.last_seen)}` : 'never'),
			agent.sockets && agent.sockets.length ? fact('Sockets', agent.sockets.join(', ')) : null,
			fact('Unread', `${agent.unread}${agent.does_not_read ? ', and it does not read' : ''}`),
			card && card.description ? fact('Says', card.description) : null,
			card && card.skills && card.skills.length ? fact('Skills', card.skills.join(', ')) : null,
			card && card.model ? fact('Model', card.model) : null),
		h('h3', null, claims.length ? `Holds ${plural(claims.length, 'claim')}` : 'Holds nothing'),
		h('ul', {class: 'held'}, claims.slice(0, 50).map((c) => claimCard(world, c, now, act))),
		waiting.length ? [h('h3', null, 'Waits for'), h('ul', {class: 'plain-list'}, waiting.map((w) => h('li', null,
			w.claims[0] ? [person(w.claims[0].owner), ' '] : 'its turn ',
			w.paths.length ? pathText(w.paths[0]) : mono(w.task_id),
			quiet(w.kind === 'queue' ? ` place ${w.position}` : '', w.since ? `, ${span(now - w.since)}` : ''))))] : null,
		others.length ? [h('h3', null, 'Is waited for by'), h('ul', {class: 'plain-list'},
			others.slice(0, 20).map((w) => h('li', null, person(w.agent), quiet(w.since ? ` ${span(now - w.since)}` : ''))))] : null,
		lapsed.length ? [h('h3', null, 'Lost when its lease ran out'), h('ul', {class: 'plain-list'},
			lapsed.slice(0, 10).map((l) => h('li', null, mono(l.task_id),
				quiet(` ${span(now - l.lapsed_at)} ago`))))] : null,
		history(world, (l) => l.agent === name || l.other === name)];
}

function taskDetail(world, id, now, act) {
	const claim = world.claims.get(id);
	if (!claim) {
		return [h('p', null, 'Nobody holds ', mono(id), ' any more.'),
			history(world, (l) => l.task_id === id)];
	}
	const waiting = world.waitingOn(id);
	const paths = claim.scope === 'none' ? [] : claim.paths && claim.paths.length ? claim.paths : [''];
	return [
		h('dl', {class: 'facts'},
			fact('Holder', h('button', {class: 'plain', onclick: () => act.select('agent', claim.owner)}, person(claim.owner))),
			fact('Lease', leaseClock(claim, now), quiet(` until ${clock(claim.lease_expires_at)}`)),
			claim.claimed_at ? fact('Since', `${clock(claim.claimed_at)}, ${span(now - claim.claimed_at)} ago`) : null,
			fact('Status', claim.status.replaceAll('_', ' ')),
			claim.note ? fact('Note', claim.note) : null,
			claim.checkpoint ? fact('Checkpoint', h('span', {class: 'pre'}, claim.checkpoint)) : null,
			claim.git && claim.git.branch ? fact('Branch', claim.git.branch) : null,
			claim.worktree ? fact('Work tree', mono(claim.worktree)) : null,
			claim.origin ? fact('Made by', 'its host program’s hook') : null,
			fact('Epoch', String(claim.epoch))),
		h('h3', null, paths.length ? plural(paths.length, 'path') : 'No files'),
		h('ul', {class: 'plain-list'}, paths.slice(0, 60).map((p) => h('li', {key: p}, pathText(p))),
			paths.length > 60 ? h('li', {class: 'quiet'}, `+${paths.length - 60} more`) : null),
		h('h3', null, waiting.length ? `${waiting.length} wait${waiting.length === 1 ? 's' : ''} for it` : 'Nobody waits for it'),
		h('ol', {class: 'plain-list'}, waiting.slice(0, 30).map((w) => h('li', null, person(w.agent),
			quiet(w.since ? ` ${span(now - w.since)}` : '')))),
		history(world, (l) => l.task_id === id || l.other_task_id === id)];
}

function pathDetail(world, key) {
	const at = key.indexOf('\n');
	const worktree = key.slice(0, at);
	const path = key.slice(at + 1);
	const refusal = (world.tree.find(worktree, path) || {}).refusal;
	return [
		h('dl', {class: 'facts'}, fact('Work tree', mono(worktree || 'none')),
			refusal ? fact('Refused', `${refusal.count} times, the last at ${clock(refusal.last)}, to `,
				[...refusal.agents].slice(0, 8).map((n) => person(n))) : null),
		history(world, (l) => (l.worktree || '') === worktree && (l.paths || []).some((p) => pathsMeet(p, path)))];
}

function planDetail(world, id, now, act) {
	const task = world.tasks.get(id);
	if (!task) return [h('p', {class: 'empty'}, 'This task is off the plan.')];
	const status = statusOf(world, task);
	const claim = world.claims.get(id);
	const link = (other) => {
		const one = world.tasks.get(other);
		return h('li', {key: other}, h('button', {class: 'plain', onclick: () => act.select('plan', other)},
			mono(other)), quiet(one ? ` ${statusText(statusOf(world, one))}` : ' not declared'));
	};
	const after = [...world.tasks.values()].filter((t) => t.depends_on.includes(id)).map((t) => t.task_id);
	const notes = world.progress.filter((n) => n.task_id === id);
	return [
		h('p', {class: 'lead'}, task.title),
		task.description ? h('p', {class: 'pre'}, task.description) : null,
		h('dl', {class: 'facts'},
			fact('Status', h('span', {class: `status ${status}`}, statusText(status))),
			fact('Claimed by', claim ? h('button', {class: 'plain', onclick: () => act.select('task', id)}, person(claim.owner)) : 'nobody'),
			task.suggested_owner ? fact('Meant for', task.suggested_owner) : null,
			fact('Declared', `by ${task.created_by}, ${span(now - task.created_at)} ago`)),
		task.depends_on.length ? [h('h3', null, 'Depends on'), h('ul', {class: 'plain-list'}, task.depends_on.map(link))] : null,
		after.length ? [h('h3', null, 'Needed by'), h('ul', {class: 'plain-list'}, after.slice(0, 40).map(link))] : null,
		notes.length ? [h('h3', null, 'Progress'), progressList(notes, 20)] : null,
		history(world, (l) => l.task_id === id)];
}

const titles = {agent: 'Agent', task: 'Claim', path: 'File', plan: 'Task'};

export function detail(world, ui, act, now) {
	const {kind, id} = ui.selection;
	const body = {agent: agentDetail, task: taskDetail, path: pathDetail, plan: planDetail}[kind];
	return h('section', {class: 'detail', key: `${kind} ${id}`, 'aria-labelledby': 'detail-title'},
		h('header', {class: 'side-head'},
			h('div', null, h('p', {class: 'eyebrow'}, titles[kind]),
				h('h2', {id: 'detail-title'}, kind === 'agent' ? person(id) : kind === 'path' ?
					pathText(id.slice(id.indexOf('\n') + 1)) : mono(id))),
			h('button', {class: 'icon', 'aria-label': 'Close', title: 'Close (Esc)',
				onclick: () => act.select(null)}, '✕')),
		h('div', {class: 'detail-body', tabindex: '0', role: 'group', 'aria-label': 'Details'},
			body(world, id, now, act)));
}
