// Shows how far a scan is as its worker says it, and the page anew when it ends.
(() => {
  const p = document.getElementById('progress');
  const source = new EventSource(p.dataset.events);
  source.onmessage = (m) => {
    const e = JSON.parse(m.data);
    document.getElementById('state').textContent = e.state;
    const bar = p.querySelector('progress');
    bar.max = e.progress.of || 1;
    bar.value = e.progress.pages;
    p.querySelector('span').textContent = `${e.progress.pages} of ${e.progress.of} visits. ${e.progress.doing}`;
    if (!e.open) { source.close(); location.reload(); }
  };
})();
