// SPDX-License-Identifier: AGPL-3.0-or-later
// The page: what is looked at, the keys, and the loop that draws. The address's fragment names the
// view, what is chosen and the filter, so that an address can be sent to somebody.
import {h, show} from './dom.js';
import {detail} from './detail.js';
import {feed} from './feed.js';
import {files} from './files.js';
import {fleet} from './fleet.js';
import {shortName, span} from './format.js';
import {heat} from './heat.js';
import {help, unlock} from './help.js';
import {Link} from './link.js';
import {ask, jobBar, Operator, signIn} from './operate.js';
import {palette} from './palette.js';
import {bar, Past} from './past.js';
import {plan} from './plan.js';
import {talk} from './talk.js';
import {time} from './time.js';
import {waits} from './waits.js';
import {concerns, World} from './world.js';

const views = [['fleet', 'Fleet', '◉'], ['files', 'Files', '▤'], ['waits', 'Waits', '⇉'], ['plan', 'Plan', '◇'],
	['talk', 'Talk', '❝'], ['time', 'Time', '◷'], ['heat', 'Heat', '▦']];
const draw = {fleet, files, waits, plan, talk, time, heat};
const drawEvery = 50;  // Milliseconds, at most.

const present = new World();
const ui = {view: 'fleet', filter: '', selection: null, dialog: '', query: '', queryAt: 0, feed: 'all',
	thread: '', span: 900, toggled: new Set(), scroll: {top: 0, height: 800}, offset: 0, narrow: false, wide: true,
	hasState: false, theme: localStorage.getItem('synapse.theme') || 'system'};
let visible = [];  // What the arrows go through.

// --- the address ---

