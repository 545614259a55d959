// SPDX-License-Identifier: AGPL-3.0-or-later
// What operators do. Each action asks once, says what it does to whom, and is sent five seconds
// later: until then it can be taken back.
import {h, veil} from './dom.js';

const patience = 5000;  // Milliseconds.
const statuses = ['open', 'in_progress', 'blocked', 'done', 'cancelled'];
const optional = ['note', 'suggested_owner'];
const of = (claim) => ({task_id: claim.task_id, epoch: claim.epoch});

// [verb, what it does, the frame, what else goes into it: label, choices or type, value]
const actions = {
	message: (name) => ['Message', `${name} gets a message from you.`,
		{type: 'chat', target: name, receipt: true}, {payload: ['Message']}],
	release: (claim) => ['Release', `${claim.owner} loses ${claim.task_id}, and its files are free.`, {type: 'release', ...of(claim)}],
	renew: (claim) => ['Renew', `${claim.owner} keeps ${claim.task_id} for an hour from now.`,
		{type: 'renew', ttl_seconds: 3600, ...of(claim)}],
	handoff: (claim, world) => ['Hand over', `${claim.owner} loses ${claim.task_id} to the agent that you choose.`, {type: 'handoff', ...of(claim)},
		{to_agent: ['To', world.people().filter((a) => a.online && a.name !== claim.owner).map((a) => a.name)], note: ['Note']}],
	answer: ({agent, task_id}) => ['Answer', `${agent} waits for ${task_id} no more, and is told what you say.`,
		{type: 'end_wait', agent, task_id}, {note: ['Answer']}],
	declare: () => ['Declare a task', 'All see the task on the plan.', {type: 'ledger_task'},
		{task_id: ['Id'], title: ['Title'], suggested_owner: ['Meant for']}],
	change: (task) => ['Change', `All see ${task.task_id} changed on the plan.`, {type: 'ledger_task_update', task_id: task.task_id},
		{status: ['Status', statuses, task.status], suggested_owner: ['Meant for', 'text', task.suggested_owner]}],
	forget: ({task_id}) => ['Forget', `${task_id} leaves the plan.`, {type: 'ledger_forget', task_id}],
};
export const signIn = (why) => ['Operate', why || 'You act for agents, and all see that it was you.', null,
	{sender: ['Your name'], operator_token: ['Operators’ token', 'password']}];

export class Operator {
	constructor(link, changed) { Object.assign(this, {link, changed, job: null}); }

	start(does, frame) {
		clearTimeout(this.job?.timer);
		const send = () => this.tell(this.link.send(frame) ? 'Sent, and not answered yet: ' : 'Not sent, for the hub is away: ');
		this.job = {does, frame, said: '', at: Date.now() + patience, timer: setTimeout(send, patience)};
		this.changed();
	}

	tell(said) {
		this.job.timer = 0;
		this.job.said = said;
		this.changed();
	}

	// Taken back, or read.
	drop() {
		clearTimeout(this.job?.timer);
		this.job = null;
		this.changed();
	}

	hear(frame) {
		if (!this.job || this.job.timer) return;
		if (frame.in_reply_to === this.job.frame.type) this.tell(`Refused: ${frame.payload} `);
		else if ((frame.by || frame.sender) === this.link.me) this.tell('Done: ');
	}
}

// A button for an action, where there is an operator.
export const button = (act, kind, about, world) => act.operates() && h('button.tool', {key: kind, disabled: Boolean(act.job()?.timer),
	onclick: () => act.set({dialog: 'ask', asked: actions[kind](about, world)})}, actions[kind](about, world)[0]);

export function ask([verb, does, frame, fields = {}], act) {
	const entry = ([name, [label, kind, value]], i) => {
		const props = {name, id: i ? undefined : 'dialog-first', required: !optional.includes(name), autocomplete: 'off'};
		return h('label', {key: name}, label, Array.isArray(kind) ?
			h('select.field', props, kind.map((one) => h('option', {value: one, selected: one === value}, one.replaceAll('_', ' ')))) :
			h('input.field', {type: kind, value: value || '', ...props}));
	};
	const submit = (event) => {
		event.preventDefault();
		const given = Object.fromEntries(new FormData(event.target));
		act.close();
		act.operate(does, frame && {...frame, ...given}, given);
	};
	return veil(act,
		h('div.dialog', {role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'ask'}, h('form.ask', {key: verb, onsubmit: submit},
			h('h2', {id: 'ask'}, verb), h('p', does), Object.entries(fields).map(entry),
			h('button.primary', {type: 'submit', id: Object.keys(fields).length ? undefined : 'dialog-first'}, verb),
			h('button.tool', {onclick: act.close}, 'Cancel'))));
}

export function jobBar({job}, act) {
	if (!job) return null;
	const left = Math.max(1, Math.ceil((job.at - Date.now()) / 1000));
	return h('div.job', {key: 'job'}, h('p', {role: 'status'}, job.said || 'About to be sent: ', job.does),
		h('button.tool', {id: 'take-back', onclick: () => act.drop()}, job.timer ? `Take back (${left})` : 'Close'));
}
