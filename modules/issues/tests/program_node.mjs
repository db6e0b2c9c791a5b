// A program that fails: program_node.mjs DSN, with NODE_PACKAGES, where npm's packages lie.
import { createRequire } from 'node:module';

const Sentry = createRequire(`${process.env.NODE_PACKAGES}/`)('@sentry/node');

function priceOf(letting) {
  return letting.price;
}

Sentry.init({ dsn: process.argv[2], release: 'shop@3', environment: 'test' });
try {
  priceOf(undefined);
} catch (error) {
  Sentry.captureException(error);
}
await Sentry.flush(20_000);