function readAddress() {
	const text = location.hash.slice(1);
	if (text.startsWith('token=')) {
		sessionStorage.setItem('synapse.token', decodeURIComponent(text.slice(6)));
		history.replaceState(null, '', location.pathname);
		return;
	}
	const [path, query] = text.replace(/^\//, '').split('?');
	const wish = new URLSearchParams(query || '');
	ui.view = draw[path] ? path : 'fleet';
	ui.filter = wish.get('filter') || '';
	ui.thread = wish.get('thread') || '';
	ui.selection = wish.get('kind') ? {kind: wish.get('kind'), id: wish.get('id') || ''} : null;
	if (ui.selection && !['agent', 'task', 'path', 'plan'].includes(ui.selection.kind)) ui.selection = null;
	const at = Number(wish.get('at'));
	if (at > 0) past.go(at);
	else if (past.at !== null) past.live();
}

function writeAddress() {
	const wish = new URLSearchParams();
	if (ui.filter) wish.set('filter', ui.filter);
	if (ui.thread && ui.view === 'talk') wish.set('thread', ui.thread);
	if (ui.selection) wish.set('kind', ui.selection.kind), wish.set('id', ui.selection.id);
	if (past.at !== null) wish.set('at', past.at.toFixed(3));
	const query = wish.toString();
	const fragment = `#/${ui.view}${query ? `?${query}` : ''}`;
	if (location.hash !== fragment) history.replaceState(null, '', fragment);
}

// --- what the views may do ---

const act = {
	set(change) {
		const opens = change.dialog && !ui.dialog;
		if (opens) ui.focusBefore = document.activeElement;
		const closes = change.dialog === '' && ui.dialog;
		Object.assign(ui, change);
		writeAddress();
		drawNow();
		if (opens) document.getElementById('dialog-first')?.focus();
		if (closes && ui.focusBefore?.isConnected) ui.focusBefore.focus();
	},
	view(id) {
		const scroller = document.getElementById('main');
		if (scroller) scroller.scrollTop = 0;
		ui.scroll.top = 0;
		act.set({view: id, selection: null});
	},
	isChosen: (kind, id) => ui.selection?.kind === kind && ui.selection.id === id,
	close() { act.set({dialog: ''}); },
	select(kind, id) { act.set({selection: kind ? {kind, id} : null}); },
	toggle(key) {
		if (ui.toggled.has(key)) ui.toggled.delete(key);
		else ui.toggled.add(key);
		drawNow();
	},
	list(items) { visible = items; },
	live() { past.live(); },
	get past() { return past; },
	operates: () => link.me && past.at === null,
	job: () => operator.job,
	operate(does, frame, given) {
		if (!frame) return link.operate(given);
		operator.start(does, frame);
		document.getElementById('take-back').focus();
	},
	drop() { operator.drop(); },
};

function move(step) {
	if (visible.length === 0) return;
	const at = ui.selection ? visible.findIndex((v) => v.kind === ui.selection.kind && v.id === ui.selection.id) : -1;
	const next = visible[Math.max(0, Math.min(visible.length - 1, at < 0 ? (step > 0 ? 0 : visible.length - 1) : at + step))];
	act.select(next.kind, next.id);
	const scroller = document.getElementById('main');
	const row = document.querySelector('.row.chosen, .card.chosen');
	if (row) row.scrollIntoView({block: 'nearest'});
	else if (scroller) {
		const place = visible.indexOf(next);
		scroller.scrollTop = ui.offset + place * (ui.view === 'files' ? 34 : 58) - scroller.clientHeight / 2;
	}
}

// --- keys ---

const themes = ['system', 'light', 'dark'];
function setTheme(theme) {
	ui.theme = theme;
	localStorage.setItem('synapse.theme', theme);
	applyTheme();
	drawNow();
}
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
function applyTheme() {
	document.documentElement.dataset.theme = ui.theme !== 'system' ? ui.theme : darkSystem.matches ? 'dark' : 'light';
}
darkSystem.onchange = applyTheme;
const nextTheme = () => setTheme(themes[(themes.indexOf(ui.theme) + 1) % themes.length]);

function onKey(event) {
	const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
	if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
		event.preventDefault();
		return act.set({dialog: ui.dialog === 'palette' ? '' : 'palette', query: '', queryAt: 0});
	}
	if (event.key === 'Escape') return escape(event);
	if (event.key === 'Tab' && ui.dialog) return keepFocus(event);
	if (isField || ui.dialog || event.ctrlKey || event.metaKey || event.altKey) return;
	const number = Number(event.key);
	if (number >= 1 && number <= views.length) return act.view(views[number - 1][0]);
	switch (event.key) {
		case '?': return act.set({dialog: 'help'});
		case '/':
			event.preventDefault();
			return document.getElementById('filter').focus();
		case 't': return nextTheme();
		case 'p': return past.at === null ? past.go(link.now()) : past.live();
		case '[':
		case ']': return past.at === null ? undefined : past.step(event.key === '[' ? -1 : 1);
		case ' ':
			if (past.at === null || event.target.tagName === 'BUTTON') return;
			event.preventDefault();
			return past.play();
		case 'j':
		case 'ArrowDown':
			event.preventDefault();
			return move(1);
		case 'k':
		case 'ArrowUp':
			event.preventDefault();
			return move(-1);
		case 'ArrowRight':
		case 'ArrowLeft': {
			const row = document.querySelector('.row.file.chosen');
			if (!row || (row.getAttribute('aria-expanded') === 'true') === (event.key === 'ArrowRight')) return;
			event.preventDefault();
			if (row.hasAttribute('aria-expanded')) act.toggle(row.dataset.key);
			return;
		}
		case 'Enter':
			if (!ui.selection && event.target === document.body) move(1);
	}
}

function escape(event) {
	if (ui.dialog) return act.close();
	if (event.target.id === 'filter') {
		event.target.blur();
		if (ui.filter) act.set({filter: ''});
		return;
	}
	if (ui.selection) act.select(null);
	else if (ui.filter) act.set({filter: ''});
}

function keepFocus(event) {
	const all = [...document.querySelectorAll('.dialog :is(button, input, select)')];
	if (all.length === 0) return;
	const edge = event.shiftKey ? all[0] : all[all.length - 1];
	if (document.activeElement !== edge && document.activeElement.closest('.dialog')) return;
	event.preventDefault();
	(event.shiftKey ? all[all.length - 1] : all[0]).focus();
}

