// SPDX-License-Identifier: AGPL-3.0-or-later
// The page in a real browser, against a hub of the program under test. One browser for all of it.
// With SYNAPSE_PICTURES=FOLDER it also writes pictures of the views there, for the documentation.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {get} from 'node:http';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';
import {Agent, Hub, patience, smallFleet, until} from './fleet.mjs';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!chromiumPath) {
  process.stdout.write('SKIPPED: there is no chromium here\n');
  process.exit(77);
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = process.env.SYNAPSE_PICTURES;
const views = ['fleet', 'files', 'waits', 'plan', 'talk', 'time', 'heat'];

let browser;
let hub;
let agents;
const desktop = {viewport: {width: 1440, height: 900}};
const phone = {viewport: {width: 390, height: 844}, deviceScaleFactor: 2};

// A page that fails the test by what it complains of, and remembers all that it asked for.
async function open(address, options = desktop) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.complaints = [];
  page.addresses = [];
  page.on('pageerror', (error) => page.complaints.push(String(error.stack)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket/.test(message.text())) page.complaints.push(message.text());
  });
  page.on('request', (request) => page.addresses.push(request.url()));
  page.on('websocket', (socket) => page.addresses.push(socket.url()));
  page.setDefaultTimeout(patience);
  await page.goto(address);
  return page;
}

async function isLive(page) {
  await page.waitForSelector('.live.live');
  await page.waitForFunction(() => document.querySelector('main .view section'));
}

async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

async function show(page, view) {
  await page.keyboard.press(String(views.indexOf(view) + 1));
  await page.waitForSelector(`main[data-view="${view}"]`);
}

async function findings(page) {
  await page.evaluate(axe);
  const report = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
  return report.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join('; ')}`);
}

function sql(question, of = hub) {
  const run = spawnSync('python3', ['-c',
    'import sqlite3,sys,json; print(json.dumps(sqlite3.connect("file:"+sys.argv[1]+"?mode=ro",uri=True).execute(sys.argv[2]).fetchall()))',
    of.db, question], {encoding: 'utf8'});
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

before(async () => {
  browser = await chromium.launch({executablePath: chromiumPath, args: ['--no-sandbox', '--disable-dev-shm-usage']});
  hub = await new Hub().start();
  agents = await smallFleet(hub);
  agents.alice.leave();
});

after(async () => {
  await browser?.close();
  for (const agent of Object.values(agents || {})) agent.leave();
  await hub?.end();
});

test('who has this file, why does nobody move, what happened: the first view says it', async () => {
  await agents.dave.claim('TIDY', ['web/old.css'], {ttl_seconds: 58});
  const page = await open(hub.address);
  await isLive(page);
  await page.waitForFunction(() => /stuck/.test(document.querySelector('.attention').textContent));
  const attention = await page.textContent('.attention');
  assert.match(attention, /bob waits for alice, which is away: src\/parser\/order\.cpp/);
  assert.match(attention, /dave is about to lose web\/old\.css/);
  assert.match(attention, /bob was refused 3 times in a minute: src\/http\/routes\.cpp, held by carol/);
  const carol = await page.textContent('.row.agent[data-key="shop/carol"]');
  assert.match(carol, /src\/http\/server\.cpp/);
  assert.match(await page.textContent('.feed'), /dave was refused src\/auth\/passkey\.cpp: erin has it/);
  await close(page);
});

test('each view is shown in light, dark and on a phone, and axe finds nothing', async () => {
  await agents.dave.claim('TIDY', ['web/old.css'], {ttl_seconds: 58});
  if (pictures) mkdirSync(pictures, {recursive: true});
  for (const [look, options] of [['light', desktop], ['dark', {...desktop, colorScheme: 'dark'}], ['phone', phone]]) {
    const page = await open(hub.address, options);
    await isLive(page);
    for (const view of views) {
      await show(page, view);
      if (pictures) await page.screenshot({path: join(pictures, `${view}-${look}.png`)});
      assert.deepEqual(await findings(page), [], `${view}, ${look}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${view}, ${look}: ${overflow} pixels too wide`);
    }
    await close(page);
  }
  await agents.dave.ask({type: 'release', task_id: 'TIDY'}, (f) => /^release_/.test(f.type));
});

test('the tree of files shows holders, patterns, who waits and who was refused', async () => {
  const page = await open(`${hub.address}#/files`);
  await isLive(page);
  const tree = await page.textContent('[role=tree]');
  for (const text of ['/src/shop', '*.css', 'within erin’s src/auth', '1 waiting', '2 refused', 'AUTH']) {
    assert.ok(tree.includes(text), `${text} in:\n${tree}`);
  }
  await page.click('.row.file:has-text("feed.cpp")');
  const detail = await page.innerText('.detail');
  assert.match(detail, /the new feed has no header/);
  assert.match(detail, /lexer done, grammar half way/);
  assert.match(detail, /shop\/bob/);
  await close(page);
});

