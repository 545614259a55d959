// SPDX-License-Identifier: AGPL-3.0-or-later
// The page's one socket: it observes, or operates, asks for a snapshot, and then listens for activity. It comes
// back by itself, and it knows whether what is shown is the present.
//
// The tokens go into the first frame and nowhere else; they live as long as the tab.

const stored = (key) => sessionStorage.getItem(`synapse.${key}`) || undefined;

const pageBytes = 256 * 1024;
const pulseEvery = 5000;
const pulsePatience = 4000;
const snapshotPause = 2000;

export class Link {
	// onSnapshot(frame, isFirst, isLast), onActivity(frame), onPast(frame), onState(state, detail), onAnswer(frame)
	// to an operator, onDenied(why) that one may be one
	constructor(handlers) {
		this.handlers = handlers;
		this.state = 'connecting';
		this.tries = 0;
		this.seq = null;
		this.offset = 0;
		this.askedAt = 0;
		setInterval(() => this.pulse(), 1000);
	}

	get token() { return stored('token'); }

	// The hub's clock.
	now() { return Date.now() / 1000 + this.offset; }

	start() {
		clearTimeout(this.timer);
		if (this.socket) this.socket.onclose = this.socket.onmessage = null, this.socket.close();
		this.tell(this.tries === 0 ? 'connecting' : 'away', null);
		const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
		this.seq = null;
		this.missed = false;
		const socket = this.socket = new WebSocket(`${scheme}//${location.host}/`);
		const operator_token = stored('operator-token');
		socket.onopen = () => this.ask([], {...operator_token ? {operator_token, sender: stored('operator')} : {observe: true},
			token: this.token, interest: {types: ['activity'], chat: 'none'}});
		socket.onmessage = (event) => this.hear(event.data);
		socket.onclose = (event) => this.ended(event.code);
	}

	ask(after, more) {
		this.askedAt = Date.now();
		this.socket.send(JSON.stringify({type: 'page_request', max_bytes: pageBytes, after, ...more}));
	}

	// Whether it could be sent.
	send(frame) {
		const can = this.socket?.readyState === WebSocket.OPEN;
		if (can) this.socket.send(JSON.stringify(frame));
		return can;
	}

	// At most every two seconds, however often something was missed.
	askAgain() {
		if (this.again) return;
		const wait = Math.max(0, this.askedAt + snapshotPause - Date.now());
		this.again = setTimeout(() => {
			this.again = 0;
			if (this.socket.readyState === WebSocket.OPEN) this.ask([]);
		}, wait);
	}

	hear(text) {
		const frame = JSON.parse(text);
		this.heardAt = Date.now();
		if (frame.timestamp && frame.type !== 'chat') {
			this.offset = frame.timestamp - Date.now() / 1000;
		}
		if (frame.type === 'page_snapshot') {
			this.tries = 0;
			this.me = frame.target.startsWith('operator:') ? frame.target : '';
			const isFirst = !this.isPaging;
			this.isPaging = Boolean(frame.next);
			this.handlers.onSnapshot(frame, isFirst, !frame.next);
			if (frame.next) this.ask(frame.next);
			else if (this.missed) this.missed = false, this.askAgain();
			this.tell('live', null);
		} else if (frame.type === 'activity') {
			const isGap = this.seq !== null && frame.seq !== this.seq + 1;
			this.seq = frame.seq;
			this.handlers.onActivity(frame);
			if (isGap && this.isPaging) this.missed = true;
			else if (isGap) this.askAgain();
		} else if (frame.type === 'welcome') {
			this.hasOperators = frame.features.includes('operators');
		} else if (frame.type === 'auth_denied' && stored('operator-token')) {
			this.operate({});  // Perhaps it was that one: it goes on without.
			this.handlers.onDenied(frame.payload);
		} else if (frame.type === 'auth_denied') {
			this.isDenied = true;
			this.tell('locked', this.token ? 'The hub does not know this token.' : null);
		} else if (frame.type === 'error' && frame.in_reply_to === 'page_request') {
			this.tell('away', frame.payload);
		} else if (/^(at|events)_/.test(frame.type === 'error' ? frame.in_reply_to : frame.type)) {
			this.handlers.onPast(frame);
		} else {
			this.handlers.onAnswer(frame);
		}
	}

	ended(code) {
		this.isPaging = false;
		this.pulseAt = 0;
		if (this.isDenied || (code === 4010 && this.tries === 0)) {
			this.isDenied = false;
			if (this.state !== 'locked') this.tell('locked', null);
			return;
		}
		this.tries++;
		const wait = Math.min(5000, 200 * 1.7 ** Math.min(this.tries, 8)) * (0.7 + 0.6 * Math.random());
		this.tell('away', code === 1001 && 'The hub is stopping.');
		this.timer = setTimeout(() => this.start(), wait);
	}

	// Under this name, or not any more.
	operate({sender = '', operator_token = ''}) {
		sessionStorage.setItem('synapse.operator', sender);
		sessionStorage.setItem('synapse.operator-token', operator_token);
		this.tries = 0;
		this.start();
	}

	unlock(token) {
		sessionStorage.setItem('synapse.token', token);
		this.tries = 0;
		this.start();
	}

	// A socket whose other end is gone looks like one where nothing happens: so it is asked.
	pulse() {
		if (!this.socket || this.socket.readyState !== WebSocket.OPEN || this.state === 'locked') return;
		const now = Date.now();
		if (this.pulseAt && this.heardAt < this.pulseAt) {
			if (now - this.pulseAt > pulsePatience) this.tell('silent', null);
			return;
		}
		if (this.state === 'silent') this.tell('live', null);
		if (now - (this.pulseAt || 0) < pulseEvery) return;
		this.pulseAt = now;
		this.socket.send(JSON.stringify({type: 'state_request', task_id: '-', max_bytes: 16384}));
	}

	tell(state, detail) {
		if (state !== this.state) this.since = Date.now();
		this.state = state;
		this.detail = detail;
		this.handlers.onState(state, detail);
	}
}
