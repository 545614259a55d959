// SPDX-License-Identifier: AGPL-3.0-or-later
// All about one thing that was chosen: an agent, a claim, a file, a task of the plan.
import {h} from './dom.js';
import {clock, leaseClock, mono, pathText, person, plural, quiet, span} from './format.js';
import * as feed from './feed.js';
import {stateOf} from './fleet.js';
import {progressList, statusOf, statusText} from './plan.js';
import {button} from './operate.js';
import {pathsMeet, pathsOf} from './paths.js';

const fact = (name, ...value) => [h('dt', name), h('dd', value)];

function history(world, test) {
	const lines = world.lines.filter(test);
	return [h('h3', 'What happened'),
		lines.length ? h('ol.lines', feed.list(lines, world, 40)) :
			h('p.quiet', 'Nothing that this page has seen.')];
}

function claimCard(world, claim, now, act) {
	const paths = pathsOf(claim);
	return h('li', {key: claim.task_id}, h('button.held-card', {onclick: () => act.select('task', claim.task_id)},
	h('span.held-head', mono(claim.task_id), leaseClock(claim, now)),
	paths.slice(0, 4).map((p) => h('span.held-path', pathText(p))),
	paths.length > 4 && h('span.plus', `+${paths.length - 4}`),
	paths.length === 0 && quiet('no files')));
}

function agentDetail(world, name, now, act) {
	const agent = world.agents.get(name);
	if (!agent) return [h('p.empty', 'This agent is not known here.')];
	const state = stateOf(world, agent);
	const claims = world.claimsOf(name);
	const waiting = world.waiting().filter((w) => w.agent === name);
	const others = world.waiting().filter((w) => w.claims.some((c) => c.owner === name));
	const card = world.cards.get(name);
	const lapsed = [...world.lapsed.values()].filter((l) => l.owner === name);
	return [
		h('dl.facts',
			fact('State', `${state.sign} ${state.word}`),
			fact('Last sign', agent.last_seen ? `${span(now - agent.last_seen)} ago, ${clock(agent.last_seen)}` : 'never'),
			agent.sockets?.length > 0 && fact('Sockets', agent.sockets.join(', ')),
			fact('Unread', `${agent.unread}${agent.does_not_read ? ', and it does not read' : ''}`),
			card?.description && fact('Says', card.description),
			card?.skills && card.skills.length ? fact('Skills', card.skills.join(', ')) : null,
			card?.model && fact('Model', card.model)),
		h('div.actions', button(act, 'message', name)),
		h('h3', claims.length ? `Holds ${plural(claims.length, 'claim')}` : 'Holds nothing'),
		h('ul.held', claims.slice(0, 50).map((c) => claimCard(world, c, now, act))),
		waiting.length > 0 && [h('h3', 'Waits for'), h('ul.plain-list', waiting.map((w) => h('li',
			w.claims[0] ? [person(w.claims[0].owner), ' '] : 'its turn ',
			w.paths.length ? pathText(w.paths[0]) : mono(w.task_id),
			quiet(w.kind === 'queue' ? ` place ${w.position}` : '', w.since ? `, ${span(now - w.since)}` : ''), button(act, 'answer', w))))],
		others.length > 0 && [h('h3', 'Is waited for by'), h('ul.plain-list',
			others.slice(0, 20).map((w) => h('li', person(w.agent), quiet(w.since ? ` ${span(now - w.since)}` : ''))))],
		lapsed.length > 0 && [h('h3', 'Lost when its lease ran out'), h('ul.plain-list',
			lapsed.slice(0, 10).map((l) => h('li', mono(l.task_id),
				quiet(` ${span(now - l.lapsed_at)} ago`))))],
		history(world, (l) => l.agent === name || l.other === name)];
}

