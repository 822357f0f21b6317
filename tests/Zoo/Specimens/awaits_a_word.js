// The main thread waits at a word of shared memory (Atomics.wait) for a worker that waits for a message from it. ZOO_FORM=healthy: a timer of the worker ends the wait.
const fs = require('node:fs');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

if (isMainThread) {
  const word = new Int32Array(new SharedArrayBuffer(8));
  new Worker(__filename, { workerData: word });
  while (Atomics.load(word, 1) === 0)
    Atomics.wait(word, 1, 0, 100);
  fs.writeSync(99, `role runner ${process.pid}\n`);
  fs.closeSync(99);
  Atomics.wait(word, 0, 0);
} else {
  const wake = () => {
    Atomics.store(workerData, 0, 1);
    Atomics.notify(workerData, 0);
  };
  if (process.env.ZOO_FORM === 'healthy')
    setTimeout(wake, 200_000);
  parentPort.on('message', wake);
  Atomics.store(workerData, 1, 1);
  Atomics.notify(workerData, 1);
}
