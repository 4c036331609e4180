// Runs first in every document, in the page's world. %[1]s is a name that no
// page can guess; a top-level const is not a property of the window, so it
// cannot be listed. The function is called only from breakpoint conditions: it
// tells the binding what was called with which arguments and returns whether
// the debugger shall pause for the stack, which it does once for each key.
// Everything it uses is taken before the page can replace it.
const %[1]s = (() => {
  const cut = Function.prototype.call.bind(String.prototype.slice);
  const text = (v) => typeof v === 'string' ? cut(v, 0, 4096) : typeof v === 'number' || typeof v === 'boolean' ? '' + v : '';
  const seen = { __proto__: null };
  let report, stacks = 0, reports = 0;
  return (kind, a, b) => {
    if (kind === 'take') {
      // Called once, while the document is stopped below: the binding that was
      // just added is taken and leaves no trace.
      report = globalThis[a];
      return delete globalThis[a];
    }
    if (reports++ >= 2000) return false;
    a = text(a);
    let key = kind;
    for (let i = 0; i < a.length && i < 100 && a[i] !== '='; i++) key += a[i];
    report(kind + '\u0001' + location.href + '\u0001' + a + '\u0001' + text(b));
    if (seen[key] || stacks >= 100) return false;
    seen[key] = true;
    stacks++;
    return true;
  };
})();
debugger;
//# sourceURL=candor:hook
