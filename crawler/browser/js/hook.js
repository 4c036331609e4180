// Runs first in every document, in the page's world. %[1]s is a name that no
// page can guess; a top-level const is not a property of the window, so it
// cannot be listed. debug() is of the console's command line API, which only
// this script gets: it sets breakpoints on the native functions themselves, so
// the page's world stays as it is. A breakpoint's condition calls the function
// here, which reports what was called with which arguments and by which stack,
// and is never true: nothing ever stops. Everything it uses is taken before the
// page can replace it.
const %[1]s = (() => {
  const { apply, getOwnPropertyDescriptor: own, defineProperty: define, deleteProperty: remove } = Reflect;
  const { slice, indexOf } = String.prototype;
  const Failure = Error;
  const frames = 30, room = 8192;
  const held = { __proto__: null }; // reports before the browser gave the way to send them
  let send, waiting = 0, reports = 0;

  const cut = (s, n) => apply(slice, s, [0, n]);
  const text = (v) => typeof v === 'string' ? cut(v, room) : typeof v === 'number' || typeof v === 'boolean' ? '' + v : '';
  // A name with a separator in it would forge frames.
  const plain = (v) => typeof v === 'string' && apply(indexOf, v, ['\u0002']) < 0 && apply(indexOf, v, ['\u0001']) < 0 ? cut(v, 1000) : '';

  // CookieStore.set takes a dictionary, too. Accessors of the page stay uncalled.
  const field = (o, n) => {
    const p = own(o, n);
    return p ? text(p.value) : '';
  };
  const session = own(globalThis, 'sessionStorage')?.get, origin = own(globalThis, 'origin').get;
  const isSession = (area) => {
    try { return area === apply(session, globalThis, []); } catch { return false; }
  };

  let name, address, line, column; // of a frame, from the frames' own prototype
  const prepare = (_, sites) => {
    let out = '';
    for (let i = 0; i < sites.length; i++) {
      const site = sites[i];
      const url = plain(apply(address, site, []));
      if (url === 'candor:hook') { out = ''; continue; } // and what called it
      if (url === '' && out === '') continue; // the condition itself
      out += plain(apply(name, site, [])) + '\u0002' + url + '\u0002' + apply(line, site, []) + '\u0002' + apply(column, site, []) + '\u0002';
    }
    return out;
  };
  // The structured stack of this call. What the page made of the two settings
  // is put back at once; one that it locked costs the stack.
  const structured = (how) => {
    const limit = own(Failure, 'stackTraceLimit'), page = own(Failure, 'prepareStackTrace');
    if (limit && !limit.configurable || page && !page.configurable) return '';
    if (!define(Failure, 'stackTraceLimit', { value: frames + 2, configurable: true, enumerable: true, writable: true })) return '';
    let out = '';
    if (define(Failure, 'prepareStackTrace', { value: how, configurable: true, enumerable: true, writable: true })) {
      out = new Failure().stack;
      if (page) define(Failure, 'prepareStackTrace', page); else remove(Failure, 'prepareStackTrace');
    }
    if (limit) define(Failure, 'stackTraceLimit', limit); else remove(Failure, 'stackTraceLimit');
    return typeof out === 'string' ? out : '';
  };
  structured((_, sites) => {
    const site = Object.getPrototypeOf(sites[0]);
    name = site.getFunctionName; address = site.getScriptNameOrSourceURL; line = site.getLineNumber; column = site.getColumnNumber;
    return '';
  });

  return (kind, a, b, area) => {
    if (kind === 'take') {
      // The binding that was just added is taken and leaves no trace.
      send = globalThis[a];
      remove(globalThis, a);
      for (let i = 0; i < waiting; i++) send(held[i]);
      waiting = 0;
      return false;
    }
    if (reports++ >= 2000) return false;
    let said = text(a) + '\u0001' + text(b);
    if (kind === 'cookiestore' && typeof a === 'object' && a !== null)
      said = field(a, 'name') + '\u0001' + field(a, 'value') + '\u0001' + field(a, 'expires') + '\u0001' + field(a, 'domain');
    if (kind === 'storage') kind = isSession(area) ? 'session' : 'local';
    const report = kind + '\u0001' + location.href + '\u0001' + apply(origin, globalThis, []) + '\u0001' + structured(prepare) + '\u0001' + said;
    if (send) send(report); else held[waiting++] = report;
    return false;
  };
})();
%[2]s
//# sourceURL=candor:hook
