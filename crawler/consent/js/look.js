// Evaluated in an isolated world of a frame, for one question about consent
// banners: want.op says which. It tells what is there and never what it means;
// all answers are bounded. Open shadow roots are searched, and closed ones that
// stand in candorClosedRoots.
(async (want) => {
  'use strict';
  const known = globalThis.candorConsent ??= { numbers: new WeakMap(), list: [] };
  const numberOf = (e) => {
    if (!known.numbers.has(e)) { known.numbers.set(e, known.list.length); known.list.push(new WeakRef(e)); }
    return known.numbers.get(e);
  };
  const numbered = (n) => { const e = known.list[n]?.deref(); return e?.isConnected ? e : null; };
  const cut = (s, n) => String(s ?? '').slice(0, n * 4).replace(/\s+/g, ' ').trim().slice(0, n);
  const attr = (e, name) => e.getAttribute?.(name) ?? '';
  const closed = new Map();
  for (const r of globalThis.candorClosedRoots ?? []) if (r?.host?.isConnected) closed.set(r.host, r);
  const rootOf = (e) => e.shadowRoot ?? closed.get(e) ?? null;
  const maxElements = 40000, maxRoots = 500;
  const roots = [document];
  for (let i = 0, seen = 0; i < roots.length && roots.length < maxRoots && seen < maxElements * 2; i++)
    for (const e of roots[i].querySelectorAll('*')) {
      if (++seen > maxElements * 2) break;
      const r = rootOf(e);
      if (r) roots.push(r);
    }
  // The tree as it is shown: slots and shadow roots taken into account.
  const up = (e) => e.assignedSlot ?? (e.parentNode instanceof ShadowRoot ? e.parentNode.host : e.parentElement);
  const within = (e, c) => { for (let n = e, i = 0; n && i < 500; n = up(n), i++) if (n === c) return true; return false; };
  // Descendants as they are shown; those in shadow roots and slots come after.
  const inside = function* (e, selector, max) {
    const queue = [e];
    let n = 0;
    const add = (h) => { const r = rootOf(h); if (r) queue.push(r); };
    add(e);
    for (let i = 0; i < queue.length && i < 200; i++) {
      if (i > 0 && queue[i].matches?.(selector)) yield queue[i];
      if (roots.length > 1) {
        for (const h of queue[i].querySelectorAll('*')) add(h);
        for (const s of queue[i].querySelectorAll('slot')) for (const a of s.assignedElements()) { queue.push(a); add(a); }
      }
      for (const d of queue[i].querySelectorAll(selector)) { if (n++ > max) return; yield d; }
    }
  };
  const styles = new Map();
  const style = (e) => { let s = styles.get(e); if (!s) styles.set(e, s = getComputedStyle(e)); return s; };
  const topLayer = (e) => { try { return e.matches(':modal,:popover-open'); } catch { return false; } };
  const placed = (e) => { // how the element, or what it stands in, is taken out of the flow
    for (let n = e, i = 0; n && n !== document.body && i < 200; n = up(n), i++) {
      if (topLayer(n)) return 'top-layer';
      const p = style(n).position;
      if (p === 'fixed' || p === 'sticky') return p;
    }
    return '';
  };
  const plain = (r) => ({ x: r.x, y: r.y, width: r.width, height: r.height });
  // An element without an area of its own has that of what stands in it.
  const boxOf = (e, depth = 0) => {
    const r = e.getBoundingClientRect();
    if (r.width > 1 && r.height > 1 || depth > 4) return plain(r);
    let x = Infinity, y = Infinity, right = -Infinity, bottom = -Infinity, n = 0;
    for (const c of [...(rootOf(e)?.children ?? []), ...e.children]) {
      if (n++ > 30) break;
      if (!c.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) continue;
      const b = boxOf(c, depth + 1);
      if (b.width <= 1 || b.height <= 1) continue;
      x = Math.min(x, b.x); y = Math.min(y, b.y); right = Math.max(right, b.x + b.width); bottom = Math.max(bottom, b.y + b.height);
    }
    return right > x ? { x, y, width: right - x, height: bottom - y } : plain(r);
  };
  const drawn = (e) => {
    if (e.checkVisibility?.({ opacityProperty: true, visibilityProperty: true })) return true;
    // display: contents has no box, but what stands in it has.
    return style(e).display === 'contents' && [...(rootOf(e)?.children ?? []), ...e.children].slice(0, 30).some((c) => c.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }));
  };
  const looked = new Map();
  const visible = (e) => {
    let v = looked.get(e);
    if (v === undefined) looked.set(e, v = visibleNow(e));
    return v;
  };
  const visibleNow = (e) => {
    if (!drawn(e)) return false;
    const b = boxOf(e);
    if (b.width <= 1 || b.height <= 1) return false;
    if (b.x + b.width + scrollX <= 0 || b.y + b.height + scrollY <= 0) return false;
    // What does not scroll with the page and lies outside the window is hidden.
    if (b.x + b.width > 0 && b.y + b.height > 0 && b.x < innerWidth && b.y < innerHeight) return true;
    const p = placed(e);
    if (p === '' || p === 'sticky') return true;
    // It may be reached by scrolling what it stands in.
    for (let n = up(e), i = 0; n && i < 50; n = up(n), i++)
      if (/auto|scroll/.test(style(n).overflowY + style(n).overflowX) && (n.scrollHeight > n.clientHeight + 2 || n.scrollWidth > n.clientWidth + 2)) return true;
    return false;
  };
  const bad = [];
  const query = (root, selector) => { try { return root.querySelectorAll(selector); } catch { if (bad.length < 20 && !bad.includes(selector)) bad.push(selector); return []; } };
  let by = ''; // the selector that found it
  const first = (selectors, test = visible) => {
    for (by of selectors ?? []) for (const r of roots) { let n = 0; for (const e of query(r, by)) { if (n++ > 300) break; if (test(e)) return e; } }
    return null;
  };
  const textOf = (e, max) => {
    let t = e.innerText ?? e.textContent ?? '', n = 0;
    const hosts = (top) => { for (const h of top.querySelectorAll('*')) { if (n++ > 5000 || t.length > max) return; const s = rootOf(h); if (s) add(s); if (h.localName === 'slot') for (const a of h.assignedElements()) t += '\n' + (a.innerText ?? ''); } };
    const add = (r) => { for (const c of r.children) if (!/^(style|script|template|link|slot)$/.test(c.localName)) t += '\n' + (c.innerText ?? ''); hosts(r); };
    if (roots.length > 1) {
      const own = rootOf(e);
      if (own) add(own);
      hosts(e);
    }
    return t.slice(0, max * 2).replace(/[^\S\n]+/g, ' ').replace(/\s*\n\s*/g, '\n').trim().slice(0, max);
  };
  const byId = (e, ids) => ids.split(/\s+/).slice(0, 5).map((id) => { try { return e.getRootNode().getElementById?.(id)?.textContent ?? ''; } catch { return ''; } }).join(' ');
  // What a control says; its accessible name when it shows no letters.
  const nameOf = (e) => {
    const shown = cut(e.matches('input') ? e.value : e.innerText, 300);
    if (/\p{L}/u.test(shown)) return shown;
    const own = rootOf(e);
    if (own) { const t = cut(textOf(e, 300), 300); if (/\p{L}/u.test(t)) return t; }
    return cut(attr(e, 'aria-label') || byId(e, attr(e, 'aria-labelledby')) || attr(e, 'title') || attr(e, 'alt') || e.querySelector('img[alt]')?.alt || e.querySelector('svg title')?.textContent || shown, 300);
  };
  const controls = 'button,a,input[type=button],input[type=submit],input[type=reset],input[type=image],[role=button],[role=link],summary,[onclick],[tabindex]:not([tabindex="-1"])';
  const toggles = 'input[type=checkbox],input[type=radio],[role=switch],[role=checkbox]';
  const isControl = (e) => !e.matches(toggles) && !e.matches('[role=dialog],[role=alertdialog],[role=region],dialog,form,section,main,body,iframe,input[type=text],input[type=email],textarea,select,label[for]');
  const controlsOf = (c, max) => {
    let out = [], more = false;
    for (const e of inside(c, controls, 5000)) {
      if (out.length >= 2000) break;
      if (!isControl(e) || !visible(e)) continue;
      // A block that holds controls is none itself, nor is what stands in one.
      if (!/^(a|button|input)$/.test(e.localName) && (e.querySelector('a,button,[role=button]') || e.parentElement?.closest('a,button,[role=button]'))) continue;
      out.push(e);
    }
    // Of very many the last ones too: what ends a list stands there.
    if (out.length > max) { out = [...out.slice(0, max - 50), ...out.slice(-50)]; more = true; }
    // What only looks like one: a pointer, a few words, no control around or in it.
    let n = 0;
    for (const e of inside(c, 'div,span,p,li,img,svg,label,i,b,strong', 3000)) {
      if (out.length >= max || n++ > 1500) break;
      if (e.localName === 'label' && (e.control || e.querySelector(toggles)) || style(e).cursor !== 'pointer') continue;
      const p = up(e);
      if (p && style(p).cursor === 'pointer' || !visible(e) || (e.textContent ?? '').length > 80 || e.querySelector(controls + ',' + toggles)) continue;
      if (out.some((o) => o.contains(e)) || e.closest('label')?.control) continue;
      out.push(e);
    }
    out.sort((a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
    return { list: out, more };
  };
  // What the form around a control asks for, of a whole page.
  const asks = (e) => { const f = want.op === 'page' ? e.form ?? e.closest('form') : null; return f ? personal(f).slice(0, 5) : []; };
  const hrefOf = (e) => {
    const a = e.closest?.('a[href]');
    const h = a ? attr(a, 'href') : '';
    if (!h || h.startsWith('#')) return '';
    try { return new URL(h, document.baseURI).href.slice(0, 2000); } catch { return ''; }
  };
  const light = (e) => ({
    n: numberOf(e), text: nameOf(e), label: cut(attr(e, 'aria-label'), 200), mark: cut(e.id + ' ' + attr(e, 'class') + ' ' + attr(e, 'data-testid') + ' ' + attr(e, 'name'), 200),
    kind: e.matches('[role=button],button,input') || !e.matches('a[href],[role=link]') ? 'button' : 'link', href: hrefOf(e),
    disabled: e.matches(':disabled,[aria-disabled=true]'), box: plain(e.getBoundingClientRect()), asks: asks(e),
  });
  // The text around a link up to it and after it, parted by a mark.
  const near = (e) => {
    const block = e.closest('p,li,td,dd,h1,h2,h3,h4,h5,h6,div,section,main,body');
    if (!block || (block.textContent ?? '').length > 20000) return '';
    const range = document.createRange();
    range.setStart(block, 0); range.setEndBefore(e);
    const before = range.toString().slice(-300);
    range.selectNodeContents(block); range.setStartAfter(e);
    return before + '\u0000' + range.toString().slice(0, 300);
  };
  // Background colours from an element outwards until one that hides the rest.
  const backs = (e) => {
    const out = [];
    for (let n = e, i = 0; n && i < 60 && out.length < 20; n = up(n), i++) {
      const s = style(n), image = s.backgroundImage;
      if (s.backgroundColor !== 'rgba(0, 0, 0, 0)' && s.backgroundColor !== 'transparent') out.push({ color: s.backgroundColor.slice(0, 100), opacity: Number(s.opacity) });
      if (image.includes('gradient')) out.splice(out.length - (s.backgroundColor !== 'rgba(0, 0, 0, 0)' ? 1 : 0), 0, { gradient: image.slice(0, 500), opacity: Number(s.opacity) });
      if (/^rgb\(/.test(s.backgroundColor) && !image.includes('gradient') && Number(s.opacity) === 1) break;
    }
    return out;
  };
  const inView = (e) => {
    const r = e.getBoundingClientRect();
    let box = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
    for (let n = up(e), i = 0; n && i < 200; n = up(n), i++) {
      const s = style(n);
      if (n !== document.body && n !== document.documentElement && /hidden|auto|scroll|clip/.test(s.overflowY + s.overflowX)) {
        const b = n.getBoundingClientRect();
        box = { left: Math.max(box.left, b.left), top: Math.max(box.top, b.top), right: Math.min(box.right, b.right), bottom: Math.min(box.bottom, b.bottom) };
      }
      if (s.position === 'fixed') break;
    }
    const w = Math.min(r.right, box.right) - Math.max(r.left, box.left), h = Math.min(r.bottom, box.bottom) - Math.max(r.top, box.top);
    return w > r.width / 2 && h > r.height / 2;
  };
  const fine = (e) => {
    let t = e; // the innermost element that holds the words
    for (let i = 0; i < 6; i++) { const c = [...t.children].filter((k) => /\p{L}/u.test(k.innerText ?? '') && visible(k)); if (c.length === 1 && cut(c[0].innerText, 300) === cut(t.innerText, 300)) t = c[0]; else break; }
    const s = style(t), outside = up(e);
    let opacity = 1;
    for (let n = t, i = 0; n && i < 60; n = up(n), i++) opacity *= Number(style(n).opacity);
    return { ...light(e), font: parseFloat(s.fontSize) || 0, weight: parseInt(s.fontWeight) || 400, color: s.color.slice(0, 100), opacity, back: backs(t), around: outside ? backs(outside) : [], inView: inView(e) };
  };
  const onOf = (e) => e.matches('input') ? e.checked : attr(e, 'aria-checked') === 'true';
  const labelOf = (e) => {
    let t = [...(e.labels ?? [])].map((l) => l.innerText || l.textContent).join(' ') || byId(e, attr(e, 'aria-labelledby')) || attr(e, 'aria-label') || attr(e, 'title');
    if (!/\p{L}/u.test(t)) for (let n = up(e), i = 0; n && i < 4; n = up(n), i++) { const s = n.innerText ?? ''; if (/\p{L}/u.test(s)) { t = s; break; } }
    return cut(t, 200);
  };
  // Where a person would press to change a toggle.
  const handles = (e) => {
    const out = [];
    const add = (h) => { if (h && !out.includes(h) && visible(h) && h.getBoundingClientRect().width >= 4) out.push(h); };
    add(e);
    const label = e.labels?.[0] ?? e.closest('label');
    if (label) { if (e.nextElementSibling && label.contains(e.nextElementSibling)) add(e.nextElementSibling); if (e.labels?.length > 1) for (const l of [...e.labels].slice(1, 4)) add(l); add(label); }
    if (e.nextElementSibling && !e.nextElementSibling.matches(toggles)) add(e.nextElementSibling);
    if (!out.length) add(up(e));
    return out;
  };
  const togglesOf = (c, selectors, max) => {
    const list = [], seen = new Set();
    const add = (e) => {
      if (!e.matches(toggles)) e = e.querySelector(toggles) ?? (e.control?.matches?.(toggles) ? e.control : e);
      if (seen.has(e) || list.length >= max) return;
      seen.add(e);
      const h = handles(e);
      if (h.length) list.push({ n: numberOf(e), label: labelOf(e), on: onOf(e), locked: e.matches(':disabled,[aria-disabled=true]'), radio: e.matches('[type=radio]'), group: e.matches('[type=radio]') ? cut(e.name, 100) : '', value: e.matches('input') ? cut(e.value, 100) : '', mark: cut(e.id + ' ' + e.name + ' ' + attr(e, 'class'), 200), asks: asks(e) });
    };
    for (const s of selectors ?? []) for (const r of roots) { let n = 0; for (const e of query(r, s)) { if (n++ > 300) break; add(e); } }
    const named = list.length;
    if (c) for (const e of inside(c, toggles, 1000)) add(e);
    return { list, named };
  };
  const personal = (c) => {
    const out = [];
    for (const e of inside(c, 'input,textarea,select', 500)) {
      const type = e.localName === 'input' ? (attr(e, 'type') || 'text').toLowerCase() : e.localName;
      if (/^(hidden|checkbox|radio|button|submit|reset|image|search|range|color)$/.test(type) || !visible(e)) continue;
      if (out.length < 20) out.push(cut(type + ' ' + attr(e, 'name') + ' ' + attr(e, 'autocomplete') + ' ' + (attr(e, 'placeholder') || labelOf(e)), 150).toLowerCase());
    }
    return out;
  };
  const at = (x, y) => {
    let e = document.elementFromPoint(x, y);
    for (let i = 0; e && i < 50; i++) { const r = rootOf(e), d = r?.elementFromPoint(x, y); if (!d || d === e) break; e = d; }
    return e;
  };
  const describe = (c, how, fully) => {
    const box = boxOf(c), list = controlsOf(c, 200), middle = at(Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1), Math.min(Math.max(box.y + box.height / 2, 1), innerHeight - 1));
    const t = togglesOf(c, fully ? want.rule?.Toggles : [], 200);
    return {
      n: numberOf(c), how, text: textOf(c, fully ? 6000 : 4000), lang: cut(c.closest('[lang]')?.lang, 20), mark: cut(c.id + ' ' + attr(c, 'class') + ' ' + attr(c, 'aria-label'), 300),
      box, placed: placed(c), modal: topLayer(c) || attr(c, 'aria-modal') === 'true', z: parseInt(style(c).zIndex) || 0, on_top: !!middle && within(middle, c),
      controls: list.list.map(fully ? fine : light), more: list.more, toggles: t.list, named: t.named, fields: personal(c),
      scrolls: [c, ...c.querySelectorAll('*')].slice(0, 500).some((e) => e.scrollHeight > e.clientHeight + 4 && e.clientHeight > 20 && /auto|scroll/.test(style(e).overflowY)),
    };
  };
  const describeBody = (how, fully) => document.body ? describe(document.body, how, fully) : null;
  // The number of each window around this one among the frames of its parent.
  const path = () => {
    const out = [];
    try { for (let w = window; w !== w.parent && out.length < 10; w = w.parent) { let i = 0; for (; i < w.parent.length && i < 200; i++) if (w.parent[i] === w) break; out.unshift(i < w.parent.length ? i : -1); } } catch { }
    return out;
  };
  const framesHere = () => {
    const out = [];
    for (const r of roots) for (const f of r.querySelectorAll('iframe,frame')) {
      if (out.length >= 100) return out;
      let index = -1;
      try { for (let i = 0; i < window.length && i < 200; i++) if (window[i] === f.contentWindow) { index = i; break; } } catch { }
      // What holds a frame may be what is laid over the page.
      let how = placed(f);
      if (!how) for (let n = f, i = 0; n && n !== document.body && i < 20; n = up(n), i++) if (style(n).position === 'absolute') { how = 'absolute'; break; }
      const b = f.getBoundingClientRect();
      const middle = at(b.x + b.width / 2, b.y + b.height / 2);
      out.push({ n: numberOf(f), index, src: cut(f.src, 2000), name: cut(f.name + ' ' + f.id + ' ' + f.title + ' ' + attr(f, 'class'), 300), visible: visible(f) && b.width > 20 && b.height > 20, how, box: { x: b.x + f.clientLeft, y: b.y + f.clientTop, width: b.width, height: b.height }, on_top: !!middle && within(middle, f) });
    }
    return out;
  };
  // What may be a banner, by how it stands on the page.
  const candidates = () => {
    const found = new Map();
    const add = (e, how) => { if (!found.has(e) && found.size < 400) found.set(e, how); };
    const words = /cookie|consent|gdpr|ccpa|cmp\b|privacy|dsgvo|rgpd|lgpd/i;
    let n = 0;
    for (const r of roots) for (const e of r.querySelectorAll('*')) {
      if (n++ > maxElements) break;
      if (e === document.documentElement || e === document.body || /^(script|style|link|meta|path|option|br|source|template|head|noscript)$/.test(e.localName)) continue;
      if (e.matches('dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true]') || topLayer(e)) { add(e, 'dialog'); continue; }
      const s = style(e);
      if (s.position === 'fixed' || s.position === 'sticky') add(e, s.position);
      else if (s.position === 'absolute' && (words.test(e.id + ' ' + attr(e, 'class')) || parseInt(s.zIndex) > 0) && (!e.offsetParent || e.offsetParent === document.body)) add(e, 'absolute');
    }
    // In the flow, at the very top or bottom of the page.
    const tall = Math.max(document.documentElement.scrollHeight, innerHeight);
    let row = document.body ? [document.body] : [];
    for (let depth = 0; depth < 6 && row.length; depth++) {
      const next = [];
      for (const p of row) {
        const kids = [...(rootOf(p)?.children ?? []), ...p.children];
        for (const e of kids.length > 60 ? [...kids.slice(0, 30), ...kids.slice(-30)] : kids) {
          if (/^(script|style|link|template|noscript)$/.test(e.localName)) continue;
          const b = boxOf(e), top = b.y + scrollY, bottom = top + b.height;
          if (b.width < 100 || b.height < 16 || top > 12 && bottom < tall - 12) continue;
          if (b.height < innerHeight * .6 && !placed(e)) add(e, top <= 12 ? 'flow-top' : 'flow-bottom');
          if (next.length < 60) next.push(e);
        }
      }
      row = next;
    }
    const out = [];
    for (const [e, how] of found) {
      if (out.length >= 60) break;
      if (!visible(e)) continue;
      const b = boxOf(e);
      if (b.width < 60 || b.height < 16 || (e.textContent ?? '').length > 2000000) continue;
      // In the flow a banner is small; what is bigger is the page.
      const flow = how.startsWith('flow');
      if (e.querySelectorAll(controls).length > (flow ? 40 : 600) || flow && (e.textContent ?? '').length > 20000) continue;
      out.push([e, how]);
    }
    const told = out.map(([e, how]) => describe(e, how, false)).filter((c) => c.controls.length && c.text);
    return told;
  };
  const rest = (p, ms) => Promise.race([Promise.resolve(p).catch(() => null), new Promise((r) => setTimeout(r, ms))]);
  // Movements that end by themselves are waited for: a banner that slides in.
  const still = async (e) => { // what is visible may be something else afterwards
    looked.clear();
    let moving = [];
    try { moving = document.getAnimations().filter((a) => a.playState === 'running' && a.effect?.target && within(e, a.effect.target) && Number.isFinite(a.effect.getComputedTiming().endTime)); } catch { }
    if (moving.length) await rest(Promise.allSettled(moving.map((a) => a.finished)), 1500);
    looked.clear();
  };
  const tellOf = (e) => cut(e.localName + (e.id ? '#' + e.id : '') + ' ' + JSON.stringify(cut(e.innerText, 40)), 120);
  // Every element of the rule, by the first selector that shows one.
  const located = (rule) => {
    const out = {};
    for (const part of ['Accept', 'Reject', 'Settings', 'Accept2', 'Reject2', 'Save', 'Reopen']) { const e = first(rule[part]); if (e) out[part] = { e, by }; }
    return out;
  };
  // The layer that an element of one stands in: the dialog or what is laid over
  // the page; of one as big as the window, what stands in it.
  const layerOf = (c) => {
    const dialog = (n) => n.matches('dialog,[role=dialog],[role=alertdialog],[aria-modal=true]') || topLayer(n);
    for (const test of [dialog, (n) => /fixed|sticky/.test(style(n).position), (n) => style(n).position === 'absolute'])
      for (let n = c, last = c, i = 0; n && n !== document.body && n !== document.documentElement && i < 40; last = n, n = up(n), i++) {
        if (!test(n)) continue;
        const b = boxOf(n);
        return b.width * b.height < innerWidth * innerHeight * .9 ? n : last;
      }
    return c;
  };
  const around = (start, others) => {
    let c = start;
    for (let i = 0; i < 30; i++) {
      const p = up(c);
      if (others.every((o) => within(o, c)) && cut(c.innerText || textOf(c, 400), 400).length >= 30 || !p || p === document.documentElement) break;
      if (p === document.body && !others.every((o) => within(o, c))) break;
      c = p;
    }
    return c;
  };

  switch (want.op) {
    case 'look': {
      const out = { url: location.href.slice(0, 2000), width: innerWidth, height: innerHeight, tall: document.documentElement.scrollHeight, rule: -1, present: [], candidates: [], frames: framesHere(), path: path(), scripts: [], age: performance.now() };
      for (let i = 0; i < want.rules.length; i++) {
        const d = first(want.rules[i].Detect);
        if (d) { out.rule = i; out.detected = numberOf(d); break; }
        if (out.present.length < 5 && first(want.rules[i].Detect, () => true)) out.present.push(i);
      }
      for (const s of document.querySelectorAll('script[src],script[id]')) { if (out.scripts.length >= 200) break; out.scripts.push(cut(attr(s, 'src') + ' ' + s.id, 300)); }
      if (out.rule < 0 && want.looks) { out.candidates = candidates(); if (want.frame) { const b = describeBody('frame', false); if (b?.controls.length && b.text) out.candidates.push(b); } }
      out.bad = bad;
      return out;
    }
    case 'layer': { // of a rule when one is given, else of a numbered element
      let c = numbered(want.n);
      const roles = {}, at = {}, named = want.rule ? located(want.rule) : {};
      for (const k in named) at[k] = named[k].e;
      if (want.rule) {
        const second = [at.Accept2, at.Reject2, at.Save].filter(Boolean);
        const list = want.second && second.length ? second : [at.Accept, at.Reject, at.Settings].filter(Boolean);
        if (want.second && second.length) c = layerOf(around(second[0], second));
        else { const d = first(want.rule.Detect) ?? (c && visible(c) ? c : null) ?? list[0] ?? second[0]; c = d ? around(d, list.filter((l) => within(l, d) || !d.matches('dialog,[role=dialog]')).slice(0, 3)) : null; }
        // What a rule names of another layer than this one is left out.
        for (const k in at) if (c && within(at[k], c) || !(want.second && second.length) && /^(Accept|Reject|Settings)$/.test(k)) roles[k] = { ...fine(at[k]), by: named[k].by.slice(0, 300) };
      }
      if (!c) return { gone: true, roles };
      await still(c);
      if (!visible(c)) return { gone: true, roles };
      const v = [];
      for (const s of want.rule?.Vendors ?? []) for (const r of roots) for (const e of query(r, s)) { if (v.length >= 1000) break; const t = cut(e.innerText || e.textContent, 120); if (t && !v.includes(t)) v.push(t); }
      return { layer: describe(c, want.how ?? '', true), roles, vendors: v, born: performance.timeOrigin, width: innerWidth, height: innerHeight, bad };
    }
    case 'page': return { layer: describeBody('page', true), roles: {}, width: innerWidth, height: innerHeight };
    case 'alive': { const e = numbered(want.n); return { alive: !!e && visible(e) }; }
    case 'point': {
      const c = numbered(want.n);
      if (!c) return { wrong: 'it went away' };
      const tries = want.toggle ? handles(c) : [c];
      if (!tries.length) return { wrong: 'it is not visible' };
      await still(c);
      let covered = '';
      for (const e of tries) {
        let scrolled = false;
        if (!inView(e)) { e.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' }); scrolled = true; looked.clear(); }
        const boxes = [e.getBoundingClientRect(), ...[...e.getClientRects()].slice(0, 2)];
        for (const b of boxes) for (const [fx, fy] of [[.5, .5], [.25, .5], [.75, .5], [.5, .25], [.5, .75]]) {
          const x = b.x + b.width * fx, y = b.y + b.height * fy, hit = at(x, y);
          if (!hit) continue;
          const right = want.toggle ? within(hit, c) || within(hit, e) && (!hit.closest('a[href],button') || hit.closest('a[href],button') === e) : within(hit, e);
          if (right) return { x, y, scrolled };
          covered ||= tellOf(hit);
        }
      }
      return { wrong: covered ? 'it is covered by ' + covered : 'it is out of view and cannot be scrolled to' };
    }
    case 'toggled': return { states: want.list.map((n) => { const e = numbered(n); return e ? { there: true, on: onOf(e) } : { there: false, on: false }; }) };
    case 'rules': // of each list of selectors, what is visible
      return { found: want.lists.map((l) => { const e = first(l); return e ? light(e) : null; }), bad };
    case 'controls': { // all of the page, for ways back and opt-outs
      const out = [], last = [];
      for (const r of roots) for (const e of r.querySelectorAll(controls)) {
        if (!isControl(e)) continue;
        if (out.length < 1500) out.push(e); else { last.push(e); if (last.length > 1500) last.shift(); }
      }
      // Short words that only look like a control.
      let n = 0;
      for (const e of document.querySelectorAll('span,div,li')) { if (n++ > 8000 || out.length > 1600) break; if ((e.textContent ?? '').length < 80 && e.textContent.trim() && e.children.length < 3 && style(e).cursor === 'pointer' && !e.closest(controls)) out.push(e); }
      const list = [];
      for (const e of [...out, ...last]) { if (!visible(e)) continue; const t = nameOf(e); if (t && t.length <= 120) list.push({ n: numberOf(e), text: t, label: cut(attr(e, 'aria-label'), 200), mark: '', kind: e.matches('a[href]') ? 'link' : 'button', href: hrefOf(e), near: want.near ? near(e) : '', disabled: false, box: plain(e.getBoundingClientRect()) }); }
      return { controls: list };
    }
    case 'store': {
      const out = [];
      let area = null;
      try { area = window.localStorage; } catch { }
      for (let i = 0; area && i < area.length && i < 500; i++) { const key = area.key(i); out.push({ name: String(key).slice(0, 300), value: String(area.getItem(key) ?? '').slice(0, 4096) }); }
      return { store: out };
    }
    case 'scroll': scrollTo({ top: want.to, behavior: 'instant' }); return { y: scrollY };
    case 'wall': {
      const e = numbered(want.n), doc = document.documentElement, over = (n) => n ? style(n).overflowY : '';
      const locked = (over(doc) === 'hidden' || over(document.body) === 'hidden' || style(document.body ?? doc).position === 'fixed') && Math.max(doc.scrollHeight, document.body?.scrollHeight ?? 0) > innerHeight + 40;
      let taken = 0, all = 0;
      for (let i = 1; i < 16; i += 2) for (let k = 1; k < 16; k += 2) {
        const h = at(innerWidth * i / 16, innerHeight * k / 16);
        if (!h) continue;
        all++;
        if (e && within(h, e)) { taken++; continue; }
        // A sheet over everything, without words of its own.
        for (let n = h, d = 0; n && n !== document.body && d < 10; n = up(n), d++) { const b = n.getBoundingClientRect(); if (/fixed|absolute/.test(style(n).position) && b.width >= innerWidth * .95 && b.height >= innerHeight * .95 && (cut(n.innerText, 20) === '' || e && within(e, n))) { taken++; break; } }
      }
      const modal = !!e && (() => { for (let n = e, i = 0; n && i < 30; n = up(n), i++) if (n.matches(':modal')) return true; return false; })();
      return { locked, covered: all ? taken / all : 0, modal };
    }
    case 'says': { // short lines of the page that match
      const re = new RegExp(want.pattern, 'iu'), out = [];
      for (const line of textOf(document.body ?? document.documentElement, 200000).split('\n')) { if (out.length >= 20) break; if (line.length <= 400 && re.test(line)) out.push(line.trim()); }
      return { lines: out };
    }
  }
  return {};
})(%s)
