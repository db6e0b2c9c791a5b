// node tests/run.mjs [--soak] [WORD]: finds the tests, runs them, and ends with one line of counts. A word chooses
// the files whose names have it; where none has, the tests whose own names do, of the files that have it anywhere.
// script/test builds first what this runs.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeShim, postgresPrograms, startPostgres } from './postgres.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const LIMIT_MS = 900_000;
const SOAK_LIMIT_MS = 24 * 3600_000;

// Which builds a folder of node tests, or one of them, runs against; the first is shown without its name.
// Under COVERAGE=1 there is one build, and what takes no part in it is left out.
const coverage = process.env.COVERAGE === '1';
const COVERED = ['commands', 'http', 'security'];
const BUILDS = coverage ? Object.fromEntries(COVERED.map((folder) => [folder, ['coverage']])) : {
  commands: ['test', 'asan'],
  http: ['test', 'tsan'],
  security: ['test', 'asan', 'tsan'],
  soak: ['test'],
  'soak/containing': ['test', 'release'],
};

// What runs side by side, one stage after the other. Many tests mostly wait; those that kill and stop processes, and
// those that measure, are kept from the rest. In a stage the folders whose tests take longest go first.
const STAGES = [
  { lanes: 3, first: ['pipeline', 'tree', 'browser'] },
  { lanes: 3, has: (name) => name.startsWith('faults/') },
  { lanes: 1, has: (name) => /(^|\/)soak\//.test(name) || name === 'browser/lighthouse' },
];
const stageOf = (name) => STAGES.find(({ has }) => has?.(name)) ?? STAGES[0];

const SANITIZER_OPTIONS = {
  ASAN_OPTIONS: 'abort_on_error=0:detect_leaks=1:use_sigaltstack=0:strict_string_checks=1',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  TSAN_OPTIONS: `halt_on_error=0:second_deadlock_stack=1${
    existsSync(join(ROOT, 'tests/tsan.supp')) ? `:suppressions=${join(ROOT, 'tests/tsan.supp')}` : ''}`,
  LSAN_OPTIONS: existsSync(join(ROOT, 'tests/lsan.supp')) ? `suppressions=${join(ROOT, 'tests/lsan.supp')}` : '',
};
const SANITIZER_REPORT = /(ERROR|WARNING): \w+Sanitizer|runtime error: |FATAL: \w+Sanitizer/;

function* walk(dir) {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !entry.name.endsWith('.p')) yield* walk(path);
    } else {
      yield path;
    }
  }
}

// A file that says so runs once more with its databases on PostgreSQL, against the first of its builds.
const POSTGRES_TOO = /^(\/\/|\/?\*) ?Also on PostgreSQL/m;
const alsoOnPostgres = (path) => !coverage && !process.env.ONE_ENGINE && postgresPrograms() !== null && existsSync(path)
  && POSTGRES_TOO.test(readFileSync(path, 'utf8'));

const has = (name, word) => name.toLowerCase().includes(word.toLowerCase());
const flavoured = (name, build, builds) => (build === builds[0] ? name : `${name} (${build})`);

