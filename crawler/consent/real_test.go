package consent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor/crawler/browser"
	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// heldPage is a real window.
type heldPage struct {
	*browser.Held
	host string
}

// Notices are the same on each site of the test; most have none.
func (p heldPage) Notices() []string { return []string{"https://" + p.host + "/notice"} }

func (p heldPage) Frames() []Frame {
	var out []Frame
	for _, f := range p.Held.Frames() {
		out = append(out, Frame(f))
	}
	return out
}

func startBrowser(t *testing.T, sites string) (*browser.Browser, *webtest.Server) {
	t.Helper()
	if _, err := browser.Find(""); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, nothing was tested: ", err)
	}
	tree, err := webtest.File(sites)
	if err != nil {
		t.Fatal(err)
	}
	srv := webtest.Start(t, tree)
	b, err := browser.Start(t.Context(), browser.Options{NoSandbox: os.Geteuid() == 0, Flags: srv.ChromeFlags()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, srv
}

// nextPage is where a choice is looked at again.
var nextPage = "/next.html"

// try brings a fresh visitor into a state and asks on the next page whether it holds.
func try(t *testing.T, b *browser.Browser, o *Operator, host string, state evidence.State, then func(context.Context, Page, *Made)) *Made {
	t.Helper()
	c, err := b.NewContext(t.Context(), state)
	if err != nil {
		t.Error(err)
		return nil
	}
	v := c.NewVisitor(t.Context())
	defer v.Close()
	var made *Made
	_, err = v.Hold(t.Context(), browser.Visit{ID: "k0001." + string(state), URL: "https://" + host + "/", Budget: 2 * time.Minute}, func(ctx context.Context, h *browser.Held) error {
		p := heldPage{h, host}
		m, err := o.Choose(ctx, p, state)
		made = m
		if err != nil {
			return err
		}
		if m.Choice.Outcome == evidence.ChoiceTaken {
			if err := h.Goto(ctx, "https://"+host+nextPage); err != nil {
				return fmt.Errorf("next page: %w", err)
			}
			o.Holds(ctx, p, m)
		}
		if then != nil {
			then(ctx, p, m)
		}
		return nil
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return made
}

func describe(m *Made) string {
	var s strings.Builder
	c := m.Choice
	fmt.Fprintf(&s, "%s: %s %s (%s %s frame %s, late %d)", c.State, c.Outcome, c.Why, c.Found, c.Platform, c.Frame, c.LateMS)
	for _, st := range c.Steps {
		fmt.Fprintf(&s, "\n  %5d %s %s %q %s", st.OffsetMS, st.Do, st.Role, st.Text, st.Failure)
	}
	for _, x := range c.Signs {
		fmt.Fprintf(&s, "\n  sign %s %s %s: %s", x.Kind, x.Says, x.Name, x.Detail)
	}
	if o := c.Offer; o != nil {
		fmt.Fprintf(&s, "\n  offer: accept %d reject %d wall %v vendors %d gpc %q", o.AcceptClicks, o.RejectClicks, o.Wall, len(o.Vendors), o.GPC)
		for i, l := range o.Layers {
			fmt.Fprintf(&s, "\n   layer %d %s %s covers %.2f %v: %.60q", i, l.Language, l.Position, l.Covers, l.Box, l.Text)
			for k, x := range l.Controls {
				if k > 8 {
					fmt.Fprintf(&s, "\n    … %d controls", len(l.Controls))
					break
				}
				fmt.Fprintf(&s, "\n    %s %s %q %v %gpx/%d %s on %s (%g) in %s (%g) in view %v", x.Role, x.Kind, x.Text, x.Box, x.FontPX, x.FontWeight, x.Color, x.Background, x.Contrast, x.Surface, x.StandsOut, x.InView)
			}
			for _, x := range l.Toggles {
				fmt.Fprintf(&s, "\n    toggle %q on %v locked %v", x.Label, x.On, x.Locked)
			}
		}
	}
	for _, w := range c.Ways {
		fmt.Fprintf(&s, "\n  way %+v", w)
	}
	for _, p := range m.Pictures {
		fmt.Fprintf(&s, "\n  picture of layer %d: %d bytes", p.Layer, len(p.JPEG))
	}
	return s.String()
}

func testWords() Words {
	return Words{Languages: []Language{
		{Code: "en", Topic: []string{"cookies", "cookie", "we value your privacy", "your privacy", "consent", "tracking"}, Accept: []string{"accept", "accept all", "agree", "i agree", "allow all", "ok", "got it"},
			Reject: []string{"reject", "reject all", "disagree", "decline", "no thanks", "only necessary"}, Settings: []string{"manage preferences", "settings", "cookie settings", "more options"},
			Save: []string{"save", "save my choices", "confirm", "allow selection", "save preferences"}, Close: []string{"close", "dismiss"}, Reopen: []string{"cookie settings", "manage consent", "privacy settings"},
			OptOut: []string{"do not sell or share my personal information", "do not sell", "your privacy choices", "opt out", "ad choices"}, Not: []string{"newsletter", "discount", "country", "legal drinking age", "sign up", "chat"}, Pay: []string{"subscribe", "pay"}},
		{Code: "de", Topic: []string{"cookies"}, Accept: []string{"alle akzeptieren", "akzeptieren"}, Reject: []string{"nur notwendige cookies", "ablehnen"}, Settings: []string{"einstellungen"}},
		{Code: "fr", Topic: []string{"cookies", "des cookies"}, Accept: []string{"tout accepter", "accepter"}, Reject: []string{"tout refuser", "continuer sans accepter"}},
		{Code: "es", Topic: []string{"cookies", "usamos cookies"}, Accept: []string{"aceptar todo", "aceptar"}, Reject: []string{"rechazar todo", "rechazar"}},
		{Code: "it", Topic: []string{"cookie"}, Accept: []string{"accetta tutti"}, Reject: []string{"rifiuta tutti"}},
		{Code: "nl", Topic: []string{"cookies", "gebruikt cookies"}, Accept: []string{"alles accepteren"}, Reject: []string{"alles weigeren"}},
		{Code: "pl", Topic: []string{"plików cookie", "cookie"}, Accept: []string{"akceptuję wszystkie"}, Reject: []string{"odrzuć wszystkie"}},
	}}
}

// acme is the platform of ruled.test, whose words say nothing.
var acme = Rule{
	ID: "acme", Name: "Acme", Detect: []string{"#acme-banner", "#acme-center"}, Accept: []string{"#acme-yes"}, Settings: []string{"#no-such", "#acme-more"},
	Toggles: []string{".acme-t"}, Save: []string{"#acme-save"}, Reopen: []string{"#acme-float"}, Vendors: []string{".acme-v"},
	Signs: []RuleSign{
		{Kind: "platform_api", Name: "acme.state()", Accept: `"ads":true`, Reject: `"ads":false`},
		{Kind: "storage", Name: "ac*", Accept: "^true$", Reject: "^false$"}, {Kind: "cookie", Name: "acme", Accept: "x"},
	},
}

func TestBanners(t *testing.T) {
	o, err := New([]Rule{acme}, testWords())
	if err != nil {
		t.Fatal(err)
	}
	tryBanners(t, o)
}

// checks are what is asked of a choice beside its outcome.
var checks = map[string]func(*Made) bool{
	"plain.test/none": func(m *Made) bool {
		o := m.Choice.Offer
		if o == nil || len(o.Layers) != 1 || o.AcceptClicks != 1 || o.RejectClicks != 1 || o.Wall || len(m.Pictures) != 1 || len(m.Choice.Steps) != 0 {
			return false
		}
		l := o.Layers[0]
		if l.Position != "bottom" || l.Language != "en" || len(l.Controls) != 3 {
			return false
		}
		notice, yes, no := l.Controls[0], l.Controls[1], l.Controls[2]
		return notice.Role == roleNotice && notice.Kind == "link" && yes.Role == roleAccept && yes.Background == "#00aa00" && yes.Color == "#ffffff" && yes.FontPX == 18 && yes.Contrast > 3 && yes.StandsOut > 3 &&
			no.Role == roleReject && no.StandsOut == 1 && no.Contrast < 3 && no.InView
	},
	"layers.test/none": func(m *Made) bool {
		o := m.Choice.Offer
		if o == nil || len(o.Layers) != 2 || o.AcceptClicks != 1 || o.RejectClicks != 3 || !o.Wall || len(o.Layers[1].Toggles) != 3 {
			return false
		}
		return o.Layers[1].Toggles[0] == evidence.OfferToggle{Label: "Necessary", On: true, Locked: true} && o.Layers[1].Toggles[1] == evidence.OfferToggle{Label: "Analytics", On: true} &&
			o.Layers[1].Toggles[2] == evidence.OfferToggle{Label: "Marketing"} && !o.Layers[1].Controls[0].InView
	},
	"frame.test/reject": func(m *Made) bool {
		return m.Choice.Frame == "https://ask.other.test/" && m.Choice.Offer.Layers[0].Box == evidence.Box{X: 100, Y: 300, Width: 500, Height: 200}
	},
	"signal.test/gpc": func(m *Made) bool {
		return m.Choice.Offer != nil && strings.HasPrefix(m.Choice.Offer.GPC, "Opt-out request honored")
	},
	"ruled.test/none": func(m *Made) bool {
		o := m.Choice.Offer
		return m.Choice.Platform == "acme" && m.Choice.Found == "rule" && o != nil && len(o.Layers) == 2 && slices.Equal(o.Vendors, []string{"First Vendor Ltd", "Second Vendor GmbH"}) &&
			o.RejectClicks == 3 && o.Layers[1].Box.Height == 400 && o.Layers[1].Controls[0].Role == roleSave
	},
	"ruled.test/withdraw": func(m *Made) bool {
		return slices.ContainsFunc(m.Choice.Steps, func(s evidence.ChoiceStep) bool { return s.Role == "reopen" }) &&
			slices.ContainsFunc(m.Choice.Signs, func(s evidence.Sign) bool { return s.Kind == "platform_api" && s.Says == "yes" })
	},
	"optform.test/optout": func(m *Made) bool {
		w := m.Choice.Ways
		return strings.Contains(m.Choice.Why, "reached in 1 step") && len(w) == 1 && w[0].Outcome == evidence.WayReached && w[0].Personal != "" && !w[0].Account
	},
	"optlogin.test/optout": func(m *Made) bool { return len(m.Choice.Ways) == 1 && m.Choice.Ways[0].Account },
	"optpage.test/optout": func(m *Made) bool {
		w := m.Choice.Ways
		return len(w) == 1 && w[0].Outcome == evidence.WayTaken && w[0].Steps == 2 && w[0].On == "https://optpage.test/" && !w[0].Notice && comesBack(m, "yes")
	},
	"optmute.test/optout": func(m *Made) bool {
		w := m.Choice.Ways
		return len(w) == 1 && w[0].Outcome == evidence.WayOperated && w[0].Why != ""
	},
	"optback.test/optout": func(m *Made) bool { return comesBack(m, "no") },
	// The notice's ways by their own words and by their sentences; not its table of
	// contents, its e-mail opt-out or what is about something else.
	"optnotice.test/optout": func(m *Made) bool {
		w := m.Choice.Ways
		return len(w) == 2 && w[1].Address == "https://optnotice.test/choices" && w[1].Notice && w[1].Outcome == evidence.WayTaken && w[1].Sentence == "To opt out of the sale of your data, click here." &&
			w[0].Address == "https://choices.other.test/" && w[0].Elsewhere && w[0].Outcome == ""
	},
	"optbroken.test/optout": func(m *Made) bool {
		w := m.Choice.Ways
		return len(w) == 1 && w[0].Outcome == evidence.WayFailed && w[0].Notice && w[0].Steps == 1
	},
}

// comesBack says whether the sign of the next page says so: a visitor who opted
// out and comes back.
func comesBack(m *Made, says string) bool {
	return slices.ContainsFunc(m.Choice.Signs, func(s evidence.Sign) bool { return s.Kind == "next_page" && s.Says == says })
}

func tryBanners(t *testing.T, o *Operator) {
	b, _ := startBrowser(t, "testdata/banners.txtar")
	o.limits.quiet, o.limits.platform, o.limits.effect, o.limits.sign = 1500*time.Millisecond, 5*time.Second, 2*time.Second, time.Second
	type row struct {
		host    string
		state   evidence.State
		outcome string
		why     string // a part of it
	}
	table := []row{
		{"plain.test", "none", "offered", ""},
		{"plain.test", "reject", "taken", ""},
		{"layers.test", "none", "offered", ""},
		{"layers.test", "reject", "taken", ""},
		{"open.test", "reject", "taken", ""},
		{"closed.test", "reject", "taken", ""},
		{"frame.test", "reject", "taken", ""},
		{"same.test", "reject", "taken", ""},
		{"late.test", "reject", "taken", ""},
		{"scroll.test", "reject", "taken", ""},
		{"flow.test", "reject", "taken", ""},
		{"tcf.test", "reject", "taken", ""},
		{"tcf.test", "accept", "taken", ""},
		{"liar.test", "reject", "not-tested", "says otherwise"},
		{"deaf.test", "reject", "not-tested", "still shown"},
		{"trap.test", "reject", "taken", ""},
		{"back.test", "reject", "not-tested", "shown again on the next page"},
		{"reload.test", "reject", "not-tested", "came back"},
		{"pay.test", "reject", "not-tested", "only for money"},
		{"away.test", "reject", "not-tested", "link to another page"},
		{"covered.test", "reject", "not-tested", "covered by div#cover"},
		{"notice.test", "reject", "not-tested", "no control that refuses"},
		{"hostile.test", "reject", "taken", ""},
		{"restless.test", "reject", "taken", ""},
		{"popups.test", "reject", "no-banner", ""},
		{"gates.test", "reject", "no-banner", ""},
		{"policy.test", "reject", "no-banner", ""},
		{"none.test", "none", "no-banner", ""},
		{"withdraw.test", "withdraw", "taken", ""},
		{"plain.test", "withdraw", "not-tested", "no control on the page shows the choice again"},
		{"first.test", "reject", "taken", ""},
		{"again.test", "reject", "not-tested", "still shown"},
		{"sure.test", "reject", "taken", ""},
		{"optlayer.test", "optout", "taken", ""},
		{"optpage.test", "optout", "taken", ""},
		{"optbutton.test", "optout", "taken", ""},
		{"optform.test", "optout", "not-tested", "asks for personal data"},
		{"optlogin.test", "optout", "not-tested", "an account is needed"},
		{"optnow.test", "optout", "taken", ""},
		{"optnothing.test", "optout", "not-tested", "leads to no switch"},
		{"optmute.test", "optout", "not-tested", "the opt-out was made, but neither"},
		{"optback.test", "optout", "not-tested", "on the next page the site's cookie opted_out says otherwise"},
		{"optnotice.test", "optout", "taken", ""},
		{"optbroken.test", "optout", "not-tested", "answers with status 404"},
		{"optaway.test", "optout", "not-tested", "on another site (choices.other.test)"},
		{"signal.test", "gpc", "sent", ""},
		{"ruled.test", "none", "offered", ""},
		{"ruled.test", "accept", "taken", ""},
		{"ruled.test", "withdraw", "taken", ""},
	}
	// Most of the time is spent waiting, so that more run side by side than there
	// are processors.
	made := make([]*Made, len(table))
	var wg sync.WaitGroup
	free := make(chan struct{}, 6)
	for i, c := range table {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			made[i] = try(t, b, o, c.host, c.state, func(ctx context.Context, p Page, m *Made) {
				if c.host != "ruled.test" || c.state != evidence.StateAccept {
					return
				}
				if texts, err := o.WayBack(ctx, p); err != nil || !slices.Equal(texts, []string{"Choose again"}) {
					t.Errorf("ways back %q, %v", texts, err)
				}
			})
		})
	}
	wg.Wait()
	for i, c := range table {
		t.Run(c.host+"/"+string(c.state), func(t *testing.T) {
			m := made[i]
			if m == nil {
				t.Fatal("nothing was made")
			}
			if m.Choice.Outcome != c.outcome || !strings.Contains(m.Choice.Why, c.why) {
				t.Errorf("expected %s because %q\n%s", c.outcome, c.why, describe(m))
			} else if testing.Verbose() {
				t.Log(describe(m))
			}
			if more := checks[c.host+"/"+string(c.state)]; more != nil && !more(m) {
				t.Errorf("not as expected: %s", describe(m))
			}
			if c.outcome == "not-tested" && len(m.Pictures) == 0 {
				t.Error("no picture of what failed")
			}
		})
	}
}
