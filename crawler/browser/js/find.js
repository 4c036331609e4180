  // What the native function or accessor of a class is, here or in a worker.
  const kind = (c) => (globalThis[c] ?? globalThis['Worker' + c])?.prototype;
  const method = (c, n) => kind(c)?.[n];
  const getter = (c, n) => { const p = kind(c); return p && own(p, n)?.get; };
  const setter = (c, n) => { const p = kind(c); return p && own(p, n)?.set; };
  // One that is looked up when it is needed.
  const late = (c, n) => ({ __proto__: null, c, n });