test('a file is shown as it is called, though its name reads as a pattern', async () => {
  const page = await open(`${hub.address}#/files`);
  await isLive(page);
  await agents.erin.claim('ROUTE', ['app/[[]id]/route.ts']);
  await page.waitForSelector('.row.file:has-text("app/[id]")');
  const file = await page.waitForSelector('.row.file:has-text("route.ts")');
  assert.ok(!await page.$('.row.file:has-text("[id]") .hint'), 'it is no pattern');
  await file.click();
  const detail = await page.innerText('.detail');
  assert.ok(!detail.includes('[[]'), detail);
  await agents.erin.ask({type: 'release', task_id: 'ROUTE'}, (f) => f.type === 'release_granted' && f.task_id === 'ROUTE');
  await close(page);
});

test('what is shown follows what happens within a moment', async () => {
  const page = await open(`${hub.address}#/files`);
  await isLive(page);
  await page.evaluate(() => {
    window.changes = [];
    new MutationObserver(() => window.changes.push([Date.now(), document.querySelector('[role=tree]').innerText.includes('fresh.cpp')]))
      .observe(document.body, {subtree: true, childList: true, characterData: true});
  });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const before = Date.now();
    await agents.erin.claim('FRESH', ['src/fresh.cpp']);
    await page.waitForFunction(() => window.changes.some((c) => c[1]));
    times.push(await page.evaluate(() => window.changes.find((c) => c[1])[0]) - before);
    await agents.erin.ask({type: 'release', task_id: 'FRESH'}, (f) => f.type === 'release_granted' && f.task_id === 'FRESH');
    await page.waitForFunction(() => !window.changes[window.changes.length - 1][1]);
    await page.evaluate(() => { window.changes = []; });
  }
  process.stdout.write(`# from claim to picture: ${times.sort((a, b) => a - b).join(' ')} ms\n`);
  await close(page);
});

test('every number of the page is what the log says', async () => {
  const page = await open(hub.address);
  await isLive(page);
  const live = `WITH last AS (SELECT json_extract(payload,'$.task_id') task, max(seq) seq FROM events
    WHERE kind IN ('claim','task_update','checkpoint','handoff','release') GROUP BY task)
    SELECT json_extract(e.payload,'$.owner') owner, e.payload FROM last JOIN events e USING (seq) WHERE e.kind <> 'release'`;
  const [[claims]] = sql(`SELECT count(*) FROM (${live})`);
  assert.equal(Number(await page.innerText('#n-claims')), claims);
  for (const [owner, count] of sql(`SELECT owner, count(*) FROM (${live}) GROUP BY owner`)) {
    await page.goto(`${hub.address}#/fleet?kind=agent&id=${encodeURIComponent(owner)}`);
    await page.waitForSelector(`.detail:has-text("${owner}")`);
    assert.match(await page.innerText('.detail'), new RegExp(`Holds ${count} claim`), owner);
  }
  const [[messages]] = sql("SELECT count(*) FROM events WHERE kind = 'chat'");
  await page.goto(`${hub.address}#/talk`);
  await page.waitForSelector('.talk');
  assert.match(await page.innerText('.talk .section-head'), new RegExp(`${messages} messages`));
  await page.goto(`${hub.address}#/plan`);
  await page.waitForSelector('.plan');
  const statuses = sql(`SELECT status, count(*) FROM (SELECT json_extract(payload,'$.task_id') task, json_extract(payload,'$.status') status,
    max(seq) FROM events WHERE kind = 'ledger_task' GROUP BY task) GROUP BY status`);
  const legend = await page.innerText('.legend');
  for (const [status, count] of statuses) {
    if (status !== 'open') assert.ok(legend.includes(`${status.replace('_', ' ')} ${count}`), `${status} ${count} in ${legend}`);
  }
  await close(page);
});

