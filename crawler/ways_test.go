package crawler

import (
	"context"
	"slices"
	"strings"
	"testing"

	"candor/crawler/consent"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// guide is a chooser that opts out by a cookie and names further ways.
type guide struct{ presser }

func (g *guide) Choose(ctx context.Context, page consent.Page, state evidence.State) (*consent.Made, error) {
	noticed, ok := page.(consent.Noticed)
	made := &consent.Made{Choice: evidence.Choice{Outcome: evidence.ChoiceTaken}}
	if !ok || len(noticed.Notices()) == 0 {
		made.Choice.Outcome, made.Choice.Why = evidence.ChoiceNotTested, "the page knows no notices"
		return made, nil
	}
	for _, address := range []string{"/gone", "/account", "/form"} {
		made.Choice.Ways = append(made.Choice.Ways, evidence.ChoiceWay{Text: "here", Address: "https://www.ways.test" + address, On: noticed.Notices()[0], Notice: true})
	}
	made.Choice.Ways = append(made.Choice.Ways,
		evidence.ChoiceWay{Text: "industry", Address: "https://industry.test/", On: noticed.Notices()[0], Notice: true, Elsewhere: true},
		evidence.ChoiceWay{Text: "Opt out", On: page.URL(), Outcome: evidence.WayTaken})
	return made, nil
}

// The opt-outs that were not used are opened aside: what they ask for is told,
// and what their pages load is no evidence about the site.
func TestWaysOut(t *testing.T) {
	server := webtest.Start(t, webtest.MustText(`
-- www.ways.test/index.html --
<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="/privacy">Privacy policy</a>
-- www.ways.test/privacy.html --
<!doctype html><title>Privacy policy</title><link rel="icon" href="data:,"><p>We count visitors.</p>
-- www.ways.test/account.html --
<!doctype html><title>Log in</title><link rel="icon" href="data:,"><form><input type="email" name="email"><input type="password" name="p"><button>Log in</button></form>
-- www.ways.test/form.html --
<!doctype html><title>Opt out</title><link rel="icon" href="data:,"><form><label>Your name <input name="n"></label><input type="hidden" name="address"><button>Send</button></form>
-- industry.test/index.html --
<!doctype html><title>Industry</title><link rel="icon" href="data:,"><script src="https://tracker.test/t.js"></script>
-- tracker.test/t.js --
new Image().src = 'https://tracker.test/ping?id=1';
`))
	o := options(server)
	o.Chooser, o.States, o.Pages = &guide{}, []evidence.State{evidence.StateNone, evidence.StateOptOut}, 2
	c := scan(t.Context(), t, server, Target{URLs: []string{"https://www.ways.test/"}}, o, nil)
	if c.err != nil {
		t.Fatal(c.err)
	}
	list := all(t, c.reader.Choices())
	i := slices.IndexFunc(list, func(k evidence.Choice) bool { return k.State == evidence.StateOptOut })
	if i < 0 || len(list[i].Ways) != 5 {
		t.Fatalf("%+v", list)
	}
	w := list[i].Ways
	for i, want := range []struct {
		outcome, why, personal string
		account                bool
	}{
		{evidence.WayFailed, "404", "", false},
		{evidence.WayReached, "Another opt-out was used", "email", true},
		{evidence.WayReached, "Another opt-out was used", "your name", false},
		{evidence.WayReached, "on another site", "", false},
		{evidence.WayTaken, "", "", false},
	} {
		if w[i].Outcome != want.outcome || !strings.Contains(w[i].Why, want.why) || !strings.Contains(w[i].Personal, want.personal) || want.personal == "" && w[i].Personal != "" || w[i].Account != want.account {
			t.Errorf("way %d: %+v", i, w[i])
		}
	}
	for r := range c.reader.Requests() {
		if strings.Contains(r.URL, "tracker.test") || strings.Contains(r.URL, "industry.test") {
			t.Errorf("%s is in the evidence of the site", r.URL)
		}
	}
}
