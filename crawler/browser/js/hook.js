// Runs first in every document and worker, in the page's world. %[1]s is a name
// that no page can guess; a top-level let is not a property of the window, so
// it cannot be listed. debug() is of the console's command line API, which only
// this script gets: it sets breakpoints on the native functions themselves, so
// the page's world stays as it is. A breakpoint's condition calls the function
// here, which notes what was called with which arguments and by which stack,
// and is never true: nothing ever stops. Everything it uses is taken before the
// page can replace it, nothing of the page is called, and what is kept has no
// prototype that the page could put something into.
let %[1]s;
%[1]s = ((debug, undebug, spare) => {
  const { apply, getOwnPropertyDescriptor: own, defineProperty: define, deleteProperty: remove } = Reflect;

  // A frame that scripts make, use and remove at once is gone before its way to
  // send comes: what it has to say goes by its parent, whose hook it meets at a
  // function of the parent that is watched and that nobody else calls. There the
  // frames of a process are counted, too.
  let above, tally = 0;
  let next = () => ++tally;
  try {
    const parent = globalThis.parent;
    if (parent && parent !== globalThis) {
      const at = apply(own(parent, 'location').get, parent, []);
      apply(own(at, 'ancestorOrigins').get, at, [%[2]d, (f, n) => { above = f; next = n; }]);
    }
  } catch { } // of another origin
  if (above && next() > %[4]d) {
    above('cut\u0001frames');
    return (who, a) => { if (who === 'take') remove(globalThis, a); return false; };
  }

  const { slice, indexOf } = String.prototype;
  const { get: weakGet, set: weakSet } = WeakMap.prototype;
  const Failure = Error;
  const frames = 30, room = 8192, few = 10, many = 200, rows = 400, returned = 32768;
  const held = { __proto__: null }; // reports before the browser gave the way to send them
  let send, waiting = 0, reports = 0;
  const random = Math.random;
  let realm = '';
  const tell = (report) => {
    if (send) send(report);
    else if (above) above(report);
    else if (waiting < 500) held[waiting++] = report;
  };

  const cut = (s, n) => apply(slice, s, [0, n]);
  const text = (v) => typeof v === 'string' ? cut(v, room) : typeof v === 'number' || typeof v === 'boolean' ? '' + v : '';
  // A name with a separator in it would forge frames.
  const plain = (v) => typeof v === 'string' && apply(indexOf, v, ['\u0002']) < 0 && apply(indexOf, v, ['\u0001']) < 0 ? cut(v, 1000) : '';

  // A dictionary's own value. Accessors of the page stay uncalled.
  const value = (o, n) => {
    const p = typeof o === 'object' && o !== null ? own(o, n) : undefined;
    return p && own(p, 'value') ? p.value : undefined;
  };
%[5]s  const take = (f, o) => { try { return apply(f, o, []); } catch { return undefined; } };

  const session = own(globalThis, 'sessionStorage')?.get;
  const home = own(globalThis, 'origin')?.get ?? getter('GlobalScope', 'origin');
  // A worker has no address before it begins: asking for it then ends the process.
  const here = own(globalThis, 'location')?.get ?? getter('GlobalScope', 'location');
  const href = getter('Location', 'href') ?? own(location, 'href').get;
  const isSession = (area) => area === take(session, globalThis);

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
  // The innermost script alone.
  const innermost = (_, sites) => {
    for (let i = 0; i < sites.length; i++) {
      const url = plain(apply(address, sites[i], []));
      if (url !== '' && url !== 'candor:hook') return url;
    }
    return '';
  };
  // The structured stack of this call. What the page made of the two settings
  // is put back at once; one that it locked costs the stack.
  const plainly = (v) => ({ __proto__: null, value: v, configurable: true, enumerable: true, writable: true });
  const restore = (n, was) => {
    if (!was) remove(Failure, n);
    else if (own(was, 'value')) define(Failure, n, { __proto__: null, value: was.value, writable: was.writable, enumerable: was.enumerable, configurable: true });
    else define(Failure, n, { __proto__: null, get: was.get, set: was.set, enumerable: was.enumerable, configurable: true });
  };
  const structured = (how, depth) => {
    const limit = own(Failure, 'stackTraceLimit'), page = own(Failure, 'prepareStackTrace');
    if (limit && !limit.configurable || page && !page.configurable) return '';
    if (!define(Failure, 'stackTraceLimit', plainly(depth))) return '';
    let out = '';
    if (define(Failure, 'prepareStackTrace', plainly(how))) {
      out = new Failure().stack;
      restore('prepareStackTrace', page);
    }
    restore('stackTraceLimit', limit);
    return typeof out === 'string' ? out : '';
  };
  structured((_, sites) => {
    const site = Object.getPrototypeOf(sites[0]);
    name = site.getFunctionName; address = site.getScriptNameOrSourceURL; line = site.getLineNumber; column = site.getColumnNumber;
    return '';
  }, 2);
  const from = () => '\u0001' + (take(href, take(here, globalThis)) ?? '') + '\u0001' + (take(home, globalThis) ?? '') + '\u0001' + structured(prepare, frames + 4) + '\u0001';

  // Rows of what scripts called: one for each function, script and object.
  const table = { __proto__: null }, list = { __proto__: null };
  let count = 0;
  const row = (w, object) => {
    const script = structured(innermost, 10);
    const key = w.name + '\u0001' + script + '\u0001' + object;
    let r = table[key];
    if (!r) {
      if (count >= rows) return undefined;
      r = table[key] = list[count] = {
        __proto__: null, number: count++, head: 'call' + from(), name: w.name, script, object, count: 0, cut: false, told: 0, width: 0, height: 0,
        texts: { __proto__: null }, textCount: 0, chars: { __proto__: null }, charCount: 0, values: { __proto__: null }, valueCount: 0, length: 0, content: '',
      };
    }
    r.count++;
    return r;
  };
  const addText = (r, s) => {
    if (typeof s !== 'string' && typeof s !== 'number') return;
    s = plain('' + s);
    if (r.textCount < few && !(s in r.texts)) { r.texts[s] = true; r.textCount++; }
    for (let i = 0; i < 100 && i < s.length; i++) if (!(s[i] in r.chars) && r.charCount < many) { r.chars[s[i]] = true; r.charCount++; }
  };
  const addValue = (r, v) => {
    v = cut(plain(typeof v === 'string' ? v : text(v)), 200);
    if (v !== '' && r.valueCount < many && !(v in r.values)) { r.values[v] = true; r.valueCount++; }
  };
  const joined = (set, limit) => {
    let out = '', n = 0;
    for (const k in set) { if (n++ >= limit) break; out += (n > 1 ? '\u0002' : '') + k; }
    return out;
  };
  const tellRow = (r) => {
    r.told = r.count;
    tell(r.head + (realm ||= '' + random()) + ' ' + r.number + '\u0001' + r.name + '\u0001' + r.script + '\u0001' + r.count + '\u0001' + (r.cut ? 1 : 0) + '\u0001' + r.object + '\u0001' + r.width + '\u0001' + r.height + '\u0001' +
      r.charCount + '\u0001' + r.valueCount + '\u0001' + r.length + '\u0001' + joined(r.texts, few) + '\u0001' + joined(r.values, many) + '\u0001' + r.content);
    r.content = '';
  };
  // A row is told when it begins and each time it has four times as many calls;
  // what came last is asked for.
  const done = (r) => { if (r.count === 1 || r.count >= 4 * r.told) tellRow(r); };

  // Canvases and audio buffers get a number.
  const numbers = new WeakMap();
  let objects = 0;
  const number = (o) => {
    if (typeof o !== 'object' || o === null) return 0;
    let n = apply(weakGet, numbers, [o]);
    if (n === undefined) {
      n = objects < 30 ? ++objects : 0;
      apply(weakSet, numbers, [o, n]);
    }
    return n;
  };
  const read = {
    __proto__: null,
    canvas: getter('CanvasRenderingContext2D', 'canvas'), fill: getter('CanvasRenderingContext2D', 'fillStyle'), font: getter('CanvasRenderingContext2D', 'font'),
    offscreen: getter('OffscreenCanvasRenderingContext2D', 'canvas'), offscreenFill: getter('OffscreenCanvasRenderingContext2D', 'fillStyle'), offscreenFont: getter('OffscreenCanvasRenderingContext2D', 'font'),
    width: getter('HTMLCanvasElement', 'width'), height: getter('HTMLCanvasElement', 'height'),
    offscreenWidth: getter('OffscreenCanvas', 'width'), offscreenHeight: getter('OffscreenCanvas', 'height'),
    url: method('HTMLCanvasElement', 'toDataURL'), samples: method('AudioBuffer', 'getChannelData'),
    style: getter('HTMLElement', 'style'), property: method('CSSStyleDeclaration', 'getPropertyValue'),
    node: getter('Node', 'nodeName'), attribute: method('Element', 'getAttribute'),
  };
  const sized = (r, canvas) => {
    r.width = take(read.width, canvas) ?? take(read.offscreenWidth, canvas) ?? 0;
    r.height = take(read.height, canvas) ?? take(read.offscreenHeight, canvas) ?? 0;
  };
  const canvasOf = (context) => take(read.canvas, context) ?? take(read.offscreen, context);
  const attribute = (e, n) => { try { return apply(read.attribute, e, [n]) ?? ''; } catch { return ''; } };
  const arg = (args, i) => i < args.length ? args[i] : undefined;
  const primitive = (v) => typeof v === 'object' || typeof v === 'function' ? undefined : v;
  let contents = 0;
  // What a call returns is told when it is read for the first time.
  const returns = (r, f, self, args) => {
    if (r.count > 1 || contents >= 6) return;
    contents++;
    try {
      const out = apply(f, self, args);
      if (typeof out === 'string') { r.length = out.length; r.content = cut(out, returned); }
      return out;
    } catch { return undefined; }
  };

  // How the arguments of each kind of function are summed up.
  const note = {
    __proto__: null,
    write: (w, args, self) => {
      if (reports++ >= 4000) return;
      const a = arg(args, 0), b = arg(args, 1);
      let k = w.name, said = text(a) + '\u0001' + text(b);
      if (k === 'cookiestore' && typeof a === 'object')
        said = text(value(a, 'name')) + '\u0001' + text(value(a, 'value')) + '\u0001' + text(value(a, 'expires')) + '\u0001' + text(value(a, 'domain'));
      if (k === 'storage') k = isSession(self) ? 'session' : 'local';
      tell(k + from() + said);
    },
    meet: (w, args) => { if (arg(args, 0) === %[2]d && typeof args[1] === 'function') args[1](tell, next); },
    call: (w, args, self) => {
      const r = row(w, 0);
      if (!r) return;
      addValue(r, primitive(arg(args, 0)));
      done(r);
    },
    context: (w, args, self) => {
      const type = arg(args, 0), r = row(w, number(self));
      arm('canvas');
      if (typeof type === 'string') arm(w.name === 'OffscreenCanvas.getContext' && type === '2d' ? 'offscreen' : type);
      if (!r) return;
      sized(r, self);
      addValue(r, primitive(type));
      done(r);
    },
    device: (w, args) => { arm('device'); note.call(w, args, undefined); },
    audio: (w, args) => { arm('audio'); note.call(w, args, undefined); },
    draw: (w, args, self) => {
      const canvas = canvasOf(self), r = row(w, number(canvas));
      if (!r) return;
      sized(r, canvas);
      addText(r, primitive(arg(args, 0)));
      addValue(r, primitive(take(read.fill, self) ?? take(read.offscreenFill, self)));
      done(r);
    },
    measure: (w, args, self) => {
      const r = row(w, 0);
      if (!r) return;
      addText(r, primitive(arg(args, 0)));
      addValue(r, primitive(take(read.font, self) ?? take(read.offscreenFont, self)));
      done(r);
    },
    state: (w, args, self) => { const r = row(w, number(canvasOf(self))); if (r) done(r); },
    read: (w, args, self) => {
      const r = row(w, number(self));
      if (!r) return;
      sized(r, self);
      addValue(r, primitive(arg(args, w.name === 'HTMLCanvasElement.toBlob' ? 1 : 0)));
      if (r.width * r.height <= 1 << 20) returns(r, read.url, self, w.name === 'HTMLCanvasElement.toDataURL' ? [primitive(arg(args, 0)), primitive(arg(args, 1))] : []);
      tellRow(r);
    },
    pixels: (w, args, self) => {
      const r = row(w, number(canvasOf(self)));
      if (!r) return;
      const width = primitive(arg(args, 2)), height = primitive(arg(args, 3));
      if (typeof width === 'number' && typeof height === 'number' && width * height > r.width * r.height) { r.width = width | 0; r.height = height | 0; }
      done(r);
    },
    parameter: (w, args, self) => {
      const p = primitive(arg(args, 0)), r = row(w, 0);
      if (!r) return;
      let said = text(p);
      // The names of the graphics card's maker and of the card.
      if (p === 37445 || p === 37446 || p === 7936 || p === 7937) try { said += '=' + text(apply(w.native, self, [p])); } catch { }
      addValue(r, said);
      done(r);
    },
    samples: (w, args, self) => {
      const r = row(w, number(self));
      if (!r) return;
      const out = returns(r, read.samples, self, [primitive(arg(args, 0))]);
      if (out) {
        // The sum that fingerprinting scripts take, as they write it.
        let sum = 0, n = 0;
        for (; n < 5000; n++) { const x = out[n]; if (x === undefined) break; if (n >= 4500) sum += x < 0 ? -x : x; }
        r.length = n; r.content = '' + sum;
      }
      tellRow(r);
    },
    layout: (w, args, self) => {
      const style = take(read.style, self);
      let family = '';
      try { family = apply(read.property, style, ['font-family']); } catch { }
      if (family === '') return false; // not a measurement of fonts: no stack is worth it
      const r = row(w, 0);
      if (!r) return;
      addValue(r, family);
      done(r);
    },
    node: (w, args, self) => {
      const r = row(w, 0);
      if (!r) return;
      addValue(r, take(read.node, self));
      done(r);
    },
    observe: (w, args) => {
      const r = row(w, 0), options = arg(args, 1);
      if (!r) return;
      let said = take(read.node, arg(args, 0)) ?? '';
      if (value(options, 'subtree') === true) said += ' subtree';
      if (value(options, 'childList') === true) said += ' childList';
      if (value(options, 'attributes') === true || value(options, 'attributeOldValue') === true || value(options, 'attributeFilter') !== undefined) said += ' attributes';
      if (value(options, 'characterData') === true || value(options, 'characterDataOldValue') === true) said += ' characterData';
      addValue(r, said);
      done(r);
    },
    field: (w, args, self) => {
      const r = row(w, 0);
      if (!r) return;
      addValue(r, attribute(self, 'type') + ' ' + (attribute(self, 'name') || attribute(self, 'id')));
      done(r);
    },
  };

  // What the collector asks the browser the listeners of.
  const dom = { __proto__: null, document: own(globalThis, 'document')?.get, root: getter('Document', 'documentElement'), body: getter('Document', 'body'), all: method('Document', 'querySelectorAll') };
  const objectsOf = () => {
    const page = apply(dom.document, globalThis, []), fields = apply(dom.all, page, ['input,textarea,select,[contenteditable]']);
    const out = { __proto__: null, 0: globalThis, 1: page, 2: take(dom.root, page), 3: take(dom.body, page) };
    for (let i = 0; i < 30; i++) { const f = own(fields, i)?.value; if (!f) break; out[4 + i] = f; }
    return out;
  };

  const armed = { __proto__: null }, groups = { __proto__: null };
  let probing = false, seen = false;
  const watched = { __proto__: null };
  // A function has the same number in each document, whatever else there is.
  let total = 0;
  const watch = (group, how, api, limit, native) => {
    const number = total++;
    if (typeof native !== 'function' && (typeof native !== 'object' || native === null)) return;
    const g = groups[group] ??= { __proto__: null, size: 0 };
    g[g.size++] = number;
    watched[number] = { __proto__: null, name: api, note: note[how], limit, native, hits: 0, number };
  };
  // V8 puts its trampoline into the functions that exist when the first
  // breakpoint of their kind is set. Those of a further document in the same
  // process get it when it next looks for some, which the spare function makes
  // it do; their breakpoints are there already, as the probe shows.
  const look = () => { debug(spare, ''); undebug(spare); };
  const set = (g) => {
    for (let i = 0; i < g.size; i++) debug(watched[g[i]].native, %[6]s);
  };
  const isSet = (g) => {
    probing = true; seen = false;
    take(watched[g[0]].native, undefined); // throws at once
    probing = false;
    return seen;
  };
  // What was not looked up before the page could replace it counts when it is
  // native by its name: no text of a script reads so, and a proxy has no name.
  const { toString } = Function.prototype;
  const genuine = (o, n) => {
    const f = own(o, n)?.value;
    return typeof f === 'function' && apply(toString, f, []) === 'function ' + n + '() { [native code] }' ? f : undefined;
  };
  const found = (g) => {
    const there = { __proto__: null, size: 0 };
    for (let i = 0; i < g.size; i++) {
      const w = watched[g[i]], at = w.native;
      if (typeof at !== 'function') {
        const c = genuine(globalThis, at.c);
        w.native = c && genuine(own(c, 'prototype').value, at.n);
      }
      if (w.native) there[there.size++] = g[i];
      else tell('replaced\u0001' + w.name);
    }
    return there;
  };
  const arm = (group) => {
    if (!groups[group] || armed[group]) return;
    armed[group] = true;
    const g = found(groups[group]);
    if (g.size === 0) return;
    look();
    if (!isSet(g)) set(g);
  };
%[3]s
  look();
  %[1]s = (who) => { if (who === %[2]d) seen = true; return false; }; // until the real one is there
  if (!isSet(groups[''])) set(groups['']);
  if (groups.secure) set(groups.secure); // nothing in it tells without a promise whether all of it is set

  return (who, a, args, self) => {
    if (who !== %[2]d) {
      // The binding that was just added is taken and leaves no trace.
      if (who === 'take') {
        send = globalThis[a];
        remove(globalThis, a);
        for (let i = 0; i < waiting; i++) send(held[i]);
        waiting = 0;
      } else if (who === 'listened') {
        return objectsOf();
      } else if (who === 'tell') {
        for (let i = 0; i < count; i++) if (list[i].count > list[i].told) tellRow(list[i]);
      }
      return false; // or of another session that shares the process
    }
    if (probing) { seen = true; return false; }
    const w = watched[a];
    try {
      w.note(w, args, self);
      // A page may call a million times.
      if (++w.hits >= w.limit) {
        undebug(w.native);
        for (let i = 0; i < count; i++) if (list[i].name === w.name) { list[i].cut = true; tellRow(list[i]); }
        tell('cut\u0001' + w.name);
      }
    } catch { }
    return false;
  };
})(debug, undebug, keys);
//# sourceURL=candor:hook
