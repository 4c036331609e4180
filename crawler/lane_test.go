package crawler

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"candor/crawler/consent"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// A site with a banner of its own. Its tag obeys what was chosen; another one
// does not.
const bannered = `
-- www.choice.test/index.html --
<!doctype html><title>Home</title><link rel="icon" href="data:,">
<a href="/privacy">Privacy policy</a> <a href="/contact">Contact</a> <a href="/broken">Broken</a> <a href="/signup">Sign up</a>
<div id="banner"><p>We use cookies</p><button id="accept">Accept</button><button id="reject">Reject</button></div>
<script src="/choice.js"></script>
-- www.choice.test/choice.js --
const chosen = () => /choice=(\w+)/.exec(document.cookie)?.[1];
const tags = () => {
  new Image().src = 'https://ignores.test/ping?gpc=' + navigator.globalPrivacyControl;
  if (chosen() === 'accept') new Image().src = 'https://obeys.test/ping';
};
const banner = document.getElementById('banner');
if (banner && chosen()) banner.remove();
for (const id of ['accept', 'reject'])
  document.getElementById(id)?.addEventListener('click', () => { document.cookie = 'choice=' + id + '; path=/; max-age=1000'; banner.remove(); tags(); });
tags();
-- www.choice.test/privacy.html --
<!doctype html><title>Privacy policy</title><link rel="icon" href="data:,"><p>We count visitors.</p><script src="/choice.js"></script>
-- www.choice.test/contact.html --
<!doctype html><title>Contact</title><link rel="icon" href="data:,"><p>Some text.</p><a class="again">Cookie settings</a><script src="/choice.js"></script>
-- www.choice.test/signup.html --
<!doctype html><title>Sign up</title><link rel="icon" href="data:,"><p>Some text.</p><script src="/choice.js"></script>
-- ignores.test/ping --
-- obeys.test/ping --
`

// presser clicks the button whose id is the state.
type presser struct {
	mu    sync.Mutex
	chose []evidence.State
}

func (p *presser) Choose(ctx context.Context, page consent.Page, state evidence.State) (*consent.Made, error) {
	p.mu.Lock()
	p.chose = append(p.chose, state)
	p.mu.Unlock()
	made := &consent.Made{Choice: evidence.Choice{Outcome: evidence.ChoiceTaken}}
	if !clicked(state) {
		made.Choice.Outcome = evidence.ChoiceOffered
		return made, nil
	}
	main := page.Frames()[0].ID
	var at struct {
		Found bool
		X, Y  float64
	}
	err := page.Evaluate(ctx, main, `(() => { const e = document.getElementById('`+string(state)+`'); if (!e) return {}; const r = e.getBoundingClientRect(); return {Found: true, X: r.x + r.width / 2, Y: r.y + r.height / 2}; })()`, &at)
	if err != nil {
		return nil, err
	}
	if !at.Found {
		made.Choice.Outcome, made.Choice.Why = evidence.ChoiceNoBanner, "no such button"
		return made, nil
	}
	if err := page.Click(ctx, main, at.X, at.Y); err != nil {
		return nil, err
	}
	page.Settle(ctx)
	made.Choice.Offer = &evidence.Offer{}
	made.Pictures = []consent.Picture{{Layer: -1, JPEG: []byte("a picture")}}
	return made, nil
}

func (p *presser) Holds(ctx context.Context, page consent.Page, made *consent.Made) {
	made.Choice.Signs = append(made.Choice.Signs, evidence.Sign{Kind: "next_page", Says: "yes", Detail: page.URL()})
}

func (p *presser) WayBack(ctx context.Context, page consent.Page) (texts []string, err error) {
	err = page.Evaluate(ctx, page.Frames()[0].ID, `[...document.querySelectorAll('.again')].map((e) => e.textContent)`, &texts)
	return texts, err
}

// pings are the addresses of a host that the pages of a state asked for, by page.
func (c *crawled) pings(t *testing.T, host string, state evidence.State) (pages []string) {
	t.Helper()
	for r := range c.reader.Requests() {
		if r.State == state && strings.HasPrefix(r.URL, "https://"+host+"/") && strings.HasPrefix(r.Page, "p") {
			pages = append(pages, r.Page)
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// visited are the addresses of a state's pages, by their numbers.
func (c *crawled) visited(state evidence.State) []string {
	var out []string
	for _, p := range c.pages {
		if p.State == state && p.ID[0] == 'p' && p.Failure == "" {
			out = append(out, p.ID[:5]+" "+p.URL)
		}
	}
	slices.Sort(out)
	return out
}

// TestStates visits a site in five states: the same pages in each, each with its
// own jar and its own choice. A state that cannot be reached is a gap, and its
// pages are not visited.
func TestStates(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(bannered))
	server.Handle("broken.test", http.NotFoundHandler())
	o, chooser := options(server), &presser{}
	o.Chooser, o.Tabs = chooser, 0
	o.States = []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept, evidence.StateGPC, evidence.StateWithdraw}
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.choice.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	want := c.visited(evidence.StateNone)
	if len(want) != 4 {
		t.Fatalf("the lane that leads visited %q", want)
	}
	for _, s := range []evidence.State{evidence.StateReject, evidence.StateAccept, evidence.StateGPC} {
		if got := c.visited(s); !slices.Equal(got, want) {
			t.Errorf("in the state %s %q were visited, expected %q", s, got, want)
		}
	}
	for _, s := range []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateGPC} {
		if n := len(c.pings(t, "obeys.test", s)); n != 0 {
			t.Errorf("the tag that obeys fired on %d pages in the state %s", n, s)
		}
	}
	if n := len(c.pings(t, "obeys.test", evidence.StateAccept)); n != 4 {
		t.Errorf("the tag that obeys fired on %d of 4 pages after accept", n)
	}
	if n := len(c.pings(t, "ignores.test", evidence.StateReject)); n != 4 {
		t.Errorf("the tag that does not obey fired on %d of 4 pages after reject", n)
	}
	for r := range c.reader.Requests() {
		if gpc := r.Headers["sec-gpc"] == "1"; gpc != (r.State == evidence.StateGPC) {
			t.Errorf("in the state %s %s went with Sec-GPC %q", r.State, r.URL, r.Headers["sec-gpc"])
		}
		if strings.Contains(r.URL, "ignores.test") && strings.Contains(r.URL, "gpc=true") != (r.State == evidence.StateGPC) {
			t.Errorf("in the state %s a script said %s", r.State, r.URL)
		}
	}
	c.checkChoices(t)
	if g := c.gap(t, "other", "the state withdraw"); g.State != evidence.StateWithdraw || !strings.Contains(g.Why, "no such button") {
		t.Errorf("%+v", g)
	}
	if got := c.visited(evidence.StateWithdraw); len(got) != 0 {
		t.Errorf("pages of a state that was not reached: %q", got)
	}
}

