// A suite as users write it: the test collects all that the service says before it lets the service go.
const { test } = require('node:test');
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

test('address is parsed', () => {
  assert.strictEqual(Number('listening on 4711'.split(' ').at(-1)), 4711);
});

test('service tells where it listens', async () => {
  // A pipe of its own: Node lets go of a child's stdin when the child has exited.
  const service = spawn(path.join(__dirname, '..', 'service.sh'), {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, LIFELINE: '3' },
  });
  let words = '';
  for await (const chunk of service.stdout) words += chunk;
  assert.match(words, /4711/);
  service.stdio[3].end();
  if (service.exitCode === null) await once(service, 'exit');
});