// --- the picture ---

function stateWord() {
	if (past.at !== null) return ['past', '◷', 'The past'];
	const ago = span((Date.now() - link.heardAt) / 1000);
	switch (link.state) {
		case 'live': return ['live', '●', 'Live'];
		case 'connecting': return ['wait', '◌', 'Connecting'];
		case 'silent': return ['stale', '▲', `Not live: no answer for ${ago}`];
		case 'locked': return ['stale', '▲', 'Locked'];
		default: return ['stale', '▲', `Not live: connecting again${link.heardAt ? `, last heard ${ago} ago` : ''}`];
	}
}

function top(world) {
	const [kind, sign, text] = stateWord();
	const online = world.people().filter((a) => a.online).length;
	return h('header.top',
		h('div.brand', h('span.logo', {'aria-hidden': 'true'}), h('h1', 'Synapse'),
			world.hub && h('span.hub-id', world.hub)),
		h('div', {class: `live ${kind}`, role: 'status'}, h('span', {'aria-hidden': 'true'}, `${sign} `), text),
		h('dl.numbers',
			[['agents', world.isBlind ? '–' : online, 'online'], ['claims', world.claims.size, 'claims'], ['waiting', world.waiting().length, 'waiting'],
				['unread', world.people().reduce((n, a) => n + a.unread, 0), 'unread']]
				.map(([key, value, name]) => h('div', {key}, h('dt', name), h('dd', {id: `n-${key}`}, value.toLocaleString('en'))))),
		h('div.tools',
			h('input', {id: 'filter', type: 'search', placeholder: 'Filter  /', 'aria-label': 'Filter', autocomplete: 'off',
				spellcheck: 'false', value: ui.filter, oninput: (e) => act.set({filter: e.target.value})}),
			h('button.tool.go', {title: 'Go to anything (Ctrl K)', onclick: () => act.set({dialog: 'palette', query: '', queryAt: 0})},
				'Go to', h('kbd', 'Ctrl K')),
			h('button.tool', {title: 'Light, dark, or as the system has it (t)',
				'aria-label': `Theme: ${ui.theme}`, onclick: nextTheme}, {system: '◐', light: '☀', dark: '☾'}[ui.theme]),
			link.hasOperators && h('button.tool', {id: 'operator', title: link.me ? 'Stop operating' : 'Act for agents',
				onclick: () => (link.me ? link.operate({}) : act.set({dialog: 'ask', asked: signIn()}))}, link.me ? `◆ ${shortName(link.me)}` : 'Operate'),
			h('button.tool', {title: 'Keys (?)', 'aria-label': 'Keys', onclick: () => act.set({dialog: 'help'})}, '?')));
}

function nav(world, now) {
	const counts = {fleet: concerns(world, now).length, waits: world.waiting().length, plan: [...world.tasks.values()].filter((t) => t.status === 'blocked').length};
	return h('nav.views', {'aria-label': 'Views'}, views.map(([id, name, glyph], i) => h('button', {
		key: id, class: ui.view === id ? 'chosen' : '', 'aria-current': ui.view === id ? 'page' : undefined,
		onclick: () => act.view(id)}, h('span.glyph', {'aria-hidden': 'true'}, glyph), h('span.view-name', name),
	counts[id] ? h('span.count', counts[id], h('span.sr', ' to look at')) : h('kbd', i + 1))));
}

