// The main thread waits for a worker to exit, and that for a message. ZOO_FORM=healthy: a timer of the worker ends it.
const fs = require('node:fs');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

if (isMainThread) {
  const worker = new Worker(__filename);
  worker.on('exit', () => process.exit());
  worker.once('message', () => {
    fs.writeSync(99, `role runner ${process.pid}\n`);
    fs.closeSync(99);
  });
} else {
  parentPort.on('message', () => process.exit());
  if (process.env.ZOO_FORM === 'healthy')
    setTimeout(() => process.exit(), 200_000);
  parentPort.postMessage('here');
}