test('claims and refusals of a path are as many as the log has', async () => {
  const page = await open(`${hub.address}#/heat`);
  await isLive(page);
  await page.waitForSelector('.heat-table');
  const ofPaths = (rows) => JSON.stringify(rows.sort());
  const shown = (column) => page.$$eval('.heat-table tbody tr', (rows, n) => rows.map((row) =>
    [row.querySelector('.path').title, Number(row.children[n].textContent.replaceAll(',', ''))])
    .filter(([, count]) => count > 0), column);
  const claims = sql(`SELECT p.value, count(DISTINCT json_extract(e.payload, '$.epoch')) FROM events e,
    json_each(e.payload, '$.paths') p WHERE e.kind IN ('claim', 'handoff') GROUP BY p.value`);
  // Files are shown as they are called.
  for (const row of claims) row[0] = row[0].replace(/\[([*?[])\]/g, '$1');
  assert.equal(ofPaths(await shown(3)), ofPaths(claims));
  // The log has refusals within a second together.
  await until('the refusals', async () => ofPaths(await shown(1)) === ofPaths(sql(
    `SELECT p.value, sum(json_extract(e.payload, '$.number')) FROM synapse_events e,
     json_each(e.payload, '$.paths') p WHERE e.kind = 'refused' GROUP BY p.value`)));
  // carol has it, and bob was refused.
  assert.ok(await page.$('.heat-table tr:has-text("routes.cpp") .tag'));
  await page.click('.heat-table tbody tr:has-text("routes.cpp")');
  assert.match(await page.innerText('.detail'), /routes\.cpp/);
  await close(page);
});

test('the lanes of time show each claim that is held, what has ended and what was refused', async () => {
  const page = await open(`${hub.address}#/time`);
  await isLive(page);
  await agents.erin.claim('BRIEF', ['src/brief.cpp']);
  await agents.erin.ask({type: 'release', task_id: 'BRIEF'}, (f) => f.type === 'release_granted' && f.task_id === 'BRIEF');
  await page.click('.choices button:has-text("all")');
  await page.waitForSelector('.span.over[aria-label*="src/brief.cpp"]');
  const held = await page.$$eval('.span.held', (bars) => bars.length);
  assert.equal(held, Number(await page.innerText('#n-claims')));
  assert.match(await page.getAttribute('.span.held[aria-label^="shop/carol"]', 'aria-label'), /server\.cpp.* until now/);
  assert.ok(await page.$('.lane:has-text("bob") .refusal'));
  assert.ok(await page.$('.lane:has-text("bob") .span.waited'));
  await page.click('.span.held[aria-label^="shop/carol"]');
  assert.match(await page.innerText('.detail'), /API/);
  await page.fill('#filter', 'nobody-of-that-name');
  await page.waitForSelector('.times .empty');
  await close(page);
});

// The claims that lived at a moment: of each task the last record, unless that is its end.
const livedAt = (at) => `WITH ends AS (SELECT after_seq seq, json_extract(payload,'$.task_id') task, 1 is_end FROM synapse_events
    WHERE kind = 'lease_expired' AND ts <= ${at} UNION ALL SELECT seq, json_extract(payload,'$.task_id'), kind = 'release' FROM events
    WHERE kind IN ('claim','task_update','checkpoint','handoff','release') AND ts <= ${at}),
  last AS (SELECT task, max(seq) seq FROM ends GROUP BY task)
  SELECT json_extract(e.payload,'$.owner') owner, json_extract(e.payload,'$.task_id') task FROM last JOIN events e USING (seq) WHERE e.kind <> 'release'`;

test('at a moment of the past every view shows what SQL of the log says was then', async () => {
  const old = await new Hub().start();
  try {
    const fleet = await smallFleet(old);
    await fleet.dave.ask({type: 'release', task_id: 'PAGE'}, (f) => f.type === 'release_granted');
    fleet.erin.leave();
    // Rows that only people want come a second late.
    await until('the last row', () => sql("SELECT count(*) FROM synapse_events WHERE kind = 'left'", old)[0][0] > 0);
    const [[count]] = sql('SELECT max(seq) FROM events', old);
    const page = await open(`${old.address}#/fleet`);
    await isLive(page);
    for (const share of [0.3, 0.6, 0.8, 1]) {
      const [[seq, at]] = sql(`SELECT seq, ts FROM events WHERE seq = ${Math.round(share * count)}`, old);
      await page.goto(`${old.address}#/fleet?at=${at + 0.0001}`);
      await page.waitForSelector(`.past-bar:has-text("after event ${sql(`SELECT max(seq) FROM events WHERE ts <= ${at + 0.0001}`, old)[0][0]}")`);
      const lived = sql(livedAt(at + 0.0001), old);
      assert.equal(Number(await page.innerText('#n-claims')), lived.length, `claims at event ${seq}`);
      const rows = (kinds) => sql(`SELECT count(*) FROM synapse_events WHERE kind IN (${kinds}) AND ts <= ${at + 0.0001}`, old)[0][0];
      assert.equal(Number(await page.innerText('#n-waiting')), rows("'queued', 'wait'") - rows("'unqueued'"), `waits at event ${seq}`);
      const online = sql(`SELECT count(*) FROM (SELECT json_extract(payload,'$.agent') agent, max(id), kind FROM synapse_events
        WHERE kind IN ('joined','left') AND ts <= ${at + 0.0001} GROUP BY agent) WHERE kind = 'joined' AND agent NOT LIKE '%-rx'`, old)[0][0];
      assert.equal(Number(await page.innerText('#n-agents')), online, `agents at event ${seq}`);
      for (const owner of new Set(lived.map(([name]) => name))) {
        assert.ok(await page.$(`.row.agent[data-key="${owner}"] .lease`), `${owner} holds something at event ${seq}`);
      }
      if (pictures && share === 0.8) await page.screenshot({path: join(pictures, 'past-light.png')});
      await show(page, 'files');
      const tasks = await page.$$eval('.row.file .c-task', (cells) => [...new Set(cells.map((c) => c.textContent).filter(Boolean))].sort());
      assert.deepEqual(tasks, lived.map(([, task]) => task).sort(), `files at event ${seq}`);
      await show(page, 'talk');
      const [[messages]] = sql(`SELECT count(*) FROM events WHERE kind = 'chat' AND ts <= ${at + 0.0001}`, old);
      assert.match(await page.innerText('.talk .section-head'), new RegExp(`${messages} message`));
      await show(page, 'plan');
      const cards = await page.$$eval('.card .id', (ids) => ids.map((id) => id.textContent).sort());
      assert.deepEqual(cards, sql(`SELECT DISTINCT json_extract(payload,'$.task_id') FROM events
        WHERE kind = 'ledger_task' AND ts <= ${at + 0.0001} ORDER BY 1`, old).map(([id]) => id), `the plan at event ${seq}`);
      await show(page, 'time');
      await page.waitForFunction((n) => document.querySelectorAll('.span.held').length === n, lived.length);
      await show(page, 'heat');
      await until('the refusals of the log', async () => {
        const shown = await page.$$eval('.heat-table tbody tr', (all) => all.reduce((n, row) => n + Number(row.children[1].textContent), 0));
        const [[refused]] = sql(`SELECT coalesce(sum(json_extract(e.payload, '$.number')), 0) FROM synapse_events e,
          json_each(e.payload, '$.paths') p WHERE e.kind = 'refused' AND e.ts <= ${at + 0.0001}`, old);
        return shown === refused;
      });
    }
    await page.click('.past-bar button:has-text("Back to live")');
    await page.waitForSelector('.past-bar', {state: 'detached'});
    await isLive(page);
    await close(page);
    for (const agent of Object.values(fleet)) agent.leave();
  } finally {
    await old.end();
  }
});

test('the past is gone through by drag, by keys and by playing, and the address names the moment', async () => {
  const page = await open(`${hub.address}#/fleet`);
  await isLive(page);
  await page.keyboard.press('p');
  await page.waitForSelector('.past-bar:has-text("after event")');
  assert.match(await page.innerText('.live'), /The past/);
  assert.deepEqual(await findings(page), []);
  const event = async () => Number(/after event (\d+)/.exec(await page.innerText('.past-bar'))?.[1] ?? 0);
  const last = await event();
  await page.keyboard.press('[');
  await until('the event before', async () => await event() === last - 1);
  await page.keyboard.press(']');
  await until('the next event', async () => await event() === last);
  // To the left end of the scrubber nothing had happened yet, or little.
  const box = await (await page.$('#scrub')).boundingBox();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
  await page.mouse.down();
  for (let i = 1; i <= 20; i++) await page.mouse.move(box.x + box.width * (1 - i / 20) + 1, box.y + box.height / 2);
  await page.mouse.up();
  await until('the beginning', async () => await event() < last);
  const early = await event();
  await page.waitForFunction(() => Math.abs(Number(new URLSearchParams(location.hash.split('?')[1]).get('at')) -
    Number(document.getElementById('scrub').value)) < 0.01);
  const again = await open(page.url());
  await again.waitForSelector('.past-bar');
  await until('the same moment', async () => (await again.innerText('.past-bar b')) === await page.innerText('.past-bar b'));
  await close(again);
  await page.focus('#scrub');
  await page.keyboard.press('End');
  await until('the end', async () => await event() > early);
  await page.keyboard.press('Home');
  await until('the beginning again', async () => await event() <= early);
  await page.selectOption('.past-tools select[aria-label="Speed"]', '1000');
  await page.click('.past-tools button[aria-label="Play"]');
  // It ends in the present.
  await page.waitForSelector('.live.live');
  await page.waitForFunction(() => !document.querySelector('.past-bar') && !/at=/.test(location.hash));
  await close(page);
});

test('who asks for less motion sees the past move once a second at most', async () => {
  const page = await open(`${hub.address}#/fleet`, {...desktop, reducedMotion: 'reduce'});
  await isLive(page);
  await page.keyboard.press('p');
  await page.waitForSelector('.past-bar:has-text("after event")');
  await page.focus('#scrub');
  await page.keyboard.press('Home');
  await page.selectOption('.past-tools select[aria-label="Speed"]', '1');
  await page.evaluate(() => {
    window.steps = [];
    let last = '';
    new MutationObserver(() => {
      const at = document.getElementById('scrub')?.value;
      if (at !== last) window.steps.push(performance.now()), last = at;
    }).observe(document.querySelector('.past-bar'), {subtree: true, attributes: true, childList: true, characterData: true});
  });
  await page.click('.past-tools button[aria-label="Play"]');
  await page.waitForFunction(() => window.steps.length >= 4);
  const steps = await page.evaluate(() => window.steps.slice(1));
  for (let i = 1; i < steps.length; i++) assert.ok(steps[i] - steps[i - 1] > 500, `${steps[i] - steps[i - 1]} ms`);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await close(page);
});

test('a hub without a log says that there is no past, and the page goes back', async () => {
  const young = await Hub.forgetful().start();
  try {
    const page = await open(`${young.address}#/time`);
    await isLive(page);
    await page.click('button:has-text("Any moment")');
    await page.waitForSelector('.past-bar [role=alert]:has-text("keeps no log")');
    await page.keyboard.press('p');
    await page.waitForSelector('.live.live');
    await close(page);
  } finally {
    await young.end();
  }
});

test('texts of agents stay text, in every field', async () => {
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"\'&';
  const mallory = await new Agent(hub, 'shop/<b>mallory</b>').connect();
  await mallory.claim('<i>T</i>', [`src/${evil.replaceAll('/', '')}`], {note: evil, ttl_seconds: 40, git: {branch: evil}});
  await mallory.ask({type: 'checkpoint', task_id: '<i>T</i>', checkpoint: evil}, (f) => f.type === 'checkpoint_saved');
  await mallory.ask({type: 'ledger_task', task_id: '<u>P</u>', title: evil, description: evil, suggested_owner: evil},
    (f) => f.type === 'ledger_task_posted');
  await mallory.ask({type: 'ledger_progress', task_id: '<u>P</u>', text: evil}, (f) => f.type === 'ledger_progress_posted');
  await mallory.ask({type: 'advertise', description: evil, skills: [evil], model: evil}, (f) => f.type === 'capability_advertised');
  await mallory.ask({type: 'chat', target: 'shop/bob', payload: evil, thread: evil, receipt: true}, (f) => f.type === 'chat_accepted');
  await mallory.claim('X', ['src/auth/login.cpp'], {worktree: '/src/shop', note: evil});
  const page = await open(hub.address);
  await isLive(page);
  for (const view of views) {
    await show(page, view);
    assert.equal(await page.evaluate(() => document.querySelectorAll('#app img, #app script, #app i, #app u').length), 0, view);
  }
  for (const [kind, id] of [['agent', mallory.name], ['task', '<i>T</i>'], ['plan', '<u>P</u>']]) {
    await page.goto(`${hub.address}#/fleet?kind=${kind}&id=${encodeURIComponent(id)}`);
    await page.waitForSelector('.detail');
    assert.equal(await page.evaluate(() => document.querySelectorAll('#app img, #app script, #app i, #app u').length), 0);
  }
  assert.ok((await page.innerText('.detail')).includes(evil));
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await mallory.ask({type: 'release', task_id: '<i>T</i>'}, (f) => f.type === 'release_granted');
  mallory.leave();
  await close(page);
});

test('everything can be done with keys, and the address names what is looked at', async () => {
  const page = await open(hub.address);
  await isLive(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.waitForSelector('.detail');
  const address = page.url();
  assert.match(address, /#\/fleet\?kind=agent&id=/);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.feed');
  await page.keyboard.press('?');
  await page.waitForSelector('[role=dialog]:has-text("Keys")');
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('login');
  await page.waitForSelector('[role=option]');
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('carol');
  await page.waitForSelector('[role=option]:has-text("shop/carol")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.detail:has-text("Writes HTTP services")');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('erin');
  await page.waitForFunction(() => document.querySelectorAll('.row.agent').length === 1);
  assert.match(page.url(), /filter=erin/);
  const again = await open(address);
  await isLive(again);
  await again.waitForSelector('.detail');
  await again.keyboard.press('t');
  assert.equal(await again.evaluate(() => document.documentElement.dataset.theme), 'light');
  await close(again);
  await close(page);
});

test('a fleet of fifty at work: every view keeps up, and shows in the end what the hub has', async () => {
  const fifty = await Promise.all(Array.from({length: 50}, (_, i) => new Agent(hub, `fleet/agent-${i}`).connect()));
  const page = await open(hub.address);
  await isLive(page);
  let seed = 7;
  const draw = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const act = (agent) => {
    const task = `F${draw(120)}`;
    const paths = [`src/m${draw(12)}/f${draw(6)}.cpp`];
    const worktree = '/src/fleet';
    switch (draw(8)) {
      case 0: return agent.say({type: 'release', task_id: task});
      case 1: return agent.say({type: 'claim', task_id: task, paths, worktree, wait: true});
      case 2: return agent.say({type: 'renew', task_id: task});
      case 3: return agent.say({type: 'chat', target: `fleet/agent-${draw(50)}`, payload: `about ${task}`});
      case 4: return agent.say({type: 'handoff', task_id: task, to_agent: `fleet/agent-${draw(50)}`});
      case 5: return agent.say({type: 'ledger_task', task_id: task, title: `work ${task}`, depends_on: [`F${draw(120)}`]});
      default: return agent.say({type: 'claim', task_id: task, paths, worktree});
    }
  };
  for (let round = 0; round < 25; round++) {
    for (let i = 0; i < 20; i++) act(fifty[draw(50)]);
    await show(page, views[round % views.length]);
  }
  // One that waits leaves, and waits no more.
  await fifty[10].claim('HELD', ['held'], {worktree: '/src/held'});
  await fifty[0].claim('WISH', ['held'], {worktree: '/src/held', wait: true});
  for (let i = 0; i < 10; i++) fifty[i].leave();
  const look = await new Agent(hub, 'shop/onlooker').connect();
  const now = async () => {
    const frame = await look.ask({type: 'page_request', max_bytes: 8_000_000}, (f) => f.type === 'page_snapshot');
    look.frames.length = 0;
    return [frame.claims.length, frame.queue.length + frame.waits.length,
      frame.agents.reduce((n, a) => n + (a.name?.endsWith('-rx') ? 0 : a.unread), 0)];
  };
  const shown = () => page.evaluate(() => ['claims', 'waiting', 'unread'].map((k) =>
    Number(document.getElementById(`n-${k}`).textContent.replaceAll(',', ''))));
  await until('the same numbers on page and hub', async () => {
    const [a, b] = [await now(), await shown()];
    return JSON.stringify(a) === JSON.stringify(b);
  });
  assert.ok(await page.evaluate(() => document.querySelectorAll('#app *').length) < 5000);
  for (const agent of fifty.slice(10)) agent.leave();
  look.leave();
  await close(page);
});

test('a hub that restarts: the page says that it is not live, and then is again', async () => {
  const page = await open(hub.address);
  await isLive(page);
  const claims = await page.innerText('#n-claims');
  await hub.stop();
  await page.waitForSelector('.live.stale');
  assert.match(await page.innerText('.banner'), /not live/);
  await hub.start();
  await page.waitForSelector('.live.live');
  await page.waitForFunction((n) => document.querySelector('#n-claims').innerText === n, claims);
  await page.waitForFunction(() => document.querySelectorAll('.banner').length === 0);
  await close(page);
});

test('a hub with a token: the page asks for it, and it is in no address', async () => {
  const locked = await new Hub('--token', 's3cret-of-this-test').start();
  try {
    const page = await open(locked.address);
    await page.waitForSelector('.unlock');
    assert.deepEqual(await findings(page), []);
    await page.fill('#token', 'wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.unlock:has-text("does not know this token")');
    await page.fill('#token', 's3cret-of-this-test');
    await page.keyboard.press('Enter');
    await isLive(page);
    const linked = await open(`${locked.address}#token=s3cret-of-this-test`);
    await isLive(linked);
    assert.ok(!linked.url().includes('s3cret'));
    for (const one of [page, linked]) {
      assert.ok(one.addresses.length > 10);
      for (const address of one.addresses) {
        assert.ok(!new URL(address).search && !new URL(address).pathname.includes('s3cret'), address);
        assert.equal(new URL(address).host, `localhost:${locked.port}`);
      }
      assert.equal(await one.evaluate(() => localStorage.getItem('synapse.token')), null);
      await close(one);
    }
  } finally {
    await locked.end();
  }
});

// Shows the operators' token by the form.
async function operate(page, token = 'for-0perators') {
  await page.click('#operator');
  await page.fill('[name=sender]', 'ann');
  await page.fill('[name=operator_token]', token);
  await page.keyboard.press('Enter');
}

async function operated(run) {
  const own = await new Hub('--operator-token', 'for-0perators').start();
  const fleet = await smallFleet(own);
  try {
    const page = await open(own.address);
    await isLive(page);
    await operate(page);
    await page.waitForSelector('#operator:has-text("operator:ann")');
    await run(page, own, fleet);
    await close(page);
  } finally {
    for (const agent of Object.values(fleet)) agent.leave();
    await own.end();
  }
}

// Asks for an action in the details of something, and agrees to it.
async function act(page, kind, id, verb, fields = {}) {
  await page.evaluate(([k, i]) => { location.hash = `#/fleet?${new URLSearchParams({kind: k, id: i})}`; }, [kind, id]);
  await page.click(`.detail button:text-is("${verb}")`);
  for (const [name, value] of Object.entries(fields)) {
    if (await page.$(`.ask select[name=${name}]`)) await page.selectOption(`.ask [name=${name}]`, value);
    else await page.fill(`.ask [name=${name}]`, value);
  }
  const said = await page.innerText('.ask p');
  await page.click('.ask .primary');
  return said;
}

const done = async (page) => {
  await page.waitForSelector('.job:has-text("Done:")');
  await page.click('#take-back');
};

test('an operator acts for agents: each action says what it does, and the hub does it', async () => {
  await operated(async (page, own, fleet) => {
    const {bob, carol} = fleet;
    const state = async () => (await bob.ask({type: 'state_request'}, (f) => f.type === 'state_snapshot')).snapshot.active_claims;
    const claimOf = async (task) => { bob.frames.length = 0; return Object.values(await state()).find((c) => c.task_id === task); };

    assert.match(await act(page, 'task', 'API', 'Hand over', {to_agent: 'shop/dave', note: 'go on'}), /shop\/carol loses API/);
    await done(page);
    assert.equal((await claimOf('API')).owner, 'shop/dave');
    const before = (await claimOf('API')).lease_expires_at;
    assert.match(await act(page, 'task', 'API', 'Renew'), /shop\/dave keeps API for an hour/);
    await done(page);
    assert.ok((await claimOf('API')).lease_expires_at >= before);
    assert.match(await act(page, 'task', 'API', 'Release'), /shop\/dave loses API/);
    await done(page);
    assert.equal(await claimOf('API'), undefined);

    assert.match(await act(page, 'agent', 'shop/bob', 'Answer', {note: 'take the docs'}), /shop\/bob waits for STORE no more/);
    await done(page);
    const denied = await until('the answer', () => bob.frames.find((f) => f.type === 'claim_denied' && f.code === 'cancelled'));
    assert.match(denied.payload, /operator:ann\/[0-9a-f]{4} ended its wait: take the docs/);
    // carol waits for two things; the one that it only said is the last.
    await page.evaluate(() => { location.hash = '#/fleet?kind=task&id=PARSE'; });
    await act(page, 'task', 'PARSE', 'Answer', {note: 'never'});
    await done(page);
    await page.waitForFunction(() => /Nobody waits for it/.test(document.querySelector('.detail').innerText));

    assert.match(await act(page, 'agent', 'shop/carol', 'Message', {payload: 'well done'}), /shop\/carol gets a message/);
    await done(page);
    const inbox = await carol.ask({type: 'inbox_request'}, (f) => f.type === 'inbox_snapshot');
    assert.ok(inbox.messages.some((m) => m.payload === 'well done' && /^operator:ann/.test(m.sender)), JSON.stringify(inbox.messages));

    assert.match(await act(page, 'plan', 'AUTH', 'Change', {status: 'done', suggested_owner: 'shop/bob'}), /AUTH changed/);
    await done(page);
    await page.waitForSelector('.detail .status.done');
    await page.evaluate(() => { location.hash = '#/plan'; });
    await page.click('.plan button:text-is("Declare a task")');
    await page.fill('[name=task_id]', 'SHIP');
    await page.fill('[name=title]', 'Ship it');
    await page.keyboard.press('Enter');
    await done(page);
    await page.waitForSelector('.card:has-text("SHIP")');
    await act(page, 'plan', 'SHIP', 'Forget');
    await done(page);
    await page.waitForSelector('.detail:has-text("off the plan")');

    // The log says who, beside rows that are the original's.
    const rows = sql(`SELECT json_extract(payload, '$.action'), json_extract(payload, '$.by'), json_extract(payload, '$.agent')
      FROM synapse_events WHERE kind = 'operator_acted' ORDER BY id`, own);
    assert.deepEqual(rows.map(([action]) => action), ['handoff', 'renew', 'release', 'end_wait', 'end_wait', 'ledger_task_update',
      'ledger_task', 'ledger_forget']);
    assert.ok(rows.every(([, by]) => /^operator:ann\/[0-9a-f]{4}$/.test(by)));
    assert.deepEqual(rows.slice(0, 5).map(([, , agent]) => agent), ['shop/carol', 'shop/dave', 'shop/dave', 'shop/bob', 'shop/carol']);
    assert.deepEqual(sql("SELECT count(*) FROM events WHERE kind IN ('release', 'claim', 'handoff') AND payload LIKE '%operator%'", own), [[0]]);
    assert.match(await page.innerText('body'), /operator:ann/);
  });
});

test('an action can be taken back for five seconds, and is refused with a reason', async () => {
  await operated(async (page, own, {erin}) => {
    await act(page, 'task', 'AUTH', 'Release');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'take-back');
    assert.match(await page.innerText('.job'), /About to be sent: shop\/erin loses AUTH/);
    assert.ok(await page.isDisabled('.detail button:text-is("Renew")'));
    assert.deepEqual(await findings(page), []);
    const begun = Date.now();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('.job'));
    assert.ok(Date.now() - begun < 5000);

    // Later than it would have been sent: another action has gone through since.
    await act(page, 'task', 'AUTH', 'Renew');
    await done(page);
    assert.equal(await page.innerText('.detail dl.facts dd .person .name'), 'shop/erin');
    assert.deepEqual(sql("SELECT count(*) FROM synapse_events WHERE kind = 'operator_acted' AND payload LIKE '%release%'", own), [[0]]);

    await act(page, 'task', 'AUTH', 'Release');
    await erin.claim('AUTH', ['src/auth', 'src/more']);  // Another epoch.
    await page.waitForSelector('.job:has-text("Refused:")');
    assert.match(await page.innerText('.job'), /epoch/);
    await page.click('#take-back');
    await page.click('.detail button:text-is("Release")');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.ask') && !document.querySelector('.job'));
  });
});

test('a wrong operators’ token is refused, the right one is in no address and no log, and one can stop', async () => {
  const own = await new Hub('--token', 's3cret-of-this-test', '--operator-token', 'for-0perators').start();
  try {
    const page = await open(`${own.address}#token=s3cret-of-this-test`);
    await isLive(page);
    await page.waitForSelector('#operator');
    await operate(page, 'for-0perator');
    await page.waitForSelector('.ask:has-text("not the token of this hub")');
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.live.live');
    assert.equal(await page.innerText('#operator'), 'Operate');
    await operate(page);
    await page.waitForSelector('#operator:has-text("operator:ann")');
    assert.deepEqual(await findings(page), []);
    await page.reload();
    await page.waitForSelector('#operator:has-text("operator:ann")');
    for (const address of page.addresses) assert.ok(!/0perator|s3cret|ann/.test(address), address);
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('0perator')), false);
    await page.click('#operator');
    await page.waitForSelector('#operator:text-is("Operate")');
    assert.equal(await page.evaluate(() => JSON.stringify(sessionStorage).includes('0perator')), false);
    await close(page);
    await own.stop();
    assert.ok(!readFileSync(own.db).includes('0perators'));
  } finally {
    await own.end();
  }
});

