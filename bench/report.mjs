// The figures as text: tables that Markdown shows as such.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const times = (ratio) => (ratio >= 20 ? ratio.toFixed(0) : ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2));
const whole = (number) => number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');

export function describeMachine({ seconds, rounds, log }) {
  const [version] = /\d+\.\d+/.exec(readFileSync('/proc/version', 'utf8'));
  return `${cpus().length} processors (${cpus()[0].model.trim()}), Linux ${version}; ${rounds} rounds of ${seconds} s, 64 connections, ` +
    `access logs ${log ? 'on' : 'off'}`;
}

export function printPages(results, pages) {
  for (const { name, path } of pages) {
    const rows = results.filter((one) => one.page === name).map((one) => [
      one.label, whole(one.rate), times(one.rateRatio), one.p50.toFixed(2), one.p99.toFixed(2),
      one.cpu.toFixed(1), times(one.cpuRatio), one.memory.toFixed(1), whole(one.bytes),
    ]);
    console.log(`\n\`${path}\`\n`);
    console.log(table(['server', 'requests/s', '× nginx', 'p50 ms', 'p99 ms', 'CPU µs/request', '× nginx', 'PSS MiB', 'bytes'], rows));
  }
}

export const printStart = (ms) => console.log(`\nFirst byte of a letting's page ${ms.toFixed(1)} ms after the start of the program.`);

export function printPostgres({ clients, statements, page, all, first, ratio, firstRatio }) {
  console.log(`\nA letting's page read anew from PostgreSQL, ${clients} clients, beside pgbench with as many (-M prepared)\n`);
  console.log(table(['', 'a second', "the page's part"], [
    ['the page', whole(page), ''],
    [`pgbench, all ${statements} statements of the page`, whole(all), times(ratio)],
    ['pgbench, the first of them alone', whole(first), times(firstRatio)],
  ]));
}

export function printGrowth(growth, rows) {
  console.log(`\nCPU time per request, read anew, of ${whole(rows)} lettings beside a full page of few\n`);
  console.log(table([`page of ${whole(rows)}`, 'µs', 'full page of few', 'µs', 'ratio'],
    growth.map(({ page, base, few, many, ratio }) => [page, many.toFixed(1), base, few.toFixed(1), times(ratio)])));
}

export function printGoals(goals) {
  console.log('\nWhat it is meant to reach\n');
  console.log(table(['goal', 'bound', 'measured', 'reached'],
    goals.map(({ what, bound, measured, reached }) => [what, bound, times(measured), reached ? 'yes' : 'no'])));
}

export function printEngines(engines) {
  console.log(`\nThe list of 50 rendered, one thread: CPU time (${whole(engines[0].bytes)} bytes, the same of all)\n`);
  console.log(table(['engine', 'µs', '× ours'], engines.map(({ label, us, ratio }) => [label, us.toFixed(1), times(ratio)])));
}

export function printConstant({ page, constant, queried, ratio }) {
  console.log("\nCPU time per request of a letting's page, read and rendered anew\n");
  console.log(table(['answer', 'µs'], [
    ['the page', page.toFixed(1)], ['its queries, then its bytes as a constant', queried.toFixed(1)], ['its bytes as a constant', constant.toFixed(1)],
  ]));
  console.log(`\nWithout its queries the page costs ${times(ratio)} × the constant.`);
}
