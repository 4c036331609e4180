// Evaluated among the page's own scripts: what it says of the choice. Everything
// here is the page's word and may lie, throw or never answer.
(async (want) => {
  const cut = (s, n) => { try { return (typeof s === 'string' ? s : JSON.stringify(s) ?? String(s)).slice(0, n); } catch (e) { return ''; } };
  const soon = (f) => new Promise((done) => { setTimeout(() => done(null), 700); try { f(done); } catch (e) { done(null); } });
  const out = { api: [], modes: [], present: [] };
  const has = (name) => { try { return window[name] !== undefined && window[name] !== null; } catch (e) { return false; } };
  for (const name of want.roots) if (has(name)) out.present.push(name);
  if (want.only) return out;
  const count = (o) => { let on = 0, all = 0; for (const k in o ?? {}) { all++; if (o[k] === true) on++; if (all > 5000) break; } return { on, all }; };
  const jobs = [];
  if (typeof window.__tcfapi === 'function') jobs.push(soon((done) => window.__tcfapi('getTCData', 2, (d, ok) => done(d && ok !== false ? d : null))).then((d) => {
    if (d) out.tcf = { status: cut(d.eventStatus ?? '', 50), cmp: cut(d.cmpStatus ?? '', 50), gdpr: d.gdprApplies === true ? 'yes' : d.gdprApplies === false ? 'no' : '', purposes: count(d.purpose?.consents), vendors: count(d.vendor?.consents), interests: count(d.purpose?.legitimateInterests), has: !!d.tcString };
  }));
  if (typeof window.__gpp === 'function') jobs.push(soon((done) => window.__gpp('ping', (d, ok) => done(d && ok !== false ? d : null))).then((d) => {
    if (!d) return;
    const flags = [];
    const walk = (o, name, depth) => { if (!o || typeof o !== 'object' || depth > 4 || flags.length > 100) return; for (const k in o) { const v = o[k]; if (typeof v === 'number' && /^(Sale|Sharing|TargetedAdvertising|SensitiveDataProcessing)OptOut$/.test(k)) flags.push({ name: cut(name + '.' + k, 80), value: v }); else walk(v, name || cut(k, 30), depth + 1); } };
    walk(d.parsedSections, '', 0);
    out.gpp = { display: cut(d.cmpDisplayStatus ?? '', 30), signal: cut(d.signalStatus ?? '', 30), text: cut(d.gppString ?? '', 200), flags };
  }));
  if (typeof window.__uspapi === 'function') jobs.push(soon((done) => window.__uspapi('getUSPData', 1, (d, ok) => done(d && ok !== false ? d : null))).then((d) => { if (d) out.usp = cut(d.uspString ?? '', 20); }));
  for (const path of want.paths) jobs.push((async () => {
    let v = window, owner = window;
    for (const part of path.match(/[^.()]+(\(\))?/g) ?? []) {
      const call = part.endsWith('()'), name = call ? part.slice(0, -2) : part;
      owner = v; v = v?.[name];
      if (call && typeof v === 'function') v = await Promise.race([v.call(owner), new Promise((r) => setTimeout(r, 700))]);
      if (v === undefined || v === null) break;
    }
    out.api.push({ path, there: v !== undefined && v !== null, value: typeof v === 'function' ? '' : cut(v ?? '', 2000) });
  })().catch(() => { out.api.push({ path, there: false, value: '' }); }));
  try {
    for (const name of ['dataLayer', 'gtmDataLayer']) {
      const layer = window[name];
      for (let i = 0; layer && i < layer.length && i < 3000; i++) {
        const e = layer[i];
        if (!e || e[0] !== 'consent' || e[1] !== 'default' && e[1] !== 'update' || out.modes.length > 200) continue;
        const m = { command: e[1], region: !!e[2]?.region, values: [] };
        for (const k of ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization', 'personalization_storage']) if (e[2] && typeof e[2][k] === 'string') m.values.push({ name: k, value: cut(e[2][k], 20) });
        out.modes.push(m);
      }
    }
  } catch (e) { }
  await Promise.all(jobs);
  out.api.sort((a, b) => want.paths.indexOf(a.path) - want.paths.indexOf(b.path));
  return out;
})(%s)