function taskDetail(world, id, now, act) {
	const claim = world.claims.get(id);
	if (!claim) {
		return [h('p', 'Nobody holds ', mono(id), ' any more.'),
			history(world, (l) => l.task_id === id)];
	}
	const waiting = world.waitingOn(id);
	const paths = pathsOf(claim);
	return [
		h('dl.facts',
			fact('Holder', h('button.plain', {onclick: () => act.select('agent', claim.owner)}, person(claim.owner))),
			fact('Lease', leaseClock(claim, now), quiet(` until ${clock(claim.lease_expires_at)}`)),
			claim.claimed_at ? fact('Since', `${clock(claim.claimed_at)}, ${span(now - claim.claimed_at)} ago`) : null,
			fact('Status', claim.status.replaceAll('_', ' ')),
			claim.note && fact('Note', claim.note),
			claim.checkpoint && fact('Checkpoint', h('span.pre', claim.checkpoint)),
			claim.git?.branch && fact('Branch', claim.git.branch),
			claim.worktree && fact('Work tree', mono(claim.worktree)),
			claim.origin && fact('Made by', 'its host program’s hook'),
			fact('Epoch', claim.epoch)),
		h('div.actions', ['release', 'renew', 'handoff'].map((kind) => button(act, kind, claim, world))),
		h('h3', paths.length ? plural(paths.length, 'path') : 'No files'),
		h('ul.plain-list', paths.slice(0, 60).map((p) => h('li', {key: p}, pathText(p))),
			paths.length > 60 && h('li.quiet', `+${paths.length - 60} more`)),
		h('h3', waiting.length ? `${waiting.length} wait${waiting.length === 1 ? 's' : ''} for it` : 'Nobody waits for it'),
		h('ol.plain-list', waiting.slice(0, 30).map((w) => h('li', person(w.agent),
			quiet(w.since ? ` ${span(now - w.since)}` : ''), button(act, 'answer', w)))),
		history(world, (l) => l.task_id === id || l.other_task_id === id)];
}

function pathDetail(world, key) {
	const at = key.indexOf('\n');
	const worktree = key.slice(0, at);
	const path = key.slice(at + 1);
	const refusal = (world.tree.find(worktree, path) || {}).refusal;
	return [
		h('dl.facts', fact('Work tree', mono(worktree || 'none')),
			refusal ? fact('Refused', `${refusal.count} times, the last at ${clock(refusal.last)}, to `,
				[...refusal.agents].slice(0, 8).map((n) => person(n))) : null),
		history(world, (l) => (l.worktree || '') === worktree && (l.paths || []).some((p) => pathsMeet(p, path)))];
}

function planDetail(world, id, now, act) {
	const task = world.tasks.get(id);
	if (!task) return [h('p.empty', 'This task is off the plan.')];
	const status = statusOf(world, task);
	const claim = world.claims.get(id);
	const link = (other) => {
		const one = world.tasks.get(other);
		return h('li', {key: other}, h('button.plain', {onclick: () => act.select('plan', other)},
			mono(other)), quiet(one ? ` ${statusText(statusOf(world, one))}` : ' not declared'));
	};
	const after = [...world.tasks.values()].filter((t) => t.depends_on.includes(id)).map((t) => t.task_id);
	const notes = world.progress.filter((n) => n.task_id === id);
	return [
		h('p.lead', task.title),
		task.description && h('p.pre', task.description),
		h('dl.facts',
			fact('Status', h('span', {class: `status ${status}`}, statusText(status))),
			fact('Claimed by', claim ? h('button.plain', {onclick: () => act.select('task', id)}, person(claim.owner)) : 'nobody'),
			task.suggested_owner && fact('Meant for', task.suggested_owner),
			fact('Declared', `by ${task.created_by}, ${span(now - task.created_at)} ago`)),
		h('div.actions', ['change', 'forget'].map((kind) => button(act, kind, task))),
		task.depends_on.length > 0 && [h('h3', 'Depends on'), h('ul.plain-list', task.depends_on.map(link))],
		after.length > 0 && [h('h3', 'Needed by'), h('ul.plain-list', after.slice(0, 40).map(link))],
		notes.length > 0 && [h('h3', 'Progress'), progressList(notes, 20)],
		history(world, (l) => l.task_id === id)];
}

const titles = {agent: 'Agent', task: 'Claim', path: 'File', plan: 'Task'};

export function detail(world, ui, act, now) {
	const {kind, id} = ui.selection;
	const body = {agent: agentDetail, task: taskDetail, path: pathDetail, plan: planDetail}[kind];
	return h('section.detail', {key: `${kind} ${id}`, 'aria-labelledby': 'detail-title'},
		h('header.side-head',
			h('div', h('p.eyebrow', titles[kind]),
				h('h2', {id: 'detail-title'}, kind === 'agent' ? person(id) : kind === 'path' ?
					pathText(id.slice(id.indexOf('\n') + 1)) : mono(id))),
			h('button.icon', {'aria-label': 'Close', title: 'Close (Esc)',
				onclick: () => act.select(null)}, '✕')),
		h('div.detail-body', {tabindex: '0', role: 'group', 'aria-label': 'Details'},
			body(world, id, now, act)));
}
