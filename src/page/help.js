// SPDX-License-Identifier: AGPL-3.0-or-later
// Which keys do what.
import {h, veil} from './dom.js';

const keys = [
	['1 to 7', 'Fleet, Files, Waits, Plan, Talk, Time, Heat'],
	['/', 'Filter what is shown'],
	['↓ ↑ or j k', 'Choose the next, the one before'],
	['Enter', 'Open what is chosen'],
	['→ ←', 'Open and close a folder in Files'],
	['p', 'Into the past and back; there, Space plays, and [ ] are the event before and the next'],
	['Ctrl K', 'Go to anything: an agent, a file, a task, a view'],
	['t', 'Light, dark, or as the system has it'],
	['Esc', 'Close, or clear the filter'],
	['?', 'This list'],
];

export function help(act) {
	return veil(act,
		h('div.dialog', {role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'help-title'},
			h('div.dialog-head', h('h2', {id: 'help-title'}, 'Keys'),
				h('button.icon', {id: 'dialog-first', 'aria-label': 'Close', onclick: act.close}, '✕')),
			h('dl.keys', keys.map(([key, what]) => [h('dt', h('kbd', key)), h('dd', what)])),
			h('p.quiet', 'The address names what you look at: send it to somebody else.')));
}

export function unlock(link, act, detail) {
	return h('form.unlock', {onsubmit: (event) => {
		event.preventDefault();
		const field = document.getElementById('token');
		if (field.value) link.unlock(field.value);
	}},
	h('h1', 'This hub wants its token'),
	h('p', detail || 'It is what agents give with --token, or in $SYNAPSE_TOKEN.'),
	h('label', {for: 'token'}, 'Token'),
	h('input', {id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true}),
	h('button', {type: 'submit', class: 'primary'}, 'Connect'),
	h('p.quiet', 'It stays in this tab and is sent to the hub alone.'));
}
