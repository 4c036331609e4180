// Runs first in every document, in the page's world, and does nothing until it
// is asked. %[1]s is a name that no page can guess. Then it reads the objects in
// which pages keep what they tell their tags: own data properties alone, so that
// no getter of the page runs, and of the interfaces that are made to be asked
// (consent, ad server, Segment) what they answer. Everything it uses is taken
// before the page can replace it; no list is filled by index and none is
// iterated, since the page may have its own ways for both. Where a page made it
// hang and it was stopped, it goes on with the next object.
const %[1]s = (() => {
  const { apply, ownKeys, getOwnPropertyDescriptor: own, getPrototypeOf: proto } = Reflect;
  const { stringify, parse } = JSON, { isArray } = Array;
  const { slice, indexOf } = String.prototype, { hasOwnProperty, propertyIsEnumerable } = Object.prototype, { exec } = RegExp.prototype;
  const { getAttribute } = Element.prototype, { item } = HTMLCollection.prototype, { getItem } = Storage.prototype;
  const scripts = own(Document.prototype, 'scripts').get, count = own(HTMLCollection.prototype, 'length').get;
  const local = own(globalThis, 'localStorage')?.get, page = document, top = globalThis;
  const perSource = 300, nodesOf = 5000, keysOf = 500, deepest = 8, longest = 1024, longestKey = 300, room = 1 << 17;
  let out, gaps, told, entries, nodes, asked;

  const has = (o, k) => apply(hasOwnProperty, o, [k]);
  const cut = (s, n) => apply(slice, s, [0, n]);
  const gap = (source, why) => {
    const text = stringify(source + ': ' + why);
    if (!told[text]) { told[text] = true; gaps += (gaps && ',') + text; }
  };
  const got = (o, k, source) => {
    const d = own(o, k);
    if (!d) return undefined;
    if (has(d, 'value')) return d.value;
    gap(source, 'what is computed when it is read was left alone');
  };
  const object = (v) => typeof v === 'object' && v !== null;
  // A list, or an object that no class made: elements, windows and the like are
  // none, and lead into everything.
  const plain = (v) => {
    if (!object(v)) return false;
    if (isArray(v)) return true;
    const p = proto(v);
    return p === null || proto(p) === null;
  };
  const note = (source, key, v) => {
    if (typeof v !== 'string' && typeof v !== 'number' && typeof v !== 'boolean') return;
    const value = '' + v, shown = cut(value, longest);
    if (shown === '') return;
    const entry = '[' + stringify(source) + ',' + stringify(cut(key, longestKey)) + ',' + stringify(shown) + ',' + (shown.length < value.length) + ']';
    if (told[entry]) return;
    if (entries >= perSource || out.length > room) return gap(source, 'there were more entries than one visit keeps');
    told[entry] = true;
    entries++;
    out += (out && ',') + entry;
  };
  const walk = (source, key, v, depth, keep) => {
    if (!object(v)) return note(source, key, v);
    if (!plain(v)) return;
    if (depth > deepest || ++nodes > nodesOf) return gap(source, 'it is larger or deeper than one visit reads');
    const within = key && key + '.';
    if (isArray(v)) {
      const n = own(v, 'length').value;
      for (let i = 0; i < n && i < keysOf; i++) walk(source, key, got(v, i, source), depth + 1);
      if (n > keysOf) gap(source, 'it is larger or deeper than one visit reads');
      return;
    }
    const keys = ownKeys(v);
    for (let i = 0; i < keys.length && i < keysOf; i++) {
      const k = keys[i];
      if (typeof k !== 'string' || !apply(propertyIsEnumerable, v, [k]) || keep && !keep(k)) continue;
      walk(source, within + cut(k, 100), got(v, k, source), depth + 1);
    }
    if (keys.length > keysOf) gap(source, 'it is larger or deeper than one visit reads');
  };
  const begins = (s, with_) => apply(indexOf, s, [with_]) === 0;

  // An entry of a tag manager's layer: an object, or a call of gtag as its
  // arguments.
  const pushed = (source, v) => {
    if (!object(v)) return;
    const command = has(v, '0') && has(v, 'length') ? got(v, '0', source) : undefined;
    if (typeof command !== 'string') return walk(source, '', v, 0);
    const name = got(v, '1', source), more = got(v, '2', source);
    if (command === 'set' || command === 'consent') {
      if (typeof name === 'string') walk(source, command + '.' + name, more, 0); else walk(source, command, name, 0);
    } else if (command === 'event' || command === 'config') walk(source, command, more, 0);
  };
  const layer = (source, v) => {
    if (!isArray(v)) return;
    const n = own(v, 'length').value;
    for (let i = 0; i < n; i++) {
      if (n > 200 && i === 150) { i = n - 50; gap(source, 'of very many entries the first 150 and the last 50 were read'); }
      pushed(source, got(v, i, source));
    }
  };
  // Tag managers may keep their layer under another name, which their address says.
  const layers = (each) => {
    each('dataLayer');
    const names = { __proto__: null, dataLayer: true }, list = apply(scripts, page, []), n = apply(count, list, []);
    for (let i = 0; i < n && i < 500; i++) {
      const src = apply(getAttribute, apply(item, list, [i]), ['src']);
      if (typeof src !== 'string' || !apply(exec, /\/gt(m|ag\/js)\b|[?&]id=(GTM|G|AW|DC)-/, [src])) continue;
      const found = apply(exec, /[?&]l=([\w$]{1,60})(&|$)/, [src]);
      if (found && !names[found[1]]) { names[found[1]] = true; each(found[1]); }
    }
  };

  // An interface that answers by a callback, at once or in the page's next
  // steps: its clock stands still when it is asked.
  const ask = (source, name, args, take) => {
    const f = got(top, name, source);
    if (typeof f !== 'function') return;
    asked[source] = 'the page\'s interface did not answer';
    const answer = (data, ok) => {
      delete asked[source];
      if (!object(data)) return;
      const before = entries;
      entries = 0;
      try { take(data); } catch { }
      entries = before;
    };
    apply(f, top, args(answer));
  };
  const traits = (key, name) => {
    let text;
    try { text = apply(getItem, apply(local, top, []), [name]); } catch { }
    if (typeof text !== 'string' || text.length > 1 << 16) return false;
    walk('segment traits', key, parse(text), 0);
    return true;
  };

  const sources = { __proto__: null,
    'dataLayer': () => layers((name) => layer('dataLayer', got(top, name, 'dataLayer'))),
    'adobeDataLayer': () => layer('adobeDataLayer', got(top, 'adobeDataLayer', 'adobeDataLayer')),
    'digitalData': () => walk('digitalData', '', typeof digitalData === 'object' ? digitalData : undefined, 0),
    'utag_data': () => {
      walk('utag_data', '', typeof utag_data === 'object' ? utag_data : undefined, 0);
      const utag = got(top, 'utag', 'utag_data');
      if (plain(utag)) walk('utag_data', '', got(utag, 'data', 'utag_data'), 0, (k) => !begins(k, 'dom.') && !begins(k, 'cp.') && !begins(k, 'meta.') && !begins(k, 'qp.') && !begins(k, 'js_page.'));
    },
    '_satellite': () => walk('_satellite', '', got(top, '_satellite', '_satellite'), 0, (k) => k !== '_container' && k !== 'logger'),
    'tcf': () => ask('tcf', '__tcfapi', (f) => ['getTCData', 2, f], (d) => {
      note('tcf', 'tcString', got(d, 'tcString', 'tcf'));
      note('tcf', 'addtlConsent', got(d, 'addtlConsent', 'tcf'));
    }),
    'gpp': () => ask('gpp', '__gpp', (f) => ['ping', f], (d) => note('gpp', 'gppString', got(d, 'gppString', 'gpp'))),
    'usp': () => ask('usp', '__uspapi', (f) => ['getUSPData', 1, f], (d) => note('usp', 'uspString', got(d, 'uspString', 'usp'))),
    'segment traits': () => {
      if (traits('', 'ajs_user_traits') | traits('group', 'ajs_group_properties')) return;
      const a = got(top, 'analytics', 'segment traits');
      if (a && typeof a.user === 'function' && typeof a.track === 'function') walk('segment traits', '', a.user().traits(), 0);
    },
    'gpt targeting': () => {
      const g = got(top, 'googletag', 'gpt targeting');
      if (!g || typeof g.pubads !== 'function') return;
      const of = (holder) => {
        const keys = holder.getTargetingKeys();
        for (let i = 0; i < keys.length && i < 100; i++) walk('gpt targeting', '' + keys[i], holder.getTargeting(keys[i]), 0);
      };
      const ads = g.pubads();
      of(ads);
      if (typeof g.getConfig === 'function') walk('gpt targeting', '', g.getConfig('targeting')?.targeting, 0);
      const slots = ads.getSlots();
      for (let i = 0; i < slots.length && i < 50; i++) of(slots[i]);
    },
    'prebid': () => {
      const read = (name) => {
        const p = got(top, name, 'prebid');
        if (p && typeof p.getConfig === 'function') walk('prebid', '', p.getConfig('ortb2'), 0);
      };
      read('pbjs');
      const names = got(top, '_pbjsGlobals', 'prebid');
      for (let i = 0; isArray(names) && i < names.length && i < 5; i++) if (names[i] !== 'pbjs' && typeof names[i] === 'string') read(names[i]);
    },
  };

  const result = () => '{"labels":[' + out + '],"gaps":[' + gaps + ']}';
  const names = ownKeys(sources);
  let at;
  return async (goOn) => {
    if (goOn) gap(names[at++], 'the page kept it from being read to its end');
    else { at = 0; out = gaps = ''; told = { __proto__: null }; asked = { __proto__: null }; }
    for (; at < names.length; at++) {
      entries = nodes = 0;
      try { sources[names[at]](); } catch { delete asked[names[at]]; gap(names[at], 'the page stopped the reading'); }
    }
    for (let i = 0; i < 10; i++) await null;
    for (const name in asked) gap(name, asked[name]);
    return result();
  };
})();
