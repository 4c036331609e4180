package browser

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"

	"candor/crawler/webtest"
)

// Pages that tell what they know of their window.
const windows = `
-- www.site.test/_any --
<!doctype html><link rel="icon" href="data:,"><title>Window</title><script>
let frames = 0;
const next = () => { frames++; requestAnimationFrame(next); };
next();
addEventListener('load', () => setTimeout(() => fetch('/told?' + encodeURIComponent(JSON.stringify({
 visible: document.visibilityState, focus: document.hasFocus(), painted: frames > 2, window: [outerWidth, outerHeight], view: [innerWidth, innerHeight],
 history: history.length, opener: opener === null, name, referrer: document.referrer, kept: sessionStorage.getItem('kept'),
})) + '&' + Date.now()), 150));
sessionStorage.setItem('kept', '1');
</script>
-- www.site.test/_any.headers --
Content-Type: text/html
-- www.site.test/told --
ok
-- www.site.test/sandboxed.html --
<!doctype html><link rel="icon" href="data:,"><title>Sandboxed</title><p>Windows are not for this page.
-- www.site.test/sandboxed.html.headers --
Content-Security-Policy: sandbox allow-scripts
-- www.site.test/restless.html --
<!doctype html><link rel="icon" href="data:,"><title>Restless</title><script>addEventListener('load', () => setTimeout(() => { for (;;); }))</script>
-- www.site.test/popup.html --
<!doctype html><link rel="icon" href="data:,"><title>Popup</title><script>open('/quiet', '_blank', 'noopener'); open('/quiet2')</script>
`

// TestTabsFollow: the second visit sees the same window as the first, and so
// does one after a page that could not be left, opened others or forbids them.
func TestTabsFollow(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(windows))
	v := visitor(t, b)
	told := func(address string) string {
		t.Helper()
		res := see(t, v, Visit{URL: address})
		for _, q := range res.Requests {
			if u, err := url.Parse(q.URL); err == nil && u.Path == "/told" && q.Hop == 0 {
				text, clock, _ := strings.Cut(u.RawQuery, "&")
				said, err := url.QueryUnescape(text)
				if err != nil {
					t.Fatal(err)
				}
				// The clock of the visit before ran ahead; this one's is as ours.
				at, err := strconv.ParseInt(clock, 10, 64)
				if off := time.UnixMilli(at).Sub(res.Page.StartedAt.Add(time.Duration(q.OffsetMS) * time.Millisecond)); err != nil || off.Abs() > 4*time.Second {
					t.Errorf("the clock of %s is off by %s (%v)", address, off, err)
				}
				return said
			}
		}
		t.Fatalf("%s told nothing: %+v", address, res.Page)
		return ""
	}
	first := told("https://www.site.test/one")
	if second := told("https://www.site.test/two"); second != first {
		t.Errorf("the first visit saw\n%s\nthe second\n%s", first, second)
	}
	for _, between := range []string{"sandboxed", "restless", "popup"} {
		see(t, v, Visit{URL: "https://www.site.test/" + between, Budget: 3 * time.Second})
		if after := told("https://www.site.test/after-" + between); after != first {
			t.Errorf("after %s a visit saw\n%s\nnot\n%s", between, after, first)
		}
	}
	all, err := invoke(t.Context(), b.conn.root, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Fatal(err)
	}
	tabs := 0
	for _, info := range all.TargetInfos {
		if info.Type == "page" && info.BrowserContextID == v.context.id {
			tabs++
		}
	}
	if tabs > 2 { // one, and one that just closes
		t.Errorf("%d tabs are open", tabs)
	}
}
