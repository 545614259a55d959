// SPDX-License-Identifier: AGPL-3.0-or-later
// The page's only way to the document: descriptions of elements, and the smallest change that makes
// the document look like them. Text is only ever set as text, so what agents write stays text.
// Elements keep their identity from one picture to the next: a click, a focus or a selection
// outlives what changes around it.

const SVG = 'http://www.w3.org/2000/svg';
const svgTags = new Set(['svg', 'g', 'path', 'rect', 'circle', 'line', 'text', 'title', 'defs',
	'marker', 'polygon', 'tspan']);

const shapes = new Map();  // 'div.row.chosen': ['div', 'row chosen']
function shape(text) {
	const [tag, ...classes] = text.split('.');
	shapes.set(text, [tag, classes.join(' ')]);
	return shapes.get(text);
}

// h('div.row', {key: 7, onclick: f}, 'text', h('b', 'more'), list, null): properties may be left out.
export function h(text, ...children) {
	const [tag, names] = shapes.get(text) || shape(text);
	const first = children[0];
	const hasProps = first && typeof first === 'object' && first.tag === undefined && !Array.isArray(first);
	const props = hasProps ? children.shift() : {};
	if (names) props.class = names;
	const flat = [];
	flatten(children, flat);
	return {tag, props, children: flat, node: null};
}

function flatten(list, into) {
	for (const one of list) {
		if (one === null || one === undefined || one === '' || typeof one === 'boolean') continue;
		if (Array.isArray(one)) flatten(one, into);
		else into.push(typeof one === 'object' ? one : {tag: '', text: String(one), node: null});
	}
}

function make(description, isSvg) {
	if (description.tag === '') {
		description.node = document.createTextNode(description.text);
		return description.node;
	}
	const inSvg = description.tag === 'svg' || (isSvg && svgTags.has(description.tag));
	const node = inSvg ? document.createElementNS(SVG, description.tag) :
		document.createElement(description.tag);
	if (description.tag === 'button') node.type = 'button';  // Unless it says otherwise.
	description.node = node;
	for (const name in description.props) setProp(node, name, undefined, description.props[name]);
	for (const child of description.children) node.appendChild(make(child, inSvg));
	return node;
}

function setProp(node, name, before, now) {
	if (name === 'key' || before === now) return;
	if (name.startsWith('on')) {
		node[name] = now || null;
	} else if (name === 'value') {
		if (node.value !== now) node.value = now;
	} else if (name === 'vars') {
		// Custom properties: the policy of the page forbids style attributes.
		for (const key in before || {}) if (!now || !(key in now)) node.style.removeProperty(key);
		for (const key in now || {}) {
			if (!before || before[key] !== now[key]) node.style.setProperty(key, now[key]);
		}
	} else if (now === null || now === undefined || now === false) {
		node.removeAttribute(name);
	} else {
		node.setAttribute(name, now === true ? '' : String(now));
	}
}

function isSame(a, b) {
	return a.tag === b.tag && (a.tag === '' || a.props.key === b.props.key);
}

function change(before, now, isSvg) {
	const node = before.node;
	now.node = node;
	if (now.tag === '') {
		if (before.text !== now.text) node.data = now.text;
		return;
	}
	for (const name in before.props) {
		if (!(name in now.props)) setProp(node, name, before.props[name], undefined);
	}
	for (const name in now.props) setProp(node, name, before.props[name], now.props[name]);
	changeChildren(node, before.children, now.children, isSvg || now.tag === 'svg');
}

function changeChildren(parent, before, now, isSvg) {
	const keyed = new Map();
	for (const child of before) {
		if (child.tag !== '' && child.props.key !== undefined) keyed.set(child.props.key, child);
	}
	const used = new Set();
	let place = 0;
	const next = [];
	for (const child of now) {
		const key = child.tag === '' ? undefined : child.props.key;
		let old = null;
		if (key !== undefined) {
			old = keyed.get(key) || null;
			if (old && (used.has(old) || old.tag !== child.tag)) old = null;
		} else {
			while (place < before.length && (used.has(before[place]) ||
					(before[place].tag !== '' && before[place].props.key !== undefined))) place++;
			if (place < before.length && isSame(before[place], child)) old = before[place];
		}
		if (old) {
			used.add(old);
			change(old, child, isSvg);
		} else {
			make(child, isSvg);
		}
		next.push(child.node);
	}
	for (const child of before) if (!used.has(child)) child.node.remove();
	let at = parent.firstChild;
	for (const node of next) {
		if (node === at) at = at.nextSibling;
		else parent.insertBefore(node, at);
	}
}

const pictures = new WeakMap();
// Makes `root` hold these.
export function show(root, ...children) {
	const flat = [];
	flatten(children, flat);
	changeChildren(root, pictures.get(root) || [], flat, false);
	pictures.set(root, flat);
}

// A part of the page with its title; `head` stands beside that.
export const section = (name, title, head, ...body) => h(`section.${name}`, {'aria-labelledby': `${name}-title`},
	h('header.section-head', h('h2', {id: `${name}-title`}, title), head), body);

// A dialog above all else; a click beside it closes it.
export const veil = (act, dialog, name = 'div.veil') =>
	h(name, {onclick(e) { if (e.target === e.currentTarget) act.close(); }}, dialog);

// Of many rows of one height, those that can be seen. `scroll`: {top, height} of the scroller,
// `offset` where the list begins in it.
export function windowed(items, rowHeight, scroll, offset, row) {
	const spare = 6;
	const first = Math.max(0, Math.floor((scroll.top - offset) / rowHeight) - spare);
	const count = Math.ceil(scroll.height / rowHeight) + 2 * spare;
	const last = Math.min(items.length, first + count);
	const rows = [];
	for (let i = Math.min(first, items.length); i < last; i++) rows.push(row(items[i], i));
	return h('div', {
		class: 'window', role: 'presentation',
		vars: {'--before': `${Math.min(first, items.length) * rowHeight}px`,
			'--all': `${items.length * rowHeight}px`},
	}, rows);
}