test('without a token for operators there is none, and nothing to press', async () => {
  const page = await open(`${hub.address}#/fleet?kind=agent&id=shop/carol`);
  await isLive(page);
  await page.waitForSelector('.detail');
  assert.equal(await page.$('#operator'), null);
  assert.equal(await page.$('.detail .actions button'), null);
  await close(page);
});

test('the page can change nothing, and a foreign page can do nothing', async () => {
  const page = await open(hub.address);
  await isLive(page);
  const answer = await page.evaluate((address) => new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.onopen = () => socket.send(JSON.stringify({type: 'claim', task_id: 'MINE', observe: true}));
    socket.onmessage = (event) => {
      const frame = JSON.parse(event.data);
      if (frame.in_reply_to === 'claim') resolve(frame.code);
    };
  }), hub.address.replace('http', 'ws'));
  assert.equal(answer, 'observing');
  const foreign = await new Agent(hub, 'x', {origin: 'http://evil.example'}).connect();
  assert.match(foreign.refused, /403/);
  foreign.leave();
  const status = await new Promise((resolve) => get({port: hub.port, host: '127.0.0.1', path: '/',
    headers: {Host: 'evil.example'}}, (response) => resolve(response.resume().statusCode)));
  assert.equal(status, 403);
  const frame = await browser.newPage();
  await frame.setContent(`<iframe src="${hub.address}"></iframe>`);
  await until('the frame', () => frame.frames().length === 2);
  await frame.waitForTimeout(300);
  assert.equal(await frame.frames()[1].evaluate(() => Boolean(document.getElementById('app'))), false);
  await frame.close();
  await close(page);
});