func (c *crawled) checkChoices(t *testing.T) {
	t.Helper()
	var states []evidence.State
	for _, k := range all(t, c.reader.Choices()) {
		states = append(states, k.State)
		if k.Page != "k0001."+string(k.State) {
			t.Errorf("%+v", k)
		}
		if k.Outcome != evidence.ChoiceTaken {
			continue
		}
		if missing := k.Offer.WayBackMissing; !slices.Equal(k.Offer.WayBack, []string{"Cookie settings"}) || len(missing) != 3 || slices.Contains(missing, "https://www.choice.test/contact") {
			t.Errorf("ways back %q, and none on %q", k.Offer.WayBack, missing)
		}
		if len(k.Signs) != 1 || k.Signs[0].Detail == "https://www.choice.test/" || k.Screenshot != "screenshots/"+k.Page+"-failed.jpg" {
			t.Errorf("%+v", k)
		}
		if i := slices.IndexFunc(c.pages, func(p evidence.Page) bool { return p.ID == k.Page }); i < 0 || c.pages[i].Kind != "choice" {
			t.Errorf("the visit %s has no page of the kind choice", k.Page)
		}
	}
	if want := []evidence.State{evidence.StateNone, evidence.StateReject, evidence.StateAccept, evidence.StateGPC, evidence.StateWithdraw}; !slices.Equal(states, want) {
		t.Errorf("choices of %q, expected %q", states, want)
	}
}

// A scan of one state that cannot be reached says so, and does not pass.
func TestOnlyStateNotReached(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(bannered))
	o := options(server)
	o.Chooser, o.States = &presser{}, []evidence.State{evidence.StateOptOut}
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.choice.test/"}}, o, nil)
	if !errors.Is(c.err, ErrStart) || !strings.Contains(c.err.Error(), "no such button") {
		t.Errorf("the error is %v", c.err)
	}
}

// A browser that dies in the middle is started again, and the states are reached
// again: the pages that follow are in the state that they say.
func TestStatesAfterRestart(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(bannered))
	var once sync.Once
	server.Handle("contact.choice.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") != "" {
			once.Do(func() {
				for _, pid := range children(t) {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			})
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>Fatal</title><script src="https://www.choice.test/choice.js"></script>`))
	}))
	o, chooser := options(server), &presser{}
	o.Chooser, o.States = chooser, []evidence.State{evidence.StateNone, evidence.StateAccept}
	o.Journey = &Journey{File: "steps.yaml", Steps: []Step{{Line: 2, Do: "goto", Target: "https://www.choice.test/signup"}}}
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.choice.test/", "https://contact.choice.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	if got, want := c.visited(evidence.StateAccept), c.visited(evidence.StateNone); len(want) < 5 || !slices.Equal(got, want) {
		t.Errorf("after accept %q were visited, without a choice %q", got, want)
	}
	for _, id := range []string{"j0002.none", "j0002.accept"} {
		if !slices.ContainsFunc(c.pages, func(p evidence.Page) bool { return p.ID == id && p.Kind == "journey" }) {
			t.Errorf("the journey %s was not taken: each state's comes again after the restart", id)
		}
	}
	again := 0
	for _, s := range chooser.chose {
		if s == evidence.StateAccept {
			again++
		}
	}
	if again != 2 {
		t.Errorf("the choice was made %d times, expected again after the browser died", again)
	}
	signup := slices.IndexFunc(c.pages, func(p evidence.Page) bool {
		return p.URL == "https://www.choice.test/signup" && p.State == evidence.StateAccept && p.Kind != "journey"
	})
	if signup < 0 || !slices.Contains(c.pings(t, "obeys.test", evidence.StateAccept), c.pages[signup].ID) {
		t.Error("the tag that waits for accept did not fire on a page after the restart")
	}
}

func TestSavedLinksKeepBothEnds(t *testing.T) {
	var all []evidence.Link
	for i := range 500 {
		all = append(all, evidence.Link{URL: "https://www.choice.test/" + strings.Repeat("x", i)})
	}
	got := ends(all, savedLinks)
	if len(got) != savedLinks || got[0] != all[0] || got[savedLinks-1] != all[499] || got[savedLinks/2] != all[400] {
		t.Errorf("%d links are kept, the last %q", len(got), got[len(got)-1].URL)
	}
	if got := ends(all[:savedLinks], savedLinks); len(got) != savedLinks {
		t.Errorf("%d of %d links are kept", len(got), savedLinks)
	}
}
