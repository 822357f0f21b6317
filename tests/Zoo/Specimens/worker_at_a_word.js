// The main thread waits for a worker to exit, and that in Atomics.wait for a word that nobody stores. ZOO_FORM=healthy: a timer of the main thread stores it.
const fs = require('node:fs');
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');

if (isMainThread) {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { workerData: word });
  worker.on('exit', () => process.exit());
  worker.once('message', () => {
    fs.writeSync(99, `role runner ${process.pid}\n`);
    fs.closeSync(99);
  });
  if (process.env.ZOO_FORM === 'healthy')
    setTimeout(() => Atomics.notify(word, 0), 200_000);
} else {
  parentPort.postMessage('here');
  Atomics.wait(workerData, 0, 0);
}