// Meson knows the programs: one whose test is gone may still lie in the build.
function unitPrograms(build) {
  const targets = join(ROOT, 'build', build, 'meson-info/intro-targets.json');
  if (!existsSync(targets)) return [];
  return JSON.parse(readFileSync(targets, 'utf8'))
    .filter(({ type, name }) => type === 'executable' && name.startsWith('test_'))
    .map(({ name: target, filename: [path], target_sources: groups }) => {
      const source = groups.flatMap((group) => group.sources ?? []).find((file) => basename(file).startsWith('test_'));
      const name = (source ? relative(ROOT, source) : `unit/${target}`).replace(/^tests\//, '').replace(/(^|\/)test_([^/]+?)(\.c)?$/, '$1$2');
      return { name, path, source };
    });
}

function unitJobs(word) {
  const builds = coverage ? ['coverage'] : ['test', 'asan'];
  return builds.flatMap((build) => unitPrograms(build).flatMap(({ name, path, source }) => {
    const job = {
      kind: 'unit',
      source,
      name: flavoured(name, build, builds),
      command: path,
      args: [],
      env: { CMOCKA_MESSAGE_OUTPUT: 'TAP', ...(word && !has(name, word) ? { TEST_FILTER: word } : {}) },
    };
    return source && alsoOnPostgres(source) ? [job, onPostgres(job, word)] : [job];
  }));
}

function onPostgres(job, word) {
  const name = `${job.name} (postgres)`;
  const isNamed = Boolean(word) && has(name, word);
  const { TEST_FILTER: filter, ...env } = job.env;
  return {
    ...job, name, postgres: true, filtered: job.filtered && !isNamed,
    args: isNamed ? job.args.filter((part) => !part.startsWith('--test-name-pattern')) : job.args,
    env: isNamed ? env : job.env,
  };
}

function nodeJobs(word, soak, temporary) {
  const jobs = [];
  const files = [...walk(join(ROOT, 'tests')), ...walk(join(ROOT, 'modules'))]
    .filter((path) => path.endsWith('.test.mjs')).sort();
  for (const path of files) {
    const fromRoot = relative(ROOT, path);
    const folder = /^(tests|modules\/\w+\/tests)\/soak\//.test(fromRoot) ? 'soak' : fromRoot.startsWith('modules/') ? 'http' : fromRoot.split('/')[1];
    if ((folder === 'soak') !== soak || (coverage && !BUILDS[folder])) continue;
    const plain = fromRoot.replace(/^tests\//, '').replace(/\.test\.mjs$/, '');
    const builds = BUILDS[plain] ?? BUILDS[folder] ?? ['test'];
    for (const build of builds.filter((name) => existsSync(join(ROOT, 'build', name)))) {
      const results = join(temporary, `${jobs.length}.jsonl`);
      jobs.push({
        kind: 'node',
        source: path,
        name: flavoured(plain, build, builds),
        command: process.execPath,
        args: [
          `--test-reporter=${join(ROOT, 'tests/reporter.mjs')}`,
          `--test-reporter-destination=${results}`,
          ...(word && !has(plain, word) ? [`--test-name-pattern=/${escapeRegExp(word)}/i`] : []),
          path,
        ],
        env: { OC_BUILD: join('build', build) },
        results,
        filtered: Boolean(word && !has(plain, word)),
        fixedAddresses: build === 'tsan',
      });
    }
    if (jobs.at(-1)?.name.startsWith(plain) && alsoOnPostgres(path)) {
      const job = jobs.find(({ name }) => name === plain);
      const results = join(temporary, `${jobs.length}.jsonl`);
      jobs.push(onPostgres({ ...job, results, args: job.args.map((part) => part.replace(job.results, results)) }, word));
    }
  }
  return jobs;
}

const escapeRegExp = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

// gcc's ThreadSanitizer does not start where the kernel spreads addresses widely (Ubuntu 24.04).
const setarch = ['setarch', process.arch === 'arm64' ? 'aarch64' : 'x86_64', '-R'];
let setarchWorks;
function withFixedAddresses(command, args) {
  setarchWorks ??= spawnSync(setarch[0], [...setarch.slice(1), 'true']).status === 0;
  return setarchWorks ? [setarch[0], [...setarch.slice(1), command, ...args]] : [command, args];
}

const running = new Set();
let postgres = null;

// A job gets a process group of its own, so that nothing it started outlives it.
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** A unit has one for itself: whoever writes may be alone with a whole database. Others make theirs, by way of this one. */
let databases = 0;
function databaseOf(job) {
  if (job.kind !== 'unit') return 'units';
  const name = `unit_${++databases}`;
  postgres.sql(`CREATE DATABASE ${name}`);
  return name;
}

function run(job, temporary, limit) {
  return new Promise((done) => {
    const started = performance.now();
    const [command, args] = job.fixedAddresses ? withFixedAddresses(job.command, job.args) : [job.command, job.args];
    const child = spawn(command, args, {
      cwd: ROOT,
      env: {
        ...process.env, ...SANITIZER_OPTIONS, TMPDIR: temporary, OC_RUN: temporary, ...(job.postgres ? { OC_POSTGRES: postgres.url(databaseOf(job)) } : {}), ...job.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid !== undefined) running.add(child);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (text) => { output[stream] += text; });
    }
    let problem;
    const timer = setTimeout(() => {
      problem = `still running after ${limit / 1000} s`;
      endGroup(child);
    }, limit);
    child.on('error', (error) => {
      problem = error.message;
      if (child.pid === undefined) finish(null, null);
    });
    child.on('exit', () => endGroup(child));
    const finish = (status, signal) => {
      clearTimeout(timer);
      running.delete(child);
      if (!problem && signal) problem = `ended by ${signal}`;
      done({ ...output, status, problem, ms: performance.now() - started });
    };
    child.on('close', finish);
  });
}

function parseTap(text) {
  const tests = [];
  let planned = 0;
  for (const line of text.split('\n')) {
    const result = /^(not )?ok \d+(?: -)?\s*(# SKIP)?\s*(.*)$/i.exec(line);
    const plan = /^1\.\.(\d+)/.exec(line);
    if (plan) planned += Number(plan[1]);
    else if (/^# not ok - /.test(line)) continue;
    else if (result) {
      const [, not, skip, name] = result;
      tests.push({ name, result: skip ? 'skipped' : not ? 'failed' : 'passed', text: '' });
    } else if (tests.at(-1)?.result === 'failed') {
      tests.at(-1).text += `${line.replace(/^# ?/, '')}\n`;
    }
  }
  return { tests, planned };
}

function readResults(job, outcome) {
  if (job.kind === 'node') {
    const text = existsSync(job.results) ? readFileSync(job.results, 'utf8') : '';
    return { tests: text.split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
  }
  return parseTap(outcome.stdout);
}

// What the program's end says beyond its own report counts as one more failure.
function judge(job, outcome) {
  const { tests, planned } = readResults(job, outcome);
  const failed = tests.some((test) => test.result === 'failed');
  const output = [job.kind === 'unit' ? '' : outcome.stdout, outcome.stderr].join('').trimEnd();
  let problem = outcome.problem;
  if (!problem && job.kind === 'unit' && SANITIZER_REPORT.test(outcome.stderr)) problem = 'sanitizer report';
  if (!problem && planned !== undefined && planned !== tests.length) {
    problem = `${planned} tests planned, ${tests.length} reported`;
  }
  // With no test chosen, a hook that failed has failed nothing.
  const nothingChosen = job.filtered && !tests.length && !output;
  if (!problem && outcome.status !== 0 && !failed && !nothingChosen) problem = `exit status ${outcome.status}`;
  if (problem) {
    tests.push({ name: '(program)', result: 'failed', text: job.kind === 'unit' ? outcome.stdout : '', reason: problem });
  }
  return { tests, output };
}

const indent = (text) => text.trimEnd().replace(/^/gm, '    ');
const colour = process.stdout.isTTY ? (code, text) => `\x1b[${code}m${text}\x1b[0m` : (_, text) => text;

function print(job, outcome, { tests, output }, totals) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const test of tests) count[test.result] += 1;
  for (const result of Object.keys(count)) totals[result] += count[result];
  if (!tests.length) return;

  const words = Object.entries(count).filter(([, n]) => n).map(([result, n]) => `${n} ${result}`).join(', ');
  const mark = count.failed ? colour(31, 'FAILED') : colour(32, 'ok    ');
  console.log(`${mark} ${job.name.padEnd(40)} ${words.padEnd(24)} ${(outcome.ms / 1000).toFixed(2)} s`);
  let shown;
  for (const test of tests) {
    if (test.result === 'failed') {
      console.log(`  ${colour(31, `${job.name}: ${test.name}`)}${test.reason ? ` (${test.reason})` : ''}`);
      if (test.text) console.log(test.text === shown ? '    as above' : indent(test.text));
      shown = test.text;
    } else if (test.result === 'skipped') {
      console.log(`  skipped ${job.name}: ${test.name}${test.reason ? ` (${test.reason})` : ''}`);
    }
  }
  if (count.failed && output) console.log(indent(output));
}

async function main() {
  const words = process.argv.slice(2);
  const soak = words[0] === '--soak' && words.shift() !== undefined;
  const [word] = words;
  const temporary = mkdtempSync(join(tmpdir(), 'oc-lettings-tests-'));
  chmodSync(temporary, 0o711); // PostgreSQL's server is another user
  process.on('exit', () => {
    for (const child of running) endGroup(child);
    postgres?.child.kill('SIGQUIT');
    rmSync(temporary, { recursive: true, force: true });
  });
  process.stdout.on('error', () => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => process.exit(1));
  }

  const all = [...(soak ? [] : unitJobs(word)), ...nodeJobs(word, soak, temporary)];
  const named = word ? all.filter(({ name }) => has(name, word)) : all;
  const jobs = named.length ? named : all.filter(({ source }) => source && has(readFileSync(source, 'utf8'), word));
  if (jobs.some((job) => job.postgres)) {
    postgres = await startPostgres(join(temporary, 'postgres'));
    makeShim(postgres, 'shim');
    postgres.sql('CREATE DATABASE units');
  }
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const lane = async (queue) => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const outcome = await run(job, temporary, soak ? SOAK_LIMIT_MS : LIMIT_MS);
      print(job, outcome, judge(job, outcome), totals);
    }
  };
  for (const stage of STAGES) {
    const isFirst = ({ name }) => Boolean(stage.first?.includes(name.split('/')[0]));
    const queue = jobs.filter(({ name }) => stageOf(name) === stage).sort((a, b) => isFirst(b) - isFirst(a));
    await Promise.all(Array.from({ length: stage.lanes }, () => lane(queue)));
  }

  const ran = totals.passed + totals.failed + totals.skipped;
  if (!ran) console.log(word ? `No test's name has "${word}".` : 'There are no tests.');
  const skipped = totals.skipped ? `, ${totals.skipped} skipped` : '';
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
  await postgres?.stop();
  process.exitCode = totals.failed || !ran ? 1 : 0;
}

await main();
