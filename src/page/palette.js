// SPDX-License-Identifier: AGPL-3.0-or-later
// Go to anything by typing some of its name.
import {h, veil} from './dom.js';
import {badge, quiet} from './format.js';
import {called} from './paths.js';

const shownMax = 12;

// How well a name answers; nothing: not at all. Letters in their order, best when together.
function score(name, query) {
	const text = name.toLowerCase();
	const whole = text.indexOf(query);
	if (whole >= 0) return 1000 - whole - name.length / 100 + (/[^a-z0-9]/.test(text[whole - 1] || '/') ? 50 : 0);
	let at = -1;
	let gaps = 0;
	for (const c of query) {
		const next = text.indexOf(c, at + 1);
		if (next < 0) return null;
		gaps += next - at - 1;
		at = next;
	}
	return 500 - gaps;
}

export function answers(world, query, views, act) {
	const found = [];
	const q = query.trim().toLowerCase();
	const offer = (name, what, run, agent) => {
		const value = q === '' ? 0 : score(name, q);
		if (value !== null) found.push({name, what, run, agent, value});
	};
	for (const [id, name] of views) offer(name, 'view', () => act.view(id));
	if (q !== '') {
		for (const agent of world.people()) offer(agent.name, 'agent', () => act.select('agent', agent.name), agent.name);
		for (const task of world.tasks.values()) {
			offer(`${task.task_id} ${task.title}`, 'task', () => (act.view('plan'), act.select('plan', task.task_id)));
		}
		for (const claim of world.claims.values()) {
			for (const path of claim.scope === 'none' ? [claim.task_id] : claim.paths || []) {
				offer(called(path) || claim.worktree, 'held', () => act.select('task', claim.task_id), claim.owner);
			}
		}
	}
	return found.sort((a, b) => b.value - a.value).slice(0, shownMax);
}

export function palette(world, ui, views, act) {
	const list = answers(world, ui.query, views, act);
	const at = Math.min(ui.queryAt, Math.max(0, list.length - 1));
	const run = (one) => {
		act.close();
		one.run();
	};
	return veil(act,
		h('div.dialog.palette', {role: 'dialog', 'aria-modal': 'true', 'aria-label': 'Go to'},
			h('input', {id: 'dialog-first', type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'answers',
				'aria-activedescendant': list.length ? `answer-${at}` : undefined, 'aria-label': 'Go to', autocomplete: 'off',
				spellcheck: 'false', placeholder: 'An agent, a file, a task, a view…', value: ui.query,
				oninput: (e) => act.set({query: e.target.value, queryAt: 0}),
				onkeydown: (e) => {
					if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
						e.preventDefault();
						act.set({queryAt: Math.max(0, Math.min(list.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1)))});
					} else if (e.key === 'Enter' && list[at]) {
						e.preventDefault();
						run(list[at]);
					}
				}}),
			h('ul', {id: 'answers', role: 'listbox', 'aria-label': 'Answers'}, list.map((one, i) => h('li', {
				key: `${one.what} ${one.name} ${i}`, id: `answer-${i}`, role: 'option', 'aria-selected': String(i === at),
				class: i === at ? 'chosen' : '', onclick: () => run(one)},
			one.agent ? badge(one.agent) : h('span.badge.none'), h('span.answer', one.name),
			quiet(one.what === 'held' ? 'held file' : one.what)))),
			list.length === 0 && h('p.empty', 'Nothing has such a name.')), 'div.veil.top');
}
