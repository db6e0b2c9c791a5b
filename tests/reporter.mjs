// A reporter for node:test: one JSON line for each test that has no subtests, or that failed by itself.
import { inspect } from 'node:util';

const FILTERED_OUT = 'test name does not match pattern';

export default async function* reporter(events) {
  const names = [];
  const parents = new Set();
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names.push(data.name);
      if (data.nesting > 0) parents.add(data.nesting - 1);
      continue;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const hadSubtests = parents.delete(data.nesting);
    const error = data.details?.error;
    if (data.skip === FILTERED_OUT || data.details?.type === 'suite' && type === 'test:pass') continue;
    if (hadSubtests && (type === 'test:pass' || error?.failureType === 'subtestsFailed')) continue;
    yield JSON.stringify({
      name: [...names.slice(0, data.nesting), data.name].join(' > '),
      result: data.skip !== undefined || data.todo !== undefined ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
      reason: [data.skip, data.todo].find((reason) => typeof reason === 'string'),
      text: type === 'test:fail' ? describe(error) : undefined,
    }) + '\n';
  }
}

function describe(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}
