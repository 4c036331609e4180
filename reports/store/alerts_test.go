package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/reports"
	"candor/reports/store"
)

// secret is a part of addresses that nobody is to see.
const secret = "T0K3N-hunter2"

// listen adds a destination that wants everything about the organisation, and
// takes it away when the test ends.
func (w *world) listen(t *testing.T, change func(*store.Destination)) store.Destination {
	t.Helper()
	d := store.Destination{Name: t.Name(), Kind: store.Webhook, Address: "https://hooks.test/" + secret, Organisation: w.org.ID, Kinds: slices.Clone(store.AlertKinds), MinSeverity: "high", DigestHour: -1, Zone: "UTC"}
	if change != nil {
		change(&d)
	}
	d = must(w.AddDestination(t.Context(), "admin", d))(t)
	t.Cleanup(func() {
		if err := w.DeleteDestination(context.Background(), "admin", d.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
	return d
}

// own gives a test an organisation and a site of its own.
func (w *world) own(t *testing.T) {
	t.Helper()
	w.org = must(w.AddOrganisation(t.Context(), "admin", t.Name()))(t)
	w.site = w.another(t, "shop")
}

func (w *world) another(t *testing.T, name string) store.Site {
	t.Helper()
	return must(w.AddSite(t.Context(), "admin", store.Site{Organisation: w.org.ID, URL: "https://" + name + ".test/" + w.org.ID, Host: name + w.org.ID, Name: name}))(t)
}

// told takes what is due, and says that it was sent.
func (w *world) told(t *testing.T) []string {
	t.Helper()
	var out []string
	for {
		b, err := w.Claim(t.Context(), time.Time{})
		if errors.Is(err, store.ErrNotFound) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range b.Alerts {
			out = append(out, oneAlert(a))
		}
		if err := w.Sent(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func oneAlert(a store.Alert) string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s -> %s", a.Kind, a.Title, a.Detail, a.Path))
}

func expect(t *testing.T, when string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// result is a report that tests put together.
type result struct{ reports.Report }

func (r *result) finding(fingerprint, severity string, statements ...string) *reports.Finding {
	r.Findings = append(r.Findings, reports.Finding{Rule: "CORE-01", Pack: "core", Severity: severity, Outcome: "differs", Title: "F " + fingerprint, Message: "M", Fingerprint: fingerprint, Statements: statements})
	return &r.Findings[len(r.Findings)-1]
}

func (r *result) vendor(id, name, entity string) {
	r.Vendors = append(r.Vendors, reports.Vendor{ID: id, Name: name, Entity: entity, Party: "third"})
}

func (r *result) text(sha string, quotes ...string) {
	p := reports.Policy{URL: "https://shop.test/privacy", SHA256: sha, Title: "Privacy\n<!channel>\u202e notice"}
	for i, q := range quotes {
		p.Statements = append(p.Statements, reports.Statement{ID: fmt.Sprintf("s%d", i), Quote: q})
	}
	r.Policies = append(r.Policies, p)
}

func (r *result) promise(statement, verdict string) {
	r.Promises = append(r.Promises, reports.Promise{Statement: statement, Verdict: verdict, Why: "why"})
}

func testStory(t *testing.T, w *world) {
	w.own(t)
	w.listen(t, nil)
	site := "/findings/" + w.site.ID + "/"

	// Monday: the first scan. One sentence, whatever it found.
	var monday result
	monday.finding("f1", "critical")
	monday.vendor("ga", "Google Analytics", "Google LLC")
	monday.text("aa", "We never sell data.", "We keep logs for a week.")
	monday.promise("s0", "kept")
	monday.promise("s1", "broken")
	monday.Summary = reports.Totals{BySeverity: map[string]int{"critical": 1}, Companies: 1, UndisclosedCompanies: 1}
	x := w.scanned(t, store.Finished, &monday.Report)
	expect(t, "the first scan", w.told(t), "first: The first scan is there: later ones are compared with it Findings: 1, of which critical or high: 1. Companies that get data: 1, of which no text names or covers: 1. -> /scans/"+x.ID)

	// Tuesday: all as it was.
	w.scanned(t, store.Finished, &monday.Report)
	expect(t, "the same again", w.told(t))

	// Wednesday: another company by two products, and one more product of one that
	// was there; a promise that was kept is broken, which a finding says too; the
	// one that was broken before still is; the text is another; of the other new
	// findings one is grave, one is not, one is suppressed.
	var wednesday result
	wednesday.finding("f1", "critical")
	wednesday.finding("f2", "high", "s0")
	wednesday.finding("f3", "high").Message = "line\r\nbreak \x07 <b>@channel</b>"
	wednesday.finding("f4", "medium")
	wednesday.finding("f5", "critical").Suppressed = true
	wednesday.finding("f6", "high").Recipients = []string{"tiktok-pixel"}
	wednesday.vendor("ga", "Google Analytics", "Google LLC")
	wednesday.vendor("ads", "Google Ads", "GOOGLE  LLC")
	wednesday.vendor("tiktok-pixel", "TikTok Pixel", "TikTok Ltd")
	wednesday.vendor("tiktok-cdn", "TikTok CDN", "TikTok Ltd")
	wednesday.text("bb", "We never sell data.", "We keep logs for a week.", "We use TikTok.")
	wednesday.promise("s0", "broken")
	wednesday.promise("s1", "broken")
	x = w.scanned(t, store.Finished, &wednesday.Report)
	expect(t, "the change", w.told(t),
		"promise: Promise newly broken: “We never sell data.” why -> "+site+"f2",
		"finding: New finding: F f3 line break <b>@channel</b> -> "+site+"f3",
		"finding: New finding: F f6 M -> "+site+"f6",
		"recipient: New recipient: TikTok Pixel (TikTok Ltd) No text that was read names it. -> "+site+"f6",
		"policy: The text changed: Privacy <!channel> notice Sentences about data that came: 1, that went: 0. -> /sites/"+w.site.ID+"/policies",
	)

	// Thursday: one finding is graver, the suppression of another ended; the promise
	// could not be looked at, on Friday it is broken still: nothing new. TikTok was
	// away on Thursday and is back on Friday: it was said.
	thursday := result{wednesday.Report}
	thursday.Findings = slices.Clone(wednesday.Findings)
	thursday.Findings[3].Severity = "high"
	thursday.Findings[4].Suppressed = false
	thursday.Vendors = wednesday.Vendors[:2]
	thursday.Promises = []reports.Promise{{Statement: "s0", Verdict: "not-testable"}}
	w.scanned(t, store.Finished, &thursday.Report)
	expect(t, "graver", w.told(t), "finding: A finding whose suppression ended: F f5 M -> "+site+"f5", "finding: A finding is graver: F f4 M -> "+site+"f4")
	w.scanned(t, store.Finished, &wednesday.Report)
	expect(t, "back again", w.told(t))

	// A promise that was kept in between is newly broken again.
	kept := result{wednesday.Report}
	kept.Promises = []reports.Promise{{Statement: "s0", Verdict: "kept"}}
	w.scanned(t, store.Finished, &kept.Report)
	w.scanned(t, store.Finished, &wednesday.Report)
	expect(t, "broken again", w.told(t), "promise: Promise newly broken: “We never sell data.” why -> "+site+"f2")

	for _, e := range must(w.Audit(t.Context(), 0, 1000))(t) {
		if strings.Contains(e.Detail, secret) {
			t.Errorf("the audit log has the secret: %s", e.Detail)
		}
	}
}

func testCompanyOnce(t *testing.T, w *world) {
	w.own(t)
	w.listen(t, nil)
	other := w.another(t, "blog")
	var first, more result
	first.vendor("ga", "Google Analytics", "Google LLC")
	more.vendor("ga", "Google Analytics", "Google LLC")
	more.vendor("meta-pixel", "Meta Pixel", "Meta Platforms, Inc.")
	w.scanned(t, store.Finished, &first.Report)
	shop := w.site
	w.site = other
	w.scanned(t, store.Finished, &first.Report)
	w.told(t)
	w.scanned(t, store.Finished, &more.Report)
	expect(t, "new on one site", w.told(t), "recipient: New recipient: Meta Pixel (Meta Platforms, Inc.) No text that was read names it. -> /sites/"+other.ID)
	w.site = shop
	w.scanned(t, store.Finished, &more.Report)
	expect(t, "on the other site after that", w.told(t))
}

func testSubscriptions(t *testing.T, w *world) {
	w.own(t)
	ctx := t.Context()
	other := w.another(t, "blog")
	w.listen(t, func(d *store.Destination) {
		d.Name, d.Kinds, d.MinSeverity = "all findings", []string{store.NewFinding}, "info"
	})
	w.listen(t, func(d *store.Destination) {
		d.Name, d.Kinds, d.Sites = "blog only", []string{store.NewFinding}, []string{other.ID}
	})
	w.listen(t, func(d *store.Destination) { d.Name, d.Kinds = "texts", []string{store.PolicyChanged} })
	elsewhere := must(w.AddOrganisation(ctx, "admin", "elsewhere"))(t)
	w.listen(t, func(d *store.Destination) { d.Name, d.Organisation = "elsewhere", elsewhere.ID })
	night := w.listen(t, func(d *store.Destination) { d.Name, d.DigestHour, d.Zone = "digest", 7, "Europe/Berlin" })
	w.scanned(t, store.Finished, &reports.Report{})
	w.told(t)
	var r result
	r.finding("f1", "high")
	r.finding("f2", "low")
	w.scanned(t, store.Finished, &r.Report)
	expect(t, "now", w.told(t), "finding: New finding: F f1 M -> /findings/"+w.site.ID+"/f1", "finding: New finding: F f2 M -> /findings/"+w.site.ID+"/f2")
	w.clock.pass(24 * time.Hour)
	berlin := must(time.LoadLocation("Europe/Berlin"))(t)
	b := must(w.Claim(ctx, time.Time{}))(t)
	if len(b.Alerts) != 2 || b.Destination.ID != night.ID || b.Alerts[0].Kind != store.FirstScan || b.Alerts[0].DueAt.In(berlin).Hour() != 7 {
		t.Errorf("the digest has %+v", b)
	}
	if err := w.Sent(ctx, b); err != nil {
		t.Error(err)
	}
	if err := w.Silence(ctx, "ada", w.site.ID, true); err != nil {
		t.Fatal(err)
	}
	r.finding("f3", "critical")
	w.scanned(t, store.Finished, &r.Report)
	w.clock.pass(24 * time.Hour)
	expect(t, "of a site that is silenced", w.told(t))
	if err := w.Silence(ctx, "ada", w.site.ID, false); err != nil {
		t.Fatal(err)
	}
}

func testClaims(t *testing.T, w *world) {
	ctx := t.Context()
	w.own(t)
	w.listen(t, nil)
	w.scanned(t, store.Finished, report("f1"))
	const machines = 8
	got := make(chan store.Batch, machines)
	errs := make(chan error, machines)
	for range machines {
		go func() {
			b, err := w.Claim(ctx, time.Time{})
			got <- b
			errs <- err
		}()
	}
	var mine store.Batch
	taken := 0
	for range machines {
		if b := <-got; len(b.Alerts) > 0 {
			mine = b
			taken++
		}
		if err := <-errs; err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
	if taken != 1 || len(mine.Alerts) != 1 || mine.Alerts[0].Attempts != 1 {
		t.Fatalf("%d machines took %+v", taken, mine)
	}
	// The machine is killed; after a while another one takes it, and the first comes
	// too late.
	expect(t, "while it is being sent", w.told(t))
	w.clock.pass(time.Hour)
	again := must(w.Claim(ctx, w.clock.now().Add(-time.Minute)))(t)
	if again.Alerts[0].ID != mine.Alerts[0].ID || again.Claim == mine.Claim || again.Alerts[0].Attempts != 2 {
		t.Errorf("got %+v", again)
	}
	if err := w.Sent(ctx, mine); !errors.Is(err, store.ErrLost) {
		t.Errorf("the first machine's word was taken: %v", err)
	}
	if err := w.Unsent(ctx, mine, "late"); err != nil {
		t.Error(err)
	}
	if err := w.Sent(ctx, again); err != nil {
		t.Error(err)
	}
	if l := must(w.Alerts(ctx, "", 1, 0))(t); l[0].State != store.AlertSent || l[0].Failure != "" || l[0].SentAt.IsZero() || l[0].SiteName != "shop" {
		t.Errorf("got %+v", l)
	}
}

func testGiveUp(t *testing.T, w *world) {
	ctx := t.Context()
	w.own(t)
	d := w.listen(t, func(d *store.Destination) { d.QuietFrom, d.QuietTo = "22:00", "06:00" })
	for h := w.clock.now().Hour(); h != 21; h = w.clock.now().Hour() {
		w.clock.pass(time.Hour)
	}
	w.scanned(t, store.Finished, report("f1"))
	var tries []time.Time
	for {
		b, err := w.Claim(ctx, time.Time{})
		if errors.Is(err, store.ErrNotFound) {
			l := must(w.Alerts(ctx, "", 1, 0))(t)[0]
			if l.State != store.AlertWaiting {
				break
			}
			w.clock.pass(l.DueAt.Sub(w.clock.now()))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		tries = append(tries, w.clock.now())
		if err := w.Unsent(ctx, b, "refused\nthe connection"); err != nil {
			t.Fatal(err)
		}
	}
	if len(tries) != store.MaxTries {
		t.Errorf("%d tries: %v", len(tries), tries)
	}
	for i, at := range tries {
		if h := at.Hour(); h >= 22 || h < 6 {
			t.Errorf("tried in quiet hours, at %v", at)
		}
		if i > 0 && at.Sub(tries[i-1]) < time.Minute {
			t.Errorf("tried at %v and %v", tries[i-1], at)
		}
	}
	l := must(w.Alerts(ctx, store.AlertGivenUp, 10, 0))(t)
	if len(l) != 1 || l[0].Failure != "refused the connection" {
		t.Errorf("given up: %+v", l)
	}
	if e := must(w.Audit(ctx, 0, 1))(t)[0]; e.Action != "alert.give_up" || e.Object != d.ID {
		t.Errorf("the audit log says %+v", e)
	}
	if err := w.SendAgain(ctx, "ada", l[0].ID); err != nil {
		t.Error(err)
	}
	if err := w.SendAgain(ctx, "ada", l[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that waits was put in line: %v", err)
	}
	if got := w.told(t); len(got) != 1 {
		t.Errorf("sent again: %v", got)
	}
}

func testFailures(t *testing.T, w *world) {
	ctx := t.Context()
	w.own(t)
	w.listen(t, nil)
	fail := func() store.Scan {
		q := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID}))(t)
		x := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
		if err := w.Fail(ctx, x, "the browser does not start"); err != nil {
			t.Fatal(err)
		}
		if err := w.Fail(ctx, x, "twice"); !errors.Is(err, store.ErrLost) {
			t.Error(err)
		}
		return x
	}
	x := fail()
	expect(t, "failed", w.told(t), "failed: A scan failed the browser does not start -> /scans/"+x.ID)
	w.scanned(t, store.Finished, report("f1"))
	w.told(t)
	y := w.scanned(t, store.Incomplete, report("f1"))
	expect(t, "incomplete", w.told(t), "failed: A scan is incomplete: too few pages could be visited What it did not see is not tested. The scan's page says what was missed. -> /scans/"+y.ID)
	w.scanned(t, store.Incomplete, report("f1"))
	expect(t, "incomplete again", w.told(t))
	q := must(w.Queue(ctx, "admin", store.Scan{Site: w.site.ID}))(t)
	lost := must(w.Begin(ctx, q.ID, 0, "w1"))(t)
	if ended, err := w.Lost(ctx, lost, 1); err != nil || !ended {
		t.Errorf("ended %v, %v", ended, err)
	}
	expect(t, "lost", w.told(t), "failed: A scan failed its worker was lost, as often as a scan is tried -> /scans/"+q.ID)
}

func testRest(t *testing.T, w *world) {
	ctx := t.Context()
	w.own(t)
	d := w.listen(t, nil)
	w.scanned(t, store.Finished, report("f1"))
	if err := w.PauseDestination(ctx, "ada", d.ID, true); err != nil {
		t.Fatal(err)
	}
	expect(t, "while it rests", w.told(t))
	w.scanned(t, store.Finished, report("f1", "f2"))
	if err := w.PauseDestination(ctx, "ada", d.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := w.told(t); len(got) != 1 || !strings.HasPrefix(got[0], "first") {
		t.Errorf("after its rest: %v", got)
	}
	w.scanned(t, store.Finished, report("f1", "f2", "f3"))
	if err := w.DeleteDestination(ctx, "ada", d.ID); err != nil {
		t.Fatal(err)
	}
	expect(t, "of one that was removed", w.told(t))
	if l := must(w.Alerts(ctx, store.AlertDropped, 1, 0))(t); len(l) != 1 || l[0].Destination != d.ID {
		t.Errorf("dropped: %+v", l)
	}
	if _, err := w.Destination(ctx, d.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

func testBadDestination(t *testing.T, w *world) {
	good := store.Destination{Name: "x", Kind: store.Email, Address: "smtp://user:" + secret + "@mail.test/?from=candor@test.example&to=a@test.example,b@test.example", Kinds: []string{store.NewFinding}, MinSeverity: "high", DigestHour: -1, Zone: "UTC"}
	for name, change := range map[string]func(*store.Destination){
		"name":         func(d *store.Destination) { d.Name = " " },
		"kind":         func(d *store.Destination) { d.Kind = "pigeon" },
		"no alerts":    func(d *store.Destination) { d.Kinds = nil },
		"alerts":       func(d *store.Destination) { d.Kinds = []string{"weather"} },
		"severity":     func(d *store.Destination) { d.MinSeverity = "huge" },
		"hour":         func(d *store.Destination) { d.DigestHour = 24 },
		"zone":         func(d *store.Destination) { d.Zone = "Europe/Atlantis" },
		"no zone":      func(d *store.Destination) { d.Zone = "" },
		"quiet":        func(d *store.Destination) { d.QuietFrom = "22:00" },
		"no quiet":     func(d *store.Destination) { d.QuietFrom, d.QuietTo = "22:00", "22:00" },
		"no sender":    func(d *store.Destination) { d.Address = "smtp://mail.test/?to=a@test.example" },
		"no addressee": func(d *store.Destination) { d.Address = "smtp://mail.test/?from=a@test.example" },
		"two lines": func(d *store.Destination) {
			d.Address = "smtp://mail.test/?from=a@test.example&to=b@test.example%0d%0aBcc:x@test.example"
		},
		"scheme": func(d *store.Destination) { d.Kind, d.Address = store.Slack, "ftp://"+secret+".test/" },
		"parts":  func(d *store.Destination) { d.Kind, d.Address = store.Teams, "https://"+secret+"\n.test/%zz" },
		"site":   func(d *store.Destination) { d.Sites = []string{"none"} },
		"org":    func(d *store.Destination) { d.Organisation = "none" },
	} {
		d := good
		change(&d)
		if _, err := w.AddDestination(t.Context(), "ada", d); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := must(w.AddDestination(t.Context(), "ada", good))(t)
	if d.Where != "a@test.example, b@test.example by mail.test" {
		t.Errorf("it is shown as %q", d.Where)
	}
	if _, err := w.AddDestination(t.Context(), "ada", good); !errors.Is(err, store.ErrExists) {
		t.Errorf("a name twice: %v", err)
	}
	if err := w.DeleteDestination(t.Context(), "ada", d.ID); err != nil {
		t.Error(err)
	}
}

// TestDue: digests and quiet hours, over changes of the clock too.
func TestDue(t *testing.T) {
	for _, c := range []struct {
		name, at, want string
		digest         int
		from, to       string
	}{
		{"at once", "2026-11-26T08:00:30Z", "2026-11-26T08:00:30Z", -1, "", ""},
		{"quiet over midnight", "2026-11-26T22:10:30Z", "2026-11-27T05:00:00Z", -1, "22:00", "06:00"},
		{"the last quiet minute", "2026-11-27T04:59:59Z", "2026-11-27T05:00:00Z", -1, "22:00", "06:00"},
		{"after it", "2026-11-27T05:00:00Z", "2026-11-27T05:00:00Z", -1, "22:00", "06:00"},
		{"quiet at noon", "2026-11-26T11:30:00Z", "2026-11-26T13:00:00Z", -1, "12:00", "14:00"},
		{"digest later today", "2026-11-26T05:59:59Z", "2026-11-26T06:00:00Z", 7, "", ""},
		{"digest tomorrow", "2026-11-26T06:00:00Z", "2026-11-27T06:00:00Z", 7, "", ""},
		{"digest at midnight", "2026-11-26T12:00:00Z", "2026-11-26T23:00:00Z", 0, "", ""},
		{"digest in quiet hours", "2026-11-26T12:00:00Z", "2026-11-27T07:00:00Z", 6, "22:00", "08:00"},
		// 29 March 2026: 02:00 to 03:00 is left out in Berlin.
		{"quiet until a time that is left out", "2026-03-29T00:10:00Z", "2026-03-29T01:00:00Z", -1, "22:00", "02:30"},
		{"quiet hours that are left out", "2026-03-29T00:59:00Z", "2026-03-29T00:59:00Z", -1, "02:00", "03:00"},
		{"a short night", "2026-03-28T21:30:00Z", "2026-03-29T04:00:00Z", -1, "22:00", "06:00"},
		{"digest at an hour that is left out", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", 2, "", ""},
		{"the day after", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z", 2, "", ""},
		// 25 October 2026: 02:00 to 03:00 comes twice.
		{"a long night", "2026-10-24T20:30:00Z", "2026-10-25T05:00:00Z", -1, "22:00", "06:00"},
		{"quiet hours that come twice", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", -1, "02:00", "03:00"},
		{"digest at an hour that comes twice", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z", 2, "", ""},
		{"not twice", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z", 2, "", ""},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		d := store.Destination{DigestHour: c.digest, Zone: "Europe/Berlin", QuietFrom: c.from, QuietTo: c.to}
		if got := d.Due(at).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: due at %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"a\r\nb\tc": "a b c", "\u202eevil\u2066": "evil", "a\x00\x1b[31mb": "a [31mb", "\xff\xfeok": "ok", strings.Repeat("ä", 30): strings.Repeat("ä", 19) + "…", " ": "", "a\u2028b": "a b",
	} {
		if got := store.Line(text, 20); got != want {
			t.Errorf("Line(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\r\nb\u202e", 5)
	f.Add(strings.Repeat("€", 400), 20)
	f.Fuzz(func(t *testing.T, text string, n int) {
		n = 1 + n&0xff
		got := store.Line(text, n)
		if len([]rune(got)) > n || strings.ContainsAny(got, "\r\n\t\x00\u202e\u2028") {
			t.Errorf("Line(%q, %d) = %q", text, n, got)
		}
	})
}