function picture() {
	const world = past.world || present;
	const now = past.world ? past.at : link.now();
	if (link.state === 'locked') {
		return [h('main', {id: 'main', class: 'alone', tabindex: '-1'}, unlock(link, act, link.detail))];
	}
	const isStale = ui.hasState && link.state !== 'live';
	const body = !ui.hasState ? h('p.empty.big', {key: 'wait'}, link.state === 'connecting' ?
		'Asking the hub…' : 'The hub does not answer.') : draw[ui.view](world, ui, act, now);
	const side = ui.selection ? detail(world, ui, act, now) : feed(world, ui, act);
	const hasSide = ui.selection || ui.wide;
	return [
		top(world),
		nav(world, now),
		h('main', {id: 'main', tabindex: '0', class: isStale ? 'stale' : past.at !== null ? 'was' : '', onscroll: onScroll, 'data-view': ui.view},
			isStale && h('p.banner', {role: 'alert'}, 'What you see is not live. ', link.detail || 'The hub does not answer; this page tries again by itself.'),
			past.at !== null && bar(past, act),
			h('div.view', {key: ui.view}, body)),
		ui.hasState && hasSide ? h('aside', {class: ui.selection ? 'side chosen' : 'side'}, side) : null,
		ui.dialog === 'help' ? help(act) : ui.dialog === 'palette' ? palette(world, ui, views, act) :
			ui.dialog === 'ask' && ask(ui.asked, act),
		jobBar(operator, act),
	];
}

function onScroll() {
	const main = document.getElementById('main');
	ui.scroll = {top: main.scrollTop, height: main.clientHeight};
	soon();
}

function measure() {
	const main = document.getElementById('main');
	if (!main) return false;
	const rows = document.getElementById('rows');
	const scroll = {top: main.scrollTop, height: main.clientHeight};
	const offset = rows ? rows.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop : 0;
	const narrow = matchMedia('(max-width: 760px)').matches;
	const wide = matchMedia('(min-width: 1180px)').matches;
	const has = scroll.height !== ui.scroll.height || Math.abs(offset - ui.offset) > 4 || narrow !== ui.narrow || wide !== ui.wide;
	Object.assign(ui, {scroll, offset, narrow, wide});
	return has;
}

const root = document.getElementById('app');
let drawnAt = 0;
let drawTook = 0;
let timer = 0;
let isAsked = false;

function drawNow() {
	clearTimeout(timer);
	timer = 0;
	isAsked = false;
	const begin = performance.now();
	show(root, picture());
	if (measure()) show(root, picture());
	drawnAt = performance.now();
	drawTook = Math.min(60, drawnAt - begin);
}

function soon() {
	if (isAsked) return;
	isAsked = true;
	// On a machine that is slow, a smaller part of its time goes into pictures.
	const wait = Math.max(0, Math.max(drawEvery, 6 * drawTook) - (performance.now() - drawnAt));
	timer = setTimeout(() => requestAnimationFrame(drawNow), wait);
}

// --- begin ---

const link = new Link({
	onSnapshot(frame, isFirst) {
		present.take(frame, isFirst);
		if (!frame.next && link.state !== 'live') past.lost();
		ui.hasState = true;
		if (isFirst && drawnAt === 0) drawNow();
		else soon();
	},
	onActivity(frame) {
		present.apply(frame);
		soon();
	},
	onPast(frame) { past.hear(frame); },
	onState() { if (root) soon(); },
	onAnswer(frame) { operator.hear(frame); },
	onDenied(why) { act.set({dialog: 'ask', asked: signIn(why)}); },
});

const operator = new Operator(link, () => drawNow());

let addressTimer = 0;
const past = new Past((frame) => link.send(frame), () => {
	clearTimeout(addressTimer);
	addressTimer = setTimeout(writeAddress, 300);
	soon();
}, () => link.now());

ui.narrow = matchMedia('(max-width: 760px)').matches;
ui.wide = matchMedia('(min-width: 1180px)').matches;
readAddress();
applyTheme();
addEventListener('hashchange', () => (readAddress(), link.state === 'locked' && link.token && link.start(), drawNow()));
addEventListener('keydown', onKey);
addEventListener('resize', soon);
setInterval(soon, 1000);
setInterval(() => {
	const bad = ui.hasState ? concerns(present, link.now()).length : 0;
	document.title = `${bad ? `(${bad}) ` : ''}Synapse${link.state === 'live' ? '' : ' – not live'}`;
}, 2000);
link.start();
drawNow();
